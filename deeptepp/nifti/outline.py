"""The outline of the tumour that an expert drew, where it lies beside the phases."""

from __future__ import annotations

from collections.abc import Sequence

from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Lesion, LesionOrigin
from deeptepp.domain.risk import Finding, Severity
from deeptepp.nifti.orientation import TOLERANCE_MM
from deeptepp.nifti.volumes import NiftiVolume
from deeptepp.nifti.voxels import read_voxels
from deeptepp.wording.sentence import sentence

MAX_LESION_ML = 1000.0
"""Largest volume of an outline in ml: a whole breast has about as much, and no tumour has."""

_EXPERT = "expert"
_NO_TUMOUR = frozenset(
    {"automatic", "auto", "breast", "breasts", "body", "fgt", "skin", "vessel", "vessels", "heart"}
)
"""Words for outlines by a program, and of something else than the tumour."""

_RULE = "nifti.outline"


def expert_outline(
    volumes: Sequence[NiftiVolume], phases: Sequence[NiftiVolume], grid: Grid
) -> tuple[Lesion | None, tuple[Finding, ...]]:
    """Find the one outline of the tumour.

    All that is outlined, as one lesion; None where there is no outline, or one that cannot be used.
    """
    found = [volume for volume in volumes if volume.labels is not None and _is_of(volume, phases)]
    experts = [volume for volume in found if _EXPERT in volume.name.tokens]
    tumours = experts or [volume for volume in found if not _NO_TUMOUR & set(volume.name.tokens)]
    if not tumours:
        return None, ()
    if not any(character.isalpha() for character in tumours[0].file.name):
        # Files handed in one by one on the screen come without their names.
        return None, (_warning("A file without a name holds an outline; what it outlines is unknown. Not used."),)
    if len(tumours) > 1:
        return None, (_warning(sentence("{n} outlines lie beside the images; none was used.", n=len(tumours))),)
    return _lesion(tumours[0], grid)


def _is_of(outline: NiftiVolume, phases: Sequence[NiftiVolume]) -> bool:
    """Whether an outline belongs to the patient of the phases: by its name, or else by its folder."""
    patient, stem = phases[0].name.patient, outline.file.stem
    if patient is not None and (stem == patient or stem.startswith((f"{patient}_", f"{patient}-"))):
        return True
    # A number in the name may be that of another patient.
    is_numbered = patient is not None and any(character.isdigit() for character in stem)
    subjects = {outline.name.subject, phases[0].name.subject} - {None}
    in_same_folder = any(outline.file.parts[:-1] == phase.file.parts[:-1] for phase in phases)
    return in_same_folder and not is_numbered and len(subjects) <= 1


def _lesion(outline: NiftiVolume, grid: Grid) -> tuple[Lesion | None, tuple[Finding, ...]]:
    """Make a lesion of an outline, or say why not."""
    labels = [label for label in outline.labels or () if label != 0]
    if (
        outline.header is None
        or outline.grid is None
        or not outline.grid.is_close(grid, tolerance_mm=TOLERANCE_MM)
    ):
        return None, (_warning("The outline beside the images lies on another grid; it was not used."),)
    if not labels:
        return None, (_warning("The outline beside the images is empty; it was not used."),)
    if len(labels) > 1:
        n = len(labels)
        said = sentence(
            "The outline beside the images has {n} labels, and which is the tumour is not said; it was not used.",
            n=n,
        )
        return None, (_warning(said),)
    mask = read_voxels(outline.file, outline.header, (0,))[0] != 0
    volume_ml = float(mask.sum()) * grid.voxel_volume_ml
    if mask.all() or volume_ml > MAX_LESION_ML:
        said = sentence(
            "The outline beside the images has {n:.0f} ml, more than a tumour has; it was not used.", n=volume_ml
        )
        return None, (_warning(said),)
    said = sentence("An outline of {n:.1f} ml lies beside the images.", n=volume_ml)
    return Lesion(mask, grid, origin=LesionOrigin.EXPERT), (Finding(_RULE, Severity.NOTE, said, volume_ml),)


def _warning(message: str) -> Finding:
    """Warn that an outline is not used."""
    return Finding(_RULE, Severity.WARNING, message)
