"""Effects of clinical facts beside the score of the images, fitted on scores that never saw the patient.

A network that learns images and facts together has learnt its own patients by heart before the facts come to
count; fitted on out-of-fold scores (stacking), a fact gets the weight that it has beside an image of somebody new.

References
----------
Wolpert DH. Stacked generalization. Neural Networks 1992;5:241-259.
Breiman L. Stacked regressions. Machine Learning 1996;24:49-64 (effects constrained not to be negative).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from deeptepp.domain.cohort import Cohort
from deeptepp.domain.risk import Recalibration
from deeptepp.errors import MissingColumn, NotEstimable
from deeptepp.model.clinical_effects import ClinicalEffects
from deeptepp.model.fusion import ORDINAL_FEATURES, feature_values
from deeptepp.stats.prediction.binary_calibration import log_odds_of
from deeptepp.train.data.dataset import Labels
from deeptepp.train.data.patient_split import Split

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LEAST_EFFECT = 0.05
"""Smallest log odds ratio of a feature: a worse fact always raises the score by something that can be read."""

LEAST_SLOPE = 0.05
"""Smallest slope of the images: they count in every score."""

_PENALTY = 1.0
"""Ridge on effects per standard deviation, a prior of standard deviation 1; fixed beforehand."""

N_PLAUSIBLE = 64
"""Patients over whom an unknown fact is averaged."""


@dataclass(frozen=True, slots=True)
class FittedFusion:
    """How images and facts of one run become one score."""

    recalibration: Recalibration
    effects: ClinicalEffects

    def __call__(self, view_scores: Floats, cohort: Cohort) -> Floats:
        """Give probabilities of the event (n, V) from softmax probabilities (n, V) of the images of a cohort."""
        each = zip(view_scores, self.effects.of_cohort(cohort), strict=True)
        return np.stack(
            [facts.shares @ self.recalibration(views[None, :], facts.log_odds[:, None]) for views, facts in each]
        )


def fit_fusion(view_scores: Floats, events: Bools, cohort: Cohort) -> FittedFusion:
    """Fit slope of the images and effects of the facts by penalised maximum likelihood.

    ``view_scores`` (n, V): softmax probabilities by networks that never saw the patient; ``events`` (n,);
    ``cohort``: the same patients. Facts that nobody has are left out; where some lack one, the mean of those who
    know stands in. Raises ``NotEstimable``: one class is empty; ``MissingColumn``: no patient knows all facts that
    others know.
    """
    if events.all() or not events.any():
        raise NotEstimable(what="The fusion of images and facts", reason="both outcomes are needed")
    names = tuple(ORDINAL_FEATURES)
    values = feature_values(cohort, names)
    is_used = ~np.isnan(values).all(axis=0)
    values, features = values[:, is_used], tuple(np.array(names)[is_used].tolist())
    complete = values[~np.isnan(values).any(axis=1)]
    if not len(complete):
        raise MissingColumn(value="a patient of whom every clinical fact is known")
    # Evenly over the patients as they stand in the cohort.
    plausible = complete[np.linspace(0, len(complete) - 1, min(N_PLAUSIBLE, len(complete))).round().astype(int)]
    facts = np.where(np.isnan(values), np.nanmean(values, axis=0), values) - plausible.mean(axis=0)
    images = log_odds_of(view_scores).mean(axis=1)
    intercept, slope, effects = _fit(images, facts, events)
    return FittedFusion(
        Recalibration(intercept, slope),
        ClinicalEffects(features, tuple(effects.tolist()), tuple(map(tuple, plausible.tolist()))),
    )


def _fit(images: Floats, facts: Floats, events: Bools) -> tuple[float, float, Floats]:
    """Intercept, slope of the images (n,) and effects of the facts (n, p) within their bounds."""
    design = np.column_stack([np.ones(len(images)), images, facts])
    sd = facts.std(axis=0)
    penalty = _PENALTY * np.concatenate([[0.0, 0.0], sd**2])

    def loss(x: Floats) -> tuple[float, Floats]:
        linear = design @ x
        likelihood = np.logaddexp(0, linear).sum() - linear[events].sum()
        gradient = design.T @ (expit(linear) - events)
        return likelihood + 0.5 * (penalty * x**2).sum(), gradient + penalty * x

    bounds = [(None, None), (LEAST_SLOPE, None), *[(LEAST_EFFECT, None)] * facts.shape[1]]
    start = np.concatenate([[0.0, 1.0], np.full(facts.shape[1], 2 * LEAST_EFFECT)])
    found = minimize(
        loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-12, "maxiter": 2000}
    )
    return float(found.x[0]), float(found.x[1]), found.x[2:]


def fuse(view_scores: Floats, labels: Labels, split: Split, cohort: Cohort) -> tuple[Floats, FittedFusion]:
    """Fuse the scores of a run, so that no patient of the folds takes part in the fusion that scores her.

    ``view_scores`` (n, V): softmax probabilities of the images. Returns probabilities (n, V): each fold by the
    fusion fitted on the other folds, everyone else by that of all folds, which is also given.
    """
    known = split.in_folds & labels.is_known
    whole = fit_fusion(view_scores[known], labels.event[known], cohort.where(known))
    fused = np.empty_like(view_scores)
    outside = ~split.in_folds
    if outside.any():
        fused[outside] = whole(view_scores[outside], cohort.where(outside))
    for fold in range(split.n_folds):
        others, mine = known & (split.fold != fold), split.fold == fold
        fitted = fit_fusion(view_scores[others], labels.event[others], cohort.where(others))
        fused[mine] = fitted(view_scores[mine], cohort.where(mine))
    return fused, whole
