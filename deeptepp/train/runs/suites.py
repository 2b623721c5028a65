"""The experiments of the paper, and ours beside them, as changes of one base of settings.

Experiments that come to the same settings are run once, whichever suite asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Method(StrEnum):
    """What is fitted."""

    NETWORK = "network"
    LOGISTIC = "logistic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One model to be fitted and measured.

    Parameters
    ----------
    name : str
        Unique in its suite; also the name on the command line.
    title : str
        For tables.
    changes : mapping of str to object
        Settings that differ from the base of the run.
    method : Method
        A network, or the logistic regression on clinical-pathological facts.
    against : str
        Name of the experiment of the same suite that it is compared with by paired DeLong; empty for none.
    """

    name: str
    title: str
    changes: Mapping[str, object] = field(default_factory=dict)
    method: Method = Method.NETWORK
    against: str = ""


_WHOLE = "MRI+MV+CP"

_BOTH = {"inputs": "mri+cp", "mv_mode": "balanced"}
"""Settings of the whole model."""

_TABLE_2 = (
    Experiment(name="CP", title="CP only", changes={"inputs": "cp", "mv_mode": "none"}, against=_WHOLE),
    Experiment(
        name="CP-logistic",
        title="CP only, logistic regression",
        changes={"inputs": "cp", "mv_mode": "none"},
        method=Method.LOGISTIC,
        against=_WHOLE,
    ),
    Experiment(name="MRI", title="MRI", changes={"inputs": "mri", "mv_mode": "none"}, against=_WHOLE),
    Experiment(name="MRI+CP", title="MRI + CP", changes={"inputs": "mri+cp", "mv_mode": "none"}, against=_WHOLE),
    Experiment(
        name="MRI+MV", title="MRI with MV", changes={"inputs": "mri", "mv_mode": "balanced"}, against=_WHOLE
    ),
    Experiment(name=_WHOLE, title="DeepTEPP (MRI with MV + CP)", changes=_BOTH),
)

_BACKBONES = {
    "vgg16": "VGG16",
    "densenet169": "DenseNet169",
    "shake_shake": "Shake-Shake",
    "se_resnext50": "SE-ResNeXt50",
    "mm_resnet": "MM_ResNet",
}

_TABLE_S2 = tuple(
    Experiment(
        name=backbone,
        title=title,
        changes={"backbone": backbone, "inputs": "mri", "mv_mode": "none"},
        against="" if backbone == "mm_resnet" else "mm_resnet",
    )
    for backbone, title in _BACKBONES.items()
)

_ONE_CHANGE: tuple[tuple[str, str, Mapping[str, object]], ...] = (
    ("jigsaw-off", "no jigsaw", {"granularities": [1, 1, 1, 1]}),
    ("jigsaw-uniform", "uniform jigsaw, unfiltered", {"jigsaw": "uniform", "shuffle_filter": "none"}),
    ("z-neighbours", "shuffles filtered by z-neighbours", {"shuffle_filter": "z-neighbours"}),
    ("stages-off", "one classifier, one step on whole mosaics", {"stages": False}),
    ("deform-on", "deformable last stage", {"deform_last_stage": True}),
    ("light-head", "light head", {"head": "light"}),
    ("score-combined", "score from all four classifiers", {"score_from": "combined"}),
    ("slice-filter-off", "no slice filter", {"min_area_fraction": 0.0}),
)

_ABLATIONS = (
    Experiment(name=_WHOLE, title="whole model", changes=_BOTH),
    *(
        Experiment(name=name, title=title, changes={**_BOTH, **changes}, against=_WHOLE)
        for name, title, changes in _ONE_CHANGE
    ),
    Experiment(
        name="mv-off",
        title="no multi-view, classes weighted",
        changes={"inputs": "mri+cp", "mv_mode": "none"},
        against=_WHOLE,
    ),
    Experiment(
        name="focal",
        title="no multi-view, focal loss",
        changes={"inputs": "mri+cp", "mv_mode": "none", "loss": "focal"},
        against="mv-off",
    ),
)

_PERMUTATION = (
    Experiment(
        name="permuted-paper",
        title="labels permuted, only positives resliced",
        changes={"inputs": "mri+cp", "mv_mode": "paper", "permute_labels": True},
    ),
    Experiment(
        name="permuted-balanced",
        title="labels permuted, views drawn alike",
        changes={**_BOTH, "permute_labels": True},
    ),
)

_PROTOCOL = (
    Experiment(name="strict", title="strict protocol", changes={**_BOTH, "protocol": "strict"}),
    Experiment(
        name="paper", title="the paper's protocol", changes={**_BOTH, "protocol": "paper"}, against="strict"
    ),
    Experiment(
        name="paper-views",
        title="the paper's protocol, only positives resliced",
        changes={"inputs": "mri+cp", "mv_mode": "paper", "protocol": "paper"},
        against="strict",
    ),
)

SUITES: dict[str, tuple[Experiment, ...]] = {
    "table2": _TABLE_2,
    "table_s2": _TABLE_S2,
    "ablations": _ABLATIONS,
    "permutation": _PERMUTATION,
    "protocol": _PROTOCOL,
}
"""Experiments of each suite, in the order of its table."""

TITLES = {
    "table2": "Five models (Table 2)",
    "table_s2": "Five backbones (Table S2)",
    "ablations": "Ablations",
    "permutation": "Label-permutation control of the multi-view augmentation",
    "protocol": "Strict protocol against that of the paper",
}
"""Title of each suite."""

ABOUT = {
    "table2": "What images, clinical-pathological facts (CP) and multi-view augmentation (MV) add to each other. "
    "Without MV every patient gives one view an epoch and the loss weighs the classes; the logistic regression is "
    "unpenalised, its facts standardised on the training folds alone.",
    "table_s2": "Images alone without multi-view augmentation, as in the MRI row of Table 2, whose areas are "
    "those printed for MM_ResNet. Every network sees the same mosaics for the same number of epochs, with the "
    "same optimiser and class weights, from scratch. MM_ResNet takes its four jigsaw steps a batch; the others "
    "have one classifier and take one step on whole mosaics.",
    "ablations": "One change of the whole model at a time. The focal loss is compared with the class weights that "
    "it replaces, both without multi-view augmentation.",
    "permutation": "Labels are dealt anew over the patients before anything else, so that nothing about a patient "
    "is left to learn. Whatever discrimination is measured then was put there by the augmentation. Counted as the "
    "paper seems to have counted, patients with an event bring several views of the test set and the others the "
    "first one alone; in the balanced mode everybody brings all views.",
    "protocol": "The strict protocol holds patients out first; the paper cross-validates on everybody and calls "
    "one fold the testing set. The contrasts compare both on the same patients, each scored by networks that "
    "never saw her.",
}
"""What each suite shows and how, for the head of its table."""
