"""A bundle recalibrated on the patients of one centre: a new bundle that says what it was made from.

Intercept alone, so that the scores are right on the whole; with the slope where events allow it. The network
stays, and so does the order of patients: the cut-offs go through the same map, and nobody changes tier.

References
----------
Steyerberg EW et al. Stat Med 2004;23:2567-2586 (recalibration).
Vergouwe Y et al. J Clin Epidemiol 2005;58:475-483 (100 events and 100 patients without).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from deeptepp import __version__
from deeptepp.domain.cohort import HER2_POSITIVE, RFS_MONTHS, SCORE, Cohort
from deeptepp.domain.provenance import patients_are_simulated
from deeptepp.domain.risk import RESEARCH_USE_ONLY, SIMULATED_COHORT, Recalibration
from deeptepp.errors import BadSetting, NotEstimable, TooFewEvents
from deeptepp.model.bundle import ModelBundle
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.event_rule import MIN_EVENTS
from deeptepp.stats.horizon import known_at
from deeptepp.stats.prediction.horizon_recalibration import HorizonRecalibration, recalibration_at
from deeptepp.train.measure.breakdown import HORIZON_MONTHS
from deeptepp.train.measure.facts import estimate, rows_of
from deeptepp.wording.sentence import Words

MIN_FOR_SLOPE = 100
"""Patients with the event, and without it, from which the slope is fitted too (Vergouwe 2005)."""

_LARGE, _BOTH = "intercept", "intercept and slope"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRecalibration:
    """What a centre's patients say of the scores of a bundle.

    ``n``, ``n_events``: patients, and those with the event by the horizon. ``before``, ``after``: how the scores
    differ from what was seen; after, in the same patients, so that it is no evidence.
    """

    line: Recalibration
    method: str
    n: int
    n_events: int
    before: HorizonRecalibration
    after: HorizonRecalibration


def horizon_of(bundle: ModelBundle) -> float:
    """Months by which a score of the bundle is held against the event."""
    if bundle.training.get("label") == HER2_POSITIVE:
        raise BadSetting(key="label", value=HER2_POSITIVE, limit="an outcome; HER2 status has no follow-up")
    by_tau = bundle.training.get("label") == "rfs_event_by_tau"
    return float(bundle.training["tau_months"]) if by_tau else HORIZON_MONTHS


def fit_on_site(cohort: Cohort, horizon_months: float) -> SiteRecalibration:
    """Fit the event by a horizon to the scores of a centre's patients.

    ``cohort``: with ``SCORE`` and follow-up; patients without either are left out. Raises ``TooFewEvents``: fewer
    than ten patients have the event by the horizon, or are known to be free of it; ``NotEstimable``: follow-up
    ends before it.
    """
    scores = np.asarray(cohort[SCORE], dtype=np.float64)
    patients = cohort.where(np.isfinite(scores) & np.isfinite(np.asarray(cohort[RFS_MONTHS], dtype=np.float64)))
    if not len(patients):
        raise TooFewEvents(value=0, n=0, limit=MIN_EVENTS)
    follow_up, risk = patients.follow_up(), np.asarray(patients[SCORE], dtype=np.float64)
    known = known_at(follow_up, horizon_months)
    n_least = min(known.n_cases, known.n_free)
    if n_least < MIN_EVENTS:
        raise TooFewEvents(value=known.n_cases, n=known.n_cases + known.n_free, limit=MIN_EVENTS)
    before = recalibration_at(follow_up, risk, horizon_months)
    line, method = _line(before, n_least)
    after = recalibration_at(follow_up, line(risk), horizon_months)
    return SiteRecalibration(
        line=line, method=method, n=len(patients), n_events=known.n_cases, before=before, after=after
    )


def _line(before: HorizonRecalibration, n_least: int) -> tuple[Recalibration, str]:
    """Choose by the number of events; a slope that may be none is not used."""
    if before.intercept.value is None:
        raise NotEstimable(what="The recalibration", reason=before.intercept.reason)
    rises = before.slope.low is not None and before.slope.low > 0
    if n_least >= MIN_FOR_SLOPE and rises and before.update is not None:
        return before.update, _BOTH
    return Recalibration(before.intercept.value), _LARGE


def recalibrated_bundle(bundle: ModelBundle, cohort: Cohort, *, name: str) -> ModelBundle:
    """Make the bundle of a centre from that of others.

    ``cohort``: scores of this bundle and follow-up, as for ``fit_on_site``. The scores of the reference patients
    and the cut-offs go through the same map; what was measured of the parent's calibration is left out.
    """
    found = fit_on_site(cohort, horizon_of(bundle))
    parts = {key: _without_calibration(value) for key, value in bundle.metrics.items()}
    step = _step(bundle, cohort, found)
    tiers = bundle.tiers.carried_through(found.line)
    made = replace(
        bundle,
        name=name,
        on_site=bundle.on_site.then(found.line),
        tiers=tiers,
        reference=bundle.reference.with_columns(**{SCORE: found.line(bundle.reference[SCORE])}),
        is_simulated=bundle.is_simulated or patients_are_simulated(cohort),
        metrics=parts | {"on_site": [*bundle.metrics.get("on_site", ()), step]},
        provenance=bundle.provenance | {key: step[key] for key in _SHOWN},
        sha256="",
    )
    return replace(made, card=_card(made, bundle, found))


_SHOWN: dict[str, Words] = {
    "parent": "Parent",
    "parent_sha256": "Parent sha256",
    "recalibrated_by": "Recalibrated by",
    "patients_on_site": "Patients on site",
    "events_on_site": "Events on site",
}
"""What of a step stands in the provenance, and what the page of evidence calls it."""


def _step(bundle: ModelBundle, cohort: Cohort, found: SiteRecalibration) -> dict[str, Any]:
    """Write down one step of the lineage, ready for JSON."""
    return {
        "parent": bundle.name,
        "parent_sha256": bundle.sha256,
        "code_version": __version__,
        "recalibrated_by": found.method,
        "patients_on_site": found.n,
        "events_on_site": found.n_events,
        "cohort_sha256": cohort.digest,
        "horizon_months": found.before.horizon_months,
        "line": asdict(found.line),
        "before": {"intercept": asdict(found.before.intercept), "slope": asdict(found.before.slope)},
        "after": {"intercept": asdict(found.after.intercept), "slope": asdict(found.after.slope)},
    }


def _without_calibration(part: Any) -> Any:  # noqa: ANN401  anything that JSON holds
    """Leave out what was measured of scores that are no longer given."""
    is_group = isinstance(part, dict)
    return {k: v for k, v in part.items() if not k.startswith("calibration")} if is_group else part


def _card(made: ModelBundle, parent: ModelBundle, found: SiteRecalibration) -> str:
    """Write the card: what was done here, above the card of the parent."""
    banner = f"**{SIMULATED_COHORT}.** " if made.is_simulated else ""
    old, new = parent.tiers, made.tiers
    sections = (
        f"# {made.name}",
        f"{banner}**{RESEARCH_USE_ONLY.upper()}**",
        f"## Recalibrated on site\n\nMade from `{parent.name}` (SHA-256 `{parent.sha256[:16]}`) by `deeptepp "
        f"recalibrate`: {found.method}, on {found.n} patients with {found.n_events} events by "
        f"{found.before.horizon_months:g} months.",
        f"log odds of the score = {found.line.intercept:.4f} + {found.line.slope:.4f} x log odds of the score of "
        "the parent. The network and the order of patients are unchanged.",
        recalibration_table(found),
        "After, in the patients of the fit themselves: that it fits them is no evidence. It needs other patients.",
        f"The cut-offs went through the same map, from {old.low_below:.4f} and {old.high_from:.4f} to "
        f"{new.low_below:.4f} and {new.high_from:.4f}: nobody changes tier.",
        f"## The card of {parent.name}\n\nUnchanged: its scores, cut-offs and calibration are the parent's.",
        parent.card,
    )
    return "\n\n".join(sections) + "\n"


def recalibration_table(found: SiteRecalibration) -> str:
    """Lay out calibration before and after in Markdown."""
    rows = [
        (name, *(_said(getattr(each, key)) for each in (found.before, found.after)))
        for name, key in (("calibration-in-the-large (log odds)", "intercept"), ("calibration slope", "slope"))
    ]
    return rows_of(("measure (95 % CI)", "before", "after"), rows)


def _said(found: Estimate) -> str:
    """Write an estimate, or why there is none."""
    if found.value is None or found.low is None or found.high is None:
        return found.reason
    return estimate(found.value, found.low, found.high, decimals=2)
