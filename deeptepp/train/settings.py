"""Everything a training run depends on, read from one TOML file and written into the bundle it made."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from deeptepp.errors import BadSetting, UnknownSetting
from deeptepp.train.rules import BackboneName, Many, Number, OneOf, PathRule, Rule, Text, Truth, ViewNames
from deeptepp.views.planes import ViewSettings

T = TypeVar("T")

WITHOUT_EFFECT = ("dataset", "output", "name", "n_threads", "n_workers", "n_jobs", "tensorboard", "recalibrate")
"""Settings on which no weight and no softmax depends beyond the order of additions in a sum: they may change when
a run is resumed, and do not tell two experiments apart."""


def _ruled(rule: Rule, default: T) -> T:
    """Declare a field by its default and the rule its values obey."""
    return field(default=default, metadata={"rule": rule})


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings:
    """Settings of one training run."""

    dataset: Path = field(metadata={"rule": PathRule()})
    """Folder with ``cohort.parquet``, ``rois/`` and ``dataset.json``; relative to the settings file."""
    output: Path = field(metadata={"rule": PathRule()})
    """Folder that receives the bundle, and the state of the run in ``state/``; relative to the settings file."""
    name: str = _ruled(Text(), "deeptepp")
    """Name of the bundle: letters, digits, ``-``, ``_`` and ``.``."""

    label: str = _ruled(OneOf("rfs_event", "rfs_event_by_tau", "her2_positive"), "rfs_event")
    """What is learnt: an RFS event at any time, or by ``tau_months`` with earlier censored patients left out; or
    HER2 status, where a cohort holds both."""
    tau_months: float = _ruled(Number(float, 1, 240), 60.0)
    """Horizon of ``rfs_event_by_tau``, months from surgery."""
    protocol: str = _ruled(OneOf("strict", "paper"), "strict")
    """``strict`` holds patients out before cross-validation; ``paper`` tests on fold 1 of the cross-validation."""
    holdout_fraction: float = _ruled(Number(float, 0, 0.5), 0.2)
    """Share of cohorts 1 and 2 held out by the strict protocol; 0 cross-validates on all of them."""
    permute_labels: bool = _ruled(Truth(), default=False)
    """Permute the labels over the patients of cohorts 1 and 2, as a control: nothing is left to learn."""
    n_folds: int = _ruled(Number(int, 2, 20), 5)
    """Number of cross-validation folds."""
    seed: int = _ruled(Number(int, 0, 2**31 - 1), 0)
    """Seed of the split, the initial weights and every draw."""

    view_names: tuple[str, ...] = _ruled(ViewNames(), ViewSettings().names)
    """Views that are drawn in training and averaged in scoring, in the order of the bundle."""
    fov_mm: float = _ruled(Number(float, 16, 160), 64.0)
    """Field of view of every tile, mm."""
    n_slices: int = _ruled(OneOf(4, 9, 16), 16)
    """Sections per mosaic, a square number."""
    tile_px: int = _ruled(Number(int, 8, 128), 28)
    """Edge of one tile, pixels; the mosaic has the square root of ``n_slices`` tiles a side."""

    min_area_fraction: float = _ruled(Number(float, 0, 0.9), 0.1)
    """Slice filtering: sections with less tumour area than this share of the largest are left out; 0 keeps all."""

    mv_mode: str = _ruled(OneOf("balanced", "paper", "none"), "balanced")
    """Multi-view augmentation: ``balanced`` draws views alike for both classes; ``paper`` reslices positives
    only, without jitter, as it seems to have been published (to measure that artefact); ``none`` draws one view a
    patient and weights the classes instead."""
    k_max: int = _ruled(Number(int, 1, 64), 8)
    """Most views drawn of one positive patient in an epoch."""

    backbone: str = _ruled(BackboneName(), "mm_resnet")
    """Network; all but ``mm_resnet`` have one classifier and are trained on whole mosaics alone."""
    inputs: str = _ruled(OneOf("mri+cp", "mri", "cp"), "mri+cp")
    """What the network is given: images, clinical-pathological facts, or both."""
    fusion: str = _ruled(OneOf("monotone", "published"), "monotone")
    """How facts join images: ``monotone`` adds effects of given sign to the log odds of a network of images alone;
    ``published`` puts the five published facts beside the pooled features, in front of every classifier."""
    head: str = _ruled(OneOf("pmg", "light"), "pmg")
    """Classifier heads of the network."""
    width: int = _ruled(Number(int, 8, 512), 64)
    """Hidden width of the heads, channels."""
    stem_channels: int = _ruled(Number(int, 4, 256), 64)
    """Channels after the stem; 64 is ResNet18, 32 runs about three times as fast."""
    stages: bool = _ruled(Truth(), default=True)
    """Whether every stage has a classifier of its own; without, every batch is one plain step on whole mosaics."""
    deform_last_stage: bool = _ruled(Truth(), default=False)
    """Whether the 3 x 3 convolutions of the last stage sample at learnt offsets."""
    score_from: str = _ruled(OneOf("concat", "combined"), "concat")
    """Logits behind the risk score: those of the concatenation, or the sum over all four classifiers."""

    jigsaw: str = _ruled(OneOf("pmg", "uniform"), "pmg")
    """Kind of permutation of the tiles."""
    granularities: tuple[int, ...] = _ruled(Many(Number(int, 1, 32), 4), (8, 4, 2, 1))
    """Tiles per side in the four steps of a batch; 1 leaves the mosaic as it is."""
    loss_weights: tuple[float, ...] = _ruled(Many(Number(float, 0, 100), 4), (1.0, 1.0, 1.0, 2.0))
    """Weight of the cross-entropy in the four steps of a batch."""
    shuffle_filter: str = _ruled(OneOf("none", "fixed-tiles", "z-neighbours"), "fixed-tiles")
    """Shuffles that are drawn again: none, those that leave a tile in place, or those that also keep more than
    ``max_z_neighbours`` of the slices beside the slice that follows them."""
    max_z_neighbours: float = _ruled(Number(float, 0, 1), 0.25)
    """Largest share of preserved neighbours along the normal under the filter ``z-neighbours``."""
    recalibrate: bool = _ruled(Truth(), default=True)
    """Whether the bundle turns the softmax into a probability of recurrence, by a logistic regression on the
    out-of-fold scores; experiments always measure the softmax."""
    loss: str = _ruled(OneOf("cross_entropy", "focal"), "cross_entropy")
    """Loss of every step."""
    focal_gamma: float = _ruled(Number(float, 0, 10), 2.0)
    """Focusing exponent of the focal loss; 0 is the cross-entropy."""
    epochs: int = _ruled(Number(int, 1, 1000), 60)
    """Epochs of every fit; fixed beforehand, never chosen on a test fold."""
    batch_size: int = _ruled(Number(int, 2, 512), 16)
    """Mosaics per batch."""
    learning_rate: float = _ruled(Number(float, 1e-6, 10), 0.01)
    """Learning rate of the first epoch; falls to 0 by half a cosine."""
    momentum: float = _ruled(Number(float, 0, 0.999), 0.9)
    """Momentum of the gradient descent."""
    weight_decay: float = _ruled(Number(float, 0, 1), 5e-4)
    """L2 penalty on all weights."""
    grad_clip: float = _ruled(Number(float, 1e-3, 1e6), 5.0)
    """Largest L2 norm of a gradient step."""

    device: str = _ruled(OneOf("auto", "cpu", "cuda"), "auto")
    """Where the network runs; ``auto`` takes a CUDA device when there is one."""
    precision: str = _ruled(OneOf("auto", "fp32", "bf16"), "auto")
    """Number format of the passes; ``auto`` takes bf16 where the device has instructions for it."""
    n_threads: int = _ruled(Number(int, 0, 256), 0)
    """Threads of the network on a CPU; 0 leaves the choice to the library."""
    n_jobs: int = _ruled(Number(int, 1, 64), 1)
    """Fits of one run side by side, each in a process of its own."""
    tensorboard: bool = _ruled(Truth(), default=True)
    """Whether losses are also written for TensorBoard, into ``state/tensorboard``."""
    n_workers: int = _ruled(Number(int, 1, 64), 1)
    """Threads that sample views while the network runs."""

    def __post_init__(self) -> None:
        for each in fields(self):
            rule: Rule = each.metadata["rule"]
            object.__setattr__(self, each.name, rule.parse(each.name, getattr(self, each.name)))

    @property
    def fuses_late(self) -> bool:
        """Whether facts are added to the log odds of a network of images alone."""
        return self.inputs == "mri+cp" and self.fusion == "monotone"

    @property
    def views(self) -> ViewSettings:
        """The view settings that the bundle carries."""
        return ViewSettings(
            names=self.view_names,
            fov_mm=self.fov_mm,
            n_slices=self.n_slices,
            tile_px=self.tile_px,
            min_area_fraction=self.min_area_fraction,
        )

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> TrainSettings:
        """Check plain values, as a TOML file holds them.

        ``values``: keys are the fields of this class.
        """
        known = [each.name for each in fields(cls)]
        for key in values:
            if key not in known:
                raise UnknownSetting(key=key, nearest=get_close_matches(key, known, n=1, cutoff=0.0)[0])
        for key in ("dataset", "output"):
            if key not in values:
                raise BadSetting(key=key, value="absent", limit="the path of a folder")
        return cls(**values)  # type: ignore[arg-type]  # each value is parsed by its rule

    def to_mapping(self) -> dict[str, object]:
        """Plain values for TOML or JSON; the inverse of ``from_mapping``."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {key: _plain(value) for key, value in values.items()}

    def to_published(self) -> dict[str, object]:
        """Plain values that travel in a bundle: folders by their last name only."""
        return self.to_mapping() | {"dataset": self.dataset.name, "output": self.output.name}


def _plain(value: object) -> object:
    """Turn a setting into what TOML and JSON can hold."""
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def read_settings(path: Path) -> TrainSettings:
    """Read the settings of a run.

    ``path``: TOML file with the fields of ``TrainSettings``. Returns: the checked settings, with the folders made
    relative to the file.
    """
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSetting(key="file", value=path.name, limit="a readable TOML file") from error
    settings = TrainSettings.from_mapping(values)
    anchored = {key: (path.parent / getattr(settings, key)).resolve() for key in ("dataset", "output")}
    return TrainSettings.from_mapping(settings.to_mapping() | anchored)
