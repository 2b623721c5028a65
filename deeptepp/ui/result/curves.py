"""What happened to the reference patients: curves by tier, and by treatment inside one tier."""

from __future__ import annotations

from collections.abc import Sequence

from deeptepp.domain.cohort import ARM, TIER, Arm, Cohort, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.report.held_curves import HeldCurves
from deeptepp.stats.event_rule import MIN_EVENTS
from deeptepp.stats.survival.group_comparison import GroupComparison, compare_groups
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve
from deeptepp.ui.words.language import say, t
from deeptepp.ui.words.screen_words import label


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


def few_events_words(curves: Sequence[KaplanMeierCurve]) -> list[str]:
    """Which treatments have so few events that they are drawn in grey and nothing is tested."""
    few = ", ".join(curve.label for curve in curves if curve.n_events < MIN_EVENTS)
    template = "Fewer than {n} events, so in grey and not tested: {groups}."
    return [t(template, n=MIN_EVENTS, groups=few)] if few else []


def untested_words(held: HeldCurves) -> list[str]:
    """Why tiers are not tested against each other."""
    return [t("Not tested: {reason}.", reason=say(held.reason))] if held.reason else []
