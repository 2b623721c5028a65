"""Small cohorts with many ties, drawn at random, and the definitions applied to them pair by pair."""

import numpy as np
from hypothesis import strategies as st

from deeptepp.domain.cohort import FollowUp

PATIENTS = st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.integers(0, 5)), min_size=1, max_size=30)
"""Months, event and marker of each patient."""


def cohort(rows):
    months, event, marker = (np.array(column) for column in zip(*rows, strict=True))
    return FollowUp(months.astype(float), event.astype(bool)), marker.astype(float)


def watched(follow_up, months, *, included):
    """G by its product, censoring times below the time only or up to it; events of a time leave first."""
    value = 1.0
    for u in np.unique(follow_up.months[~follow_up.event]):
        if u < months or (included and u == months):
            at_risk = (follow_up.months >= u).sum() - ((follow_up.months == u) & follow_up.event).sum()
            value *= 1 - ((follow_up.months == u) & ~follow_up.event).sum() / at_risk
    return value


def comparable_pairs(follow_up, horizon=np.inf):
    """Pairs (i, j): i has the event by the horizon while j is still under observation without it."""
    t, d = follow_up.months, follow_up.event
    for i in np.flatnonzero(d & (t <= horizon)):
        for j in range(follow_up.n):
            if t[j] > t[i] or (t[j] == t[i] and not d[j]):
                yield i, j
