"""How well predicted risks do in a cohort: what is unknown, discrimination, calibration, net benefit, size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import Cohort, Endpoint, FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.report.cohort.cohort_calibration import calibration_item, recalibration_item
from deeptepp.report.cohort.cohort_prognosis import complete, known_in
from deeptepp.report.cohort.missing_facts import missing_item
from deeptepp.report.cohort.predictor import THE_SCORE, Predictor
from deeptepp.report.figures.decision_figure import decision_curve_figure
from deeptepp.report.format import auc_ci, count, fixed
from deeptepp.report.report_item import ReportItem
from deeptepp.report.text_table import Table
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.event_rule import held_back, why_not_measured, why_not_validated
from deeptepp.stats.prediction.adequacy import validation_adequacy
from deeptepp.stats.prediction.brier import brier_score
from deeptepp.stats.prediction.concordance import harrell_c, uno_c
from deeptepp.stats.prediction.decision_curve import decision_curve_at
from deeptepp.stats.prediction.dynamic_auc import dynamic_auc
from deeptepp.stats.prediction.horizon_recalibration import recalibration_at
from deeptepp.wording.sentence import glued, sentence

Floats = npt.NDArray[np.float64]

HORIZONS_MONTHS = (24.0, 60.0)
"""Discrimination is measured at both, calibration and net benefit at the later."""

THRESHOLDS = np.round(np.arange(0.02, 0.505, 0.01), 2)
"""Risks of recurrence at which a decision might turn."""


def validation_items(cohort: Cohort, predictor: Predictor = THE_SCORE) -> list[ReportItem]:
    """Measure predicted risks against recurrence-free survival.

    ``cohort``: with predicted risks for its patients, or without, marked as simulated where patients or model are.
    Returns what is unknown, discrimination, calibration before and after an update, decision curve, and whether
    the cohort is large enough for them.
    """
    chosen = known_in(cohort, predictor.column) & complete(cohort, Endpoint.RFS, [])
    if not chosen.any():
        title = predictor.title("The score in this cohort" if predictor is THE_SCORE else "Predicted risks")
        absent = ReportItem("validation", "Validation", title, reason=predictor.unpredicted)
        return [predictor.name(absent)]
    patients = cohort.where(chosen)
    follow_up = patients.follow_up(Endpoint.RFS)
    risk = np.asarray(patients[predictor.column], dtype=np.float64)
    line, simulated = recalibration_at(follow_up, risk, HORIZONS_MONTHS[-1]), cohort.is_simulated
    items = [
        missing_item(cohort, predictor, number="Validation 1"),
        _discrimination(follow_up, risk, predictor=predictor),
        calibration_item(follow_up, risk, line, predictor=predictor, simulated=simulated),
        recalibration_item(follow_up, risk, line, predictor=predictor, simulated=simulated),
        _net_benefit(follow_up, risk, predictor=predictor, simulated=simulated),
    ]
    return [*map(predictor.name, items), adequacy_item(follow_up)]


def _discrimination(follow_up: FollowUp, risk: Floats, *, predictor: Predictor) -> ReportItem:
    """Measure concordance, AUC over time and Brier score."""
    last = HORIZONS_MONTHS[-1]
    few_at = {at: why_not_validated(follow_up, at) for at in HORIZONS_MONTHS}
    harrell, uno = harrell_c(follow_up, risk).index, uno_c(follow_up, risk, horizon_months=last).index
    found: list[tuple[str, Estimate]] = [
        ("Harrell's C", held_back(harrell, why_not_measured(follow_up.n, follow_up.n_events))),
        (
            sentence("Uno's C up to {n:g} months", n=last),
            held_back(uno, why_not_measured(follow_up.n, uno.n_events)),
        ),
        *(
            (sentence("AUC at {n:g} months", n=at), held_back(dynamic_auc(follow_up, risk, at).auc, few))
            for at, few in few_at.items()
        ),
    ]
    rows = tuple(
        (name, auc_ci(each.value, each.low, each.high), str(each.n), str(each.n_events), each.reason)
        for name, each in found
    )
    brier = brier_score(follow_up, risk, last)
    note = "C: jackknife interval. AUC over time: weighted for censoring."
    if brier.score.value is not None and brier.null is not None and not few_at[last]:
        note += sentence(" Brier score at {last:g} months {value:.3f}, ", last=last, value=brier.score.value)
        note += sentence("with the same risk for all {null:.3f}.", null=brier.null)
    table = Table("Discrimination", ("Measure", "Value (95 % CI)", "Patients", "Events", "Remark"), rows, note)
    title = predictor.title("Discrimination over time")
    return ReportItem("discrimination", "Validation 2", title, tables=(table,))


def _net_benefit(follow_up: FollowUp, risk: Floats, *, predictor: Predictor, simulated: bool) -> ReportItem:
    """Draw the decision curve."""
    number, title = "Validation 5", predictor.title(sentence("Net benefit at {n:g} months", n=HORIZONS_MONTHS[-1]))
    few = why_not_validated(follow_up, HORIZONS_MONTHS[-1])
    if few:
        return ReportItem("decision-curve", number, title, reason=few)
    curve = decision_curve_at(risk, follow_up, HORIZONS_MONTHS[-1], THRESHOLDS, label=predictor.label)
    columns = zip(curve.thresholds, curve.net_benefit, curve.treat_all, curve.avoided_per_100, strict=True)
    rows = tuple(tuple("" if np.isnan(x) else fixed(float(x), 5) for x in row) for row in columns)
    data = Table("Decision curve", ("threshold", "net_benefit", "treat_all", "avoided_per_100"), rows)
    try:
        figure = decision_curve_figure([curve], title=title, simulated=simulated)
    except NotEstimable as error:
        return ReportItem("decision-curve", number, title, reason=str(error))
    return ReportItem("decision-curve", number, title, (figure,), notes=(predictor.meaning,), data={"curve": data})


def adequacy_item(follow_up: FollowUp) -> ReportItem:
    """Whether a cohort is large enough to validate a score.

    ``follow_up``: times and events, known of everybody.
    """
    found = validation_adequacy(follow_up, HORIZONS_MONTHS[-1])
    rows = tuple(
        (
            each.name,
            "" if each.value is None else fixed(each.value, 3),
            fixed(each.wanted, 3),
            "" if each.is_met is None else "yes" if each.is_met else "no",
            each.sentence,
            each.source,
        )
        for each in found.requirements
    )
    header = ("Requirement", "Here", "Wanted", "Met", "In words", "Source")
    table = Table(
        "Can this cohort answer it?",
        header,
        rows,
        glued("{}, {}.", count(found.n, "patient"), count(found.n_events, "event")),
    )
    return ReportItem(
        "adequacy", "Validation 6", "Is the cohort large enough to validate a score?", tables=(table,)
    )
