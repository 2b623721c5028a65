"""From the scores and the refit of a run to the bundle that is served."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deeptepp import __version__
from deeptepp.domain.cohort import SCORE, TIER, Cohort
from deeptepp.domain.risk import TierScheme
from deeptepp.model.bundle import ModelBundle, save_bundle
from deeptepp.train.card import write_card
from deeptepp.train.crossval import Fitted
from deeptepp.train.dataset import Dataset
from deeptepp.train.metrics import Scored, measure
from deeptepp.train.settings import TrainSettings

SET = "set"
"""Column of the reference cohort: ``training``, ``holdout`` or ``cohort-3``, the part each patient played."""


def make_bundle(dataset: Dataset, scored: Scored, refit: Fitted, settings: TrainSettings) -> ModelBundle:
    """Put together what scoring needs.

    Parameters
    ----------
    dataset : Dataset
        The patients.
    scored : Scored
        Their scores by networks that never saw them, and the cut-offs.
    refit : Fitted
        The network that is served.
    settings : TrainSettings
        Settings of the run.

    Returns
    -------
    ModelBundle
        Not yet written.
    """
    metrics, training = measure(scored), settings.to_published()
    metrics["refit_losses"] = [list(epoch.losses) for epoch in refit.history]
    is_simulated = dataset.cohort.is_simulated
    return ModelBundle(
        name=settings.name,
        net=refit.net,
        roi=dataset.roi_settings,
        views=settings.views,
        clinical=refit.schema,
        tiers=scored.tiers,
        reference=_reference(dataset.cohort, scored),
        is_simulated=is_simulated,
        metrics=metrics,
        card=write_card(
            name=settings.name,
            is_simulated=is_simulated,
            metrics=metrics,
            tiers=scored.tiers,
            training=training,
        ),
        training=training,
        provenance={
            "code_version": __version__,
            "command": "deeptepp train",
            "dataset_sha256": dataset.sha256,
        },
    )


def write_bundle(bundle: ModelBundle, settings: TrainSettings) -> Path:
    """Write a bundle into the output folder of its run.

    Parameters
    ----------
    bundle : ModelBundle
        What to write.
    settings : TrainSettings
        Name the output folder.

    Returns
    -------
    Path
        Folder of the bundle.
    """
    folder = settings.output / settings.name
    save_bundle(bundle, folder)
    return folder


def _reference(cohort: Cohort, scored: Scored) -> Cohort:
    """Add score, tier and part to the cohort."""
    tiers: list[str] = [_tier(scored.tiers, float(score)) for score in scored.scores]
    part = np.where(scored.split.is_scored_only, "cohort-3", "training")
    part[scored.split.is_holdout] = "holdout"
    return cohort.with_columns(
        **{SCORE: scored.scores, TIER: np.asarray(tiers, dtype=object), SET: part.astype(object)}
    )


def _tier(tiers: TierScheme, score: float) -> str:
    """Name the tier of a score."""
    return tiers.tier_of(score).value
