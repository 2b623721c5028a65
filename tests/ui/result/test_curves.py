"""The curves on the screens count the right patients and read the right times."""

from __future__ import annotations

import tiny_bundle

from deeptepp.domain.cohort import ARM, TIER, Arm, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.ui.result.curves import by_arm, by_tier


def test_every_patient_is_in_one_tier():
    cohort = tiny_bundle.tiny_cohort()
    comparison = by_tier(cohort, Endpoint.RFS)
    assert comparison.levels == tuple(Tier)
    assert sum(curve.n for curve in comparison.curves) == len(cohort)
    assert sum(curve.n_events for curve in comparison.curves) == cohort.follow_up(Endpoint.RFS).n_events
    assert 0 <= comparison.p_value <= 1


def test_treatments_are_compared_inside_her_tier_only():
    cohort = tiny_bundle.tiny_cohort()
    comparison = by_arm(cohort, Tier.HIGH, Endpoint.OS)
    for arm, curve in zip(comparison.levels, comparison.curves, strict=True):
        assert curve.n == ((cohort[TIER] == "High") & (cohort[ARM] == arm)).sum()


def test_an_arm_without_patients_has_no_curve_and_one_arm_alone_no_test():
    cohort = tiny_bundle.tiny_cohort()
    one = cohort.where(cohort[ARM] == Arm.T.value)
    comparison = by_arm(one, Tier.LOW, Endpoint.RFS)
    assert comparison.levels == (Arm.T,)
    assert comparison.p_value is None
