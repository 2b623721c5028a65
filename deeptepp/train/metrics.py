"""What was measured on a trained bundle, at patient level, each group of patients apart; ready for JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import LATENT_RISK, Cohort
from deeptepp.domain.risk import Tier, TierScheme
from deeptepp.errors import NotEstimable
from deeptepp.stats.proportion import Proportion, proportion
from deeptepp.stats.roc import roc_auc
from deeptepp.train.dataset import Labels
from deeptepp.train.split import Split

MIN_FOR_CORRELATION = 3
"""Fewest patients of whom a correlation is reported."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Patients of one run with what is known and what was found of them.

    Parameters
    ----------
    cohort : Cohort
        The patients, (n,).
    labels : Labels
        What was learnt.
    split : Split
        The part each played.
    scores : (n,) float64
        Of networks that never saw the patient.
    tiers : TierScheme
        Frozen cut-offs.
    """

    cohort: Cohort
    labels: Labels
    split: Split
    scores: npt.NDArray[np.float64]
    tiers: TierScheme


def measure(scored: Scored) -> dict[str, Any]:
    """Measure discrimination, the operating point and the tiers.

    Parameters
    ----------
    scored : Scored
        All patients of the run.

    Returns
    -------
    dict
        ``cross_validation`` (out-of-fold, pooled, with the AUC of each fold), ``holdout`` or ``fold_1``,
        ``cohort_3``; each with n, events, AUC and DeLong interval, AUC of the hard labels, sensitivity and
        specificity at the frozen cut-off, and, where the truth is simulated, the correlation with it.
    """
    split = scored.split
    report: dict[str, Any] = {
        "cross_validation": _group(scored, split.in_folds)
        | {"auc_per_fold": [_auc(scored, split.fold == k)["auc"] for k in range(split.n_folds)]}
    }
    if split.is_holdout.any():
        report["holdout"] = _group(scored, split.is_holdout)
    else:
        report["fold_1"] = _group(scored, split.fold == 0)
    if split.is_scored_only.any():
        report["cohort_3"] = _group(scored, split.is_scored_only)
    return report


def _group(scored: Scored, chosen: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Measure one group of patients."""
    names = [scored.tiers.tier_of(float(score)) for score in scored.scores[chosen]]
    return {
        "n": int(chosen.sum()),
        "n_events": int((chosen & scored.labels.event).sum()),
        **_auc(scored, chosen),
        **_operating_point(scored, chosen),
        "tiers": {tier.value: names.count(tier) for tier in Tier},
        **_truth(scored, chosen),
    }


def _auc(scored: Scored, chosen: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Give the AUC of the scores and of the hard labels, None where one class is absent."""
    known = chosen & scored.labels.is_known
    events, scores = scored.labels.event[known], scored.scores[known]
    try:
        curve = roc_auc(scores, events)
        hard = roc_auc((scores >= scored.tiers.low_below).astype(float), events).auc
    except NotEstimable as error:
        return {"auc": None, "auc_low": None, "auc_high": None, "auc_hard_labels": None, "auc_reason": str(error)}
    return {
        "auc": curve.auc,
        "auc_low": curve.low,
        "auc_high": curve.high,
        "auc_hard_labels": hard,
        "auc_reason": curve.reason,
    }


def _operating_point(scored: Scored, chosen: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Give sensitivity and specificity of Moderate or High against Low, with Wilson intervals."""
    known = chosen & scored.labels.is_known
    is_positive = scored.scores[known] >= scored.tiers.low_below
    events = scored.labels.event[known]
    return {
        "sensitivity": _plain(proportion(int((is_positive & events).sum()), int(events.sum()))),
        "specificity": _plain(proportion(int((~is_positive & ~events).sum()), int((~events).sum()))),
    }


def _plain(share: Proportion) -> dict[str, Any]:
    """Lay out a share for JSON."""
    return {"value": share.value, "low": share.low, "high": share.high, "k": share.n_events, "n": share.n}


def _truth(scored: Scored, chosen: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Correlate the score with the simulated biology, by value and by rank."""
    if LATENT_RISK not in scored.cohort or chosen.sum() < MIN_FOR_CORRELATION:
        return {}
    truth = np.asarray(scored.cohort[LATENT_RISK], dtype=np.float64)[chosen]
    scores = scored.scores[chosen]
    return {
        "correlation_with_latent_risk": _correlation(scores, truth),
        "rank_correlation_with_latent_risk": _correlation(_ranks(scores), _ranks(truth)),
    }


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Rank values, ties sharing the middle of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    ranks: npt.NDArray[np.float64] = middle[inverse]
    return ranks


def _correlation(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float | None:
    """Give Pearson's correlation, None where one side never varies."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(np.corrcoef(a, b)[0, 1])
