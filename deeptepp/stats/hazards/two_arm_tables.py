"""Who is at risk, and who has the event, in two arms at every time of an event.

At risk at t is who is followed to t or longer; an event at t comes before a censoring at t.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class TwoArmTables:
    """One table of two arms by event for each of the m distinct times of an event.

    ``n_index``, ``n_reference`` (m,): patients at risk.
    """

    n_index: Floats
    n_reference: Floats
    n_events_index: Floats
    n_events_reference: Floats

    @property
    def n(self) -> Floats:
        """Patients of both arms at risk, (m,)."""
        return self.n_index + self.n_reference

    @property
    def n_events(self) -> Floats:
        """Events of both arms, (m,)."""
        return self.n_events_index + self.n_events_reference

    @property
    def expected_index(self) -> float:
        """Events expected in the index arm if the arms shared one hazard."""
        return float((self.n_events * self.n_index / self.n).sum())

    @property
    def expected_reference(self) -> float:
        """Events expected in the reference arm if the arms shared one hazard."""
        return float((self.n_events * self.n_reference / self.n).sum())

    @property
    def variance(self) -> float:
        """Hypergeometric variance of the events in the index arm; exactly 0 where no table compares the arms."""
        n, d = self.n, self.n_events
        spread = d * np.divide(n - d, n - 1, out=np.zeros_like(n), where=n > 1)
        return float((spread * (self.n_index / n) * (self.n_reference / n)).sum())


def two_arm_tables(index: FollowUp, reference: FollowUp) -> TwoArmTables:
    """Count both arms at every time of an event.

    ``index``, ``reference``: the arms; either may be empty. Returns: ascending in time; no table where no event
    was seen.
    """
    times = np.unique(np.concatenate([arm.months[arm.event] for arm in (index, reference)]))
    at_risk = [arm.n - np.searchsorted(np.sort(arm.months), times) for arm in (index, reference)]
    events = [
        np.bincount(np.searchsorted(times, arm.months[arm.event]), minlength=len(times))
        for arm in (index, reference)
    ]
    return TwoArmTables(*(counts.astype(np.float64) for counts in (*at_risk, *events)))
