import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import chdtrc

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.stats.survival.fixed_time import compare_survival_at

FOLLOW_UPS = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=30).map(
    lambda rows: FollowUp(np.array([float(t) for t, _ in rows]), np.array([e for _, e in rows]))
)


def arm(n, n_events, last=9.0):
    """n patients, the first of them with an event at 3, the others followed to the end."""
    event = np.arange(n) < n_events
    return FollowUp(np.where(event, 3.0, last), event)


def test_uncensored_arms_give_the_test_of_two_proportions_without_pooling():
    found = compare_survival_at(arm(20, 4), arm(25, 10), 5)
    variance = 0.8 * 0.2 / 20 + 0.6 * 0.4 / 25
    assert found.difference.value == pytest.approx(0.2)
    assert found.difference.low == pytest.approx(0.2 - 1.959963984540054 * np.sqrt(variance))
    assert found.difference.p_value == pytest.approx(chdtrc(1, 0.2**2 / variance))
    assert (found.difference.n, found.difference.n_events) == (45, 14)


def test_an_arm_without_events_is_tested_all_the_same():
    assert compare_survival_at(arm(20, 0), arm(25, 10), 5).difference.p_value is not None


def test_two_arms_without_events_have_no_test():
    found = compare_survival_at(arm(20, 0), arm(25, 0), 5)
    assert (found.difference.value, found.difference.low, found.difference.p_value) == (0, None, None)
    assert found.difference.reason == "neither arm has had an event"


def test_an_arm_where_everybody_had_the_event_has_no_interval():
    found = compare_survival_at(arm(20, 20), arm(25, 10), 5)
    assert (found.difference.value, found.difference.low) == (pytest.approx(-0.6), None)
    assert found.difference.reason.startswith("every patient of an arm had the event")


def test_a_time_beyond_an_arm_is_said():
    found = compare_survival_at(arm(20, 4), arm(25, 10, last=4), 5)
    assert found.difference.is_estimable
    assert found.difference.reason == "the time lies beyond the last observation of the reference arm"


def test_an_empty_arm_is_not_estimable():
    with pytest.raises(NotEstimable, match="index arm"):
        compare_survival_at(arm(0, 0), arm(3, 1), 5)


@given(FOLLOW_UPS, FOLLOW_UPS, st.sampled_from([0.5, 30.4375]), st.randoms(use_true_random=False))
def test_row_order_time_units_and_the_order_of_the_arms_do_not_matter(index, reference, factor, random):
    order = list(range(index.n))
    random.shuffle(order)
    changed = FollowUp(index.months[order] * factor, index.event[order])
    scaled = FollowUp(reference.months * factor, reference.event)
    first, second = compare_survival_at(index, reference, 6), compare_survival_at(scaled, changed, 6 * factor)
    assert first.difference.value == pytest.approx(-second.difference.value, abs=1e-12)
    assert (first.difference.p_value or 0) == pytest.approx(second.difference.p_value or 0)
