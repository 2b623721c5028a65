"""Many simulated cohorts in one table: what is measured, what is flagged, and what tests find in nothing."""

from math import inf, log, nan, sqrt

import numpy as np
import pytest
from simulated_summary.draw import UPPER, make_draw, matched_groups, measure_draw
from simulated_summary.matching import Matching, match_on_follow_up
from simulated_summary.nulls import NULL_TESTS, measure_nulls, n_significant
from simulated_summary.summary import summarise, summarise_draws
from simulated_summary.summary_page import summary_page
from simulated_summary.targets import QUANTITIES, SHARES, Quantity

from deeptepp.domain.cohort import ARM, LATENT_RISK, TIER, Arm, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.errors import BadSetting
from deeptepp.stats.survival.kaplan_meier import kaplan_meier

MEAN = Quantity(key="x", title="x", target=10.0, mean=10.0, sd=2.0, note="the reason")
MEDIAN = Quantity(key="x", title="x", target=10.0, mean=10.0, low=5.0, high=20.0)


@pytest.fixture(scope="module")
def draw():
    return make_draw(3)


@pytest.fixture(scope="module")
def summary():
    return summarise_draws(3)


def test_tiers_have_the_published_numbers_and_follow_the_score(draw):
    tier = draw.cohort[TIER]
    assert [int((tier == each).sum()) for each in Tier] == [439, 144, 143]
    assert draw.score[tier == "Low"].max() < draw.score[tier == "Moderate"].min()
    assert draw.score[tier == "Moderate"].max() < draw.score[tier == "High"].min()
    assert np.corrcoef(draw.score, draw.cohort[LATENT_RISK])[0, 1] == pytest.approx(sqrt(0.91), abs=0.02)


def test_every_number_with_a_target_is_measured_and_read_from_the_right_patients(draw):
    found = measure_draw(3)
    assert {each.key for each in (*QUANTITIES, *SHARES)} <= set(found)
    chosen = (draw.cohort[TIER] == "High") & (draw.cohort[ARM] == Arm.NONE)
    curve = kaplan_meier(draw.cohort.follow_up(Endpoint.OS).where(chosen))
    assert found["os5.untreated.High"] == 100 * curve.at(60).value
    assert found["n.untreated_low"] == ((draw.cohort[TIER] == "Low") & (draw.cohort[ARM] == Arm.NONE)).sum()
    kinds = ("n.locoregional", "n.contralateral", "n.distant")
    assert sum(found[key] for key in kinds) == found["n.relapses"]


def test_a_draw_is_the_same_twice_and_another_seed_is_another():
    first, again, other = (measure_draw(seed) for seed in (5, 5, 6))
    np.testing.assert_equal(first, again)
    assert first["follow_up.median"] != other["follow_up.median"]


@pytest.mark.parametrize("matching", Matching)
def test_matching_pairs_as_many_of_either_arm_and_brings_their_follow_up_together(draw, matching):
    part = draw.cohort.where(draw.members((Tier.HIGH,), (Arm.T, Arm.TP)))
    months = part.follow_up(Endpoint.RFS).months
    apart = abs(np.median(months[part[ARM] == Arm.T]) - np.median(months[part[ARM] == Arm.TP]))
    single, dual = matched_groups(draw, Tier.HIGH, matching)
    assert single.n == dual.n > 5
    assert abs(np.median(single.months) - np.median(dual.months)) < apart


def test_pairs_of_equal_stages_lie_within_three_months_and_a_propensity_finds_more_of_them(draw):
    part = draw.cohort.where(draw.members((Tier.HIGH,), (Arm.T, Arm.TP)))
    single, dual = match_on_follow_up(part, Matching.EXACT)
    assert 0 < np.abs(single.months - dual.months).max() <= 3
    assert single.n < match_on_follow_up(part, Matching.PROPENSITY)[0].n


def test_without_one_of_the_arms_nobody_is_matched(draw):
    alone = draw.cohort.where(draw.members((Tier.HIGH,), (Arm.TP,)))
    assert [match_on_follow_up(alone, each) for each in Matching] == [None] * len(Matching)


def test_a_mean_is_within_when_chance_explains_its_distance_and_flagged_when_not():
    near = 10 + np.tile([-2.0, 2.0], 100)
    limit = 3 * sqrt(2.0**2 / 200 + near.std(ddof=1) ** 2 / 200) + 0.005
    assert summarise(MEAN, near + 0.99 * limit).is_within
    assert summarise(MEAN, near + 1.01 * limit).is_within is False
    assert summarise(MEAN, near + 50, applies=False).is_within is None


def test_infinite_ratios_keep_their_place_and_missing_numbers_are_left_out():
    values = [1.0, 10.0, 10.0, inf, nan]
    row = summarise(MEDIAN, values)
    assert (row.n_draws, row.centre, row.high) == (4, 10.0, inf)
    assert row.is_target_drawn
    assert summarise(MEDIAN, np.exp(log(30) + np.linspace(-1, 1, 200))).is_within is False


def test_a_target_outside_of_all_draws_is_said_to_be_there():
    assert not summarise(MEAN, np.linspace(20, 30, 50)).is_target_drawn


def test_draws_without_a_p_value_are_not_counted_as_tested():
    assert n_significant([0.01, 0.04, 0.05, 0.9, nan]) == (2, 4)


def test_every_null_test_has_a_p_value_and_the_published_matching_is_marked_as_none():
    found = measure_nulls(1)
    assert set(found) == {(test.preset, test.key) for test in NULL_TESTS}
    assert all(0 <= p <= 1 for p in found.values())
    assert {test.key.split(".")[0] for test in NULL_TESTS if not test.is_valid} == set(Matching)


def test_matching_on_observed_follow_up_finds_what_is_not_there_and_a_common_horizon_does_not():
    tests = {test.key: test for test in NULL_TESTS if test.preset == "no_TP_effect"}
    draws = [make_draw(seed, preset="no_TP_effect") for seed in range(24)]
    matched, cut = (
        sum(n_significant([tests[f"{key}.{tier}"].measure(draw) for draw in draws])[0] for tier in UPPER)
        for key in ("propensity", "dual24")
    )
    assert matched > 16  # of 48; chance allows 6 in 99.9 % of honest tests
    assert cut <= 6


def test_the_page_is_marked_names_its_command_and_holds_every_row(summary):
    page = summary_page(summary, command="python -m simulated_summary --draws 3")
    assert "SIMULATED COHORT" in page
    assert "RESEARCH USE ONLY" in page
    assert "`python -m simulated_summary --draws 3`" in page
    for each in (*QUANTITIES, *SHARES, *NULL_TESTS):
        assert f"| {each.title} |" in page
    assert page.count("no valid test") == 2 * len(Matching)


def test_under_another_preset_nothing_is_held_against_the_reference():
    summary = summarise_draws(2, preset="sharp")
    assert {row.is_within for row in (*summary.rows, *summary.shares)} == {None}
    assert summary.flagged == ()
    assert "standard errors" not in summary_page(summary, command="x").split("## ")[0]


@pytest.mark.parametrize(("n_draws", "preset"), [(1, "paper"), (2, "papers")])
def test_too_few_draws_and_unknown_presets_are_refused(n_draws, preset):
    with pytest.raises(BadSetting):
        summarise_draws(n_draws, preset=preset)
