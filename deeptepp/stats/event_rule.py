"""The ten-events rule: what is not given of patients with too few events, and the reason in words.

References
----------
Peduzzi P et al. J Clin Epidemiol 1995;48:1503-1510 (ten events).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.counted import counted
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.horizon import known_at, why_no_horizon
from deeptepp.wording.sentence import glued, joined, listed, sentence

MIN_EVENTS = 10
"""With fewer events an arm is drawn in grey, and nothing is tested or compared that rests on it (Peduzzi 1995)."""


def why_not_compared(events: Mapping[str, int], *, least: int = MIN_EVENTS) -> str:
    """Say which arms have too few events for a comparison that rests on each of them; empty where none has.

    ``least``: events that each must have. Returns: such as "fewer than 10 events with T+P (0)".
    """
    few = [glued("{} ({})", name, n) for name, n in events.items() if n < least]
    return sentence("fewer than {limit} events with {arms}", limit=least, arms=joined(", ", few)) if few else ""


def why_no_ratio(events: Mapping[str, int]) -> str:
    """Say why a row of a forest of tiers has no ratio; empty where it has one.

    Nobody chose a tier for a patient, so that the rule is weaker than that of treatments; but a ratio against a
    side without any event is made by the estimator. Returns: such as "no event in Low".
    """
    none = [name for name, n in events.items() if n == 0]
    n_events = sum(events.values())
    if none and n_events:
        return sentence("no event in {sides}", sides=listed(none, last="or"))
    return (
        sentence("{events}, fewer than {limit}", events=count_events(n_events), limit=MIN_EVENTS)
        if n_events < MIN_EVENTS
        else ""
    )


def why_not_measured(n: int, n_events: int) -> str:
    """Say why no discrimination or calibration is given of patients; empty where it is.

    An AUC, a concordance and a slope are as uncertain as the smaller of their two classes: one patient more moves
    the AUC of a class of d by up to 1 / (d + 1). ``n``: patients of whom it is known whether they had the event.
    Returns: such as "1 event in 119 patients, fewer than 10".
    """
    if n_events < MIN_EVENTS:
        return sentence(
            "{events} in {patients}, fewer than {limit}",
            events=count_events(n_events),
            patients=counted(n, "patient"),
            limit=MIN_EVENTS,
        )
    if n - n_events < MIN_EVENTS:
        return sentence(
            "{n} of {patients} without the event, fewer than {limit}",
            n=n - n_events,
            patients=counted(n, "patient"),
            limit=MIN_EVENTS,
        )
    return ""


def why_not_validated(follow_up: FollowUp, horizon_months: float) -> str:
    """Say why predictions for a horizon are not validated in a cohort; empty where they are.

    Returns: that follow-up ends before, or too few patients with the event by then or known to be free of it.
    """
    known = known_at(follow_up, horizon_months)
    ends = why_no_horizon(follow_up, horizon_months)
    return ends or why_not_measured(known.n_cases + known.n_free, known.n_cases)


def held_back(estimate: Estimate, reason: str) -> Estimate:
    """Take value, interval and p from an estimate that may not be given.

    ``reason``: why it is not given; empty where it is. Returns: as it was without a reason.
    """
    return replace(estimate, value=None, low=None, high=None, p_value=None, reason=reason) if reason else estimate


def count_events(n: int) -> str:
    """Count events in words."""
    return counted(n, "event") if n else sentence("no event")
