"""How strong an effect must be for a contrast of two arms to find it.

With shares a and 1 - a of the patients, D = (z_alpha/2 + z_power)^2 / (a (1 - a) ln(HR)^2) events are needed. With
D events the weakest hazard ratio that can be detected is exp(-(z_alpha/2 + z_power) / sqrt(D a (1 - a))), or its
inverse in the other direction.

References
----------
Schoenfeld DA. Biometrics 1983;39:499-503.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.counted import counted
from deeptepp.stats.prediction.adequacy import shown, whole_events
from deeptepp.wording.sentence import in_a_row, sentence


@dataclass(frozen=True, slots=True)
class ContrastAdequacy:
    """What a contrast of two arms can show.

    ``n_index``, ``n_reference``: patients by arm. ``n_events_index``, ``n_events_reference``: events by arm.
    ``power``: chance of finding a true effect of the detectable size. ``alpha``: two-sided significance level.
    ``detectable_hazard_ratio``: weakest protective hazard ratio found with that power, in (0, 1); in the other
    direction its inverse. ``hazard_ratio``: the effect looked for. ``n_events_needed``: events needed to find it
    with that power at this allocation. ``sentence``: the same in plain words. ``reason``: why there is no value;
    empty where there is one.
    """

    n_index: int
    n_reference: int
    n_events_index: int
    n_events_reference: int
    power: float
    alpha: float
    detectable_hazard_ratio: float | None
    hazard_ratio: float
    n_events_needed: int | None
    sentence: str
    method: str = "Schoenfeld"
    reason: str = ""


def contrast_adequacy(
    index: FollowUp, reference: FollowUp, *, hazard_ratio: float = 0.5, power: float = 0.8, alpha: float = 0.05
) -> ContrastAdequacy:
    """Say how strong an effect must be for a contrast of two arms to find it.

    ``index``, ``reference``: times and events of both arms. ``hazard_ratio``: effect looked for, > 0 and not 1.
    ``power``: in (alpha / 2, 1). ``alpha``: two-sided significance level, in (0, 1). Returns: without a detectable
    hazard ratio where no event was seen or an arm is empty. Raises ``NotEstimable``: nobody is in either arm.
    """
    if not 0 < hazard_ratio < float("inf") or hazard_ratio == 1:
        raise OutOfRange(field="hazard_ratio", value=hazard_ratio, limit="(0, inf) without 1")
    if not 0 < alpha < 1:
        raise OutOfRange(field="alpha", value=alpha, limit="(0, 1)")
    if not alpha / 2 < power < 1:
        raise OutOfRange(field="power", value=power, limit=f"({alpha / 2:g}, 1)")
    n, n_events = index.n + reference.n, index.n_events + reference.n_events
    if n == 0:
        raise NotEstimable(what="The power of the contrast", reason="nobody is in either arm")
    # Schoenfeld's formula: d = (z_alpha + z_beta)^2 / (p (1 - p) log(HR)^2).
    spread = index.n * reference.n / n**2
    both = float(ndtri(1 - alpha / 2) + ndtri(power))
    detectable = needed = None
    reason = "an arm has no patients" if spread == 0 else "no event was seen" if n_events == 0 else ""
    if spread > 0:
        needed = whole_events(both**2 / (spread * float(np.log(hazard_ratio)) ** 2))
    if not reason:
        detectable = float(np.exp(-both / np.sqrt(n_events * spread)))
    return ContrastAdequacy(
        n_index=index.n,
        n_reference=reference.n,
        n_events_index=index.n_events,
        n_events_reference=reference.n_events,
        power=power,
        alpha=alpha,
        detectable_hazard_ratio=detectable,
        hazard_ratio=hazard_ratio,
        n_events_needed=needed,
        sentence=_contrast_sentence((n, n_events), (power, alpha, hazard_ratio), detectable, needed, reason),
        reason=reason,
    )


def _contrast_sentence(
    counts: tuple[int, int],
    asked: tuple[float, float, float],
    detectable: float | None,
    needed: int | None,
    reason: str,
) -> str:
    """Say in words what the contrast can show."""
    (n, n_events), (power, alpha, hazard_ratio) = counts, asked
    if detectable is None:
        start = sentence("This contrast cannot show any effect: {reason}.", reason=reason)
    else:
        start = sentence(
            "With {events} in {patients} a hazard ratio has to be {low} or smaller (or {high} or "
            "larger) to be found "
            "with {power:.0%} power at alpha {alpha:g}; a weaker effect would often be missed.",
            events=counted(n_events, "event"),
            patients=counted(n, "patient"),
            low=shown(detectable),
            high=shown(1 / detectable),
            power=power,
            alpha=alpha,
        )
    if needed is None:
        return start
    words = "A hazard ratio of {ratio:g} needs {n} events at this allocation."
    return in_a_row((start, sentence(words, ratio=hazard_ratio, n=needed)))
