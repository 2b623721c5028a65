from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeptepp.domain.cohort import ARM, Arm, FollowUp
from deeptepp.domain.risk import SIMULATED_COHORT, Tier
from deeptepp.errors import NotEstimable
from deeptepp.report.figures.curve_labels import inside, spread
from deeptepp.report.figures.survival_figure import kaplan_meier_figure
from deeptepp.report.format import count
from deeptepp.report.look.theme import ARM_COLOURS, ARM_DASHES, FADED, TIER_COLOURS, TIER_GLYPHS
from deeptepp.simulate.simulated_cohort import simulate_cohort
from deeptepp.stats.survival.kaplan_meier import kaplan_meier
from deeptepp.stats.survival.logrank import log_rank

COHORT = simulate_cohort(seed=2)
BY_ARM = [COHORT.where(COHORT[ARM] == arm.value).follow_up() for arm in Arm]
ARM_WORDS = ["No anti-HER2 treatment", "Trastuzumab", "Trastuzumab + pertuzumab"]


def arm_figure(**options):
    curves = [kaplan_meier(group, label=words) for group, words in zip(BY_ARM, ARM_WORDS, strict=True)]
    given_options = {"title": "By treatment", "colours": list(ARM_COLOURS.values()), "simulated": True} | options
    return curves, kaplan_meier_figure(curves, **given_options)


def traces(figure, name):
    return [trace for trace in figure.data if trace.name == name]


def words_of(figure):
    layout = figure.layout
    words = " ".join([layout.title.text, layout.title.subtitle.text, *[a.text for a in layout.annotations]])
    return words.replace("<br>", " ")


def test_line_and_band_follow_the_curve():
    curves, figure = arm_figure()
    line = traces(figure, "Trastuzumab")[0]
    assert line.line.shape == "hv"
    for months, share in zip(line.x, line.y, strict=True):
        assert share == pytest.approx(100 * curves[1].at(float(months)).value)
    band = traces(figure, "Trastuzumab band")[0]
    at_five_years = curves[1].at(60)
    i = np.searchsorted(np.asarray(band.x)[: len(band.x) // 2], 60, side="right") - 1
    assert band.y[i] == pytest.approx(100 * at_five_years.high)
    assert min(band.y) == pytest.approx(100 * np.nanmin(curves[1].low))


def test_numbers_at_risk_stand_under_the_ticks_of_the_axis():
    curves, figure = arm_figure()
    ticks = list(figure.layout.xaxis.tickvals)
    assert ticks[:3] == [0, 24, 48]
    for row, curve in enumerate(curves):
        counts = traces(figure, f"{curve.label} at risk")[0]
        assert list(counts.x) == ticks
        assert list(counts.text) == [str(n) for n in curve.n_at_risk(ticks)]
        assert set(counts.y) == {row}


def test_each_censoring_has_its_tick():
    curves, figure = arm_figure()
    ticks = traces(figure, "Trastuzumab censored")[0]
    months = np.unique(curves[1].censored_months)
    assert list(ticks.x) == np.repeat(months, 3).tolist()
    low, high, gap = np.reshape(ticks.y, (-1, 3)).T
    np.testing.assert_allclose((low + high) / 2, [100 * curves[1].at(float(t)).value for t in months])
    assert np.isnan(gap).all()


def test_legend_names_patients_and_events_and_arms_bring_their_dash():
    curves, figure = arm_figure()
    words = words_of(figure)
    for curve in curves:
        assert curve.label in words
        assert f"{count(curve.n, 'patient')}, {count(curve.n_events, 'event')}" in words
    assert "(Tras+pert)" in words
    assert [traces(figure, label)[0].line.dash for label in ARM_WORDS] == list(ARM_DASHES.values())


def test_tiers_are_recognised_by_name_and_bring_colour_and_shape():
    curves = [kaplan_meier(group, label=tier.value) for group, tier in zip(BY_ARM, Tier, strict=True)]
    figure = kaplan_meier_figure(curves, title="By tier", simulated=False)
    assert [traces(figure, tier.value)[0].line.color for tier in Tier] == list(TIER_COLOURS.values())
    assert all(glyph in words_of(figure) for glyph in TIER_GLYPHS.values())


def test_p_value_stands_in_the_subtitle_only_when_given():
    p = log_rank(BY_ARM).p_value
    assert "Log-rank p" in words_of(arm_figure(p_value=p)[1])
    assert "Log-rank" not in words_of(arm_figure()[1])


@pytest.mark.parametrize("simulated", [True, False])
def test_simulated_patients_are_marked_inside_the_figure_and_in_its_words(simulated):
    figure = arm_figure(simulated=simulated)[1]
    assert (SIMULATED_COHORT in words_of(figure)) == simulated
    assert figure.layout.meta["alt"].startswith(SIMULATED_COHORT) == simulated


def test_alternative_text_gives_the_estimates_but_none_beyond_follow_up():
    figure = arm_figure(p_value=0.0481)[1]
    alt = figure.layout.meta["alt"]
    assert "Log-rank p = 0.048." in alt
    assert f"{100 * kaplan_meier(BY_ARM[1]).at(60).value:.1f}\u00a0% at 60 months" in alt
    assert "60 months" not in alt[alt.index("Trastuzumab + pertuzumab:") :]


def test_groups_with_few_events_are_greyed_on_request_only():
    few = BY_ARM[2].n_events + 1
    greyed = arm_figure(grey_below_events=few)[1]
    assert traces(greyed, ARM_WORDS[2])[0].line.color == FADED
    assert traces(greyed, ARM_WORDS[1])[0].line.color == ARM_COLOURS[Arm.T]
    assert "too\u00a0few\u00a0to\u00a0read" in words_of(greyed)
    assert "too\u00a0few\u00a0to\u00a0read" not in words_of(arm_figure()[1])


def test_a_group_without_events_has_a_line_and_no_band():
    curve = kaplan_meier(FollowUp(np.array([5.0, 30.0]), np.zeros(2, dtype=bool)), label="alone")
    figure = kaplan_meier_figure([curve], title="No event", simulated=False)
    assert list(traces(figure, "alone")[0].y) == [100.0, 100.0, 100.0, 100.0]
    assert not len(traces(figure, "alone band")[0].x)


def test_one_patient_with_the_event_at_once_is_drawn():
    curve = kaplan_meier(FollowUp(np.array([0.0]), np.ones(1, dtype=bool)), label="one")
    figure = kaplan_meier_figure([curve], title="One", simulated=False)
    assert traces(figure, "one")[0].y[-1] == 0
    assert figure.layout.xaxis.range[1] == 12


def test_no_curve_is_not_a_figure():
    with pytest.raises(NotEstimable):
        kaplan_meier_figure([], title="Nothing", simulated=False)


def test_labels_are_escaped_and_long_titles_broken():
    curve = kaplan_meier(BY_ARM[0], label="<img src=x> & more")
    figure = kaplan_meier_figure([curve], title="word " * 30, simulated=False)
    assert "<img" not in words_of(figure)
    assert figure.layout.title.text.count("<br>") >= 2


def test_six_other_groups_differ_in_colour_or_dash_and_names_cut_alike_become_letters():
    curves = [kaplan_meier(BY_ARM[0], label=f"Hospital of the North, ward {i}") for i in range(6)]
    figure = kaplan_meier_figure(curves, title="By ward", simulated=False)
    assert (
        len({(traces(figure, c.label)[0].line.color, traces(figure, c.label)[0].line.dash) for c in curves}) == 6
    )
    assert "ward 2 (C): " in words_of(figure)
    assert "Hospital of…" not in words_of(figure)


def test_numbers_of_six_digits_get_fewer_ticks():
    follow_up = FollowUp(np.tile(BY_ARM[1].months, 300), np.tile(BY_ARM[1].event, 300))
    curves = [kaplan_meier(follow_up, label="many")]
    figure = kaplan_meier_figure(curves, title="Many", simulated=False)
    assert list(figure.layout.xaxis.tickvals)[:3] == [0, 24, 48]
    assert len(traces(figure, "many censored")[0].x) <= 3 * 40 * 125


def test_margins_leave_room_for_the_labels_beside_the_plot():
    curves = [kaplan_meier(group, label=tier.value) for group, tier in zip(BY_ARM, Tier, strict=True)]
    margin = kaplan_meier_figure(curves, title="By tier", simulated=False).layout.margin
    # "Moderate" with its shape is about 80 px wide in the small font.
    assert margin.r >= 86
    assert margin.l >= 80 + 18


@given(st.lists(st.floats(0, 100), max_size=6), st.floats(0.1, 20))
def test_spread_labels_keep_their_distance_order_and_middle(positions, gap):
    placed = spread(positions, gap)
    ordered = sorted(placed)
    assert all(b - a >= gap - 1e-6 for a, b in pairwise(ordered))
    assert sum(placed) == pytest.approx(sum(positions), abs=1e-6)
    for i, a in enumerate(positions):
        for j, b in enumerate(positions):
            if a < b:
                assert placed[i] < placed[j]


@given(st.lists(st.floats(0, 100), max_size=4), st.floats(0.1, 20))
def test_labels_stand_inside_the_plot_and_keep_their_distance_and_order(positions, gap):
    apart = spread(positions, gap)
    placed = inside(apart, gap, 4, 102)
    assert all(4 - 1e-6 <= y <= 102 for y in placed)
    assert all(b - a >= gap - 1e-6 for a, b in pairwise(sorted(placed)))
    assert np.argsort(placed, kind="stable").tolist() == np.argsort(apart, kind="stable").tolist()


def test_every_curve_without_an_event_is_named_where_it_ends():
    # Plotly hides what stands above the end of the axis.
    groups = [FollowUp(np.full(9, 100.0 + i), np.zeros(9, bool)) for i in range(4)]
    curves = [kaplan_meier(group, label=f"group {i}") for i, group in enumerate(groups)]
    figure = kaplan_meier_figure(curves, title="No event", simulated=False)
    labels = [each for each in figure.layout.annotations if each.name == "end label"]
    low, high = figure.layout.yaxis.range
    assert len(labels) == 4
    assert all(low < label.y <= high for label in labels)


def test_the_name_of_a_group_is_not_said_twice_and_not_cut():
    groups = {"none": BY_ARM[0], "anti-HER2 therapy": BY_ARM[1]}
    curves = [kaplan_meier(group, label=label) for label, group in groups.items()]
    figure = kaplan_meier_figure(curves, title="Two", colours=[ARM_COLOURS[Arm.NONE], "#008080"], simulated=False)
    words = words_of(figure)
    assert "(None)" not in words
    assert "…" not in words
    assert "anti-HER2 therapy: " in words


def test_labels_far_apart_stay_where_they_are():
    assert spread([90.0, 10.0, 50.0], 6.0) == [90.0, 10.0, 50.0]


@pytest.mark.parametrize(("share", "is_inside"), [(0.3, True), (1.0, False)])
def test_the_mark_leaves_the_plot_where_curves_fall_to_the_axis(share, is_inside):
    months = np.arange(1.0, 201.0)
    curve = kaplan_meier(FollowUp(months, np.arange(200) < 200 * share), label="All")
    figure = kaplan_meier_figure([curve], title="RFS", simulated=True)
    (mark,) = [a for a in figure.layout.annotations if a.name == "simulated"]
    assert (mark.y > 0) == is_inside
