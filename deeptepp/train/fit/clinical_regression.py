"""Reference of the CP-only network: a logistic regression on the same facts, folds and patients."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import Cohort
from deeptepp.model.fusion import fit_schema
from deeptepp.stats.logistic import LogisticFit, fit_logistic
from deeptepp.train.data.dataset import Labels
from deeptepp.train.data.patient_split import Split


def score_by_logistic(cohort: Cohort, labels: Labels, split: Split) -> npt.NDArray[np.float64]:
    """Score every patient by regressions that never saw her.

    Parameters
    ----------
    cohort : Cohort
        Clinical facts, (n,).
    labels : Labels
        Events.
    split : Split
        The part each patient plays.

    Returns
    -------
    (n,) float64
        Probability of the event: out-of-fold in the cross-validation, the mean over the folds for the others.
        Facts are standardised and imputed on the training folds alone.

    Raises
    ------
    NotEstimable
        The facts separate the classes of a training fold.
    MissingColumn
        A fact is unknown for everybody in a training fold.
    """
    scores = np.zeros(len(cohort))
    for fold in range(split.n_folds):
        found = _fit_fold(cohort, labels, split.training(fold))
        mine = split.fold == fold
        scores[mine] = found[mine]
        scores[~split.in_folds] += found[~split.in_folds] / split.n_folds
    return scores


def _fit_fold(cohort: Cohort, labels: Labels, training: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Fit on the known labels of one training fold and score everybody, (n,)."""
    chosen = training & labels.is_known
    schema = fit_schema(cohort.where(chosen))
    facts = schema.encode_cohort(cohort).astype(np.float64)
    fit: LogisticFit = fit_logistic(facts[chosen], labels.event[chosen])
    return fit.probability(facts)
