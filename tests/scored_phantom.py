"""A dynamic series that names a patient, with an outline of known size, scored by hand; and a DICOM validator."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import phantoms_dicom
from pydicom.dataset import Dataset

from deeptepp.dicom.read_dicom import StudyReading, read_study
from deeptepp.dicom.results.objects import ResultObject, result_objects
from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Lesion, LesionOrigin
from deeptepp.domain.risk import Assessment, Finding, Outcome, RiskScore, Severity, Tier, TierScheme
from deeptepp.domain.score_receipt import Receipt
from deeptepp.domain.study import PhaseChoice

GRID = Grid.axial((24, 44, 50), (1.6, 0.8, 0.7), (-3.0, 5.0, -40.0))
TIERS = TierScheme(0.4, 0.7, "by hand")
RADIUS_MM = 6.0
PHASE = PhaseChoice(2, "reader", "Chosen by the reader.")
RECEIPT = Receipt("0.1.0", "by-hand", "a" * 64, "b" * 64, "c" * 64, "2026-01-02T03:04:05+00:00")
PDF = b"%PDF-1.4\nnot a real one!"


def read_phantom(folder: Path, *, grid: Grid = GRID, is_enhanced: bool = False, **tags: object) -> StudyReading:
    """Write the series as files and read them."""
    known = phantoms_dicom.truth(grid)
    images = [phantoms_dicom.enhanced(known)] if is_enhanced else phantoms_dicom.dynamic_series(known, **tags)
    phantoms_dicom.save(images, folder)
    return read_study(folder)


def ball(grid: Grid = GRID, radius_mm: float = RADIUS_MM) -> Lesion:
    """Outline a ball in the middle of a grid on 1 mm voxels along the body axes, as the detector does."""
    half = int(radius_mm) + 2
    block = Grid.axial((2 * half + 1,) * 3, (1.0, 1.0, 1.0), np.rint(grid.centre_mm) - half)
    points = block.to_mm(np.moveaxis(np.indices(block.shape), 0, -1))
    mask = np.linalg.norm(points - np.rint(grid.centre_mm), axis=-1) <= radius_mm
    return Lesion(mask, block, 0.9, LesionOrigin.DETECTOR)


def assessed(lesion: Lesion | None = None) -> Assessment:
    """Give an answer with a warning."""
    warning = Finding(
        "eligibility.unknown", Severity.WARNING, "It is not known whether she is a patient of this kind."
    )
    return Assessment(
        Outcome.SCORED_WITH_WARNINGS,
        ClinicalProfile(),
        (warning,),
        lesion or ball(),
        PHASE,
        RiskScore(0.345678),
        Tier.LOW,
        33.3,
        RECEIPT,
        is_simulated=False,
    )


def objects_of(
    reading: StudyReading, assessment: Assessment | None = None, **changes: object
) -> dict[str, ResultObject]:
    """Make all four objects, by their names."""
    answer = replace(assessment or assessed(), **changes)
    card = np.zeros((20, 31, 3), np.uint8)
    made = result_objects(reading.study, reading.source, answer, TIERS, report=PDF, card=card)
    return {each.name: each for each in made}


def has_validator() -> bool:
    """Tell whether Debian's dicom3tools are there."""
    return shutil.which("dciodvfy") is not None


def errors_in(made: ResultObject, folder: Path) -> list[str]:
    """Let the validator read an object; give its errors."""
    path = folder / f"{made.name}.dcm"
    path.write_bytes(made.to_bytes())
    done = subprocess.run(["dciodvfy", "-new", str(path)], capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if not line.startswith("Warning")]
    # One line names the kind of object; without it nothing was checked.
    assert any(line in {"Segmentation", "Comprehensive3DSR", "EncapsulatedPDF", "SCImage"} for line in said), said
    return [line for line in said if line.startswith("Error")]


def points_of(segmentation: Dataset) -> np.ndarray:
    """Place the voxels of a segmentation by its own geometry; (n, 3) LPS mm in order."""
    shared = segmentation.SharedFunctionalGroupsSequence[0]
    dy, dx = shared.PixelMeasuresSequence[0].PixelSpacing
    orientation = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, dtype=float)
    found = []
    pixels = segmentation.pixel_array.reshape(-1, segmentation.Rows, segmentation.Columns)
    for plane, item in zip(pixels, segmentation.PerFrameFunctionalGroupsSequence, strict=True):
        corner = np.array(item.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        rows, columns = np.nonzero(plane)
        found.append(corner + columns[:, None] * dx * orientation[:3] + rows[:, None] * dy * orientation[3:])
    points = np.concatenate(found).round(3)
    return points[np.lexsort(points.T)]


def leaves(dataset: Dataset) -> dict[str, object]:
    """Give every named number and code of a report: code value of the name to value or code value."""
    found: dict[str, object] = {}
    for item in dataset.get("ContentSequence", []):
        name = item.ConceptNameCodeSequence[0].get("CodeValue") if "ConceptNameCodeSequence" in item else ""
        if item.ValueType == "NUM":
            measured = item.MeasuredValueSequence[0]
            unit = measured.MeasurementUnitsCodeSequence[0].CodeValue
            found[name] = (float(measured.NumericValue), unit)
        elif item.ValueType == "CODE":
            code = item.ConceptCodeSequence[0]
            found.setdefault(name, []).append(code.get("CodeValue") or code.get("LongCodeValue"))
        elif item.ValueType == "TEXT":
            found.setdefault("texts", []).append(item.TextValue)
        for key, value in leaves(item).items():
            if isinstance(value, list):
                found.setdefault(key, []).extend(value)
            else:
                found[key] = value
    return found


def named_in(dataset: Dataset) -> set[str]:
    """Give the UID of every object that a report refers to in its content."""
    found = {str(item.ReferencedSOPInstanceUID) for item in dataset.get("ReferencedSOPSequence", [])}
    for item in dataset.get("ContentSequence", []):
        found |= named_in(item)
    return found
