"""What holds for every test: none is timed, since machines are busy, and the long ones begin."""

import gc
from pathlib import Path

import pytest
from hypothesis import settings

HERE = Path(__file__).parent
LONG = (HERE / "e2e", HERE / "train" / "fit", HERE / "app")
"""Folders whose files take longest: with them first, no worker ends with a long file while the other is done."""

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_modifyitems(items):
    """Begin with the long folders, the slow files of each first; the order within a file stays."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}

    def place(item):
        folder = next((k for k, long in enumerate(LONG) if item.path.is_relative_to(long)), len(LONG))
        return folder, item.path not in slow

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Freeze what collection makes, 700,000 objects: Streamlit collects garbage after every run of a page."""
    gc.disable()
    collected = yield
    gc.collect()
    gc.freeze()
    gc.enable()
    return collected
