"""From the latent biology and the treatment to first event, death and censoring.

One number z per patient drives everything: half of the patients (z < 0) hardly ever relapse, a fifth do in almost
every second case. Treatment acts where there is something to act on. The parameters reproduce the curves that
were published for 726 patients; what they cannot reproduce together is listed in ``docs/statistics.md``.

References
----------
Tong Y, Hu Z, et al. Eur Radiol 2024, doi:10.1007/s00330-024-10609-7 (the curves).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from deeptepp.domain.cohort import Arm

Floats = npt.NDArray[np.float64]
Strings = npt.NDArray[np.str_]

LOCOREGIONAL, CONTRALATERAL, DISTANT, DEATH, NO_EVENT = (
    "locoregional",
    "contralateral",
    "distant",
    "death",
    "none",
)
"""Kinds of first event; ``DEATH`` is death without a recorded relapse, ``NO_EVENT`` event-free at last visit."""

RELAPSE_SHARES = {LOCOREGIONAL: 15 / 60, CONTRALATERAL: 13 / 60, DISTANT: 32 / 60}
"""Share of each kind among first relapses (15, 13 and 32 of 60 published)."""

RELAPSE_LETHALITY = {LOCOREGIONAL: 0.4, CONTRALATERAL: 0.15, DISTANT: 1.0}
"""Hazard of death after a relapse of each kind, relative to a distant one."""

_HORIZON_MONTHS = 60.0
"""The event probability of the model is that of five years."""

_RESOLUTION_MONTHS = 0.1
"""Times are recorded to a tenth of a month (three days)."""


@dataclass(frozen=True, slots=True)
class EffectOnset:
    """A log hazard ratio that changes from one plateau to another along z.

    ``at_low``: log hazard ratio for z far below ``midpoint``; ``change``: added when z lies far above
    ``midpoint``; ``midpoint``: z where half of the change is reached; ``width``: scale of the logistic step.
    """

    at_low: float
    change: float
    midpoint: float
    width: float

    def __call__(self, z: Floats) -> Floats:
        """Log hazard ratio at z, (n,)."""
        return self.at_low + self.change * np.asarray(expit((z - self.midpoint) / self.width), dtype=np.float64)


NO_EFFECT = EffectOnset(0.0, 0.0, 0.0, 1.0)
"""Log hazard ratio 0 for everyone."""


@dataclass(frozen=True, slots=True)
class CensoringTime:
    """Potential follow-up of one arm: low + (high - low) Beta(a, b), months."""

    low_months: float
    high_months: float
    a: float
    b: float

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        """Draw (n,) months."""
        return self.low_months + (self.high_months - self.low_months) * rng.beta(self.a, self.b, n)


@dataclass(frozen=True, slots=True)
class OutcomeModel:
    """Parameters of the simulated outcomes; the defaults are the preset ``paper``."""

    event_share_low: float = 1e-4
    """Five-year event probability under trastuzumab for z far below ``event_midpoint``."""
    event_share_rise: float = 0.45
    """Added to it for z far above."""
    event_midpoint: float = 0.61
    """z where half of the rise is reached."""
    event_width: float = 0.20
    """Scale of the logistic step."""
    front_loading_months: float = 33.0
    """Cumulative hazard grows as 1 - exp(-t / this)."""
    untreated_effect: EffectOnset = EffectOnset(-1.0, 1.3, 0.3, 0.25)
    """Log hazard ratio of no anti-HER2 therapy against trastuzumab."""
    dual_effect: EffectOnset = EffectOnset(0.0, -2.8, 0.55, 0.25)
    """Log hazard ratio of trastuzumab and pertuzumab against trastuzumab."""
    death_first_untreated: float = 0.38
    """Share of first events that are deaths without a recorded relapse, no anti-HER2 therapy."""
    death_first_treated: float = 0.24
    """The same with anti-HER2 therapy."""
    death_rate_untreated: float = 0.040
    """Deaths per month after a distant relapse, no anti-HER2 therapy."""
    death_rate_treated: float = 0.006
    """The same with anti-HER2 therapy."""
    outcome_follows_biology: bool = True
    """False: outcomes follow a second, independent z that neither images nor clinical facts carry."""

    def five_year_event_share(self, z: Floats) -> Floats:
        """Five-year event probability under trastuzumab at z, (n,)."""
        step = np.asarray(expit((z - self.event_midpoint) / self.event_width), dtype=np.float64)
        return self.event_share_low + self.event_share_rise * step

    def cumulative_hazard(self, z: Floats, arm: Strings) -> Floats:
        """Cumulative hazard of a first event by five years, (n,)."""
        log_ratio = np.select(
            [arm == Arm.NONE, arm == Arm.TP], [self.untreated_effect(z), self.dual_effect(z)], default=0.0
        )
        hazard: Floats = -np.log1p(-self.five_year_event_share(z)) * np.exp(log_ratio)
        return hazard


CENSORING = {
    Arm.NONE: CensoringTime(18.0, 124.0, 2.7, 1.95),
    Arm.T: CensoringTime(16.0, 124.0, 2.25, 2.10),
    Arm.TP: CensoringTime(14.0, 44.0, 1.6, 1.9),
}
"""Potential follow-up by arm; published: median 64.2, range 14.0 to 124.0 months."""

_PAPER = OutcomeModel()

PRESETS: dict[str, OutcomeModel] = {
    "paper": _PAPER,
    "sharp": replace(_PAPER, event_share_low=0.004, event_share_rise=0.436, event_midpoint=0.59, event_width=0.05),
    "no_TP_effect": replace(_PAPER, dual_effect=NO_EFFECT),
    "no_T_effect": replace(_PAPER, untreated_effect=NO_EFFECT),
    "no_signal": replace(_PAPER, outcome_follows_biology=False),
}
"""``paper`` follows the published curves, ``sharp`` is a near-step biology, the rest are nulls."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What was seen of each patient, (n,) each."""

    rfs_months: Floats
    rfs_event: npt.NDArray[np.bool_]
    os_months: Floats
    os_event: npt.NDArray[np.bool_]
    first_event: Strings
    """Kind of the first event seen."""


def draw_outcomes(z: Floats, arm: Strings, model: OutcomeModel, rng: np.random.Generator) -> Outcomes:
    """Draw first event, death and censoring of each patient.

    ``z``, (n,) float64: latent biology that the outcome follows; ``arm``, (n,) str: Treatment, values of ``Arm``.
    Gives Recurrence-free and overall survival as observed. A first event of any kind, contralateral cancer
    included, ends recurrence-free survival; ``first_event`` lets a reader count otherwise.
    """
    # 1. What would happen: a first event, its kind, and death after it.
    event_months = _draw_first_event_months(model.cumulative_hazard(z, arm), model, rng)
    kind = _draw_kind(arm, model, rng)
    death_months = event_months + _draw_months_to_death(kind, arm, model, rng)
    # 2. What is seen of it until the last visit.
    last_visit_months = _draw_last_visit(arm, rng)
    rfs_event = event_months <= last_visit_months
    return Outcomes(
        rfs_months=_recorded(np.minimum(event_months, last_visit_months)),
        rfs_event=rfs_event,
        os_months=_recorded(np.minimum(death_months, last_visit_months)),
        os_event=death_months <= last_visit_months,
        first_event=np.where(rfs_event, kind, NO_EVENT),
    )


def _draw_first_event_months(hazard: Floats, model: OutcomeModel, rng: np.random.Generator) -> Floats:
    """Invert H(t) = H5 (1 - exp(-t/s)) / (1 - exp(-60/s)) at a unit exponential; inf where it is never reached."""
    reached = 1.0 - np.exp(-_HORIZON_MONTHS / model.front_loading_months)
    share = rng.exponential(size=len(hazard)) * reached / hazard
    months = np.full(len(hazard), np.inf)
    months[share < 1] = -model.front_loading_months * np.log1p(-share[share < 1])
    return months


def _draw_kind(arm: Strings, model: OutcomeModel, rng: np.random.Generator) -> Strings:
    """Draw the kind of the first event, (n,), should there be one."""
    death_share = np.where(arm == Arm.NONE, model.death_first_untreated, model.death_first_treated)
    relapse = rng.choice(list(RELAPSE_SHARES), size=len(arm), p=list(RELAPSE_SHARES.values()))
    return np.where(rng.random(len(arm)) < death_share, DEATH, relapse)


def _draw_months_to_death(kind: Strings, arm: Strings, model: OutcomeModel, rng: np.random.Generator) -> Floats:
    """Draw the months from the first event to death, 0 where the first event is the death, (n,)."""
    base = np.where(arm == Arm.NONE, model.death_rate_untreated, model.death_rate_treated)
    lethality = np.array([RELAPSE_LETHALITY.get(str(k), 1.0) for k in kind])
    months = rng.exponential(size=len(kind)) / (base * lethality)
    return np.where(kind == DEATH, 0.0, months)


def _draw_last_visit(arm: Strings, rng: np.random.Generator) -> Floats:
    """Draw the potential follow-up of each patient by arm, (n,) months."""
    months = np.empty(len(arm))
    for name, censoring in CENSORING.items():
        chosen = arm == name
        months[chosen] = censoring.draw(int(chosen.sum()), rng)
    return months


def _recorded(months: Floats) -> Floats:
    """Round times to the resolution of a register, never to zero."""
    steps = np.maximum(np.rint(months / _RESOLUTION_MONTHS), 1.0)
    return np.round(steps * _RESOLUTION_MONTHS, 1)
