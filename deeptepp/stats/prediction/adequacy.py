"""Whether a cohort is large enough to validate predictions, said before the answer is looked at.

With phi the risk at the horizon and z = 1.96:

- Events: at least 100, better 200 (Collins).
- Observed over expected: the standard error of ln(O/E) is se(phi) / phi, with Greenwood's se; without censoring
  that is Riley's sqrt((1 - phi) / (n phi)). Around O/E = 1 the interval is exp(+-z SE), its width 2 sinh(z SE);
  wanted: at most 0.2.
- C index: Newcombe's variance of an AUC,
  C (1 - C) (1 + (n/2 - 1) (1 - C)/(2 - C) + (n/2 - 1) C/(1 + C)) / (n^2 phi (1 - phi)), an approximation in
  survival data, where n is the number of fully followed patients who would have as many events. Width 2 z SE;
  wanted: at most 0.1.

References
----------
Riley RD et al. Stat Med 2021;40:4230-4251 (binary outcome); Stat Med 2022;41:1280-1295 (time to event).
Collins GS, Ogundimu EO, Altman DG. Stat Med 2016;35:214-226.
Newcombe RG. Stat Med 2006;25:559-573 (method 4 for the C index).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import OutOfRange
from deeptepp.stats.counted import counted
from deeptepp.stats.estimate import normal_quantile
from deeptepp.stats.horizon import check_horizon, why_no_horizon
from deeptepp.stats.survival.kaplan_meier import kaplan_meier
from deeptepp.wording.sentence import sentence

N_EVENTS_WANTED = 100
"""Collins 2016."""
RATIO_WIDTH_WANTED = 0.2
"""Riley 2021: interval of O/E from 0.9 to 1.1 where O/E is 1."""
C_WIDTH_WANTED = 0.1
"""Riley 2021: interval of the C index."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing a cohort must have.

    ``name``: what is measured. ``value``: what this cohort has; None where it cannot be said. ``wanted``: what the
    literature asks for. ``is_met``: whether it has it; None without a value. ``n_events_needed``: events at which
    it would be met, other things equal. ``sentence``: the same in plain words. ``reason``: why there is no value;
    empty where there is one.
    """

    name: str
    value: float | None
    wanted: float
    is_met: bool | None
    n_events_needed: int | None
    sentence: str
    source: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ValidationAdequacy:
    """What a cohort can say about predictions for a horizon.

    ``events``, ``ratio``, ``concordance``: number of events; expected width of the interval of O/E and of the C
    index.
    """

    horizon_months: float
    n: int
    n_events: int
    events: Requirement
    ratio: Requirement
    concordance: Requirement
    level: float

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """All of them."""
        return (self.events, self.ratio, self.concordance)


def validation_adequacy(
    follow_up: FollowUp, horizon_months: float, *, expected_c: float = 0.75, level: float = 0.95
) -> ValidationAdequacy:
    """Say how precisely a cohort can validate predictions for a horizon.

    ``horizon_months``: the horizon, > 0. ``expected_c``: c index assumed, in [0.5, 1).
    """
    check_horizon(follow_up, horizon_months)
    if not 0.5 <= expected_c < 1:
        raise OutOfRange(field="expected_c", value=expected_c, limit="[0.5, 1)")
    seen = kaplan_meier(follow_up, level=level).at(horizon_months)
    risk, z = 1 - seen.value, normal_quantile(level)
    reason = why_no_horizon(follow_up, horizon_months)
    if not reason and (seen.n_events == 0 or seen.standard_error is None or risk >= 1):
        reason = "nobody had the event up to the horizon" if seen.n_events == 0 else "everybody had the event"
    ratio_width = c_width = None
    ratio_events = c_events = None
    if not reason:
        relative = float(seen.standard_error or 0.0) / risk
        ratio_width = float(2 * np.sinh(z * relative))
        wanted = float(np.arcsinh(RATIO_WIDTH_WANTED / 2)) / z
        ratio_events = whole_events(seen.n_events * (relative / wanted) ** 2)
        c_width = 2 * z * _c_error(expected_c, seen.n_events / risk, risk)
        c_events = _c_events(expected_c, risk, z)
    return ValidationAdequacy(
        horizon_months=float(horizon_months),
        n=seen.n,
        n_events=seen.n_events,
        events=_events_requirement(seen.n_events, horizon_months),
        ratio=_width_requirement(
            sentence("width of the interval of observed / expected"),
            sentence("observed over expected"),
            ratio_width,
            RATIO_WIDTH_WANTED,
            ratio_events,
            reason,
        ),
        concordance=_width_requirement(
            sentence("width of the interval of a C index of {n:g}", n=expected_c),
            sentence("a C index of {n:g}", n=expected_c),
            c_width,
            C_WIDTH_WANTED,
            c_events,
            reason,
        ),
        level=level,
    )


def _events_requirement(n_events: int, horizon_months: float) -> Requirement:
    """Compare the number of events with what is wanted."""
    is_met = n_events >= N_EVENTS_WANTED
    return Requirement(
        name=sentence("events up to the horizon"),
        value=float(n_events),
        wanted=float(N_EVENTS_WANTED),
        is_met=is_met,
        n_events_needed=N_EVENTS_WANTED,
        sentence=sentence(
            (
                "{events} up to {months:g} months; at least {wanted} are wanted for an external "
                "validation, so there are enough."
            )
            if is_met
            else (
                "{events} up to {months:g} months; at least {wanted} are wanted for an external "
                "validation, so there are too few."
            ),
            events=counted(n_events, "event"),
            months=horizon_months,
            wanted=N_EVENTS_WANTED,
        ),
        source="Collins 2016",
    )


def _width_requirement(
    name: str, what: str, width: float | None, wanted: float, n_events: int | None, reason: str
) -> Requirement:
    """Compare the expected width of an interval with what is wanted."""
    if width is None:
        text = sentence("How precise {what} would be cannot be said: {reason}.", what=what, reason=reason)
        return Requirement(name, None, wanted, None, None, text, "Riley 2021", reason)
    is_met = width <= wanted
    text = sentence(
        (
            "The interval of {what} would be {width} wide; {wanted:g} or less is wanted, which needs "
            "about {n} events, so the cohort is large enough."
        )
        if is_met
        else (
            "The interval of {what} would be {width} wide; {wanted:g} or less is wanted, which needs "
            "about {n} events, so the cohort is too small."
        ),
        what=what,
        width=shown(width),
        wanted=wanted,
        n=n_events,
    )
    return Requirement(name, width, wanted, is_met, n_events, text, "Riley 2021")


def _c_error(c: float, n: float, risk: float) -> float:
    """Newcombe's standard error of a C index."""
    half = max(n / 2 - 1, 0.0)
    variance = c * (1 - c) * (1 + half * (1 - c) / (2 - c) + half * c / (1 + c)) / (n**2 * risk * (1 - risk))
    return float(np.sqrt(variance))


def _c_events(c: float, risk: float, z: float) -> int:
    """Find the events at which the interval of the C index is as narrow as wanted."""
    # With h = n/2 - 1 the condition variance <= wanted^2 is a quadratic inequality in n; this is its larger root.
    wanted = (C_WIDTH_WANTED / 2 / z) ** 2 * risk * (1 - risk) / (c * (1 - c))
    each = (1 - c) / (2 - c) + c / (1 + c)
    n = (each / 2 + np.sqrt(each**2 / 4 + 4 * wanted * (1 - each))) / (2 * wanted)
    return whole_events(n * risk)


def whole_events(number: float) -> int:
    """Round up to whole events; rounding of floats does not add one.

    ``number``: events, >= 0.
    """
    return int(np.ceil(number * (1 - 1e-12)))


def shown(number: float) -> str:
    """Write a number with two digits that matter.

    ``number``: a width or a ratio.
    """
    return f"{number:.2g}" if number < 10 else f"{number:.0f}"
