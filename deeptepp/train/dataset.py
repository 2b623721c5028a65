"""A cohort with the regions of interest of its patients, read once and kept in memory as float16."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import ARM, RFS_EVENT, RFS_MONTHS, SUBJECT, Arm, Cohort
from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Roi
from deeptepp.errors import UnreadableCohort
from deeptepp.imaging.roi import RoiSettings, read_roi
from deeptepp.tables import read_cohort
from deeptepp.train.settings import TrainSettings

COHORT_FILE = "cohort.parquet"
DATASET_FILE = "dataset.json"
ROI_FOLDER = "rois"


@dataclass(frozen=True, slots=True, eq=False)
class PackedRoi:
    """A region of interest in a third of its memory.

    Parameters
    ----------
    voxels : (c, z, y, x) float16
        Normalised intensities.
    bits : (ceil(z y x / 8),) uint8
        The lesion, one bit per voxel.
    grid : Grid
        Where both are.
    """

    voxels: npt.NDArray[np.float16]
    bits: npt.NDArray[np.uint8]
    grid: Grid

    @classmethod
    def pack(cls, roi: Roi) -> PackedRoi:
        """Pack a region of interest."""
        return cls(roi.voxels.astype(np.float16), np.packbits(roi.mask), roi.grid)

    def unpack(self) -> Roi:
        """Give the region of interest back."""
        n_voxels = int(np.prod(self.grid.shape))
        mask = np.unpackbits(self.bits, count=n_voxels).astype(bool).reshape(self.grid.shape)
        return Roi(self.voxels.astype(np.float32), mask, self.grid)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Patients in the order of the cohort, each with one region of interest.

    Parameters
    ----------
    cohort : Cohort
        Clinical facts, treatment and follow-up, (n,).
    rois : tuple of PackedRoi
        Regions of interest, n of them.
    roi_settings : RoiSettings
        How they were cut; scoring must cut alike.
    sha256 : str
        Digest of the cohort table and of the description of the dataset.
    description : dict
        Content of ``dataset.json``.
    """

    cohort: Cohort
    rois: tuple[PackedRoi, ...]
    roi_settings: RoiSettings
    sha256: str
    description: dict[str, object]

    def __len__(self) -> int:
        """Give the number of patients."""
        return len(self.rois)

    def roi(self, patient: int) -> Roi:
        """Give the region of interest of one patient by position."""
        return self.rois[patient].unpack()

    @property
    def is_scored_only(self) -> npt.NDArray[np.bool_]:
        """True for cohort 3 (trastuzumab and pertuzumab), which is never trained on, (n,)."""
        scored_only: npt.NDArray[np.bool_] = np.asarray(self.cohort[ARM] == Arm.TP.value, dtype=bool)
        return scored_only


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What the network is to learn of every patient.

    Parameters
    ----------
    event : (n,) bool
        The event was seen.
    is_known : (n,) bool
        False where follow-up ended too early to tell.
    """

    event: npt.NDArray[np.bool_]
    is_known: npt.NDArray[np.bool_]


def label_patients(cohort: Cohort, settings: TrainSettings) -> Labels:
    """Derive the labels that the settings ask for.

    Parameters
    ----------
    cohort : Cohort
        With the RFS columns.
    settings : TrainSettings
        ``label`` and ``tau_months`` are read.

    Returns
    -------
    Labels
        One entry per patient.
    """
    event = np.asarray(cohort[RFS_EVENT], dtype=bool)
    if settings.label == "rfs_event":
        return Labels(event, np.ones_like(event))
    months = np.asarray(cohort[RFS_MONTHS], dtype=float)
    early = event & (months <= settings.tau_months)
    return Labels(early, early | (months >= settings.tau_months))


def read_dataset(folder: Path, *, on_patient: Callable[[int, int], None] | None = None) -> Dataset:
    """Read a dataset folder into memory.

    Parameters
    ----------
    folder : Path
        Holds ``cohort.parquet``, ``dataset.json`` and ``rois/<subject>.npz``.
    on_patient : callable, optional
        Hears the number of patients read and their total.

    Returns
    -------
    Dataset
        The patients with their regions of interest.

    Raises
    ------
    UnreadableCohort
        A file is absent or unreadable.
    MissingColumn
        A column of the cohort is absent.
    """
    cohort = read_cohort(folder / COHORT_FILE)
    description = _read_description(folder / DATASET_FILE)
    subjects = [str(subject) for subject in cohort[SUBJECT]]
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


def _read_description(path: Path) -> dict[str, object]:
    """Read ``dataset.json``."""
    try:
        description: dict[str, object] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableCohort(reason=f"{path.name} is absent or not JSON") from error
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
