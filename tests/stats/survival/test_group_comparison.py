import numpy as np
import pytest

from deeptepp.domain.cohort import ARM, Arm, Endpoint
from deeptepp.errors import NotEstimable
from deeptepp.simulate.simulated_cohort import simulate_cohort
from deeptepp.stats.survival.group_comparison import compare_groups
from deeptepp.stats.survival.logrank import log_rank


def test_every_patient_with_follow_up_is_in_one_curve():
    cohort = simulate_cohort(seed=3)
    months = cohort["rfs_months"].copy()
    months[:5] = np.nan
    comparison = compare_groups(cohort.with_columns(rfs_months=months), ARM, tuple(Arm), Endpoint.RFS)
    assert comparison.n == len(cohort) - 5
    assert comparison.n_without_follow_up == 5
    assert comparison.p_value == log_rank(comparison.follow_up).p_value
    assert comparison.n_events == cohort["rfs_event"][5:].sum()


def test_a_group_without_patients_has_no_curve_and_one_group_alone_no_test():
    cohort = simulate_cohort(seed=3)
    one = cohort.where(cohort[ARM] == "T")
    comparison = compare_groups(one, ARM, tuple(Arm), Endpoint.OS, labels=["none", "trastuzumab", "dual"])
    assert comparison.levels == ("T",)
    assert comparison.curves[0].label == "trastuzumab"
    assert comparison.p_value is None
    assert comparison.curve_of("none") is None


def test_groups_that_nobody_is_in_cannot_be_compared():
    with pytest.raises(NotEstimable, match="none of the groups"):
        compare_groups(simulate_cohort(), ARM, ("other",), Endpoint.RFS)
