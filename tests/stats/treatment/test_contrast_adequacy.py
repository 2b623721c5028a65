import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.event_rule import why_not_measured
from deeptepp.stats.prediction.adequacy import validation_adequacy
from deeptepp.stats.survival.logrank import log_rank
from deeptepp.stats.treatment.contrast_adequacy import contrast_adequacy


def arm(n, n_events):
    return FollowUp(np.arange(1.0, n + 1), np.arange(n) < n_events)


def test_schoenfelds_number_of_events():
    # (1.959964 + 0.841621)^2 / (1/4 * ln(2)^2) = 65.35, so 66 events for a hazard ratio of one half.
    found = contrast_adequacy(arm(100, 20), arm(100, 30))
    assert found.n_events_needed == 66
    assert contrast_adequacy(arm(100, 20), arm(300, 30)).n_events_needed == 88
    assert contrast_adequacy(arm(100, 20), arm(100, 30), hazard_ratio=2.0).n_events_needed == 66


@given(st.integers(1, 60), st.integers(60, 300), st.integers(60, 300))
def test_the_detectable_hazard_ratio_needs_the_events_that_were_seen(n_events, n_index, n_reference):
    found = contrast_adequacy(arm(n_index, n_events), arm(n_reference, 0))
    ratio = found.detectable_hazard_ratio
    again = contrast_adequacy(arm(n_index, n_events), arm(n_reference, 0), hazard_ratio=ratio)
    assert abs(again.n_events_needed - n_events) <= 0


def test_the_power_is_that_of_the_log_rank_test():
    # 66 events at a hazard ratio of one half, everybody followed to the event: 80 % of tests are significant.
    rng = np.random.default_rng(0)
    n_found = 0
    for _ in range(400):
        index = FollowUp(rng.exponential(2, 33), np.ones(33, dtype=bool))
        reference = FollowUp(rng.exponential(1, 33), np.ones(33, dtype=bool))
        n_found += log_rank([index, reference]).p_value < 0.05
    assert 0.74 <= n_found / 400 <= 0.86


def test_counts_and_words_are_those_of_the_contrast():
    found = contrast_adequacy(arm(59, 3), arm(83, 16))
    assert (found.n_index, found.n_reference, found.n_events_index, found.n_events_reference) == (59, 83, 3, 16)
    assert "With 19 events in 142 patients" in found.sentence
    assert f"{found.detectable_hazard_ratio:.2g} or smaller" in found.sentence


def test_one_event_is_one():
    assert "With 1 event in 20 patients" in contrast_adequacy(arm(10, 1), arm(10, 0)).sentence
    assert validation_adequacy(arm(30, 1), 1.0).events.sentence.startswith("1 event up to")
    assert why_not_measured(1, 1) == "1 event in 1 patient, fewer than 10"


@pytest.mark.parametrize(
    ("index", "reference", "reason"),
    [(arm(10, 0), arm(10, 0), "no event was seen"), (arm(0, 0), arm(10, 5), "an arm has no patients")],
)
def test_without_events_or_an_arm_nothing_can_be_shown(index, reference, reason):
    found = contrast_adequacy(index, reference)
    assert (found.detectable_hazard_ratio, found.reason) == (None, reason)
    assert reason in found.sentence


def test_impossible_questions_are_refused():
    for wrong in ({"hazard_ratio": 1}, {"hazard_ratio": 0}, {"alpha": 0}, {"power": 0.02}, {"power": 1}):
        with pytest.raises(OutOfRange):
            contrast_adequacy(arm(10, 5), arm(10, 5), **wrong)
    with pytest.raises(NotEstimable):
        contrast_adequacy(arm(0, 0), arm(0, 0))
