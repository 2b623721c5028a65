"""Figures in a browser at three widths: nothing is cut, no text runs into another."""

import pytest
from drawn_figures import WIDTHS, drawing_page, faults
from report_figures import FIGURES

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def page():
    with drawing_page() as page:
        yield page


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_cut_or_runs_into_another(page, name):
    figure = FIGURES[name]()
    assert {width: faults(page, figure, width) for width in WIDTHS} == {width: [] for width in WIDTHS}
