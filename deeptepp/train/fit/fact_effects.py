"""Effects of clinical facts beside the score of the images, fitted on scores that never saw the patient.

A network that learns images and facts together has learnt its own patients by heart before the facts come to
count; fitted on out-of-fold scores (stacking), a fact gets the weight that it has beside an image of somebody new.

References
----------
Wolpert DH. Stacked generalization. Neural Networks 1992;5:241-259.
Breiman L. Stacked regressions. Machine Learning 1996;24:49-64 (effects constrained not to be negative).
Hastie T, Tibshirani R, Friedman J. The Elements of Statistical Learning, 2nd ed, 2009, 7.10 (one standard error).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from deeptepp.domain.cohort import Cohort
from deeptepp.domain.risk import Recalibration
from deeptepp.errors import MissingColumn, NotEstimable
from deeptepp.model.clinical_effects import ClinicalEffects
from deeptepp.model.clinical_features import ORDINAL_FEATURES, feature_values
from deeptepp.stats.prediction.binary_calibration import log_odds_of
from deeptepp.train.data.dataset import Labels
from deeptepp.train.data.patient_split import Split

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LEAST_EFFECT = 0.05
"""Smallest log odds ratio of a feature: a worse fact always raises the score by something that can be read."""

LEAST_SLOPE = 0.05
"""Smallest slope of the images: they count in every score."""

_PENALTIES = (1.0, 4.0, 16.0, 64.0, 256.0)
"""Ridges on effects per standard deviation, priors of standard deviation 1 to 1/16; the patients choose."""

_INNER_FOLDS = 10
"""Folds among the patients of a fit by which its ridge is chosen."""

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
        return np.stack([facts.joined(views, self.recalibration) for views, facts in each])


def fit_fusion(view_scores: Floats, events: Bools, cohort: Cohort) -> FittedFusion:
    """Fit slope of the images and effects of the facts by penalised maximum likelihood.

    ``view_scores`` (n, V): softmax probabilities by networks that never saw the patient; ``events`` (n,);
    ``cohort``: the same patients. Facts that nobody has are left out; where some lack one, the mean of those who
    know stands in. Raises ``NotEstimable``: one class is empty; ``MissingColumn``: no patient knows all facts that
    others know.
    """
    if events.all() or not events.any():
        raise NotEstimable(what="The fusion of images and facts", reason="both outcomes are needed")
    features, values = _usable_facts(cohort)
    complete = values[~np.isnan(values).any(axis=1)]
    # Evenly over the patients as they stand in the cohort.
    plausible = complete[np.linspace(0, len(complete) - 1, min(N_PLAUSIBLE, len(complete))).round().astype(int)]
    facts = np.where(np.isnan(values), np.nanmean(values, axis=0), values) - plausible.mean(axis=0)
    images = log_odds_of(view_scores).mean(axis=1)
    intercept, slope, effects = _fit(images, facts, events, _choose_penalty(images, facts, events))
    return FittedFusion(
        Recalibration(intercept, slope),
        ClinicalEffects(features, tuple(effects.tolist()), tuple(map(tuple, plausible.tolist()))),
    )


def check_facts(labels: Labels, split: Split, cohort: Cohort) -> None:
    """Refuse facts that no fusion of a run can be fitted on, before anything is trained.

    Raises ``MissingColumn``: no patient of some training part knows all facts that others know.
    """
    for chosen in _training_parts(labels, split):
        _usable_facts(cohort.where(chosen))


def _training_parts(labels: Labels, split: Split) -> list[Bools]:
    """Patients on whom a fusion is fitted: all of the folds, then those outside of each."""
    known = split.in_folds & labels.is_known
    return [known, *(known & (split.fold != fold) for fold in range(split.n_folds))]


def _usable_facts(cohort: Cohort) -> tuple[tuple[str, ...], Floats]:
    """Features that somebody knows, and their values (n, features), NaN where unknown.

    Raises ``MissingColumn``: no patient knows all of them.
    """
    names = tuple(ORDINAL_FEATURES)
    values = feature_values(cohort, names)
    is_used = ~np.isnan(values).all(axis=0)
    if np.isnan(values[:, is_used]).any(axis=1).all():
        raise MissingColumn(value="a patient of whom every clinical fact is known")
    return tuple(np.array(names)[is_used].tolist()), values[:, is_used]


def _choose_penalty(images: Floats, facts: Floats, events: Bools) -> float:
    """Choose the strongest ridge whose cross-validated log loss is within one standard error of the smallest.

    The strongest of all where there are too few of an outcome. Errors are those of the paired difference.
    """
    # Folds alike in events, in the order of the patients.
    inner = np.empty(len(events), dtype=np.int64)
    for outcome in (True, False):
        inner[events == outcome] = np.arange((events == outcome).sum()) % _INNER_FOLDS
    if events.sum() < _INNER_FOLDS or (~events).sum() < _INNER_FOLDS:
        return _PENALTIES[-1]
    losses: list[Floats] = []
    for penalty in _PENALTIES:
        linear = np.empty(len(events))
        for fold in range(_INNER_FOLDS):
            mine = inner == fold
            intercept, slope, effects = _fit(images[~mine], facts[~mine], events[~mine], penalty)
            linear[mine] = intercept + slope * images[mine] + facts[mine] @ effects
        losses.append(np.logaddexp(0, linear) - np.where(events, linear, 0.0))
    best = min(losses, key=np.mean)
    worse = [each - best for each in losses]
    is_as_good = [each.mean() <= each.std() / np.sqrt(len(each)) for each in worse]
    return max(penalty for penalty, good in zip(_PENALTIES, is_as_good, strict=True) if good)


def _fit(images: Floats, facts: Floats, events: Bools, ridge: float) -> tuple[float, float, Floats]:
    """Intercept, slope of the images (n,) and effects of the facts (n, p) within their bounds."""
    design = np.column_stack([np.ones(len(images)), images, facts])
    sd = facts.std(axis=0)
    penalty = ridge * np.concatenate([[0.0, 0.0], sd**2])

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

    ``view_scores`` (n, V): softmax probabilities of the images. Returns probabilities (n, V): each fold by effects
    fitted on the other folds, everyone else by the fusion of all folds, which is also given.
    """
    everyone, *parts = _training_parts(labels, split)
    whole = fit_fusion(view_scores[everyone], labels.event[everyone], cohort.where(everyone))
    fused = np.empty_like(view_scores)
    outside = ~split.in_folds
    if outside.any():
        fused[outside] = whole(view_scores[outside], cohort.where(outside))
    for fold, others in enumerate(parts):
        mine = split.fold == fold
        fitted = fit_fusion(view_scores[others], labels.event[others], cohort.where(others))
        # What a fact counts beside the images is that of the other folds. Intercept and slope are those of all:
        # one of each fold is low where the fold has many events, and turns the order across folds round.
        share = whole.recalibration.slope / fitted.recalibration.slope
        effects = replace(fitted.effects, effects=tuple(share * each for each in fitted.effects.effects))
        fused[mine] = FittedFusion(whole.recalibration, effects)(view_scores[mine], cohort.where(mine))
    return fused, whole
