"""From the scores and the refit of a run to the bundle that is served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from deeptepp import __version__
from deeptepp.domain.cohort import KEY, SCORE, SET, SUBJECT, TIER, Cohort
from deeptepp.domain.risk import Recalibration, TierScheme
from deeptepp.errors import NotEstimable
from deeptepp.model.bundle import ModelBundle, save_bundle
from deeptepp.model.clinical_effects import ClinicalEffects
from deeptepp.train.card.checklists import documents_of
from deeptepp.train.card.model_card import write_card
from deeptepp.train.data.dataset import Dataset
from deeptepp.train.fit.crossval import Fitted
from deeptepp.train.measure.breakdown import break_down
from deeptepp.train.measure.facts import RunFacts, arms_of, follow_up_of
from deeptepp.train.measure.metrics import Scored, measure
from deeptepp.train.settings import TrainSettings


def make_bundle(
    dataset: Dataset,
    scored: Scored,
    refit: Fitted,
    settings: TrainSettings,
    *,
    recalibration: Recalibration | None = None,
    effects: ClinicalEffects | None = None,
    circumstances: Mapping[str, Any] | None = None,
) -> ModelBundle:
    """Put together what scoring needs, with card and checklists.

    ``scored``: their scores by networks that never saw them, and the cut-offs. ``refit``: the network that is
    served. ``recalibration``: already in the scores and cut-offs; none when left out. ``effects``: what facts add
    to a network of images alone. ``circumstances``: device,
    precision and wall time, from ``train.fit.circumstances``. Raises ``NotEstimable``: there are no cut-offs.
    """
    if scored.tiers is None:
        raise NotEstimable(what="The tiers", reason="the scores do not separate the classes at any cut-off")
    metrics = measure(scored) | break_down(scored)
    if recalibration is not None and not recalibration.is_identity:
        metrics["recalibration"] = asdict(recalibration)
    if effects is not None:
        metrics["effects"] = dict(zip(effects.features, effects.effects, strict=True))
    metrics["refit_losses"] = [list(epoch.losses) for epoch in refit.history]
    facts = RunFacts(
        name=settings.name,
        is_simulated=dataset.cohort.is_simulated,
        metrics=metrics,
        tiers=scored.tiers,
        training=settings.to_published(),
        description=dataset.description,
        network=_network(refit, effects or ClinicalEffects()),
        provenance={
            "code_version": __version__,
            "command": "deeptepp train",
            "dataset_sha256": dataset.sha256,
            **(circumstances or {}),
        },
        arms=arms_of(dataset.cohort),
        follow_up_months=follow_up_of(dataset.cohort),
    )
    return ModelBundle(
        name=facts.name,
        net=refit.net,
        roi=dataset.roi_settings,
        views=settings.views,
        clinical=refit.schema,
        effects=effects or ClinicalEffects(),
        tiers=facts.tiers,
        reference=_reference(dataset.cohort, scored, facts.tiers),
        is_simulated=facts.is_simulated,
        metrics=metrics,
        card=write_card(facts),
        training=dict(facts.training),
        provenance=dict(facts.provenance),
        score_from=settings.score_from,
        recalibration=recalibration or Recalibration(),
        documents=documents_of(facts),
    )


def _network(refit: Fitted, effects: ClinicalEffects) -> dict[str, Any]:
    """Describe the network that is served."""
    schema = refit.schema
    missing = [name for name, is_so in zip(schema.features, schema.had_missing, strict=True) if is_so]
    return {
        "settings": dict(refit.net.settings),
        "n_parameters": sum(weight.numel() for weight in refit.net.parameters()),
        "clinical_features": list(schema.features + effects.features),
        "had_missing": missing,
    }


def write_bundle(bundle: ModelBundle, settings: TrainSettings) -> Path:
    """Write a bundle into the output folder of its run.

    ``settings``: name the output folder.
    """
    folder = settings.output / settings.name
    save_bundle(bundle, folder)
    return folder


def _reference(cohort: Cohort, scored: Scored, tiers: TierScheme) -> Cohort:
    """Add score, tier and part to the cohort; real patients are numbered."""
    names = np.asarray([tiers.tier_of(float(score)).value for score in scored.scores], dtype=object)
    part = np.where(scored.split.is_scored_only, "cohort-3", "training")
    part[scored.split.is_holdout] = "holdout"
    found = {SCORE: scored.scores, TIER: names, SET: part.astype(object)}
    if not cohort.is_simulated:
        # A bundle travels further than the dataset: what names a centre's patients or their files stays behind.
        found[SUBJECT] = np.array([f"patient-{i:04d}" for i in range(1, len(cohort) + 1)], dtype=object)
    columns = {name: column for name, column in {**cohort.columns, **found}.items() if name != KEY}
    return Cohort(columns, cohort.is_simulated)
