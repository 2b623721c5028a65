"""A cohort at a glance: every number of a figure is a count of patients, and its words say the same."""

from dataclasses import replace

import numpy as np
import pytest
from drawn_figures import WIDTHS, drawing_page, faults
from tiny_bundle import tiny_cohort

from deeptepp.domain.cohort import ARM, FIRST_EVENT, TIER, Arm, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.errors import NotEstimable
from deeptepp.report.figures.cohort_figures import events_figure, follow_up_figure, outcomes, tier_mix_figure
from deeptepp.report.figures.outcome_flow_figure import flow_to_outcome_figure

FIGURES = (tier_mix_figure, flow_to_outcome_figure, follow_up_figure, events_figure)


@pytest.fixture(scope="module")
def cohort():
    return tiny_cohort()


@pytest.mark.parametrize("draw", FIGURES)
def test_every_figure_says_what_it_shows_and_that_it_is_simulated(cohort, draw):
    figure = draw(cohort)
    assert figure.layout.meta["alt"].startswith("SIMULATED COHORT. ")
    assert [a.name for a in figure.layout.annotations].count("simulated") == 1
    real = draw(replace(cohort, is_simulated=False))
    assert "SIMULATED" not in real.to_json()


def test_the_shares_of_each_treatment_add_up(cohort):
    bars = tier_mix_figure(cohort).data
    assert len(bars) == len(Tier)
    np.testing.assert_allclose(np.sum([bar.x for bar in bars], axis=0), 1)
    assert sum(n for bar in bars for n in bar.customdata) == len(cohort)


def test_what_flows_in_flows_out(cohort):
    flow = flow_to_outcome_figure(cohort).data[0]
    values = np.array(flow.link.value)
    first = np.array(flow.link.source) < len(Arm)
    assert values[first].sum() == values[~first].sum() == len(cohort)
    for node in range(len(Arm), len(Arm) + len(Tier)):
        into, out = np.array(flow.link.target) == node, np.array(flow.link.source) == node
        assert values[into].sum() == values[out].sum()


def test_everybody_with_known_follow_up_is_in_the_histogram(cohort):
    assert sum(n for bar in follow_up_figure(cohort).data for n in bar.y) == len(cohort)


def test_events_are_counted_by_kind(cohort):
    bars = events_figure(cohort).data
    assert sum(n for bar in bars for n in bar.x) == cohort[Endpoint.RFS.event].sum()


def test_a_cohort_that_does_not_tell_events_apart_is_drawn_all_the_same(cohort):
    columns = {name: column for name, column in cohort.columns.items() if name != FIRST_EVENT}
    months = columns[Endpoint.RFS.months].copy()
    months[0] = np.nan
    plain = replace(cohort, columns=columns | {Endpoint.RFS.months: months})
    assert set(outcomes(plain)) == {"no event", "relapse or death", "not known"}
    for draw in FIGURES:
        draw(plain)


def test_a_cohort_without_tiers_or_events_gives_a_reason(cohort):
    untiered = cohort.with_columns(**{TIER: np.full(len(cohort), "", dtype=object)})
    for draw in (tier_mix_figure, flow_to_outcome_figure):
        with pytest.raises(NotEstimable, match="nobody has a tier"):
            draw(untiered)
    still = cohort.with_columns(
        **{
            Endpoint.RFS.event: np.zeros(len(cohort), bool),
            FIRST_EVENT: np.full(len(cohort), "none", dtype=object),
        }
    )
    with pytest.raises(NotEstimable, match="nobody has an event"):
        events_figure(still)


def test_a_treatment_that_nobody_had_is_left_out(cohort):
    only = cohort.where(cohort[ARM] == Arm.T.value)
    assert all(len(bar.y) == 1 for bar in tier_mix_figure(only).data)
    assert len(follow_up_figure(only).data) == 1


@pytest.mark.browser
@pytest.mark.slow
def test_no_text_is_cut_or_runs_into_another(cohort):
    with drawing_page() as page:
        for draw in FIGURES:
            for width in WIDTHS:
                assert faults(page, draw(cohort), width) == []
