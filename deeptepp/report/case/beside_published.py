"""What was printed for one tier beside what this reference cohort gives, and whether the two agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from deeptepp.domain.cohort import ARM, TIER, Arm, Cohort, Endpoint
from deeptepp.domain.published import TABLE_2, PublishedComparison, PublishedCurve, PublishedSet, comparison_of
from deeptepp.domain.published_caveats import Caveat
from deeptepp.domain.risk import Tier
from deeptepp.errors import NotEstimable
from deeptepp.report.format import auc_ci, percent
from deeptepp.report.survival_tables import survival_text
from deeptepp.stats.event_rule import why_not_measured
from deeptepp.stats.survival.group_comparison import compare_groups
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve
from deeptepp.wording.sentence import sentence

_WHOLE_MODEL = "MRI+MV+CP"
"""Published experiment that takes images and clinical facts."""

BY_TREATMENT: dict[tuple[Arm, ...], str] = {
    tuple(Arm): "{tier} tier, all patients: survival at {years} years",
    (Arm.T, Arm.TP): "{tier} tier, with anti-HER2 treatment: survival at {years} years",
    (Arm.NONE,): "{tier} tier, without anti-HER2 treatment: survival at {years} years",
    (Arm.T,): "{tier} tier, trastuzumab: survival at {years} years",
    (Arm.TP,): "{tier} tier, trastuzumab + pertuzumab: survival at {years} years",
}
"""What a curve is, by the treatments in it."""

MATCHED = "Printed for matched patients; here all patients of the tier with that treatment."
"""What to know of the rows at two years."""

CAVEATS_HERE = (Caveat.CURVES_AND_COUNTS, Caveat.TIER_BY_ARM, Caveat.MATCHED_ON_OUTCOME, Caveat.NOT_RANDOMISED)
"""Caveats of the publication that bear on these rows."""

DISCRIMINATION = "AUC for recurrence, cross-validation"
"""Name of the row that does not depend on the tier."""


class Agreement(StrEnum):
    """Where a printed value lies; none was printed with an interval."""

    INSIDE = "inside our 95 % CI"
    OUTSIDE = "outside our 95 % CI"
    UNKNOWN = "not assessable"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRow:
    """One printed value beside ours.

    ``n``, ``n_events``: what ours rests on, events are those up to the horizon; ``agreement``: whether the printed
    value lies in our interval.
    """

    key: str
    name: str
    where: str
    printed: str
    here: str = "no patient"
    n: int = 0
    n_events: int = 0
    agreement: Agreement = Agreement.UNKNOWN


def beside_published(
    reference: Cohort, metrics: Mapping[str, Any], tier: Tier, endpoint: Endpoint
) -> tuple[PublishedRow, ...]:
    """Set every printed value that concerns one tier beside ours.

    Returns survival at five years, then at two, then the AUC.
    """
    members = reference.where(reference[TIER] == tier.value)
    rows = []
    for key in ("tiers-all", "tiers-treated", "tiers-untreated", f"{tier.value.lower()}-dual"):
        comparison = comparison_of(key, endpoint)
        if comparison is not None:
            curves = [curve for curve in comparison.curves if curve.tiers == (tier,)]
            rows += [_survival(members, comparison, curve) for curve in curves]
    return (*rows, *_discrimination(metrics))


def _survival(members: Cohort, comparison: PublishedComparison, printed: PublishedCurve) -> PublishedRow:
    """Set one printed survival beside that of the same group here."""
    share, months = printed.survival_pct / 100, comparison.horizon_months
    facts = {"tier": printed.tiers[0], "years": f"{months / 12:.0f}"}
    row = PublishedRow(
        key=comparison.key,
        name=sentence(BY_TREATMENT[printed.arms], **facts),
        where=comparison.where,
        printed=percent(share),
    )
    curve = _curve(members, printed.arms, comparison.endpoint)
    if curve is None:
        return row
    at = curve.at(months)
    inside = Agreement.UNKNOWN if at.is_beyond_follow_up else _is_inside(share, at.low, at.high)
    return replace(row, here=survival_text(at), n=at.n, n_events=at.n_events, agreement=inside)


def _curve(members: Cohort, arms: tuple[Arm, ...], endpoint: Endpoint) -> KaplanMeierCurve | None:
    """Estimate the survival of the patients with some treatments."""
    chosen = members.where(np.isin(members[ARM].astype(str), [arm.value for arm in arms]))
    tiers = sorted(set(chosen[TIER].astype(str)))
    try:
        return compare_groups(chosen, TIER, tiers, endpoint).curves[0] if tiers else None
    except NotEstimable:
        return None


def _discrimination(metrics: Mapping[str, Any]) -> list[PublishedRow]:
    """Set the printed AUC of the whole model beside ours."""
    ours = metrics.get("cross_validation", {})
    printed = next(
        row for row in TABLE_2 if row.experiment == _WHOLE_MODEL and row.patients is PublishedSet.CROSS_VALIDATION
    )
    if ours.get("auc") is None:
        return []
    few = why_not_measured(ours["n"], ours["n_events"])
    low, high = (None, None) if few else (ours.get("auc_low"), ours.get("auc_high"))
    return [
        PublishedRow(
            key="auc",
            name=sentence(DISCRIMINATION),
            where="Table 2",
            printed=f"{printed.auc:.2f}",
            here=sentence("not given: {reason}", reason=few) if few else auc_ci(ours["auc"], low, high),
            n=ours["n"],
            n_events=ours["n_events"],
            agreement=_is_inside(printed.auc, low, high),
        )
    ]


def _is_inside(value: float, low: float | None, high: float | None) -> Agreement:
    """Whether a value lies in an interval."""
    if low is None or high is None:
        return Agreement.UNKNOWN
    return Agreement.INSIDE if low <= value <= high else Agreement.OUTSIDE
