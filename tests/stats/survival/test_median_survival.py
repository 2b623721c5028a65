import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from survival_samples import PATIENTS, cohort

from deeptepp.stats.survival.kaplan_meier import kaplan_meier
from deeptepp.stats.survival.median_survival import first_half


def half(months, curve):
    return first_half(np.array(months, dtype=float), np.array(curve, dtype=float))


def test_the_median_is_the_first_time_below_one_half():
    assert half([0, 3, 7, 9], [1, 0.8, 0.4, 0.1]) == 7


def test_a_curve_that_rests_at_one_half_has_the_middle_of_its_rest():
    assert half([0, 3, 5, 9, 20], [1, 0.5, 0.5, 0.2, 0.1]) == 6


def test_a_curve_that_ends_at_one_half_has_the_middle_of_its_end():
    assert half([0, 3, 9], [1, 0.5, 0.5]) == 6


def test_a_curve_above_one_half_has_none():
    assert half([0, 3, 9], [1, 0.8, 0.51]) is None


def test_rounding_above_one_half_is_one_half():
    assert half([0, 3, 7], [1, 0.5 + 1e-12, 0.2]) == 5


def test_where_a_limit_is_not_defined_it_is_passed_over():
    assert half([0, 3, 7], [1, np.nan, 0.3]) == 7
    assert half([0, 3], [np.nan, np.nan]) is None


@given(PATIENTS)
def test_medians_equal_an_independent_implementation_but_where_a_curve_rests(rows):
    follow_up, _ = cohort(rows)
    curve = kaplan_meier(follow_up)
    theirs = KaplanMeierFitter().fit(follow_up.months, follow_up.event).median_survival_time_
    if (np.abs(curve.survival - 0.5) < 1e-9).any():
        assert curve.median.months >= first_half(curve.months, curve.survival - 1e-6)
    else:
        assert curve.median.months == (None if np.isinf(theirs) else pytest.approx(theirs))


@given(PATIENTS, st.sampled_from([0.25, 30.4375]))
def test_the_unit_of_time_scales_the_median(rows, factor):
    curve = kaplan_meier(cohort(rows)[0])
    ours, theirs = (first_half(curve.months * by, curve.survival) for by in (1, factor))
    assert theirs == (None if ours is None else pytest.approx(ours * factor))
