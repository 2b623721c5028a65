import numpy as np
import pytest
from treated_cohorts import cohort_of

from deeptepp.stats.estimate import Estimate
from deeptepp.stats.survival.kaplan_meier import kaplan_meier
from deeptepp.stats.treatment.number_needed import METHOD, difference_at, number_needed
from deeptepp.stats.treatment.treatment_effect import contrast_treatments
from deeptepp.stats.treatment.treatment_question import TP_VS_T, Matching


def contrast(index_events=10, reference_events=18, *, n=40):
    """T+P and T, n each, followed for 30 months; events at 6 months."""
    event = np.r_[np.arange(n) < index_events, np.arange(n) < reference_events]
    patients = cohort_of(["T+P"] * n + ["T"] * n, np.where(event, 6.0, 30.0) + np.arange(2 * n) / 100, event)
    return contrast_treatments(patients, TP_VS_T, matching=Matching.OFF)


def test_the_difference_is_that_of_the_curves_at_any_time():
    asked = contrast()
    found = difference_at(asked, 12)
    index, reference = (kaplan_meier(side.follow_up).at(12).value for side in (asked.index, asked.reference))
    assert found.value == pytest.approx(index - reference) == pytest.approx(30 / 40 - 22 / 40)
    assert (found.n, found.n_events) == (80, 28)


def test_a_lower_level_makes_a_narrower_interval():
    wide, narrow = difference_at(contrast(), 12), difference_at(contrast(), 12, level=0.5)
    assert wide.low < narrow.low < narrow.value == wide.value < narrow.high < wide.high


def test_a_time_beyond_the_common_horizon_has_a_reason():
    found = difference_at(contrast(), 36)
    assert found.value is None
    assert "up to 24 months only" in found.reason


def test_a_contrast_of_few_events_gives_neither_difference_nor_number():
    found = difference_at(contrast(0, 18), 12)
    assert found.value is None
    assert "fewer than 10" in found.reason
    assert number_needed(found).reason == found.reason


def test_the_number_carries_the_counts_and_the_level_of_its_difference():
    found = number_needed(
        Estimate(value=0.2, low=0.1, high=0.4, level=0.9, n=70, n_events=12, method="difference")
    )
    assert (found.n, found.n_events, found.level, found.method, found.reason) == (70, 12, 0.9, METHOD, "")
    assert found.low < found.value < found.high


def test_a_difference_without_an_interval_says_so():
    found = number_needed(Estimate(value=0.2, n=70, n_events=12, method="difference"))
    assert (found.value, found.reason) == (None, "the difference has no interval")
