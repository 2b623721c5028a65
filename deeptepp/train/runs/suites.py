"""The experiments of the paper, and ours beside them, as changes of one base of settings.

Experiments that come to the same settings are run once, whichever suite asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from deeptepp.model.network import OF_IMAGES


class Method(StrEnum):
    """What is fitted."""

    NETWORK = "network"
    LOGISTIC = "logistic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One model to be fitted and measured.

    ``name``: unique in its suite; also the name on the command line. ``changes``: settings that differ from the
    base of the run. ``method``: a network, or the logistic regression on clinical-pathological facts. ``against``:
    name of the experiment of the same suite that it is compared with by paired DeLong; empty for none.
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

# MM_ResNet stands last, for the others are compared with it.
_TABLE_S2 = tuple(
    Experiment(
        name=name,
        title=backbone.title,
        changes={"backbone": name, "inputs": "mri", "mv_mode": "none"},
        against="" if name == "mm_resnet" else "mm_resnet",
    )
    for name, backbone in sorted(OF_IMAGES.items(), key=lambda each: each[0] == "mm_resnet")
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
