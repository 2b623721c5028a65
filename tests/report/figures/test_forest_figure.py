from itertools import pairwise

import numpy as np
import pytest

from deeptepp.domain.cohort import ARM, LATENT_RISK, Arm
from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.errors import NotEstimable
from deeptepp.report.figures.forest_figure import forest_figure
from deeptepp.report.figures.forest_marks import ForestAxis
from deeptepp.report.figures.forest_rows import ForestBlock, ForestRow, placed
from deeptepp.report.look.theme import FADED
from deeptepp.simulate.simulated_cohort import simulate_cohort
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.hazards.mantel_haenszel import subgroup_analysis

REASON = "no event in trastuzumab + pertuzumab"
AUC = ForestAxis("AUC", "AUC", 0.5, (0.4, 1.0))
CORRELATION = ForestAxis("Correlation with the truth", "correlation", None, (0.0, 1.0))


def estimate(value, low=None, high=None, *, n=100, n_events=10, reason=""):
    return Estimate(value=value, low=low, high=high, n=n, n_events=n_events, method="Cox", reason=reason)


def row(label, *numbers, **options):
    return ForestRow(label, (estimate(*numbers, **options),))


def two_arms(label, found):
    return ForestRow(label, (found,), ((4, 60), (6, 40)))


def drawn(*rows, **options):
    return forest_figure([ForestBlock("Tier", rows, 0.04)], title="RFS", **{"simulated": False, **options})


def ablations(*, n_rows=3, axes=(AUC, CORRELATION)):
    values = [(0.77, 0.71, 0.84), (0.74,), (None,)]
    both = [(estimate(*values[i % 3]), estimate(0.6, 0.5, 0.7)) for i in range(n_rows)]
    rows = tuple(ForestRow(f"Row {i}", found[: len(axes)]) for i, found in enumerate(both))
    return forest_figure([ForestBlock("", rows)], title="Ablations", axes=axes, simulated=True)


def texts(figure, name):
    return [a.text for a in figure.layout.annotations if a.name == name]


def marks(figure, name):
    return [trace for trace in figure.data if trace.name == name]


def test_with_several_axes_every_row_has_its_number_above_each_mark():
    figure = ablations()
    above = ["0.77 (0.71–0.84)", "0.60 (0.50–0.70)", "0.74 (CI not estimable)"]
    assert texts(figure, "number")[:3] == above
    assert texts(figure, "number")[4] == "not estimable"
    assert texts(figure, "label") == ["Row 0", "Row 1", "Row 2"]


def test_an_interval_is_a_line_between_its_ends_and_a_value_without_one_is_grey():
    figure = ablations(axes=(AUC,))
    (interval,) = marks(figure, "interval")
    assert tuple(interval.x) == (0.71, 0.84)
    first, second = marks(figure, "estimate")
    assert (first.x[0], second.x[0]) == (0.77, 0.74)
    assert second.marker.color == FADED


def test_axes_stand_side_by_side_with_ends_of_their_own():
    layout = ablations().layout
    assert layout.xaxis.domain[1] < layout.xaxis2.domain[0]
    assert {trace.xaxis for trace in ablations().data} == {"x", "x2"}
    assert (layout.xaxis.range, layout.xaxis2.range) == ((0.4, 1.0), (0.0, 1.0))


def test_the_reference_is_drawn_where_there_is_one_and_through_no_number():
    lines = ablations().layout.shapes
    assert {(line.xref, line.x0) for line in lines} == {("x", 0.5)}
    numbers = [a.y for a in ablations().layout.annotations if a.name == "number"]
    assert all(not line.y0 < y < line.y1 for line in lines for y in numbers)


def test_a_negative_correlation_keeps_its_sign():
    figure = ablations(axes=(CORRELATION,))
    assert texts(figure, "number")[0] == "0.77 (0.71–0.84)"
    rows = (row("None", -0.1, -0.2, 0.001),)
    figure = forest_figure([ForestBlock("", rows)], title="Truth", axes=[CORRELATION], simulated=True)
    assert texts(figure, "number") == ["−0.10 (−0.20 to 0.00)"]


def test_the_words_hold_every_estimate_of_every_axis_and_the_mark():
    alt = ablations().layout.meta["alt"]
    assert alt.startswith(SIMULATED_COHORT)
    assert (
        "Row 1: AUC 0.74 (CI not estimable), correlation 0.60 (0.50–0.70), 100\u00a0patients, 10\u00a0events."
        in alt
    )


@pytest.mark.parametrize("options", [{"n_rows": 0}, {"axes": ()}])
def test_nothing_to_compare_is_refused(options):
    with pytest.raises(NotEstimable):
        ablations(**options)


@pytest.mark.parametrize("n_rows", [1, 11])
def test_the_mark_stands_between_the_last_row_and_the_axis(n_rows):
    figure = ablations(n_rows=n_rows)
    (mark,) = [a for a in figure.layout.annotations if a.name == "simulated"]
    inner = figure.layout.yaxis.range[0]
    lowest = max(trace.y[0] for trace in figure.data)
    # The mark is 18 px high and stands on its lower edge.
    assert mark.y * inner > 0
    assert mark.y * inner + 22 < inner - lowest


def test_rows_of_two_axes_are_higher_than_rows_of_one():
    assert ablations(n_rows=6).layout.height > ablations(n_rows=6, axes=(AUC,)).layout.height


def test_rows_of_an_analysis_show_counts_of_both_arms_ratio_and_interval():
    cohort = simulate_cohort(seed=2)
    chosen = cohort[ARM] != Arm.TP
    part = cohort.where(chosen)
    names = np.where(part[LATENT_RISK] > 0, "above", "below")
    analysis = subgroup_analysis(part.follow_up(), part[ARM] == Arm.T, names)
    rows = [ForestRow.of_subgroup(s) for s in analysis.subgroups]
    figure = drawn(*rows, arms=("T", "None"), overall=two_arms("All", analysis.stratified))
    first = analysis.subgroups[0]
    assert texts(figure, "counts")[:2] == [
        f"{first.n_events_index}/{first.n_index}",
        f"{first.n_events_reference}/{first.n_reference}",
    ]
    assert f"{first.hazard_ratio.value:.2f} (" in texts(figure, "number")[1]
    assert sum(s.n_index for s in analysis.subgroups) == (part[ARM] == Arm.T).sum()


def test_without_arms_one_column_counts_all():
    figure = drawn(row("High", 2.0, 1.2, 3.3, n=143, n_events=57))
    assert texts(figure, "counts") == ["57/143"]
    assert texts(figure, "direction") == []


def test_headings_carry_the_test_of_their_block_and_the_subtitle_that_of_all():
    figure = drawn(row("High", 2.0, 1.2, 3.3), heterogeneity_p=0.5)
    assert "heterogeneity p = 0.040" in texts(figure, "number")[0]
    assert "heterogeneity p = 0.500" in figure.layout.title.subtitle.text


def test_a_row_without_a_ratio_says_why_and_draws_nothing():
    figure = drawn(row("Low", None, reason=REASON), row("High", 2.0, 1.2, 3.3))
    assert texts(figure, "number")[1].replace("<br>", " ") == f"not estimable: {REASON}"
    assert len(marks(figure, "estimate")) == 1
    assert REASON in figure.layout.meta["alt"]


def test_no_upright_line_crosses_a_reason():
    rows = (row("High", 2.0, 1.2, 3.3), row("Low", None, reason=REASON))
    lines = placed([ForestBlock("", rows)], None)
    figure = drawn(*rows)
    assert lines[-1].middle > max(shape.y1 for shape in figure.layout.shapes) - 40
    assert all(not shape.y0 < lines[-1].middle + 26 < shape.y1 for shape in figure.layout.shapes)


@pytest.mark.parametrize(
    ("numbers", "symbols"),
    [
        ((0.5, 0.01, 0.9), ["triangle-left"]),
        ((2.0, 0.9, float("inf")), ["triangle-right"]),
        ((1.0, 0.0, float("inf")), ["triangle-left", "triangle-right"]),
        ((1.0, 0.5, 2.0), []),
    ],
)
def test_an_interval_that_leaves_the_axis_ends_in_an_arrow(numbers, symbols):
    figure = drawn(row("High", *numbers))
    assert [trace.marker.symbol for trace in marks(figure, "arrow")] == symbols
    (interval,) = marks(figure, "interval")
    low, high = figure.layout.xaxis.range
    assert low <= interval.x[0] < interval.x[1] <= high


def test_an_estimate_beyond_the_axis_leaves_its_arrow_and_its_number():
    figure = drawn(row("Low", 0.0001, 0.0, 0.4))
    assert not marks(figure, "estimate")
    assert [trace.marker.symbol for trace in marks(figure, "arrow")] == ["triangle-left"]
    assert texts(figure, "number")[1] == "&lt; 0.01 (0.00–0.40)"


def test_points_lie_at_the_logarithm_and_grow_with_events():
    figure = drawn(row("few", 0.1, 0.08, 0.2, n_events=1), row("many", 1.0, 0.8, 1.2, n_events=100))
    few, many = marks(figure, "estimate")
    assert (few.x[0], many.x[0]) == (pytest.approx(-1), pytest.approx(0))
    assert few.marker.size < many.marker.size


def test_the_diamond_spans_the_interval_of_all():
    figure = drawn(row("High", 2.0, 1.2, 3.3), overall=row("All", 1.0, 0.5, 2.0))
    (diamond,) = marks(figure, "overall")
    assert (min(diamond.x), max(diamond.x)) == (pytest.approx(-0.30103), pytest.approx(0.30103))
    assert "diamond: overall" in figure.layout.title.subtitle.text


def test_a_value_without_interval_is_open():
    figure = drawn(row("High", 2.0))
    assert marks(figure, "estimate")[0].marker.symbol == "square-open"
    assert "CI not estimable" in texts(figure, "number")[1]


def test_words_hold_events_and_patients_and_the_mark():
    alt = drawn(two_arms("High", estimate(0.5, 0.3, 0.8)), arms=("T", "None"), simulated=True).layout.meta["alt"]
    assert alt.startswith(SIMULATED_COHORT)
    assert "High: HR 0.50 (0.30–0.80), T 4/60 events, None 6/40 events." in alt


def test_lines_of_long_names_do_not_meet():
    rows = [row("a very long name of a subgroup that has to be broken", 1.0, 0.5, 2.0)] * 12
    lines = placed([ForestBlock("Heading", tuple(rows))], rows[0])
    for first, second in pairwise(lines):
        assert first.middle + first.height / 2 <= second.middle - second.height / 2
        assert first.height >= 17 * len(first.label)


def test_names_are_escaped():
    assert "<img" not in " ".join(texts(drawn(row("<img src=x>", 1.0, 0.5, 2.0)), "label"))


def test_no_subgroup_is_refused():
    with pytest.raises(NotEstimable):
        forest_figure([], title="RFS", simulated=False)
