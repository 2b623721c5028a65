"""What was measured on one group of patients, ready for JSON; a number that has no value is None with its reason.

Everything is at patient level. An interval of the AUC is given twice, by DeLong and by drawing patients again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.errors import NotEstimable
from deeptepp.stats.correlation import pearson, spearman
from deeptepp.stats.prediction.binary_calibration import calibration_of, log_odds_of, shift_prior
from deeptepp.stats.prediction.bootstrap import bootstrap_auc
from deeptepp.stats.prediction.operating_point import at_threshold
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.stats.proportion import Proportion

HALF = 0.5
"""Cut-off of the larger of two probabilities, at which the paper's ACC, SPEC and SENS were taken."""

MIN_FOR_CORRELATION = 3
"""Fewest patients of whom a correlation is reported."""

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Group:
    """Patients that are measured together.

    ``scores`` (n,): risk scores in [0, 1]. ``event`` (n,): the event was seen. ``is_known`` (n,): False where
    follow-up ended too early to tell; such patients count for correlations alone. ``cut_off``: frozen cut-off
    between Low and the rest; None where none was found. ``latent_risk`` (n,): the simulated biology, where it is
    known. ``half``: what a softmax of 0.5 comes to in these scores. ``log_odds_shift`` (n,): by how much balancing
    the classes raised the log odds, where it is known.
    """

    scores: Floats
    event: Bools
    is_known: Bools
    cut_off: float | None
    latent_risk: Floats | None = None
    log_odds_shift: Floats | None = None
    half: float = HALF


def measure_group(group: Group) -> dict[str, Any]:
    """Measure discrimination, both operating points, calibration and the correlation with the truth.

    Returns: ``n``, ``n_known``, ``n_events``; ``auc`` with ``auc_low`` and ``auc_high`` (DeLong) and
    ``auc_bootstrap_low`` and ``auc_bootstrap_high``; ``at_half`` and ``at_cut_off`` with ``accuracy``,
    ``sensitivity``, ``specificity`` and ``auc_hard_labels``, those of the cut-off also beside ``n``;
    ``calibration`` of the score as it is and ``calibration_balancing_undone``; and, where the truth is simulated,
    ``correlation`` of score, log odds and ranks with it, ``correlation_with_latent_risk`` and
    ``rank_correlation_with_latent_risk`` being its first and last.
    """
    scores, event = group.scores[group.is_known], group.event[group.is_known]
    at_half, at_cut_off = (
        _operating_point(scores, event, group.half),
        _operating_point(scores, event, group.cut_off),
    )
    return {
        "n": len(group.scores),
        "n_known": len(scores),
        "n_events": int(group.event.sum()),
        **_auc(scores, event),
        **{key: at_cut_off.get(key) for key in ("auc_hard_labels", "accuracy", "sensitivity", "specificity")},
        "at_half": at_half,
        "at_cut_off": at_cut_off,
        **_calibrations(group),
        **_truth(group),
    }


def _auc(scores: Floats, event: Bools) -> dict[str, Any]:
    """AUC with both intervals, None where one class is absent."""
    found: dict[str, Any] = dict.fromkeys(
        ("auc", "auc_low", "auc_high", "auc_bootstrap_low", "auc_bootstrap_high", "auc_reason")
    )
    try:
        curve = roc_auc(scores, event)
    except NotEstimable as error:
        return found | {"auc_reason": str(error)}
    found |= {"auc": curve.auc, "auc_low": curve.low, "auc_high": curve.high, "auc_reason": curve.reason}
    try:
        interval = bootstrap_auc(scores, event)
    except NotEstimable:
        return found
    return found | {"auc_bootstrap_low": interval.low, "auc_bootstrap_high": interval.high}


def _operating_point(scores: Floats, event: Bools, threshold: float | None) -> dict[str, Any]:
    """Accuracy, sensitivity and specificity with Wilson intervals; empty without a cut-off."""
    if threshold is None:
        return {}
    point = at_threshold(scores, event, threshold)
    return {
        "threshold": threshold,
        "accuracy": plain_share(point.accuracy),
        "sensitivity": plain_share(point.sensitivity),
        "specificity": plain_share(point.specificity),
        # The area under the one corner of a curve of hard labels is the balanced accuracy.
        "auc_hard_labels": None if np.isnan(point.youden) else (point.youden + 1) / 2,
    }


def plain_share(share: Proportion) -> dict[str, Any]:
    """Lay out a share for JSON.

    Returns: ``value``, ``low``, ``high``, ``k`` and ``n``.
    """
    return {"value": share.value, "low": share.low, "high": share.high, "k": share.n_events, "n": share.n}


def _calibrations(group: Group) -> dict[str, Any]:
    """Calibrate the score as it is and, where the balancing is known, at the odds of the training patients."""
    scores, event = group.scores[group.is_known], group.event[group.is_known]
    found = {"calibration": _calibration(scores, event)}
    if group.log_odds_shift is not None:
        shift = group.log_odds_shift[group.is_known]
        found["calibration_balancing_undone"] = _calibration(shift_prior(scores, shift), event)
    return found


def _calibration(scores: Floats, event: Bools) -> dict[str, Any]:
    """Lay out intercept, slope, O/E and Brier score, or why there are none."""
    try:
        return asdict(calibration_of(scores, event))
    except NotEstimable as error:
        return {"reason": str(error), "n": len(scores), "n_events": int(event.sum())}


def _truth(group: Group) -> dict[str, Any]:
    """Correlate the score with the simulated biology: by value, by log odds and by rank."""
    truth = group.latent_risk
    if truth is None or len(truth) < MIN_FOR_CORRELATION:
        return {}
    try:
        found = {
            "score": pearson(group.scores, truth),
            "logit": pearson(log_odds_of(group.scores), truth),
            "rank": spearman(group.scores, truth),
        }
    except NotEstimable:
        return {"correlation_with_latent_risk": None, "rank_correlation_with_latent_risk": None}
    return {
        "correlation_with_latent_risk": found["score"].value,
        "rank_correlation_with_latent_risk": found["rank"].value,
        "correlation": {name: asdict(each) for name, each in found.items()},
    }
