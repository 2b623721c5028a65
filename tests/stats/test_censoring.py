import numpy as np
import pytest
from hypothesis import given
from survival_samples import PATIENTS, cohort, watched

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.stats.censoring import censoring_survival, reverse_kaplan_meier

# At 2 an event and a censoring: the event leaves first, so 1 of 3 is censored; at 4 the last one.
FIVE = FollowUp(np.array([1.0, 2.0, 2.0, 3.0, 4.0]), np.array([True, True, False, True, False]))


def test_a_censoring_comes_after_an_event_of_the_same_time():
    g = censoring_survival(FIVE)
    assert g.before([0, 2, 3, 4]) == pytest.approx([1, 1, 2 / 3, 2 / 3])
    assert g.at([0, 2, 3, 4, 9]) == pytest.approx([1, 2 / 3, 2 / 3, 0, 0])


@given(PATIENTS)
def test_g_is_the_product_over_the_times_of_censoring(rows):
    follow_up, _ = cohort(rows)
    g = censoring_survival(follow_up)
    times = np.arange(0, 10.5, 0.5)
    assert g.before(times) == pytest.approx([watched(follow_up, t, included=False) for t in times])
    assert g.at(times) == pytest.approx([watched(follow_up, t, included=True) for t in times])
    assert (g.before(follow_up.months[follow_up.event]) > 0).all()


def test_without_censoring_everybody_stays_under_observation():
    assert (
        censoring_survival(FollowUp(np.array([1.0, 5.0]), np.array([True, True]))).at([0, 1, 5, 9]).tolist()
        == [1] * 4
    )


def test_the_reversed_curve_keeps_the_times_of_the_cohort():
    curve = reverse_kaplan_meier(FIVE)
    assert curve.follow_up_months.tolist() == [1, 2, 2, 3, 4]
    assert curve.event_months.tolist() == [2, 4]
    assert curve.at(2).value == pytest.approx(2 / 3)
    assert curve.at(2).low == pytest.approx(0.0541, abs=5e-4)


def test_nobody_has_no_curve():
    with pytest.raises(NotEstimable):
        censoring_survival(FollowUp(np.empty(0), np.empty(0, dtype=bool)))
