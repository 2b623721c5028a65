import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from survival_samples import PATIENTS, cohort, watched

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.prediction.brier import brier_score

FOUR = FollowUp(np.array([1.0, 2, 3, 9]), np.array([True, False, True, False]))


def one_by_one(follow_up, p, horizon):
    total = 0.0
    for t, event, risk in zip(follow_up.months, follow_up.event, p, strict=True):
        if event and t <= horizon:
            total += (1 - risk) ** 2 / watched(follow_up, t, included=False)
        elif t > horizon or (t == horizon and not event):
            total += risk**2 / watched(follow_up, horizon, included=False)
    return total / follow_up.n


def test_the_score_is_worked_by_hand():
    # G(3-) = G(5) = 2/3: (0.3^2 + 0 + 0.4^2 * 3/2 + 0.2^2 * 3/2) / 4; the censored patient counts nothing.
    found = brier_score(FOUR, [0.7, 0.5, 0.6, 0.2], 5)
    assert found.score.value == pytest.approx((0.09 + 0.24 + 0.06) / 4)
    # Survival at 5 is 3/4 * 1/2: null (1 - p)^2 (1 + 3/2) / 4 + p^2 * 3/2 / 4 with p = 5/8.
    assert found.null == pytest.approx(((3 / 8) ** 2 * 2.5 + (5 / 8) ** 2 * 1.5) / 4)
    assert found.scaled == pytest.approx(1 - found.score.value / found.null)
    assert (found.score.n, found.score.n_events) == (4, 2)


@given(PATIENTS, st.sampled_from([1.0, 4.0, 6.5]))
def test_the_score_is_the_sum_over_patients(rows, horizon):
    follow_up, x = cohort(rows)
    found = brier_score(follow_up, x / 5, horizon)
    last = follow_up.months.max()
    if last < horizon and not follow_up.event[follow_up.months == last].all():
        assert (found.score.value, found.null, found.scaled) == (None, None, None)
        assert "before the horizon" in found.score.reason
    else:
        assert found.score.value == pytest.approx(one_by_one(follow_up, x / 5, horizon))


@given(PATIENTS, st.randoms())
def test_order_of_rows_and_unit_of_time_do_not_matter(rows, random):
    follow_up, x = cohort(rows)
    order = random.sample(range(len(rows)), len(rows))
    there = brier_score(follow_up, x / 5, 4)
    back = brier_score(FollowUp(follow_up.months[order] * 30, follow_up.event[order]), x[order] / 5, 120)
    assert there.score.value == pytest.approx(back.score.value)
    assert there.standard_error == pytest.approx(back.standard_error)
    assert there.scaled == pytest.approx(back.scaled)


def test_risks_that_are_certain_and_right_have_no_error():
    found = brier_score(FollowUp(np.array([1.0, 2, 9, 9]), np.array([True, True, False, False])), [1, 1, 0, 0], 5)
    assert (found.score.value, found.scaled, found.score.low) == (0.0, 1.0, None)
    assert "variance is 0" in found.score.reason


def test_without_censoring_it_is_the_mean_squared_error_with_its_standard_error():
    rng = np.random.default_rng(0)
    months, p = rng.exponential(size=50), rng.random(50)
    found = brier_score(FollowUp(months, np.ones(50, dtype=bool)), p, 1.0)
    errors = ((months <= 1) - p) ** 2
    assert found.score.value == pytest.approx(errors.mean())
    assert found.standard_error == pytest.approx(errors.std(ddof=1) / np.sqrt(50))
    assert found.score.low == pytest.approx(errors.mean() - 1.959964 * errors.std(ddof=1) / np.sqrt(50))


def test_a_cohort_without_events_has_a_score_and_no_scaled_score():
    found = brier_score(FollowUp(np.array([6.0, 7, 8]), np.zeros(3, dtype=bool)), [0.1, 0.2, 0.3], 5)
    assert found.score.value == pytest.approx(0.14 / 3)
    assert (found.null, found.scaled) == (0.0, None)


def test_one_patient_has_a_score_and_no_interval():
    found = brier_score(FollowUp(np.array([6.0]), np.array([True])), [0.5], 5)
    assert (found.score.value, found.score.low) == (0.25, None)


def test_impossible_input_is_refused():
    with pytest.raises(OutOfRange):
        brier_score(FOUR, [0.1, 0.2, 0.3, 1.1], 5)
    with pytest.raises(OutOfRange):
        brier_score(FOUR, [0.1, 0.2, 0.3, np.nan], 5)
    with pytest.raises(ValueError, match="one column"):
        brier_score(FOUR, [0.1], 5)
    with pytest.raises(NotEstimable):
        brier_score(FollowUp(np.empty(0), np.empty(0, dtype=bool)), [], 5)
