"""Every way to write one examination is read right, or ends in a named question; never in a wrong phase."""

from functools import cache

import pytest
from layouts import judge
from layouts.table import LAYOUTS

BY_NAME = {layout.name: layout for layout in LAYOUTS}
OTHER_ORDERS = (2, 3, 4)


@cache
def read_once(name: str, folder):
    """Read a layout in one order of files; kept for the page of layouts."""
    made = judge.written(BY_NAME[name].make(), folder, seed=1)
    return judge.read(made, by_images=BY_NAME[name].by_images)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_layout_is_read_as_its_images_are_or_asked_about(name, tmp_path):
    got = read_once(name, tmp_path)
    assert judge.faults(tmp_path, got, BY_NAME[name].expect) == []
