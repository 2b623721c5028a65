"""A cohort with the regions of interest of its patients, read once and kept in memory as float16."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from deeptepp.domain.cohort import ARM, HER2_POSITIVE, KEY, RFS_EVENT, RFS_MONTHS, SUBJECT, Arm, Cohort, FollowUp
from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Roi
from deeptepp.errors import MissingColumn, UnreadableCohort
from deeptepp.imaging.roi import RoiSettings, read_roi
from deeptepp.stats.horizon import known_at
from deeptepp.tables import read_cohort
from deeptepp.train.data.patient_source import ViewSource
from deeptepp.train.data.slice_cohort import read_slices
from deeptepp.train.settings import TrainSettings
from deeptepp.views.mosaic import view_mosaic
from deeptepp.views.planes import Jitter, ViewSettings

COHORT_FILE = "cohort.parquet"
DATASET_FILE = "dataset.json"
ROI_FOLDER = "rois"

OnPatient = Callable[[int, int], None]
"""Hears the number of patients read so far and their total."""


@dataclass(frozen=True, slots=True, eq=False)
class PackedRoi:
    """A region of interest in a third of its memory.

    ``voxels`` (c, z, y, x): normalised intensities. ``bits`` (ceil(z y x / 8): the lesion, one bit per voxel.
    ``grid``: where both are.
    """

    voxels: npt.NDArray[np.float16]
    bits: npt.NDArray[np.uint8]
    grid: Grid

    @classmethod
    def pack(cls, roi: Roi) -> PackedRoi:
        """Pack a region of interest."""
        return cls(roi.voxels.astype(np.float16), np.packbits(roi.mask), roi.grid)

    def unpack(self) -> Roi:
        """Region of interest back."""
        n_voxels = int(np.prod(self.grid.shape))
        mask = np.unpackbits(self.bits, count=n_voxels).view(bool).reshape(self.grid.shape)
        # By torch, which converts half precision several times as fast.
        voxels = torch.from_numpy(self.voxels.copy()).float().numpy()
        return Roi(voxels, mask, self.grid)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Patients in the order of the cohort, each with one region of interest.

    ``rois``: regions of interest, n of them. ``roi_settings``: how they were cut; scoring must cut alike.
    ``sha256``: digest of the cohort table and of the description of the dataset. ``description``: content of
    ``dataset.json``.
    """

    cohort: Cohort
    rois: tuple[PackedRoi, ...]
    roi_settings: RoiSettings
    sha256: str
    description: dict[str, object]

    def __len__(self) -> int:
        """Number of patients."""
        return len(self.rois)

    def roi(self, patient: int) -> Roi:
        """Region of interest of one patient by position."""
        return self.rois[patient].unpack()

    @property
    def n_channels(self) -> int:
        """Channels of every mosaic."""
        return len(self.roi_settings.channels)

    def view_names(self, views: ViewSettings) -> tuple[str, ...]:
        """Name the views of a patient: those of the settings."""
        return views.names

    def mosaic(
        self, patient: int, view: str, views: ViewSettings, jitter: Jitter | None = None
    ) -> npt.NDArray[np.float32]:
        """Reslice the region of interest of one patient by position, (C, H, W)."""
        return view_mosaic(self.roi(patient), view, views, jitter=jitter)

    @property
    def is_scored_only(self) -> npt.NDArray[np.bool_]:
        """True for cohort 3 (trastuzumab and pertuzumab), which is never trained on, (n,)."""
        scored_only: npt.NDArray[np.bool_] = np.asarray(self.cohort[ARM] == Arm.TP.value, dtype=bool)
        return scored_only


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What the network is to learn of every patient.

    ``event`` (n,): the event was seen. ``is_known`` (n,): False where follow-up ended too early to tell.
    """

    event: npt.NDArray[np.bool_]
    is_known: npt.NDArray[np.bool_]


def label_patients(source: ViewSource, settings: TrainSettings) -> Labels:
    """Derive the labels that the settings ask for.

    ``source``: patients; their cohort holds the columns of the label. ``settings``: ``label``, ``tau_months``,
    ``permute_labels`` and ``seed`` are read. Returns: one entry per patient. Permuted, they are dealt anew among
    the patients who may be trained on, so that nothing about them can be learnt while their number stays.
    """
    labels = _label(source.cohort, settings)
    if not settings.permute_labels:
        return labels
    dealt = np.flatnonzero(~scored_only(source, settings))
    order = np.arange(len(labels.event))
    order[dealt] = np.random.default_rng(np.random.SeedSequence((settings.seed, 2))).permutation(dealt)
    return Labels(labels.event[order], labels.is_known[order])


def scored_only(source: ViewSource, settings: TrainSettings) -> npt.NDArray[np.bool_]:
    """Mark the patients who are never trained on, (n,).

    Returns (n,): Cohort 3 where the label is an outcome of treatment; nobody where it is a property of the tumour.
    """
    if settings.label == HER2_POSITIVE:
        return np.zeros(len(source), dtype=bool)
    return source.is_scored_only


def _label(cohort: Cohort, settings: TrainSettings) -> Labels:
    """Read the label of every patient off the cohort."""
    if settings.label == HER2_POSITIVE:
        return _her2_labels(cohort)
    months = np.asarray(cohort[RFS_MONTHS], dtype=float)
    is_followed = np.isfinite(months)
    event = np.asarray(cohort[RFS_EVENT], dtype=bool) & is_followed
    if settings.label == "rfs_event":
        return Labels(event, is_followed)
    followed = np.where(
        is_followed, months, 0.0
    )  # who was not followed is censored at surgery, before any horizon
    known = known_at(FollowUp(followed, event), settings.tau_months)
    return Labels(known.is_case, known.is_known)


def _her2_labels(cohort: Cohort) -> Labels:
    """Read HER2 status, which may be missing."""
    if HER2_POSITIVE not in cohort:
        raise MissingColumn(value=HER2_POSITIVE)
    status = np.array([np.nan if value is None else float(value) for value in cohort[HER2_POSITIVE].tolist()])
    is_known = np.isfinite(status)
    return Labels(np.where(is_known, status, 0.0) > 0, is_known)


def read_dataset(folder: Path, *, on_patient: OnPatient | None = None) -> ViewSource:
    """Read a dataset folder of any kind into memory.

    ``folder``: holds ``dataset.json``, whose ``kind`` says what else it holds; regions of interest where it is
    absent. ``on_patient``: hears the number of patients read and their total. Returns: the patients with their
    images.
    """
    description = read_description(folder)
    kind = description.get("kind", "rois")
    if kind == "rois":
        return read_rois(folder, on_patient=on_patient)
    if kind == "slices":
        return read_slices(folder, description, on_patient=on_patient)
    raise UnreadableCohort(reason=f"{DATASET_FILE} is of the unknown kind {kind}")


def read_rois(folder: Path, *, on_patient: OnPatient | None = None) -> Dataset:
    """Read a dataset folder of regions of interest into memory.

    ``folder``: holds ``cohort.parquet``, ``dataset.json`` and ``rois/<subject>.npz``, or ``rois/<key>.npz`` where
    the cohort has a column ``key``. ``on_patient``: hears the number of patients read and their total. Returns:
    the patients with their regions of interest.
    """
    cohort = read_cohort(folder / COHORT_FILE)
    description = read_description(folder)
    subjects = [str(name) for name in cohort[KEY if KEY in cohort else SUBJECT]]
    absent = sum(not _roi_path(folder, subject).is_file() for subject in subjects)
    if absent:
        raise UnreadableCohort(reason=f"{absent} of {len(subjects)} patients have no region of interest yet")
    rois = []
    for subject in subjects:
        rois.append(_read_packed(_roi_path(folder, subject)))
        if on_patient is not None:
            on_patient(len(rois), len(subjects))
    digest = hashlib.sha256((folder / COHORT_FILE).read_bytes() + (folder / DATASET_FILE).read_bytes())
    return Dataset(cohort, tuple(rois), _roi_settings(description), digest.hexdigest(), description)


def _roi_path(folder: Path, subject: str) -> Path:
    """Name the file of one patient."""
    return folder / ROI_FOLDER / f"{subject}.npz"


def _read_packed(path: Path) -> PackedRoi:
    """Read one region of interest, naming the position and not the patient when it cannot be."""
    try:
        return PackedRoi.pack(read_roi(path))
    except (OSError, ValueError, KeyError) as error:
        raise UnreadableCohort(reason=f"a file in {ROI_FOLDER}/ is damaged") from error


def read_description(folder: Path) -> dict[str, object]:
    """Read ``dataset.json`` of a dataset folder, or raise ``UnreadableCohort``."""
    try:
        description: dict[str, object] = json.loads((folder / DATASET_FILE).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableCohort(reason=f"{DATASET_FILE} is absent or not JSON") from error
    return description


def _roi_settings(description: dict[str, object]) -> RoiSettings:
    """Rebuild the settings that the regions of interest were cut with."""
    stored = description.get("roi_settings")
    if not isinstance(stored, dict):
        raise UnreadableCohort(reason=f"{DATASET_FILE} has no roi_settings")
    try:
        return RoiSettings(
            size_mm=float(stored["size_mm"]),
            spacing_mm=float(stored["spacing_mm"]),
            channels=tuple(stored["channels"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableCohort(reason=f"the roi_settings of {DATASET_FILE} are damaged") from error
