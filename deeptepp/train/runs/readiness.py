"""Whether a cohort can be trained on as the settings ask, told as the table that ``deeptepp prepare`` prints."""

from __future__ import annotations

from deeptepp.datasets.checks import Classes, Demands, problems_of
from deeptepp.datasets.problems import Problem
from deeptepp.domain.cohort import HER2_POSITIVE
from deeptepp.train.data.dataset import label_patients, scored_only
from deeptepp.train.data.patient_source import ViewSource
from deeptepp.train.settings import BY_CENTRE, TrainSettings


def training_problems(source: ViewSource, settings: TrainSettings) -> tuple[Problem, ...]:
    """Find all that stands against a training run.

    ``source``: the patients; they are numbered from 1 in the order of their cohort. ``settings``: what is learnt,
    of what, and how the patients are dealt.
    """
    demands = Demands(
        n_folds=2 if settings.protocol == BY_CENTRE else settings.n_folds,
        holdout_fraction=settings.holdout_fraction if settings.protocol == "strict" else 0.0,
        needs_clinical="cp" in settings.inputs,
        # Slices make no bundle, HER2 status is no outcome, and public tables have gaps that nobody can fill.
        needs_follow_up=settings.label != HER2_POSITIVE and "collection" not in source.description,
    )
    labels = label_patients(source, settings)
    classes = Classes(labels.event, labels.is_known, scored_only(source, settings))
    return problems_of(source.cohort, demands, classes=classes)
