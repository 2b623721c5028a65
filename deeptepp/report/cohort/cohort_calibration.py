"""Whether predicted risks come true in a cohort, and how they would have to be moved to do so."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.report.cohort.predictor import Predictor
from deeptepp.report.figures.calibration_figure import survival_calibration_figure
from deeptepp.report.format import count, ratio_ci, signed_ci
from deeptepp.report.report_item import ReportItem
from deeptepp.report.text_table import Table
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.event_rule import why_not_validated
from deeptepp.stats.prediction.horizon_recalibration import HorizonRecalibration
from deeptepp.stats.prediction.survival_calibration import HorizonCalibration, calibration_at
from deeptepp.wording.sentence import glued, sentence

Floats = npt.NDArray[np.float64]

_EVENT = "recurrence or death"
_APPARENT = (
    "The update was found in these patients and is shown in the same: that it fits them is no evidence. It needs "
    "other patients, and it moves the cut-offs of no tier."
)


def calibration_item(
    follow_up: FollowUp, risk: Floats, line: HorizonRecalibration, *, predictor: Predictor, simulated: bool
) -> ReportItem:
    """Compare predicted risks with what was seen by a horizon.

    ``risk`` (n,): predicted, in [0, 1]; ``line``: how these risks must be moved to fit these patients, brings the
    horizon. Returns calibration plot, O/E, intercept and slope.
    """
    number, title = "Validation 3", predictor.title(sentence("Calibration at {n:g} months", n=line.horizon_months))
    few = why_not_validated(follow_up, line.horizon_months)
    if few:
        return ReportItem("calibration", number, title, reason=few)
    found = calibration_at(follow_up, risk, line.horizon_months)
    try:
        figure = survival_calibration_figure(found, risk, title=title, event_name=_EVENT, simulated=simulated)
    except NotEstimable as error:
        return ReportItem("calibration", number, title, reason=str(error))
    notes = (predictor.meaning, *found.notes)
    return ReportItem("calibration", number, title, (figure,), (_table(found, line),), notes=notes)


def recalibration_item(
    follow_up: FollowUp, risk: Floats, line: HorizonRecalibration, *, predictor: Predictor, simulated: bool
) -> ReportItem:
    """Move the predicted log odds until they fit the cohort, and draw what comes of it.

    ``risk`` (n,): predicted, in [0, 1]; ``line``: how these risks must be moved to fit these patients, brings the
    horizon. Returns recalibration curve with the formula, a reason where the cohort determines none.
    """
    number, title = (
        "Validation 4",
        predictor.title(sentence("Recalibrated to this cohort at {months:g} months", months=line.horizon_months)),
    )
    few = why_not_validated(follow_up, line.horizon_months)
    if few:
        return ReportItem("recalibration", number, title, reason=few)
    if line.update is None or line.slope.low is None or line.slope.low <= 0:
        reason = line.slope.reason or (
            sentence(
                "the slope is {slope}: that more events go with higher risks cannot be told here, so no update "
                "is given",
                slope=signed_ci(line.slope.value, line.slope.low, line.slope.high),
            )
        )
        return ReportItem("recalibration", number, title, reason=reason)
    updated = line.update(np.clip(risk, 1e-9, 1 - 1e-9))
    found = calibration_at(follow_up, updated, line.horizon_months)
    try:
        figure = survival_calibration_figure(found, updated, title=title, event_name=_EVENT, simulated=simulated)
    except NotEstimable as error:
        return ReportItem("recalibration", number, title, reason=str(error))
    slope, intercept = line.update.slope, line.update.intercept
    formula = sentence(
        "log odds of the updated risk = {intercept:.3f} + {slope:.3f} x log odds of the predicted risk",
        intercept=intercept,
        slope=slope,
    )
    return ReportItem(
        "recalibration", number, title, (figure,), (_before_and_after(risk, updated, formula),), notes=(_APPARENT,)
    )


def _table(found: HorizonCalibration, line: HorizonRecalibration) -> Table:
    """List ratio, intercept, slopes and distances."""
    rows = [
        ("Observed / expected", *_ratio(found.ratio)),
        ("Intercept (log odds, weighted for censoring)", *_signed(line.intercept)),
        ("Slope (log odds, weighted for censoring)", *_signed(line.slope)),
        ("Slope (Cox model)", *_signed(found.slope)),
        *(
            (name, "not estimable" if value is None else f"{value:.3f}", "")
            for name, value in (("ICI", found.ici), ("E50", found.e50), ("E90", found.e90), ("Emax", found.emax))
        ),
    ]
    note = sentence(
        "{n}, {n_events} by then. Intercept: 0 when right on the whole, above 0 where risks are too low. "
        "Slope: 1 when right, below 1 where risks are too extreme. ICI, E50, E90, Emax: mean, median, 90th "
        "percentile and largest distance of the smooth curve from the predictions.",
        n=count(found.n, "patient"),
        n_events=count(found.n_events, "event"),
    )
    return Table("Calibration", ("Measure", "Value (95 % CI)", "Remark"), tuple(rows), note)


def _ratio(found: Estimate) -> tuple[str, str]:
    """Write a ratio, and why it is missing."""
    return ratio_ci(found.value, found.low, found.high), found.reason


def _signed(found: Estimate) -> tuple[str, str]:
    """Write what may lie below 0, and why it is missing."""
    return signed_ci(found.value, found.low, found.high), found.reason


def _before_and_after(risk: Floats, updated: Floats, formula: str) -> Table:
    """What becomes of a range of risks."""
    rows = tuple(
        (f"{share:.0%}", f"{np.quantile(risk, share):.3f}", f"{np.quantile(updated, share):.3f}")
        for share in (0.05, 0.25, 0.5, 0.75, 0.95)
    )
    return Table(
        "Predicted and updated", ("Quantile of patients", "Predicted", "Updated"), rows, glued("{}.", formula)
    )
