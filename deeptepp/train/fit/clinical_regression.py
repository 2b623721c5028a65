"""Reference of the CP-only network: scikit-learn's logistic regression on the same facts, folds and patients.

Independent of ``stats.logistic`` on purpose. scikit-learn penalises unless told not to (log odds off by 0.1), is
exact on scaled columns alone, stumbles over aliased columns, and says nothing of separation: each is guarded here.

References
----------
Konis K. Linear programming algorithms for detecting separated data in binary logistic regression models, 2007.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.linalg import qr
from scipy.optimize import linprog
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from deeptepp.domain.cohort import Cohort
from deeptepp.errors import NotEstimable
from deeptepp.model.clinical_features import fit_schema
from deeptepp.train.data.dataset import Labels
from deeptepp.train.data.patient_split import Split

Floats = npt.NDArray[np.float64]

_ALIASED = 1e-7
"""A column with less than this share of the longest one outside of the others is aliased (as in R's lm)."""

_SEPARATED = 1e-6
"""Sum of margins from which a direction separates the classes; the solver is exact to 1e-7."""


def score_by_logistic(cohort: Cohort, labels: Labels, split: Split) -> Floats:
    """Score every patient (n,) by regressions that never saw her.

    Out-of-fold in the cross-validation, the mean over the folds for the others; facts are standardised and imputed
    on the training folds alone. ``NotEstimable`` where the facts of a training fold separate the classes.
    """
    scores = np.zeros(len(cohort))
    for fold in range(split.n_folds):
        found = _fit_fold(cohort, labels, split.training(fold))
        mine = split.fold == fold
        scores[mine] = found[mine]
        scores[~split.in_folds] += found[~split.in_folds] / split.n_folds
    return scores


def _fit_fold(cohort: Cohort, labels: Labels, training: npt.NDArray[np.bool_]) -> Floats:
    """Fit on the known labels of one training fold and score everybody, (n,)."""
    chosen = training & labels.is_known
    schema = fit_schema(cohort.where(chosen))
    facts = schema.encode_cohort(cohort).astype(np.float64)
    scaled = StandardScaler().fit(facts[chosen]).transform(facts)
    scaled = scaled[:, _not_aliased(scaled[chosen])]
    if _is_separated(scaled[chosen], labels.event[chosen]):
        raise NotEstimable(what="The logistic regression", reason="the columns separate the classes")
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10)
    fitted = model.fit(scaled[chosen], labels.event[chosen])
    return np.asarray(fitted.predict_proba(scaled)[:, 1], dtype=np.float64)


def _not_aliased(columns: Floats) -> npt.NDArray[np.int64]:
    """Choose columns (n, p) of full rank; predictions do not depend on which of aliased ones are taken."""
    triangle, order = qr(columns, mode="r", pivoting=True)
    length = np.abs(np.diag(triangle))
    return np.sort(order[: int((length > _ALIASED * length.max(initial=1.0)).sum())])


def _is_separated(columns: Floats, event: npt.NDArray[np.bool_]) -> bool:
    """Whether some combination of the columns and a constant puts no patient on the wrong side."""
    margins = np.where(event, 1.0, -1.0)[:, None] * np.column_stack([np.ones(len(event)), columns])
    found = linprog(-margins.sum(axis=0), A_ub=-margins, b_ub=np.zeros(len(event)), bounds=(-1, 1))
    return bool(-found.fun > _SEPARATED)
