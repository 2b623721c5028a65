"""Writes a study as classic MR images, one file for each slice and phase, that any PACS can take.

Identifiers are derived from the content, so that writing a study twice gives the same files. A simulated study
says so in ImageType, SeriesDescription, PatientName and ImageComments; ``read_study`` knows it by ImageType.

References
----------
DICOM PS3.3 A.4 (MR Image IOD), C.8.3.1 (MR Image Module).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage
from pydicom.valuerep import DSfloat

from deeptepp.dicom.digest import study_digest
from deeptepp.dicom.header.headers import SIMULATED_MARK
from deeptepp.dicom.uids import UidSource
from deeptepp.domain.risk import RESEARCH_USE_ONLY
from deeptepp.domain.study import Study

START = datetime(2000, 1, 1, 12, 0, 0)
"""When a written study begins: a date that stands for none."""

_WINDOW_PERCENTILES = (1.0, 99.5)
"""Shares of the voxels in percent between which the display window lies."""


def write_study(study: Study, folder: Path, *, description: str, patient_key: str) -> tuple[Path, ...]:
    """Write every slice of every phase as an MR image, explicit VR little endian.

    ``study``: phases in order of time; voxels are rounded to whole numbers; ``folder``: is made where absent;
    holds one folder for each phase afterwards; ``description``: beginning of SeriesDescription; ``pre``, ``post
    1`` ... follow it. Raises ValueError where a voxel does not fit into 16 bits.
    """
    dtype = _stored_dtype(study)
    digest = study.digest or study_digest(study.phases)
    uid_of = UidSource(digest, patient_key)
    paths = []
    for i, phase in enumerate(study.phases):
        subfolder = folder / f"phase-{i}"
        subfolder.mkdir(parents=True, exist_ok=True)
        base = _phase_header(study, i, uid_of)
        base.SeriesDescription = _series_description(study, i, description)
        base.PatientID = patient_key
        base.PatientName = f"{SIMULATED_MARK}^{patient_key}" if study.acquisition.is_simulated else patient_key
        voxels = np.rint(phase.volume.voxels).astype(dtype)
        _set_pixel_format(base, voxels)
        for k, image in enumerate(_images(base, study, voxels, uid_of)):
            path = subfolder / f"slice-{k:04d}.dcm"
            image.save_as(path, enforce_file_format=True)
            paths.append(path)
    return tuple(paths)


def _stored_dtype(study: Study) -> np.dtype[Any]:
    """Choose uint16, or int16 where a voxel is negative."""
    low = min(float(phase.volume.voxels.min()) for phase in study.phases)
    high = max(float(phase.volume.voxels.max()) for phase in study.phases)
    dtype = np.dtype(np.int16 if low <= -0.5 else np.uint16)
    limits = np.iinfo(dtype)
    if round(low) < limits.min or round(high) > limits.max:
        msg = f"Voxels must fit into 16 bits, got {low:g} to {high:g}"
        raise ValueError(msg)
    return dtype


def _series_description(study: Study, i: int, description: str) -> str:
    """Name a phase, with the simulated mark where it belongs; at most 64 characters."""
    mark = f"{SIMULATED_MARK} " if study.acquisition.is_simulated else ""
    ending = " pre" if i == 0 else f" post {i}"
    return f"{mark}{description}"[: 64 - len(ending)] + ending


def _phase_header(study: Study, i: int, uid_of: UidSource) -> Dataset:
    """Make what all images of one phase share."""
    header = Dataset()
    header.SOPClassUID = MRImageStorage
    header.Modality = "MR"
    is_simulated = study.acquisition.is_simulated
    header.ImageType = ["ORIGINAL", "PRIMARY", "M", *([SIMULATED_MARK] if is_simulated else [])]
    header.StudyInstanceUID = uid_of("study")
    header.SeriesInstanceUID = uid_of(f"series {i}")
    header.FrameOfReferenceUID = uid_of("frame of reference")
    header.SeriesNumber = i + 1
    header.AcquisitionNumber = i + 1
    header.TemporalPositionIdentifier = i + 1
    header.NumberOfTemporalPositions = len(study.phases)
    header.BodyPartExamined = "BREAST"
    for keyword in (
        "AccessionNumber",
        "ReferringPhysicianName",
        "PatientBirthDate",
        "PatientPosition",
        "Laterality",
    ):
        setattr(header, keyword, "")
    header.PositionReferenceIndicator, header.StudyID = "", "1"
    _set_times(header, study.phases[i].time_s)
    _set_acquisition(header, study)
    if i and is_simulated:
        header.ContrastBolusAgent = SIMULATED_MARK
    if is_simulated:
        header.ImageComments = f"{SIMULATED_MARK} images, not of a patient. {RESEARCH_USE_ONLY}"
    return header


def _set_times(header: Dataset, time_s: float) -> None:
    """Write when the study and this phase began."""
    moment = START + timedelta(seconds=time_s)
    header.StudyDate, header.StudyTime = f"{START:%Y%m%d}", f"{START:%H%M%S}"
    for kind in ("Series", "Acquisition", "Content"):
        setattr(header, f"{kind}Date", f"{moment:%Y%m%d}")
        setattr(header, f"{kind}Time", f"{moment:%H%M%S.%f}")


def _set_acquisition(header: Dataset, study: Study) -> None:
    """Write what is known of scanner, sequence and patient."""
    facts = study.acquisition
    header.Manufacturer = facts.manufacturer or ""
    if facts.model_name:
        header.ManufacturerModelName = facts.model_name
    header.PatientSex = facts.patient_sex or ""
    if facts.patient_age_years is not None:
        header.PatientAge = f"{min(round(facts.patient_age_years), 999):03d}Y"
    header.ScanningSequence, header.SequenceVariant = "GR", "SP"
    header.ScanOptions = ""
    header.MRAcquisitionType = "3D"
    header.EchoTrainLength = 1
    header.RepetitionTime = _ds(facts.repetition_time_ms)
    header.EchoTime = _ds(facts.echo_time_ms)
    if facts.flip_angle_deg is not None:
        header.FlipAngle = _ds(facts.flip_angle_deg)
    if facts.field_strength_t is not None:
        header.MagneticFieldStrength = _ds(facts.field_strength_t)


def _set_pixel_format(header: Dataset, voxels: npt.NDArray[Any]) -> None:
    """Write how the pixels of one phase are stored, and a window to look at them."""
    header.SamplesPerPixel = 1
    header.PhotometricInterpretation = "MONOCHROME2"
    header.Rows, header.Columns = voxels.shape[1:]
    header.BitsAllocated = header.BitsStored = 16
    header.HighBit = 15
    header.PixelRepresentation = int(voxels.dtype.kind == "i")
    low, high = np.percentile(voxels, _WINDOW_PERCENTILES)
    header.WindowCenter = _ds(round((float(low) + float(high)) / 2, 1))
    header.WindowWidth = _ds(max(round(float(high) - float(low), 1), 1.0))


def _images(base: Dataset, study: Study, voxels: npt.NDArray[Any], uid_of: UidSource) -> Iterator[Dataset]:
    """Image of each slice; the same dataset, changed from slice to slice."""
    grid = study.grid
    dz, dy, dx = grid.spacing_mm
    base.PixelSpacing = [_ds(dy), _ds(dx)]
    base.SliceThickness = base.SpacingBetweenSlices = _ds(dz)
    # Row direction is that of increasing column (array x), column direction that of increasing row (array y).
    base.ImageOrientationPatient = [_ds(v) for v in (*grid.directions[:, 2], *grid.directions[:, 1])]
    for k, plane in enumerate(voxels):
        position = grid.to_mm((k, 0, 0))
        base.ImagePositionPatient = [_ds(v) for v in position]
        base.InstanceNumber = k + 1
        base.SOPInstanceUID = uid_of(f"image {base.SeriesNumber} {k}")
        base.PixelData = np.ascontiguousarray(plane, dtype=plane.dtype.newbyteorder("<")).tobytes()
        base.file_meta = FileMetaDataset()
        base.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        base.file_meta.MediaStorageSOPClassUID = MRImageStorage
        base.file_meta.MediaStorageSOPInstanceUID = base.SOPInstanceUID
        yield base


def _ds(value: float | None) -> DSfloat | str:
    """Write a decimal string of at most 16 characters, empty where the value is unknown."""
    return "" if value is None else DSfloat(float(value), auto_format=True)
