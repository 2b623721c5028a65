import pytest

from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.errors import NotEstimable
from deeptepp.report.figures.forest_figure import Estimate, Panel, forest_figure
from deeptepp.report.look.theme import FADED

AUC = Panel("AUC", (Estimate(0.77, 0.71, 0.84), Estimate(0.74), Estimate(None)), 0.5, (0.4, 1.0))
CORRELATION = Panel("Correlation", (Estimate(0.6, 0.5, 0.7),) * 3, None, (0.0, 1.0))
ROWS = ["Full", "Without jigsaw", "Without stages"]


def texts(figure, name):
    return [a.text for a in figure.layout.annotations if a.name == name]


def test_every_row_shows_its_number_and_interval_or_says_why_not():
    figure = forest_figure(ROWS, [AUC], title="Ablations", simulated=True)
    assert texts(figure, "number") == ["0.77 (0.71–0.84)", "0.74 (CI not estimable)", "not estimable"]
    assert texts(figure, "label") == ROWS


def test_whiskers_end_at_the_interval_and_a_value_without_one_is_grey():
    first, second = forest_figure(ROWS, [AUC], title="Ablations", simulated=True).data
    assert first.x[0] + first.error_x.array[0] == pytest.approx(0.84)
    assert first.x[0] - first.error_x.arrayminus[0] == pytest.approx(0.71)
    assert second.error_x.array is None
    assert second.marker.color == FADED


def test_panels_stand_side_by_side_with_axes_of_their_own():
    figure = forest_figure(ROWS, [AUC, CORRELATION], title="Ablations", simulated=True)
    assert figure.layout.xaxis.domain[1] < figure.layout.xaxis2.domain[0]
    assert {trace.xaxis for trace in figure.data} == {"x", "x2"}
    assert (figure.layout.xaxis.range, figure.layout.xaxis2.range) == ((0.4, 1.0), (0.0, 1.0))


def test_the_reference_is_drawn_where_there_is_one():
    lines = forest_figure(ROWS, [AUC, CORRELATION], title="Ablations", simulated=True).layout.shapes
    assert [line.xref for line in lines] == ["x"]
    assert lines[0].path.startswith("M 0.5,-0.5 L 0.5,")


def test_the_words_hold_every_estimate_and_the_mark():
    alt = forest_figure(ROWS, [AUC, CORRELATION], title="Ablations", simulated=True).layout.meta["alt"]
    assert alt.startswith(SIMULATED_COHORT)
    assert "Without jigsaw: AUC 0.74 (CI not estimable), Correlation 0.60 (0.50–0.70)." in alt


@pytest.mark.parametrize(("rows", "panels"), [([], [AUC]), (ROWS, [])])
def test_nothing_to_compare_is_refused(rows, panels):
    with pytest.raises(NotEstimable):
        forest_figure(rows, panels, title="Ablations", simulated=True)


@pytest.mark.parametrize("n_rows", [1, 11])
def test_the_mark_stands_between_the_last_row_and_the_axis(n_rows):
    panel = Panel("AUC", (Estimate(0.7, 0.6, 0.8),) * n_rows, 0.5, (0.4, 1.0))
    figure = forest_figure(["Row"] * n_rows, [panel], title="Ablations", simulated=True)
    (mark,) = [a for a in figure.layout.annotations if a.name == "simulated"]
    bottom, top = figure.layout.yaxis.range
    plot_px = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    row_px = plot_px / (bottom - top)
    # The mark is 18 px high and stands on its lower edge.
    assert mark.y * plot_px > 0
    assert mark.y * plot_px + 22 < (bottom - (n_rows - 0.5)) * row_px


def test_rows_of_two_lines_and_a_note_are_higher_than_short_ones():
    heights = [
        forest_figure([label], [AUC_OF_ONE], title="Ablations", notes=["9 patients"], simulated=True).layout.height
        for label in ("Short", "One classifier, one step on whole mosaics")
    ]
    assert heights[0] < heights[1]


AUC_OF_ONE = Panel("AUC", (Estimate(0.7, 0.6, 0.8),), 0.5, (0.4, 1.0))
