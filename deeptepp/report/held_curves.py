"""What stands on the curves of several groups: the log-rank p, or grey and the reason why nothing is tested."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from deeptepp.report.format import count
from deeptepp.report.names import group_words
from deeptepp.stats.event_rule import MIN_EVENTS, why_not_compared
from deeptepp.stats.survival.group_comparison import GroupComparison
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve
from deeptepp.wording.sentence import joined, sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCurves:
    """How curves may be shown.

    ``p_value``: of the log-rank test, None where it is held back; ``reason``: why nothing is tested, empty where
    it is, or where there is one group.
    """

    p_value: float | None
    grey_below_events: int
    reason: str


def held_curves(found: GroupComparison, *, are_treatments: bool) -> HeldCurves:
    """Apply the rule of evidence to curves.

    ``are_treatments``: the groups were treated differently, so that each needs events enough, tiers and facts need
    them together.
    """
    if are_treatments:
        reason, grey = why_not_compared({group_words(c.label): c.n_events for c in found.curves}), MIN_EVENTS
    else:
        reason = found.why_groups_not_tested
        grey = found.n_events + 1 if found.n_events < MIN_EVENTS else 0
    several = len(found.curves) > 1
    return HeldCurves(
        p_value=None if reason else found.p_value, grey_below_events=grey, reason=reason if several else ""
    )


def few_events(curves: Iterable[KaplanMeierCurve]) -> tuple[str, ...]:
    """Note which curves rest on too few events, if any do."""
    few = [group_words(curve.label) for curve in curves if curve.n_events < MIN_EVENTS]
    said = sentence(
        "Fewer than {n} events, read the interval only: {tiers}.", n=MIN_EVENTS, tiers=joined(", ", few)
    )
    return (said,) if few else ()


def not_followed(n: int) -> tuple[str, ...]:
    """Note how many patients have no known follow-up, if any."""
    said = sentence("{patients} without known follow-up: in no curve.", patients=count(n, "patient"))
    return (said,) if n else ()
