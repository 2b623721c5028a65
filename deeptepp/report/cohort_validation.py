"""How well the score does in a cohort: discrimination over time, calibration and net benefit at a horizon."""

from __future__ import annotations

import numpy as np

from deeptepp.domain.cohort import SCORE, Cohort, Endpoint, FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.report.cohort_prognosis import complete
from deeptepp.report.decision_figure import decision_curve_figure
from deeptepp.report.format import auc_ci, ratio_ci
from deeptepp.report.report_item import ReportItem
from deeptepp.report.survival_calibration_figure import survival_calibration_figure
from deeptepp.report.tables import Table
from deeptepp.stats.adequacy import validation_adequacy
from deeptepp.stats.brier import brier_score
from deeptepp.stats.concordance import harrell_c, uno_c
from deeptepp.stats.decision_curve import decision_curve_at
from deeptepp.stats.dynamic_auc import dynamic_auc
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.survival_calibration import HorizonCalibration, calibration_at

HORIZONS_MONTHS = (24.0, 60.0)
"""Discrimination is measured at both, calibration and net benefit at the later."""

THRESHOLDS = np.round(np.arange(0.02, 0.505, 0.01), 2)
"""Risks of recurrence at which a decision might turn."""

_MEANING = (
    "The score is the probability of an event during the follow-up that the model learnt from, not by a set time; "
    "read as the risk at five years it is too high or too low by what the two lengths of follow-up differ."
)
_UNSCORED = "the cohort has no scores"


def validation_items(cohort: Cohort) -> list[ReportItem]:
    """Measure the score against recurrence-free survival.

    Parameters
    ----------
    cohort : Cohort
        With scores for its patients, or without.

    Returns
    -------
    list of ReportItem
        Discrimination, calibration, decision curve, and whether the cohort is large enough for them.
    """
    if SCORE not in cohort:
        return [ReportItem("validation", "Validation", "The score in this cohort", reason=_UNSCORED)]
    patients = cohort.where(complete(cohort, Endpoint.RFS, [SCORE]))
    if not len(patients):
        return [ReportItem("validation", "Validation", "The score in this cohort", reason=_UNSCORED)]
    follow_up, score = patients.follow_up(Endpoint.RFS), np.asarray(patients[SCORE], dtype=np.float64)
    return [
        _discrimination(follow_up, score),
        _calibration(follow_up, score, simulated=cohort.is_simulated),
        _net_benefit(follow_up, score, simulated=cohort.is_simulated),
        adequacy_item(follow_up),
    ]


def _discrimination(follow_up: FollowUp, score: np.ndarray[tuple[int], np.dtype[np.float64]]) -> ReportItem:
    """Measure concordance, AUC over time and Brier score."""
    last = HORIZONS_MONTHS[-1]
    found: list[tuple[str, Estimate]] = [
        ("Harrell's C", harrell_c(follow_up, score).index),
        (f"Uno's C up to {last:g} months", uno_c(follow_up, score, horizon_months=last).index),
        *((f"AUC at {at:g} months", dynamic_auc(follow_up, score, at).auc) for at in HORIZONS_MONTHS),
    ]
    rows = tuple(
        (name, auc_ci(each.value, each.low, each.high), str(each.n), str(each.n_events), each.reason)
        for name, each in found
    )
    brier = brier_score(follow_up, score, last)
    note = "C: jackknife interval. AUC over time: weighted for censoring."
    if brier.score.value is not None and brier.null is not None:
        note += f" Brier score at {last:g} months {brier.score.value:.3f}, without the score {brier.null:.3f}."
    table = Table("Discrimination", ("Measure", "Value (95 % CI)", "Patients", "Events", "Remark"), rows, note)
    return ReportItem("discrimination", "Validation 1", "Discrimination over time", tables=(table,))


def _calibration(
    follow_up: FollowUp, score: np.ndarray[tuple[int], np.dtype[np.float64]], *, simulated: bool
) -> ReportItem:
    """Compare scores, read as risks, with what was seen."""
    number, title = "Validation 2", f"Calibration at {HORIZONS_MONTHS[-1]:g} months"
    found = calibration_at(follow_up, score, HORIZONS_MONTHS[-1])
    try:
        figure = survival_calibration_figure(
            found, score, title=title, event_name="recurrence or death", simulated=simulated
        )
    except NotEstimable as error:
        return ReportItem("calibration", number, title, reason=str(error))
    tables = (_calibration_table(found),)
    return ReportItem("calibration", number, title, (figure,), tables, notes=(_MEANING, *found.notes))


def _calibration_table(found: HorizonCalibration) -> Table:
    """List ratio, slope and distances."""
    rows = [
        (
            "Observed / expected",
            ratio_ci(found.ratio.value, found.ratio.low, found.ratio.high),
            found.ratio.reason,
        ),
        ("Slope", ratio_ci(found.slope.value, found.slope.low, found.slope.high), found.slope.reason),
        *(
            (name, "not estimable" if value is None else f"{value:.3f}", "")
            for name, value in (("ICI", found.ici), ("E50", found.e50), ("E90", found.e90), ("Emax", found.emax))
        ),
    ]
    note = (
        f"{found.n} patients, {found.n_events} events by then. ICI, E50, E90, Emax: mean, median, 90th percentile "
    )
    note += "and largest distance of the smooth curve from the predictions."
    return Table("Calibration", ("Measure", "Value (95 % CI)", "Remark"), tuple(rows), note)


def _net_benefit(
    follow_up: FollowUp, score: np.ndarray[tuple[int], np.dtype[np.float64]], *, simulated: bool
) -> ReportItem:
    """Draw the decision curve."""
    number, title = "Validation 3", f"Net benefit at {HORIZONS_MONTHS[-1]:g} months"
    curve = decision_curve_at(score, follow_up, HORIZONS_MONTHS[-1], THRESHOLDS, label="score")
    columns = zip(curve.thresholds, curve.net_benefit, curve.treat_all, curve.avoided_per_100, strict=True)
    rows = tuple(tuple("" if np.isnan(x) else f"{x:.5g}" for x in row) for row in columns)
    data = Table("Decision curve", ("threshold", "net_benefit", "treat_all", "avoided_per_100"), rows)
    try:
        figure = decision_curve_figure([curve], title=title, simulated=simulated)
    except NotEstimable as error:
        return ReportItem("decision-curve", number, title, reason=str(error))
    return ReportItem("decision-curve", number, title, (figure,), notes=(_MEANING,), data={"curve": data})


def adequacy_item(follow_up: FollowUp) -> ReportItem:
    """Say whether a cohort is large enough to validate a score.

    Parameters
    ----------
    follow_up : FollowUp
        Times and events, known of everybody.

    Returns
    -------
    ReportItem
        A table of requirements.
    """
    found = validation_adequacy(follow_up, HORIZONS_MONTHS[-1])
    rows = tuple(
        (
            each.name,
            "" if each.value is None else f"{each.value:.3g}",
            f"{each.wanted:.3g}",
            "" if each.is_met is None else "yes" if each.is_met else "no",
            each.sentence,
            each.source,
        )
        for each in found.requirements
    )
    header = ("Requirement", "Here", "Wanted", "Met", "In words", "Source")
    table = Table("Can this cohort answer it?", header, rows, f"{found.n} patients, {found.n_events} events.")
    return ReportItem(
        "adequacy", "Validation 4", "Is the cohort large enough to validate a score?", tables=(table,)
    )
