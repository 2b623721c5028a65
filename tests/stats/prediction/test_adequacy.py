import numpy as np
import pytest

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.prediction.adequacy import validation_adequacy

Z = 1.959963984540054


def uncensored(n, n_events, horizon=60.0):
    """So many events before the horizon, everybody else followed beyond it."""
    months = np.where(np.arange(n) < n_events, horizon / 2, horizon + 1)
    return FollowUp(months, np.arange(n) < n_events)


def test_without_censoring_the_width_of_the_ratio_is_rileys():
    found = validation_adequacy(uncensored(1000, 100), 60)
    error = np.sqrt(0.9 / 100)
    assert found.ratio.value == pytest.approx(np.exp(Z * error) - np.exp(-Z * error))
    assert found.ratio.is_met is False
    assert (found.n, found.n_events) == (1000, 100)


def test_the_events_needed_for_the_ratio_bring_the_width_wanted():
    # Riley asks for a standard error of 0.051 for an interval of 0.9 to 1.1.
    needed = validation_adequacy(uncensored(1000, 100), 60).ratio.n_events_needed
    assert needed == pytest.approx(0.9 / 0.051**2, rel=0.01)
    assert validation_adequacy(uncensored(10 * needed, needed), 60).ratio.is_met
    assert not validation_adequacy(uncensored(10 * needed - 10, needed - 1), 60).ratio.is_met


@pytest.mark.parametrize("expected_c", [0.6, 0.75, 0.9])
def test_the_events_needed_for_the_c_index_bring_the_width_wanted(expected_c):
    def width(n_events):
        return validation_adequacy(uncensored(5 * n_events, n_events), 60, expected_c=expected_c).concordance

    needed = width(100).n_events_needed
    assert width(needed).is_met
    assert width(needed).value == pytest.approx(0.1, rel=0.02)
    assert not width(needed - 1).is_met


def test_the_width_of_the_c_index_is_newcombes():
    # n = 400, phi = 0.25, C = 0.8: 0.16 (1 + 199 * 0.2/1.2 + 199 * 0.8/1.8) / (160000 * 0.1875).
    found = validation_adequacy(uncensored(400, 100), 60, expected_c=0.8)
    variance = 0.16 * (1 + 199 / 6 + 199 * 4 / 9) / 30000
    assert found.concordance.value == pytest.approx(2 * Z * np.sqrt(variance))


@pytest.mark.parametrize(("n_events", "is_met"), [(99, False), (100, True)])
def test_a_hundred_events_are_wanted(n_events, is_met):
    found = validation_adequacy(uncensored(500, n_events), 60)
    assert found.events.is_met is is_met
    assert found.events.value == n_events
    assert ("too few" in found.events.sentence) is not is_met


def test_censoring_widens_the_interval():
    rng = np.random.default_rng(0)
    months, lost = rng.exponential(200, 500), rng.uniform(0, 130, 500)
    whole = validation_adequacy(FollowUp(np.minimum(months, 130), months <= 130), 60)
    part = validation_adequacy(FollowUp(np.minimum(months, lost), months <= lost), 60)
    assert part.ratio.value > whole.ratio.value
    assert part.concordance.value > whole.concordance.value


@pytest.mark.parametrize(
    ("follow_up", "reason"),
    [
        (uncensored(50, 0), "nobody had the event"),
        (FollowUp(np.array([30.0, 80]), np.array([True, True])), ""),
        (FollowUp(np.array([10.0, 60]), np.array([True, True])), "everybody had the event"),
        (FollowUp(np.array([10.0, 20]), np.array([True, False])), "ends at 20 months"),
    ],
)
def test_what_cannot_be_said_has_a_reason_and_a_sentence(follow_up, reason):
    found = validation_adequacy(follow_up, 60)
    for requirement in (found.ratio, found.concordance):
        assert reason in requirement.reason
        assert (requirement.value is None) == bool(reason)
        assert requirement.sentence
    assert len(found.requirements) == 3


def test_impossible_questions_are_refused():
    with pytest.raises(OutOfRange):
        validation_adequacy(uncensored(50, 5), 60, expected_c=0.4)
    with pytest.raises(OutOfRange):
        validation_adequacy(uncensored(50, 5), 0)
    with pytest.raises(NotEstimable):
        validation_adequacy(FollowUp(np.empty(0), np.empty(0, dtype=bool)), 60)
