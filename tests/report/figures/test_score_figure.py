import numpy as np
import pytest

from deeptepp.domain.risk import SIMULATED_COHORT, Tier, TierName, TierScheme
from deeptepp.errors import NotEstimable
from deeptepp.report.figures.score_figure import percentile_of, score_distribution_figure
from deeptepp.report.look.theme import TIER_COLOURS, TIER_SHAPES

TIERS = TierScheme(0.2, 0.5)
SCORES = np.random.default_rng(1).beta(0.7, 2.0, 400)


def words_of(figure):
    return " ".join(a.text for a in figure.layout.annotations)


def bars(figure):
    return {trace.name: trace for trace in figure.data if trace.type == "bar"}


def test_bars_of_each_tier_count_its_patients_in_its_colour():
    found = bars(score_distribution_figure(SCORES, TIERS, None, simulated=True))
    sizes = {tier: sum(TIERS.tier_of(s) is tier for s in SCORES) for tier in Tier}
    for tier in Tier:
        assert sum(found[tier.value].y) == sizes[tier]
        assert found[tier.value].marker.color == TIER_COLOURS[tier]


def test_bins_that_a_cut_off_divides_are_stacked():
    found = bars(score_distribution_figure([0.201, 0.209], TierScheme(0.205, 0.5), None, simulated=False))
    assert np.flatnonzero(found["Low"].y) == np.flatnonzero(found["Moderate"].y)


@pytest.mark.parametrize(("score", "tier"), [(0.1, Tier.LOW), (0.3, Tier.MODERATE), (0.7, Tier.HIGH)])
def test_the_patient_is_marked_with_score_tier_and_place(score, tier):
    named = TierName((tier,), is_stable=True)
    figure = score_distribution_figure(SCORES, TIERS, score, tier_name=named, simulated=True)
    mark = next(trace for trace in figure.data if trace.name == "This patient")
    assert (mark.x[0], mark.marker.symbol, mark.marker.color) == (score, TIER_SHAPES[tier], TIER_COLOURS[tier])
    for words in (words_of(figure).replace("</b><br>", ", "), figure.layout.meta["alt"]):
        assert f"This patient: {score:.3f}, {tier}, higher than {percentile_of(score, SCORES):.0f}\u00a0%" in words


def test_without_a_patient_nobody_is_marked():
    figure = score_distribution_figure(SCORES, TIERS, None, simulated=True)
    assert "This patient" not in words_of(figure) + figure.layout.meta["alt"]


def test_cut_offs_are_named_with_their_value_and_crowded_ones_get_two_lines():
    def heights(tiers):
        figure = score_distribution_figure(SCORES, tiers, None, simulated=False)
        return {a.text: a.yshift for a in figure.layout.annotations if "from" in a.text}

    apart, crowded = heights(TierScheme(0.1, 0.8)), heights(TierScheme(0.45, 0.5))
    assert set(apart) == {"Moderate from 0.100", "High from 0.800"}
    assert len(set(apart.values())) == 1
    assert abs(np.diff(list(crowded.values()))[0]) >= 16


def test_equal_cut_offs_leave_nobody_moderate_and_one_label():
    figure = score_distribution_figure(SCORES, TierScheme(0.4, 0.4), None, simulated=False)
    assert "Moderate from" not in words_of(figure)
    assert sum(bars(figure)["Moderate"].y) == 0


@pytest.mark.parametrize(("score", "anchor"), [(0.01, "left"), (0.5, "center"), (0.99, "right")])
def test_the_label_of_the_patient_leans_inwards_at_the_edges(score, anchor):
    figure = score_distribution_figure(SCORES, TIERS, score, simulated=False)
    assert next(a for a in figure.layout.annotations if a.name == "patient").xanchor == anchor


@pytest.mark.parametrize("simulated", [True, False])
def test_simulated_patients_are_marked(simulated):
    figure = score_distribution_figure(SCORES, TIERS, 0.3, simulated=simulated)
    assert (SIMULATED_COHORT in words_of(figure)) == simulated
    assert (SIMULATED_COHORT in figure.layout.meta["alt"]) == simulated


def test_patients_without_a_score_are_left_out():
    figure = score_distribution_figure([0.1, np.nan, 0.9], TIERS, None, simulated=False)
    assert "2\u00a0reference patients" in figure.layout.meta["alt"]


def test_scores_of_zero_and_one_are_in_the_figure():
    figure = score_distribution_figure([0.0, 1.0], TIERS, 1.0, simulated=False)
    assert sum(sum(trace.y) for trace in bars(figure).values()) == 2


def test_nobody_with_a_score_makes_no_figure():
    with pytest.raises(NotEstimable):
        score_distribution_figure([np.nan], TIERS, 0.3, simulated=False)


def test_ties_count_half_in_the_place():
    assert percentile_of(0.5, np.array([0.1, 0.5, 0.5, 0.9])) == 50.0


def test_the_mark_stands_below_the_axis_and_inside_the_figure():
    figure = score_distribution_figure(SCORES, TIERS, 0.3, simulated=True)
    (mark,) = [a for a in figure.layout.annotations if a.name == "simulated"]
    plot_px = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    assert -figure.layout.margin.b < mark.y * plot_px < -60
