"""What happened to the reference patients: curves by tier, and by treatment inside one tier."""

from __future__ import annotations

from collections.abc import Sequence

from deeptepp.domain.cohort import ARM, TIER, Arm, Cohort, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.report.format import percent_ci
from deeptepp.report.held_curves import HeldCurves
from deeptepp.stats.event_rule import MIN_EVENTS
from deeptepp.stats.survival.group_comparison import GroupComparison, compare_groups
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve
from deeptepp.ui.words.language import say, t
from deeptepp.ui.words.screen_words import label

HORIZONS_MONTHS = (24.0, 60.0)
"""Times at which the curves are read, as in the publication."""


def by_tier(reference: Cohort, endpoint: Endpoint) -> GroupComparison:
    """Compare the tiers of the reference cohort.

    Returns Low, moderate, high.
    """
    return compare_groups(reference, TIER, tuple(Tier), endpoint, labels=[label(tier) for tier in Tier])


def by_arm(reference: Cohort, tier: Tier, endpoint: Endpoint) -> GroupComparison:
    """Compare the treatments received inside one tier.

    Returns no treatment, trastuzumab, trastuzumab and pertuzumab.
    """
    members = reference.where(reference[TIER] == tier.value)
    return compare_groups(members, ARM, tuple(Arm), endpoint, labels=[label(arm) for arm in Arm])


def estimates_table(comparison: GroupComparison) -> list[dict[str, str]]:
    """Read the curves at two and five years."""
    rows = []
    for curve in comparison.curves:
        row = {t("Group"): curve.label, t("Patients"): str(curve.n), t("Events"): str(curve.n_events)}
        for months in HORIZONS_MONTHS:
            row[t("{n:.0f} years (95 % CI)", n=months / 12)] = _estimate(curve, months)
        rows.append(row)
    return rows


def few_events_words(curves: Sequence[KaplanMeierCurve]) -> list[str]:
    """Which treatments have so few events that they are drawn in grey and nothing is tested."""
    few = ", ".join(curve.label for curve in curves if curve.n_events < MIN_EVENTS)
    template = "Fewer than {n} events, so in grey and not tested: {groups}."
    return [t(template, n=MIN_EVENTS, groups=few)] if few else []


def untested_words(held: HeldCurves) -> list[str]:
    """Why tiers are not tested against each other."""
    return [say(f"Not tested: {held.reason}.")] if held.reason else []


def _estimate(curve: KaplanMeierCurve, months: float) -> str:
    """Write one estimate with its interval, or that the follow-up was too short."""
    estimate = curve.at(months)
    if estimate.is_beyond_follow_up:
        return t("follow-up too short")
    return say(percent_ci(estimate.value, estimate.low, estimate.high))
