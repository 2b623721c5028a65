"""A smooth curve of observed against predicted risk in survival data, and how far it is from the diagonal.

The observed risk of a patient is that of a Cox model on her prediction, either on log(-log(1 - p)) itself or on a
restricted cubic spline of it, at the horizon.

References
----------
Austin PC, Harrell FE, van Klaveren D. Stat Med 2020;39:2714-2742.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.stats.design import Design
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.hazards.cox_fit import MONOTONE, UNSTABLE
from deeptepp.stats.restricted_cubic_spline import knots_of, quantiles, spline_columns
from deeptepp.wording.sentence import sentence

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationCurve:
    """Predicted against observed risk of each patient, and how far they are apart.

    ``predicted`` (n,): as passed in; empty where there is no curve. ``observed`` (n,): from the model of the
    curve. ``knots``: on the scale of log(-log(1 - p)); empty for a straight line. ``ici``, ``e50``, ``e90``,
    ``emax``: mean, median, 90th percentile and maximum of the absolute distance. ``reason``: why there is no
    curve; empty where there is one.
    """

    predicted: Floats
    observed: Floats
    knots: tuple[float, ...]
    ici: float | None
    e50: float | None
    e90: float | None
    emax: float | None
    method: str
    reason: str = ""


def smooth_curve(
    follow_up: FollowUp, p: Floats, log_hazard: Floats, horizon_months: float, n_knots: int, missing: str
) -> CalibrationCurve:
    """Fit a curve on a restricted cubic spline.

    ``log_hazard`` (n,): their log(-log(1 - p)), finite. ``n_knots``: 3 or 4. ``missing``: why there can be no
    curve; empty where it is worth trying. Returns: without values where predictions have too few distinct values
    for the knots.
    """
    method = sentence("Cox model on a restricted cubic spline ({n} knots) of log(-log(1 - p)), Efron", n=n_knots)
    try:
        knots = knots_of(log_hazard, n_knots)
    except NotEstimable as error:
        return _curve(
            follow_up, p, log_hazard[:, None], horizon_months, ((), method, missing or str(error.facts["reason"]))
        )
    return _curve(follow_up, p, spline_columns(log_hazard, knots), horizon_months, (knots, method, missing))


def straight_curve(
    follow_up: FollowUp, p: Floats, log_hazard: Floats, horizon_months: float, missing: str
) -> CalibrationCurve:
    """Fit a curve that is straight in log(-log(1 - p)).

    ``log_hazard`` (n,): their log(-log(1 - p)), finite. ``missing``: why there can be no curve; empty where it is
    worth trying. Returns: without values where there is a reason.
    """
    said = ((), "Cox model on log(-log(1 - p)), Efron", missing)
    return _curve(follow_up, p, log_hazard[:, None], horizon_months, said)


def _curve(
    follow_up: FollowUp, p: Floats, columns: Floats, horizon: float, said: tuple[tuple[float, ...], str, str]
) -> CalibrationCurve:
    """Predict the observed risk of each patient from a Cox model on columns of her prediction."""
    knots, method, missing = said
    if not missing:
        # Cox model of the predicted risk on these columns: its prediction is the observed risk.
        fit = fit_cox(follow_up, Design(tuple(f"column{i}" for i in range(columns.shape[1])), columns))
        missing = next((why for why in fit.reasons if why in (MONOTONE, UNSTABLE)), "")
    if missing:
        none = np.empty(0)
        return CalibrationCurve(none, none, knots, None, None, None, None, method, missing)
    observed = 1 - fit.survival_at(horizon, columns)
    # ICI, E50, E90 and Emax: mean, quantiles and maximum of the distance.
    distance = np.abs(observed - p)
    e50, e90 = quantiles(distance, (0.5, 0.9))
    mean, largest = float(distance.mean()), float(distance.max())
    return CalibrationCurve(p, observed, knots, mean, float(e50), float(e90), largest, method)
