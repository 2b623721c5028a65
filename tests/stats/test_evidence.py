import numpy as np
import pytest

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.contrast_adequacy import contrast_adequacy
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.evidence import EvidenceLevel, grade_evidence

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
        (side(20, 0), side(20, 1), (None, None), EvidenceLevel.TOO_FEW_TO_COMPARE, "1 event: too few to compare"),
        (side(20, 4), side(20, 5), (None, None), EvidenceLevel.TOO_FEW_TO_COMPARE, "9 events: too few to compare"),
        (
            side(30, 5),
            side(30, 7),
            (0.2, 2.1),
            EvidenceLevel.TOO_FEW_TO_TELL_APART,
            "12 events: too few to tell apart",
        ),
        (side(200, 90), side(200, 95), (0.8, 1.2), EvidenceLevel.NOT_TOLD_APART, "185 events: not told apart"),
        (
            side(30, 3),
            side(30, 14),
            (0.1, 0.8),
            EvidenceLevel.FEWER_EVENTS,
            "17 events in 60 patients: fewer with T+P",
        ),
        (
            side(30, 14),
            side(30, 3),
            (1.2, 9.0),
            EvidenceLevel.MORE_EVENTS,
            "17 events in 60 patients: more with T+P",
        ),
    ],
)
def test_events_are_counted_before_the_interval_is_read(index, reference, limits, level, words):
    badge = graded(index, reference, *limits)
    assert badge.level is level
    assert badge.sentence.startswith(words)
    assert badge.is_simulated


def test_an_interval_that_happens_to_exclude_one_does_not_outweigh_nine_events():
    assert graded(side(30, 0), side(30, 9), 0.01, 0.9).level is EvidenceLevel.TOO_FEW_TO_COMPARE


def test_no_badge_directs_or_claims_equality():
    cases = [(0, 0, None, None), (4, 5, None, None), (5, 7, 0.2, 2.1), (3, 14, 0.1, 0.8), (14, 3, 1.2, 9.0)]
    for a, b, low, high in cases:
        words = graded(side(30, a), side(30, b), low, high).sentence.lower()
        assert not any(word in words for word in ("benefit", "give", "omit", "should", "equal", "recommend"))


def test_the_number_needed_is_that_of_a_halved_hazard():
    index, reference = side(30, 5), side(60, 7)
    assert (
        graded(index, reference, 0.2, 2.1).n_events_needed == contrast_adequacy(index, reference).n_events_needed
    )
