import numpy as np
import pytest

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.event_rule import why_not_compared
from deeptepp.stats.treatment.contrast_adequacy import contrast_adequacy
from deeptepp.stats.treatment.evidence import EvidenceLevel, grade_evidence

MONTHS = Estimate(value=None, n=0, n_events=0, method="")


def side(n, n_events):
    return FollowUp(np.linspace(1, 24, n), np.arange(n) < n_events)


def graded(index, reference, low=None, high=None):
    ratio = Estimate(
        value=None if low is None else (low * high) ** 0.5, low=low, high=high, n=0, n_events=0, method=""
    )
    return grade_evidence(index, reference, ratio, MONTHS, index_label="T+P", is_simulated=True)


@pytest.mark.parametrize(
    ("index", "reference", "limits", "level", "words"),
    [
        (side(0, 0), side(20, 5), (None, None), EvidenceLevel.NOTHING, "One side has no patients"),
        (side(20, 0), side(20, 0), (None, None), EvidenceLevel.NOTHING, "No event: nothing to compare"),
        (
            side(20, 0),
            side(20, 1),
            (None, None),
            EvidenceLevel.TOO_FEW_TO_COMPARE,
            "Fewer events with T+P (0 vs 1); too few to compare",
        ),
        (
            side(20, 4),
            side(20, 5),
            (None, None),
            EvidenceLevel.TOO_FEW_TO_COMPARE,
            "Fewer events with T+P (4 vs 5); too few to compare",
        ),
        (
            side(30, 10),
            side(30, 12),
            (0.2, 2.1),
            EvidenceLevel.TOO_FEW_TO_TELL_APART,
            "22 events: too few to tell apart",
        ),
        (side(200, 90), side(200, 95), (0.8, 1.2), EvidenceLevel.NOT_TOLD_APART, "185 events: not told apart"),
        (
            side(60, 10),
            side(60, 28),
            (0.1, 0.8),
            EvidenceLevel.FEWER_EVENTS,
            "Fewer events with T+P (10 vs 28); treatment was not randomised",
        ),
        (
            side(60, 28),
            side(70, 10),
            (1.2, 9.0),
            EvidenceLevel.MORE_EVENTS,
            "More events with T+P (28 of 60 vs 10 of 70); treatment was not randomised",
        ),
        (
            side(47, 0),
            side(47, 18),
            (0.001, 0.16),
            EvidenceLevel.TOO_FEW_TO_COMPARE,
            "Fewer events with T+P (0 vs 18); too few to compare; treatment was not randomised",
        ),
        (
            side(200, 9),
            side(20, 8),
            (0.01, 0.3),
            EvidenceLevel.TOO_FEW_TO_COMPARE,
            "Events 9 of 200 vs 8 of 20; too few to compare",
        ),
    ],
)
def test_events_are_counted_before_the_interval_is_read(index, reference, limits, level, words):
    badge = graded(index, reference, *limits)
    assert badge.level is level
    assert badge.sentence.startswith(words)
    assert badge.is_simulated


def test_an_interval_that_happens_to_exclude_one_does_not_outweigh_an_arm_of_nine_events():
    assert graded(side(90, 9), side(90, 60), 0.01, 0.9).level is EvidenceLevel.TOO_FEW_TO_COMPARE


def test_no_badge_directs_or_claims_equality():
    cases = [(0, 0, None, None), (4, 5, None, None), (10, 12, 0.2, 2.1), (10, 24, 0.1, 0.8), (24, 10, 1.2, 9.0)]
    for a, b, low, high in cases:
        words = graded(side(30, a), side(30, b), low, high).sentence.lower()
        assert not any(word in words for word in ("benefit", "give", "omit", "should", "equal", "recommend"))


def test_the_number_needed_is_that_of_a_halved_hazard():
    index, reference = side(30, 5), side(60, 7)
    assert (
        graded(index, reference, 0.2, 2.1).n_events_needed == contrast_adequacy(index, reference).n_events_needed
    )


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ({"T+P": 10, "T": 10}, ""),
        ({"T+P": 0, "T": 18}, "fewer than 10 events with T+P (0)"),
        ({"T+P": 9, "T": 1}, "fewer than 10 events with T+P (9), T (1)"),
    ],
)
def test_the_arm_with_too_few_events_is_named(events, words):
    assert why_not_compared(events) == words
