"""Groups of one cohort side by side: a curve for each, and the log-rank test between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deeptepp.domain.cohort import Cohort, Endpoint, FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.stats.event_rule import MIN_EVENTS, count_events
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve, kaplan_meier
from deeptepp.stats.survival.logrank import LogRankTest, log_rank
from deeptepp.wording.sentence import joined, sentence


@dataclass(frozen=True, slots=True, eq=False)
class GroupComparison:
    """Curves of groups and the test between them.

    ``column``: what the groups differ in. ``levels``: value of that column for each curve; groups without patients
    are left out. ``test``: None where fewer than two groups have patients. ``n_without_follow_up``: patients of
    these groups whose follow-up is not known; they are in no curve.
    """

    column: str
    levels: tuple[str, ...]
    follow_up: tuple[FollowUp, ...]
    curves: tuple[KaplanMeierCurve, ...]
    endpoint: Endpoint
    test: LogRankTest | None
    n_without_follow_up: int = 0

    @property
    def p_value(self) -> float | None:
        """Of the log-rank test; None where there is nothing to compare."""
        return self.test.p_value if self.test else None

    @property
    def why_groups_not_tested(self) -> str:
        """Why groups that nobody chose for a patient, as tiers and facts, are not tested; empty where they are."""
        if self.n_events < MIN_EVENTS:
            return sentence("{events}, fewer than {limit}", events=count_events(self.n_events), limit=MIN_EVENTS)
        # A contrast against a group without an event rests on that group's size alone.
        empty = [curve.label for curve in self.curves if not curve.n_events]
        return sentence("no event in {groups}", groups=joined(", ", empty)) if empty else ""

    @property
    def n(self) -> int:
        """Patients in all groups."""
        return sum(curve.n for curve in self.curves)

    @property
    def n_events(self) -> int:
        """Events in all groups."""
        return sum(curve.n_events for curve in self.curves)

    def curve_of(self, level: str) -> KaplanMeierCurve | None:
        """Curve of one group, or None when it has no patients."""
        return self.curves[self.levels.index(level)] if level in self.levels else None


def compare_groups(
    cohort: Cohort, column: str, levels: Sequence[str], endpoint: Endpoint, *, labels: Sequence[str] | None = None
) -> GroupComparison:
    """Estimate one curve for each group that has patients, and test the groups against each other.

    ``column``: column that holds the groups. ``levels``: groups in the order of the curves. ``labels``: names of
    the curves; the levels when left out. Raises ``NotEstimable``: None of the groups has a patient with follow-up.
    """
    known = np.isfinite(np.asarray(cohort[endpoint.months], dtype=np.float64))
    values = np.asarray(cohort[column]).astype(str)
    names = dict(zip(levels, labels or levels, strict=True))
    members = {level: known & (values == level) for level in levels}
    members = {level: chosen for level, chosen in members.items() if chosen.any()}
    if not members:
        raise NotEstimable(
            what=sentence("Survival by {fact}", fact=column),
            reason="none of the groups has a patient with follow-up",
        )
    months, event = (np.asarray(cohort[name]) for name in (endpoint.months, endpoint.event))
    groups = tuple(FollowUp(months[chosen], event[chosen].astype(bool)) for chosen in members.values())
    return GroupComparison(
        column=column,
        levels=tuple(members),
        follow_up=groups,
        curves=tuple(
            kaplan_meier(group, label=names[level]) for level, group in zip(members, groups, strict=True)
        ),
        endpoint=endpoint,
        test=log_rank(groups) if len(groups) > 1 else None,
        n_without_follow_up=int((np.isin(values, list(levels)) & ~known).sum()),
    )
