"""What a cohort holds, in a few numbers: patients, events, follow-up and gaps."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.datasets.cohort_values import floats, is_unknown
from deeptepp.domain.cohort import ARM, RFS_EVENT, RFS_MONTHS, SOURCE, TIER, Arm, Cohort, Endpoint, FollowUp
from deeptepp.domain.provenance import patients_are_simulated
from deeptepp.domain.risk import Tier
from deeptepp.report.format import count
from deeptepp.stats.survival.follow_up_time import follow_up_time
from deeptepp.wording.sentence import glued, sentence

UNKNOWN = "unknown"
"""Group of the patients of whom a fact is missing."""

_ENDPOINT_COLUMNS = tuple(name for each in Endpoint for name in each.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointOverview:
    """What is known of one endpoint.

    ``median_follow_up``: reverse Kaplan-Meier, months, None where it is not reached; ``reason``: why there is no
    median.
    """

    endpoint: str
    n: int
    n_events: int
    median_follow_up: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOverview:
    """Patients of one arm and tier; ``n_events`` are RFS events of the ``n_known`` of whom RFS is known."""

    arm: str
    tier: str | None
    n: int
    n_known: int
    n_events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortOverview:
    """What a cohort holds.

    ``sources``: patients by data set, empty where the cohort does not say; ``missing``: patients without a value,
    by column, complete columns are not named.
    """

    n: int
    is_simulated: bool
    sources: dict[str, int]
    endpoints: tuple[EndpointOverview, ...]
    groups: tuple[GroupOverview, ...]
    missing: dict[str, int]

    def to_mapping(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def overview_of(cohort: Cohort) -> CohortOverview:
    """Count what a cohort holds.

    ``cohort``: may have faults, what is no time of follow-up counts as unknown.
    """
    return CohortOverview(
        n=len(cohort),
        is_simulated=patients_are_simulated(cohort),
        sources=_counts(cohort[SOURCE]) if SOURCE in cohort else {},
        endpoints=tuple(_endpoint(cohort, each) for each in cohort.endpoints),
        groups=tuple(_groups(cohort)),
        missing=_missing(cohort),
    )


def overview_lines(overview: CohortOverview) -> list[str]:
    """Write an overview as text."""
    lines = [_counted(overview.n, "patient") + (", SIMULATED" if overview.is_simulated else "")]
    if not overview.n:
        return lines
    lines += [sentence("  from {name}: {n}", name=name, n=n) for name, n in overview.sources.items()]
    for each in overview.endpoints:
        followed = (
            sentence("median follow-up not estimable ({reason})", reason=each.reason)
            if each.median_follow_up is None
            else sentence(
                "median follow-up {median_follow_up:.1f} months (reverse Kaplan-Meier)",
                median_follow_up=each.median_follow_up,
            )
        )
        lines.append(
            sentence(
                "{endpoint}: known for {n}, {counted}, {followed}",
                endpoint=each.endpoint.upper(),
                n=each.n,
                counted=_counted(each.n_events, "event"),
                followed=followed,
            )
        )
    lines.append("RFS events by arm" + (" and tier" if any(each.tier for each in overview.groups) else ""))
    for group in overview.groups:
        name = group.arm if group.tier is None else glued("{}, {}", group.arm, group.tier)
        lines.append(
            sentence(
                "  {name}: {n_events} of {n_known} with known RFS, {counted}",
                name=name,
                n_events=group.n_events,
                n_known=group.n_known,
                counted=_counted(group.n, "patient"),
            )
        )
    lines.append("Unknown, of all patients" if overview.missing else "No column has gaps")
    lines += [glued("  {}: {} ({:.0%})", name, n, n / overview.n) for name, n in overview.missing.items()]
    return lines


def _counted(n: int, what: str) -> str:
    """Count things for a terminal, where a space that does not break is a stranger."""
    return count(n, what).replace("\u00a0", " ")


def _counts(column: npt.NDArray[Any]) -> dict[str, int]:
    """Count the patients of each word."""
    words = _words(column)
    return {str(name): int((words == name).sum()) for name in np.unique(words)}


def _words(column: npt.NDArray[Any]) -> npt.NDArray[np.str_]:
    """Write a column as words, (n,) str."""
    words = [UNKNOWN if is_unknown(value) else str(value) for value in column.tolist()]
    return np.array(words, dtype=str)


def _endpoint(cohort: Cohort, endpoint: Endpoint) -> EndpointOverview:
    """Count one endpoint."""
    months, event = floats(cohort[endpoint.months]), floats(cohort[endpoint.event])
    is_known = np.isfinite(months) & (months >= 0) & np.isfinite(event)
    n, n_events = int(is_known.sum()), int((event[is_known] == 1).sum())
    if not n:
        return EndpointOverview(
            endpoint=endpoint.value, n=0, n_events=0, median_follow_up=None, reason="it is known for nobody"
        )
    median = follow_up_time(FollowUp(months[is_known], event[is_known] == 1)).potential
    return EndpointOverview(
        endpoint=endpoint.value, n=n, n_events=n_events, median_follow_up=median.value, reason=median.reason
    )


def _groups(cohort: Cohort) -> list[GroupOverview]:
    """Count RFS events by arm and tier."""
    months, event = floats(cohort[RFS_MONTHS]), floats(cohort[RFS_EVENT])
    is_known = np.isfinite(months) & np.isfinite(event)
    arms = _words(cohort[ARM])
    tiers = _words(cohort[TIER]) if TIER in cohort else None
    found = []
    for arm in _in_order(arms, [arm.value for arm in Arm]):
        for tier in [None] if tiers is None else _in_order(tiers, [tier.value for tier in Tier]):
            chosen = (arms == arm) & (True if tiers is None else tiers == tier)
            if chosen.any():
                n_known, n_events = (int((chosen & is_known & each).sum()) for each in (True, event == 1))
                n = int(chosen.sum())
                found.append(GroupOverview(arm=arm, tier=tier, n=n, n_known=n_known, n_events=n_events))
    return found


def _in_order(words: npt.NDArray[np.str_], order: list[str]) -> list[str]:
    """Words of a column in an order, those that it does not name behind them."""
    return [*order, *sorted(set(words.tolist()) - set(order))]


def _missing(cohort: Cohort) -> dict[str, int]:
    """Count the gaps of every column of facts."""
    gaps = {
        name: sum(is_unknown(value) or value == UNKNOWN for value in column.tolist())
        for name, column in cohort.columns.items()
        if name not in _ENDPOINT_COLUMNS
    }
    return {name: n for name, n in gaps.items() if n}
