"""From the images of one patient to her region of interest, the way of a real upload, kept under a digest.

A region of interest is named by the content of the images, the reader's choices, the settings and the code that
makes it. Whoever asks for the same again, in this table or in another, gets the file; after a change of code or
settings nothing old is found.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deeptepp.dataset_folder import code_digest, key_of, write_json, write_whole
from deeptepp.datasets.image_columns import PHASES, SIDE, Images
from deeptepp.dicom.digest import study_digest
from deeptepp.dicom.files.archive import open_members
from deeptepp.dicom.read_dicom import StudyReading, check_study, read_study
from deeptepp.dicom.slice_box import box_of_slices
from deeptepp.domain.lesion import BoxMm, Lesion, LesionOrigin, Roi
from deeptepp.domain.study import PhaseChoice, PhaseProposal, Side
from deeptepp.errors import DeepTeppError, NoLesion, StudyError, WorkerLost
from deeptepp.file_sets import digest_of_stream
from deeptepp.imaging.detection.candidates import MIN_VOLUME_MM3
from deeptepp.imaging.detection.detect import Detection, detect_lesions, lesion_from_box
from deeptepp.imaging.phase import choose_phase
from deeptepp.imaging.roi import RoiSettings, crop_roi, read_roi, write_roi
from deeptepp.imaging.side import side_of
from deeptepp.nifti.files import open_files
from deeptepp.nifti.read_nifti import NiftiReading, check_nifti, is_nifti, read_nifti

_MAKERS = ("dicom", "nifti", "imaging", "domain")
"""Packages whose code decides what a region of interest looks like."""

_LONE = (".npz", ".nii", ".gz")
"""Ends of the names of files that hold all images of a patient."""

ABSENT = ("manifest.images-absent", "There is nothing at the path of the images.", "Correct the path.")
UNREADABLE = ("manifest.images-unreadable", "The images cannot be opened.", "Check the file and who may read it.")
LOST = (WorkerLost.rule, str(WorkerLost()), "Give each worker more memory, or leave the patient out.")
DAMAGED_ROI = ("roi.unreadable", "The region of interest is damaged or no region of interest.", "Make it again.")
OTHER_ROI = (
    "roi.other-settings",
    "The region of interest was cut with other settings.",
    "Give the study instead, or cut all regions alike.",
)

Fault = tuple[str, str, str]
"""Rule, what was found and what to do."""


@dataclass(frozen=True, slots=True)
class Region:
    """What became of the images of one row.

    ``row``: row of the manifest; ``key``: name of the region of interest; empty where there is none; ``content``:
    digest of the images; ``was_kept``: it was there already; ``fault``: why there is none.
    """

    row: int
    key: str = ""
    content: str = ""
    was_kept: bool = False
    fault: Fault | None = None


def maker_version() -> str:
    """Give the digest of the code that makes regions of interest.

    It changes with any line of reading, detection or cutting.
    """
    return code_digest(*_MAKERS)


def fault_of_images(images: Images, settings: RoiSettings) -> Fault | None:
    """Look at the headers of a study, or at a region of interest, without computing anything."""
    if not images.path.exists():
        return ABSENT
    try:
        if images.is_roi:
            return _fault_of_roi(images.path, settings)
        if is_nifti(images.path):
            check_nifti(images.path, phase_keys=images.phase_keys)
        else:
            check_study(images.path, phase_keys=images.phase_keys, side=images.side)
    except DeepTeppError as error:
        return error.rule, str(error), _remedy(error, "Mend the study, or leave the patient out.")
    except OSError:
        return UNREADABLE
    return None


def _remedy(error: DeepTeppError, otherwise: str) -> str:
    """What to write into the manifest where a refusal knows ways to go on, else what to do."""
    proposals = error.proposals if isinstance(error, StudyError) else ()
    ways = [
        f"{PHASES} {' '.join(each.keys)}" + (f" and {SIDE} {each.side}" if each.side else "")
        for each in proposals
        if isinstance(each, PhaseProposal)
    ]
    return f"Write into the manifest: {'; or '.join(ways)}." if ways else otherwise


def _fault_of_roi(path: Path, settings: RoiSettings) -> Fault | None:
    """Check a region of interest against the settings."""
    try:
        roi = read_roi(path)
    except (OSError, ValueError, KeyError, EOFError):
        return DAMAGED_ROI
    if not np.isfinite(roi.voxels).all():
        return DAMAGED_ROI
    shape = (len(settings.channels), *(settings.n_voxels,) * 3)
    is_alike = roi.voxels.shape == shape and bool(np.isclose(roi.grid.spacing_mm, settings.spacing_mm).all())
    return None if is_alike else OTHER_ROI


@dataclass(frozen=True, slots=True)
class RegionMaker:
    """Makes regions of interest; travels to other processes.

    ``kept``: folder of the regions of interest that were made so far; ``settings``: how they are cut.
    """

    kept: Path
    settings: RoiSettings

    def __call__(self, images: Images) -> Region:
        """Make the region of interest of one row, unless it is there.

        With its key, or with the reason why there is none.
        """
        try:
            content = digest_of(images.path)
            key = self._key(images, content)
            was_kept = self.record_path(key).is_file()
            if not was_kept:
                self._make(images, key)
        except DeepTeppError as error:
            remedy = _remedy(error, "Give a reader's box, or leave the patient out.")
            return Region(images.row, fault=(error.rule, str(error), remedy))
        except OSError:
            return Region(images.row, fault=UNREADABLE)
        return Region(images.row, key, content, was_kept)

    def roi_path(self, key: str) -> Path:
        """Name the file of a region of interest."""
        return self.kept / f"{key}.npz"

    def record_path(self, key: str) -> Path:
        """Name the file that says how it was made."""
        return self.kept / f"{key}.json"

    def _key(self, images: Images, content: str) -> str:
        """Name a region of interest by all that decides what it looks like."""
        if images.is_roi:
            return key_of("roi", content)
        box = None if images.box is None else [*images.box.low, *images.box.high]
        settings = asdict(self.settings) | {"channels": list(self.settings.channels)}
        slices = None if images.slice_box is None else asdict(images.slice_box)
        chosen = [images.phase_index, images.phase_keys, images.side, slices, _beside(images.path)]
        return key_of("study", content, box, chosen, settings, maker_version())

    def _make(self, images: Images, key: str) -> None:
        """Make the files; the record last, because it says that all is there."""
        self.kept.mkdir(parents=True, exist_ok=True)
        if images.is_roi:
            roi, record = read_roi(images.path), {"origin": "given", "is_simulated": False}
        else:
            roi, record = self._cut(images)
        write_whole(self.roi_path(key), lambda path: write_roi(roi, path))
        write_json(self.record_path(key), record)

    def _cut(self, images: Images) -> tuple[Roi, dict[str, Any]]:
        """Read, de-identify, choose the phase, find the tumour and cut the cube around it."""
        reading = _read(images)
        study = reading.study
        phase = choose_phase(study, index=images.phase_index)
        lesion, found = _find(reading, phase, images)
        record = {
            "is_simulated": study.acquisition.is_simulated,
            "study_digest": study.digest,
            "n_phases": len(study.phases),
            "phase": phase.index,
            "phase_rule": phase.rule,
            "manufacturer": study.acquisition.manufacturer,
            "field_strength_t": study.acquisition.field_strength_t,
            "volume_ml": round(lesion.volume_ml, 3),
            "findings": [finding.rule for finding in reading.findings],
        }
        return crop_roi(study, phase, lesion, self.settings), record | found


def _read(images: Images) -> StudyReading | NiftiReading:
    """Read a study of either kind of files; the outline beside NIfTI files comes with it."""
    if is_nifti(images.path):
        return read_nifti(images.path, digest_of=study_digest, phase_keys=images.phase_keys)
    return read_study(images.path, phase_keys=images.phase_keys, side=images.side)


def _box_of(reading: StudyReading | NiftiReading, images: Images) -> BoxMm | None:
    """Give the reader's box, if any, in mm."""
    if images.slice_box is None:
        return images.box
    source = reading.source if isinstance(reading, StudyReading) else None
    return box_of_slices(images.path, images.slice_box, source)


def _find(
    reading: StudyReading | NiftiReading, phase: PhaseChoice, images: Images
) -> tuple[Lesion, dict[str, Any]]:
    """Tumour in the reader's box, as an expert outlined it, or the detector's first candidate, and its record."""
    study, box = reading.study, _box_of(reading, images)
    if box is not None:
        return lesion_from_box(study, phase, box), {"origin": "reader", "is_ambiguous": False}
    if isinstance(reading, NiftiReading) and reading.mask is not None:
        return reading.mask, {"origin": LesionOrigin.EXPERT.value, "is_ambiguous": False}
    detection = detect_lesions(study, phase)
    lesion = next((each for each in detection.candidates if _may_lie_in(images.side, each, detection)), None)
    if lesion is None:
        raise NoLesion(value=f"no candidate in the {images.side} breast", limit=MIN_VOLUME_MM3 / 1000)
    found = {
        "origin": "detector",
        "is_ambiguous": detection.is_ambiguous,
        "confidence": round(lesion.confidence, 4),
    }
    return lesion, found


def _may_lie_in(side: Side | None, lesion: Lesion, detection: Detection) -> bool:
    """Whether a lesion may lie in the breast that a reader named, if any."""
    return side is None or side_of(lesion, detection.breasts) in (side, None)


def _beside(path: Path) -> str:
    """Hash what lies beside NIfTI files and decides what is read: the outline, facts and times; else nothing."""
    if not is_nifti(path):
        return ""
    with open_files(path) as files:
        return key_of([digest_of_stream(file.opener) for file in files])


def digest_of(path: Path) -> str:
    """Hash what is in a study or file, whatever the names, the order and the container.

    Gives SHA-256 in hexadecimal.
    """
    if path.suffix in _LONE:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    with open_members(path) as members:
        digests = [digest_of_stream(member.open) for member in members]
    return hashlib.sha256(json.dumps(sorted(digests)).encode()).hexdigest()
