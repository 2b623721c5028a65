"""What was measured on a trained bundle, at patient level, each group of patients apart; ready for JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import LATENT_RISK, Cohort
from deeptepp.domain.risk import Tier, TierScheme
from deeptepp.train.data.dataset import Labels
from deeptepp.train.data.patient_split import Split
from deeptepp.train.measure.group_metrics import HALF, Group, measure_group
from deeptepp.train.measure.view_level import measure_views


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Patients of one run with what is known and what was found of them.

    ``labels``: what was learnt. ``split``: the part each played. ``scores`` (n,): of networks that never saw the
    patient. ``tiers``: frozen cut-offs; None where none could be found. ``log_odds_shift`` (n,): by how much
    balancing the classes raised the log odds of each score (``train.fit.balancing``). ``view_scores`` (n, V):
    scores of the views, for what is counted by views as an extra. ``is_counted`` (n, V): the views that are
    counted there. ``half``: what a softmax of 0.5 comes to in these scores; another number once they were
    recalibrated.
    """

    cohort: Cohort
    labels: Labels
    split: Split
    scores: npt.NDArray[np.float64]
    tiers: TierScheme | None
    log_odds_shift: npt.NDArray[np.float64] | None = None
    view_scores: npt.NDArray[np.float64] | None = None
    is_counted: npt.NDArray[np.bool_] | None = None
    half: float = HALF


def measure(scored: Scored) -> dict[str, Any]:
    """Measure discrimination, the operating points, calibration and the tiers.

    ``scored``: all patients of the run. Returns: ``cross_validation`` (out-of-fold, pooled, with the AUC of each
    fold, their mean and SD), ``holdout`` or ``fold_1``, ``cohort_3``; each as ``measure_group`` lays it out, with
    the number of patients per tier.
    """
    split = scored.split
    report = {key: _group(scored, chosen) for key, chosen in groups_of(split).items()}
    per_fold = [measure_group(_select(scored, split.fold == k))["auc"] for k in range(split.n_folds)]
    estimable = [auc for auc in per_fold if auc is not None]
    report["cross_validation"] |= {
        "auc_per_fold": per_fold,
        "auc_mean_of_folds": float(np.mean(estimable)) if estimable else None,
        "auc_sd_of_folds": float(np.std(estimable, ddof=1)) if len(estimable) > 1 else None,
    }
    return report


def groups_of(split: Split) -> dict[str, npt.NDArray[np.bool_]]:
    """Give the groups of patients that are measured apart.

    ``split``: the part each patient played. Returns: ``cross_validation``; ``holdout``, or ``fold_1`` where nobody
    was held out; ``cohort_3`` if any.
    """
    groups = {"cross_validation": split.in_folds}
    if split.is_holdout.any():
        groups["holdout"] = split.is_holdout
    else:
        groups["fold_1"] = split.fold == 0
    if split.is_scored_only.any():
        groups["cohort_3"] = split.is_scored_only
    return groups


def _group(scored: Scored, chosen: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Measure one group of patients."""
    found = measure_group(_select(scored, chosen))
    if scored.tiers is not None:
        names = [scored.tiers.tier_of(float(score)) for score in scored.scores[chosen]]
        found["tiers"] = {tier.value: names.count(tier) for tier in Tier}
    if scored.view_scores is not None and scored.is_counted is not None:
        known = chosen & scored.labels.is_known
        found["views"] = measure_views(
            scored.view_scores[known], scored.labels.event[known], scored.is_counted[known]
        )
    return found


def _select(scored: Scored, chosen: npt.NDArray[np.bool_]) -> Group:
    """Take one group of patients out of a run."""
    shift, truth = scored.log_odds_shift, None
    if LATENT_RISK in scored.cohort:
        truth = np.asarray(scored.cohort[LATENT_RISK], dtype=np.float64)[chosen]
    return Group(
        scores=scored.scores[chosen],
        event=scored.labels.event[chosen],
        is_known=scored.labels.is_known[chosen],
        cut_off=None if scored.tiers is None else scored.tiers.low_below,
        latent_risk=truth,
        log_odds_shift=None if shift is None else shift[chosen],
        half=scored.half,
    )
