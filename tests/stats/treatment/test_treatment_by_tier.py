import numpy as np
import pytest
from treated_cohorts import cohort_of, tiered

from deeptepp.domain.cohort import Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.errors import MissingColumn
from deeptepp.stats.hazards.mantel_haenszel import one_step_hazard_ratio
from deeptepp.stats.treatment.treatment_by_tier import contrast_by_tier
from deeptepp.stats.treatment.treatment_effect import contrast_treatments
from deeptepp.stats.treatment.treatment_question import T_VS_NONE, Matching


@pytest.fixture(scope="module")
def cohort():
    return tiered(seed=2)


@pytest.fixture(scope="module")
def found(cohort):
    return contrast_by_tier(cohort, T_VS_NONE, matching=Matching.OFF)


def test_every_tier_has_the_contrast_of_its_own_patients(cohort, found):
    for tier, contrast in zip(Tier, found.contrasts, strict=True):
        alone = contrast_treatments(cohort, T_VS_NONE, tiers=(tier,), matching=Matching.OFF)
        assert (contrast.n, contrast.n_events) == (alone.n, alone.n_events)
        assert contrast.hazard_ratio == alone.hazard_ratio


def test_contrasts_are_in_the_order_asked_for(cohort):
    ours = contrast_by_tier(cohort, T_VS_NONE, tiers=[Tier.HIGH, Tier.LOW], matching=Matching.OFF)
    sizes = [int(((cohort["tier"] == tier.value) & np.isin(cohort["arm"], ["T", "none"])).sum()) for tier in Tier]
    assert [contrast.n for contrast in ours.contrasts] == [sizes[2], sizes[0]]


def test_subgroups_hold_the_patients_who_were_compared(found):
    by_label = {part.label: part for part in found.subgroups.subgroups}
    for tier, contrast in zip(Tier, found.contrasts, strict=True):
        part = by_label[tier.value]
        assert (part.n_index, part.n_reference) == (contrast.index.follow_up.n, contrast.reference.follow_up.n)
        ratio = one_step_hazard_ratio(contrast.index.follow_up, contrast.reference.follow_up)
        assert part.hazard_ratio.value == pytest.approx(ratio.value)


def events_in(**of_tier):
    """T and none, 40 each in a tier, with as many events as said."""
    arms, months, events, tiers = [], [], [], []
    for tier, counts in of_tier.items():
        for arm, n_events in zip(("T", "none"), counts, strict=True):
            arms += [arm] * 40
            events += [place < n_events for place in range(40)]
            months += [5.0 + place if place < n_events else 70.0 for place in range(40)]
            tiers += [tier] * 40
    return cohort_of(arms, months, events, tier=tiers)


@pytest.mark.parametrize("of_low", [(0, 0), (0, 25), (9, 30)])
def test_a_tier_without_a_ratio_takes_no_part_in_the_interaction(of_low):
    upper = contrast_by_tier(events_in(Moderate=(12, 25), High=(20, 21)), T_VS_NONE, matching=Matching.OFF)
    cohort = events_in(Low=of_low, Moderate=(12, 25), High=(20, 21))
    found = contrast_by_tier(cohort, T_VS_NONE, matching=Matching.OFF)
    assert [contrast.is_reportable for contrast in found.contrasts] == [False, True, True]
    assert (found.interaction.statistic, found.interaction.degrees_of_freedom) == (upper.interaction.statistic, 1)


def test_the_order_of_tiers_does_not_change_the_interaction(cohort, found):
    turned = contrast_by_tier(cohort, T_VS_NONE, tiers=tuple(Tier)[::-1], matching=Matching.OFF)
    assert turned.interaction.statistic == pytest.approx(found.interaction.statistic)


def test_the_endpoint_asked_for_is_the_one_compared(cohort):
    answer = contrast_by_tier(cohort, T_VS_NONE, endpoint=Endpoint.OS, matching=Matching.OFF)
    alone = contrast_treatments(cohort, T_VS_NONE, tiers=(Tier.HIGH,), endpoint=Endpoint.OS, matching=Matching.OFF)
    assert answer.contrasts[2].n_events == alone.n_events


def test_the_level_reaches_contrasts_and_subgroups(cohort, found):
    wide = contrast_by_tier(cohort, T_VS_NONE, matching=Matching.OFF, level=0.99)
    assert wide.subgroups.stratified.high > found.subgroups.stratified.high
    assert {contrast.hazard_ratio.level for contrast in wide.contrasts} == {0.99}


def test_a_cohort_without_tiers_is_refused():
    with pytest.raises(MissingColumn):
        contrast_by_tier(cohort_of(["T", "none"], [1, 2], [1, 0]), T_VS_NONE, matching=Matching.OFF)
