"""What happened to the reference patients: curves by tier, and by treatment inside one tier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deeptepp.domain.cohort import ARM, TIER, Arm, Cohort, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.report.format import percent_ci
from deeptepp.stats.kaplan_meier import KaplanMeierCurve, kaplan_meier
from deeptepp.stats.logrank import log_rank
from deeptepp.ui.words import label

FEW_EVENTS = 10
"""Below this many events a curve is shown, but marked as carrying little information (PRODUCT F2)."""

HORIZONS_MONTHS = (24.0, 60.0)
"""Times at which the curves are read, as in the publication."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Curves of groups of one cohort, and the log-rank test between them.

    Parameters
    ----------
    curves : tuple of KaplanMeierCurve
        One per group that has patients.
    groups : tuple of Tier or Arm
        What each curve is of.
    endpoint : Endpoint
        Recurrence or death.
    p_value : float or None
        None where there is nothing to compare.
    """

    curves: tuple[KaplanMeierCurve, ...]
    groups: tuple[Tier | Arm, ...]
    endpoint: Endpoint
    p_value: float | None


def by_tier(reference: Cohort, endpoint: Endpoint) -> Comparison:
    """Compare the tiers of the reference cohort.

    Parameters
    ----------
    reference : Cohort
        With a tier column.
    endpoint : Endpoint
        Recurrence or death.

    Returns
    -------
    Comparison
        Low, moderate, high.
    """
    return _compare(reference, TIER, tuple(Tier), endpoint)


def by_arm(reference: Cohort, tier: Tier, endpoint: Endpoint) -> Comparison:
    """Compare the treatments received inside one tier.

    Parameters
    ----------
    reference : Cohort
        With a tier column.
    tier : Tier
        The tier of the patient.
    endpoint : Endpoint
        Recurrence or death.

    Returns
    -------
    Comparison
        No treatment, trastuzumab, trastuzumab and pertuzumab.
    """
    return _compare(reference.where(reference[TIER] == tier.value), ARM, tuple(Arm), endpoint)


def estimates_table(comparison: Comparison) -> list[dict[str, str]]:
    """Read the curves at two and five years.

    Parameters
    ----------
    comparison : Comparison
        Curves.

    Returns
    -------
    list of dict of str to str
        One row per curve, ready to show.
    """
    rows = []
    for curve in comparison.curves:
        row = {"Group": curve.label, "Patients": str(curve.n), "Events": str(curve.n_events)}
        for months in HORIZONS_MONTHS:
            row[f"{months / 12:.0f} years (95 % CI)"] = _estimate(curve, months)
        rows.append(row)
    return rows


def _compare(
    cohort: Cohort, column: str, groups: Sequence[Tier] | Sequence[Arm], endpoint: Endpoint
) -> Comparison:
    """Estimate one curve per group that has patients, and test them against each other."""
    members = {group: cohort.where(cohort[column] == group.value).follow_up(endpoint) for group in groups}
    members = {group: follow_up for group, follow_up in members.items() if follow_up.n}
    curves = tuple(kaplan_meier(follow_up, label=label(group)) for group, follow_up in members.items())
    test = log_rank(list(members.values())) if len(members) > 1 else None
    return Comparison(curves, tuple(members), endpoint, test.p_value if test else None)


def _estimate(curve: KaplanMeierCurve, months: float) -> str:
    """Write one estimate with its interval, or that nobody was followed so long."""
    estimate = curve.at(months)
    if estimate.is_beyond_follow_up:
        return "not followed so long"
    return percent_ci(estimate.value, estimate.low, estimate.high)
