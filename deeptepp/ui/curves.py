"""What happened to the reference patients: curves by tier, and by treatment inside one tier."""

from __future__ import annotations

from deeptepp.domain.cohort import ARM, TIER, Arm, Cohort, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.report.format import percent_ci
from deeptepp.stats.evidence import MIN_EVENTS
from deeptepp.stats.group_comparison import GroupComparison, compare_groups
from deeptepp.stats.kaplan_meier import KaplanMeierCurve
from deeptepp.ui.language import say, t
from deeptepp.ui.words import label

FEW_EVENTS = MIN_EVENTS
"""Below this many events a curve is shown, but marked as carrying little information (PRODUCT F2)."""

HORIZONS_MONTHS = (24.0, 60.0)
"""Times at which the curves are read, as in the publication."""


def by_tier(reference: Cohort, endpoint: Endpoint) -> GroupComparison:
    """Compare the tiers of the reference cohort.

    Parameters
    ----------
    reference : Cohort
        With a tier column.
    endpoint : Endpoint
        Recurrence or death.

    Returns
    -------
    GroupComparison
        Low, moderate, high.
    """
    return compare_groups(reference, TIER, tuple(Tier), endpoint, labels=[label(tier) for tier in Tier])


def by_arm(reference: Cohort, tier: Tier, endpoint: Endpoint) -> GroupComparison:
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
    GroupComparison
        No treatment, trastuzumab, trastuzumab and pertuzumab.
    """
    members = reference.where(reference[TIER] == tier.value)
    return compare_groups(members, ARM, tuple(Arm), endpoint, labels=[label(arm) for arm in Arm])


def estimates_table(comparison: GroupComparison) -> list[dict[str, str]]:
    """Read the curves at two and five years.

    Parameters
    ----------
    comparison : GroupComparison
        Curves.

    Returns
    -------
    list of dict of str to str
        One row per curve, ready to show.
    """
    rows = []
    for curve in comparison.curves:
        row = {t("Group"): curve.label, t("Patients"): str(curve.n), t("Events"): str(curve.n_events)}
        for months in HORIZONS_MONTHS:
            row[t("{n:.0f} years (95 % CI)", n=months / 12)] = _estimate(curve, months)
        rows.append(row)
    return rows


def _estimate(curve: KaplanMeierCurve, months: float) -> str:
    """Write one estimate with its interval, or that nobody was followed so long."""
    estimate = curve.at(months)
    if estimate.is_beyond_follow_up:
        return t("follow-up too short")
    return say(percent_ci(estimate.value, estimate.low, estimate.high))
