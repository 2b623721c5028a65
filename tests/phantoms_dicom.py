"""Synthetic DICOM of known geometry, times and voxels, made without the package's own writer."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

from deeptepp.domain.geometry import Grid

SHAPE = (6, 8, 10)
SPACING_MM = (2.0, 0.8, 0.7)
TIMES_S = (0.0, 90.0, 180.0)

NAME, BIRTH, RECORD = "DOE^JANE", "19620314", "MRN0048812"
"""Identifiers that must never leave the reader."""


@dataclass(frozen=True)
class Truth:
    """What a written study must read back as."""

    grid: Grid
    voxels: tuple[np.ndarray, ...]
    times_s: tuple[float, ...]


def voxels_of(shape: Sequence[int], n_phases: int, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Give random 12-bit volumes."""
    rng = np.random.default_rng(seed)
    return tuple(rng.integers(0, 4096, tuple(shape), dtype=np.uint16) for _ in range(n_phases))


def truth(grid: Grid | None = None, times_s: Sequence[float] = TIMES_S) -> Truth:
    """Give a study on an axial grid of unequal spacings, unless another grid is given."""
    grid = grid or Grid.axial(SHAPE, SPACING_MM, (-3.0, 5.0, -40.0))
    return Truth(grid, voxels_of(grid.shape, len(times_s)), tuple(times_s))


def clock(seconds: float, start: str = "080000") -> str:
    """Write a DICOM time ``seconds`` after ``start``."""
    at = int(start[:2]) * 3600 + int(start[2:4]) * 60 + int(start[4:]) + seconds
    return f"{int(at // 3600):02d}{int(at % 3600 // 60):02d}{at % 60:09.6f}"


def image(plane: np.ndarray, grid: Grid, k: int, **tags: object) -> Dataset:
    """Make one classic MR image of slice ``k``; ``tags`` replace or, where None, remove attributes."""
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.SOPClassUID = MRImageStorage
    made.SOPInstanceUID = generate_uid()
    made.Modality, made.ImageType = "MR", ["ORIGINAL", "PRIMARY", "M", "ND"]
    made.PatientName, made.PatientID, made.PatientBirthDate = NAME, RECORD, BIRTH
    made.PatientSex, made.PatientAge = "F", "052Y"
    made.InstitutionName = "General Hospital"
    made.StudyInstanceUID, made.StudyDate, made.SeriesNumber = "1.2.3", "20200102", 1
    made.Manufacturer, made.ManufacturerModelName = "SIEMENS", "Aera"
    made.ScanningSequence, made.RepetitionTime, made.EchoTime, made.FlipAngle = "GR", 4.5, 1.6, 10
    made.MagneticFieldStrength = 1.5
    made.PixelSpacing = [round(grid.spacing_mm[1], 10), round(grid.spacing_mm[2], 10)]
    made.ImageOrientationPatient = [f"{v:.13g}"[:16] for v in (*grid.directions[:, 2], *grid.directions[:, 1])]
    made.ImagePositionPatient = [f"{v:.10g}"[:16] for v in grid.to_mm((k, 0, 0))]
    # The reader must not believe these two.
    made.SliceThickness, made.InstanceNumber = 99.0, 1
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.Rows, made.Columns = plane.shape
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 16, 15, 0
    made.PixelData = plane.astype("<u2").tobytes()
    for keyword, value in tags.items():
        if value is None:
            made.pop(keyword, None)
        else:
            setattr(made, keyword, value)
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    return made


def dynamic_series(known: Truth, *, series_per_phase: bool = True, **tags: object) -> list[Dataset]:
    """Make a dynamic series, one series for each phase or all in one."""
    images = []
    for i, (volume, time_s) in enumerate(zip(known.voxels, known.times_s, strict=True)):
        own = {
            "SeriesInstanceUID": f"1.2.3.{i if series_per_phase else 0}",
            "SeriesDescription": ("ax dyn pre" if i == 0 else f"ax dyn post {i}")
            if series_per_phase
            else "ax dyn",
            "AcquisitionDate": "20200102",
            "AcquisitionTime": clock(time_s),
        }
        images += [image(plane, known.grid, k, **(own | tags)) for k, plane in enumerate(volume)]
    return images


def enhanced(known: Truth) -> Dataset:
    """Make one enhanced multi-frame MR image of all phases, frames in shuffled order."""
    pairs = [(i, k) for i in range(len(known.voxels)) for k in range(known.grid.shape[0])]
    order = np.random.default_rng(3).permutation(len(pairs))
    base = image(known.voxels[0][0], known.grid, 0, SOPClassUID=EnhancedMRImageStorage)
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "EchoTime"):
        del base[keyword]
    del base["ScanningSequence"]
    base.EchoPulseSequence = "GRADIENT"
    base.SeriesInstanceUID, base.SeriesDescription = "1.2.3.9", "dyn"
    shared = Dataset()
    shared.PixelMeasuresSequence = _item(PixelSpacing=list(known.grid.spacing_mm[1:]))
    directions = [*known.grid.directions[:, 2], *known.grid.directions[:, 1]]
    shared.PlaneOrientationSequence = _item(ImageOrientationPatient=directions)
    shared.MREchoSequence = _item(EffectiveEchoTime=1.6)
    base.SharedFunctionalGroupsSequence = DicomSequence([shared])
    frames = []
    for n in order:
        i, k = pairs[n]
        frame = Dataset()
        frame.PlanePositionSequence = _item(ImagePositionPatient=list(known.grid.to_mm((k, 0, 0))))
        frame.FrameContentSequence = _item(
            TemporalPositionIndex=i + 1, FrameAcquisitionDateTime=f"20200102{clock(known.times_s[i])}"
        )
        frames.append(frame)
    base.PerFrameFunctionalGroupsSequence = DicomSequence(frames)
    base.NumberOfFrames = len(pairs)
    stacked = np.stack([known.voxels[pairs[n][0]][pairs[n][1]] for n in order])
    base.PixelData = stacked.astype("<u2").tobytes()
    return base


def _item(**tags: object) -> DicomSequence:
    """Make a sequence of one item."""
    made = Dataset()
    for keyword, value in tags.items():
        setattr(made, keyword, value)
    return DicomSequence([made])


def encoded(dataset: Dataset) -> bytes:
    """Give the bytes of a DICOM file."""
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def save(datasets: Iterable[Dataset], folder: Path, *, seed: int = 0) -> list[Path]:
    """Write files under names and in an order that say nothing."""
    images = list(datasets)
    folder.mkdir(parents=True, exist_ok=True)
    names = np.random.default_rng(seed).permutation(len(images))
    paths = []
    for name, dataset in zip(names, images, strict=True):
        path = folder / f"{name:05d}"
        path.write_bytes(encoded(dataset))
        paths.append(path)
    return sorted(paths)


def save_zip(datasets: Iterable[Dataset], path: Path) -> Path:
    """Write a zip archive in reversed order, with what operating systems add to it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._1", b"\x00\x05\x16\x07")
        archive.writestr("study/readme.txt", "text")
        archive.writestr("study/DICOMDIR", b"none")
        for i, dataset in enumerate(reversed(list(datasets))):
            archive.writestr(f"study/{i}.dcm", encoded(dataset))
    return path
