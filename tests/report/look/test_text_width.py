import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeptepp.report.look.text_width import broken, text_px, widest_px


@given(st.text(alphabet="abc WMil.", max_size=200), st.integers(60, 400))
def test_no_line_is_wider_than_its_column_and_no_word_is_lost(text, width):
    lines = broken(text, width, 14)
    assert widest_px(lines, 14) <= width
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_text_that_fits_is_not_broken():
    assert broken("Trastuzumab", 200, 14) == ["Trastuzumab"]


def test_a_column_too_narrow_for_anything_still_gives_lines():
    assert broken("Trastuzumab", 1, 14) == ["Tras", "tuzu", "mab"]


def test_width_grows_with_size_and_nothing_has_none():
    assert text_px("wide", 28) == pytest.approx(2 * text_px("wide", 14))
    assert widest_px([], 14) == 0
    assert broken("", 100, 14) == [""]
