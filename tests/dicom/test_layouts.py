"""Every way to write one examination is read right, or ends in a named question; never in a wrong phase.

``DEEPTEPP_LAYOUT_ORDERS=3`` tries more orders of files and more digits of UIDs.
"""

import io
import os
import tempfile
from functools import cache
from pathlib import Path

import pytest
import reading_page
from layouts import judge
from layouts.files import encoded
from layouts.table import LAYOUTS
from pydicom import dcmread

BY_NAME = {layout.name: layout for layout in LAYOUTS}
N_ORDERS = int(os.environ.get("DEEPTEPP_LAYOUT_ORDERS", "1"))
ANEW = [name for n, name in enumerate(BY_NAME) if N_ORDERS > 1 or n % 9 == 0]
"""Layouts that are made a second time: one in nine, unless more orders are asked for."""


@pytest.fixture(scope="module")
def home():
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@cache
def reading(name: str, home: Path, seed: int) -> reading_page.Reading:
    """Make, write, read and judge a layout; each reading is kept."""
    return reading_page.read_anew(BY_NAME[name], home / str(seed), seed)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_layout_is_read_as_its_images_are_or_asked_about(name, home):
    for seed in range(N_ORDERS):
        wrong = reading(name, home, seed).faults
        assert not wrong, "; ".join(wrong)


@pytest.mark.parametrize("name", ANEW)
def test_neither_the_order_of_files_nor_the_digits_of_uids_matter(name, home):
    seen = [judge.outcome(reading(name, home, seed).got) for seed in (0, *range(7, 7 + N_ORDERS))]
    assert seen.count(seen[0]) == len(seen), seen


@pytest.mark.parametrize("name", ANEW)
def test_files_hold_what_pydicom_would_write(name):
    made = BY_NAME[name].make()[0]
    whole = io.BytesIO()
    made.save_as(whole, enforce_file_format=True)
    assert dcmread(io.BytesIO(encoded(made))) == dcmread(io.BytesIO(whole.getvalue()))


def test_each_layout_has_a_name_and_words_of_its_own():
    assert len(BY_NAME) == len(LAYOUTS)
    assert len({layout.what for layout in LAYOUTS}) == len(LAYOUTS)


def test_the_page_of_layouts_says_what_is_read(home):
    on_page = reading_page.PAGE.read_text(encoding="utf-8")
    said = reading_page.page(lambda layout: reading(layout.name, home, 0))
    assert reading_page.tables(on_page) == reading_page.tables(said), "write it: python tests/reading_page.py"
