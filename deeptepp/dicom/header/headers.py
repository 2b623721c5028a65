"""What the reader needs to know of each image: place, time and the sequence that made it.

A DICOM header is parsed here once and then dropped; what is kept are numbers and codes, plus the identifying
UIDs that tell series and patients apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from deeptepp.dicom.header.clock import PHILIPS_IMAGING, Clock, clock_of
from deeptepp.dicom.header_values import Header, first, number, numbers, private_value, texts
from deeptepp.domain.progress import checkpoint

SIMULATED_MARK = "SIMULATED"
"""Value of ImageType that marks images made by simulation."""

_MODALITY_CODES = """
    AR AU BI CR CT DOC DX ECG EPS FID GM HC HD IO IVUS KER KO LS M3D MG MR NM OAM OCT OP OPM OPT OPV OSS OT PLAN PR
    PT PX REG RESP RF RG RTDOSE RTIMAGE RTPLAN RTRECORD RTSTRUCT RWV SEG SM SMR SR SRF STAIN TG US VA XA XC
"""

_MODALITIES = frozenset(_MODALITY_CODES.split())
"""Values of Modality, PS3.3 C.7.3.1.1.1."""

_PHILIPS_CREATORS = tuple(f"Philips MR Imaging DD 00{n}" for n in range(1, 7))
"""Creators of the private blocks of Philips; that of the nested facts (2005,140F) differs by release."""

_LONGEST_DESCRIPTION = 1024
"""Signs of a description that are read; the standard allows 64."""

_TEMPORAL_POSITION = 0x00209128
"""TemporalPositionIndex."""

_SPIN = frozenset({"SE", "SPIN"})
_GRADIENT = frozenset({"GR", "EP", "GRADIENT", "BOTH"})
"""Values of ScanningSequence and EchoPulseSequence; IR and RM (research mode) say nothing of the echo."""


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """What all images of one kind in one series share.

    The UIDs, ``patient`` and ``description`` may identify; none but the UIDs of the phases, in a
    ``SourceReference``, leaves ``deeptepp.dicom``.
    """

    series_uid: str
    study_uid: str
    patient: str
    birth_date: str
    sex: str
    study_date: str
    series_number: int
    modality: str
    is_image: bool
    description: str
    """SeriesDescription, or ProtocolName where that is absent."""
    has_own_description: bool
    """False where the description is that of the protocol, which names all series made by it."""
    image_type: tuple[str, ...]
    body_part: str
    laterality: str
    """``L``, ``R``, ``B`` or empty: ImageLaterality or Laterality."""
    is_spin_echo: bool
    is_diffusion: bool
    has_contrast_agent: bool
    has_burned_in_text: bool
    repetition_time_ms: float | None
    echo_time_ms: float | None
    flip_angle_deg: float | None
    inversion_time_ms: float | None
    scan_options: tuple[str, ...]
    sop_class: str
    frame_of_reference: str
    patient_name: str = ""
    scale: float | None = None
    """RescaleSlope times the private scale slope of Philips, where there is one: values divided by it can be
    compared between series."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One image plane.

    ``source``: index of its file in the archive; ``index``: index of the frame in the file; 0 for a classic file;
    ``identity``: SOPInstanceUID and frame. Names the image in what is made of it; says nothing of whether two are
    copies. ``series``: what it shares with others; ``rows``, ``columns``: size of the plane; ``position_mm``, (x,
    y, z): ImagePositionPatient: LPS centre of the first voxel; ``orientation``: ImageOrientationPatient: LPS
    direction of increasing column, then of increasing row; ``spacing_mm``, (dy, dx): PixelSpacing; ``clock``: when
    it was made.
    """

    source: int
    index: int
    identity: str
    series: SeriesFacts
    rows: int
    columns: int
    position_mm: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    spacing_mm: tuple[float, ...] | None
    clock: Clock


def frames_of(header: Header, source: int) -> Iterator[Frame]:
    """Give the frames of one file, classic or enhanced multi-frame.

    ``header``: everything before the pixel data. One per image plane; one without place for a file that holds no
    image.
    """
    series = _series(header)
    per_frame = header.get("PerFrameFunctionalGroupsSequence")
    if not per_frame or not series.is_image:
        yield _frame(header, [header, *_philips_items(header)], series, (source, 0))
        return
    shared = list(header.get("SharedFunctionalGroupsSequence") or [])[:1]
    at = _time_dimension(header)
    for index, item in enumerate(per_frame):
        checkpoint()
        groups = [g[0] for functional in (item, *shared) for g in _sequences(functional)]
        frame = _frame(header, [*groups, header], _refined(series, groups), (source, index))
        yield frame if frame.clock.position is not None else _placed_in_time(frame, groups, at)


def _time_dimension(header: Header) -> int | None:
    """Find which dimension of a multi-frame image is the temporal position (PS3.3 C.7.6.17)."""
    pointers = [item.get("DimensionIndexPointer") for item in header.get("DimensionIndexSequence") or []]
    return pointers.index(_TEMPORAL_POSITION) if _TEMPORAL_POSITION in pointers else None


def _placed_in_time(frame: Frame, groups: Sequence[Header], at: int | None) -> Frame:
    """Take the temporal position of a frame from the values of its dimensions, where nothing else says it."""
    found = first(groups, "DimensionIndexValues")
    values = [found] if isinstance(found, int) else list(found or [])
    if at is None or at >= len(values):
        return frame
    return replace(frame, clock=replace(frame.clock, position=int(values[at])))


def _philips_items(header: Header) -> list[Header]:
    """Items of the private sequence in which Philips repeats what it knows of a classic image."""
    if "PHILIPS" not in str(header.get("Manufacturer") or "").upper():
        return []
    found = [private_value(header, 0x2005, creator, 0x0F) for creator in _PHILIPS_CREATORS]
    return [value[0] for value in found if isinstance(value, DicomSequence) and value]


def _sequences(functional: Dataset) -> list[Any]:
    """Non-empty functional groups of one item."""
    return [element.value for element in functional if element.VR == "SQ" and element.value]


def _frame(header: Header, places: list[Header], series: SeriesFacts, address: tuple[int, int]) -> Frame:
    """Collect the place and time of one frame from the datasets that may hold them, nearest first."""
    source, index = address
    return Frame(
        source=source,
        index=index,
        identity=f"{header.get('SOPInstanceUID', source)}#{index}",
        series=series,
        rows=int(header.get("Rows") or 0),
        columns=int(header.get("Columns") or 0),
        position_mm=numbers(first(places, "ImagePositionPatient"), 3),
        orientation=numbers(first(places, "ImageOrientationPatient"), 6),
        spacing_mm=numbers(first(places, "PixelSpacing"), 2),
        clock=clock_of(places),
    )


def _series(header: Header) -> SeriesFacts:
    """Collect what all images like this one share."""
    own = str(header.get("SeriesDescription") or "").strip()
    side = str(header.get("ImageLaterality") or header.get("Laterality") or "").strip().upper()
    pulse = [*texts(header.get("ScanningSequence")), *texts(header.get("EchoPulseSequence"))]
    patient = str(header.get("PatientID") or "").strip()
    return SeriesFacts(
        series_uid=str(header.get("SeriesInstanceUID", "")),
        study_uid=str(header.get("StudyInstanceUID", "")),
        patient=patient,
        patient_name=str(header.get("PatientName") or "").strip(),
        birth_date=str(header.get("PatientBirthDate") or "").strip(),
        sex=str(header.get("PatientSex") or "").strip().upper(),
        study_date=str(header.get("StudyDate") or "").strip(),
        series_number=int(number(header.get("SeriesNumber")) or 0),
        modality=_modality(header),
        is_image=bool(header.get("Rows") and header.get("Columns")) and _is_grey_image(header),
        description=(own or str(header.get("ProtocolName") or ""))[:_LONGEST_DESCRIPTION],
        has_own_description=bool(own),
        image_type=texts(header.get("ImageType")),
        body_part=str(header.get("BodyPartExamined") or "").strip().upper(),
        laterality=side[:1] if side[:1] in {"L", "R", "B"} else "",
        is_spin_echo=bool(_SPIN & {*pulse}) and not _GRADIENT & {*pulse},
        is_diffusion=bool(number(header.get("DiffusionBValue"))),
        has_contrast_agent=bool(
            str(header.get("ContrastBolusAgent") or "").strip() or header.get("ContrastBolusAgentSequence")
        ),
        has_burned_in_text=str(header.get("BurnedInAnnotation", "")).strip().upper() == "YES",
        repetition_time_ms=number(header.get("RepetitionTime")),
        echo_time_ms=number(header.get("EchoTime")),
        flip_angle_deg=number(header.get("FlipAngle")),
        inversion_time_ms=number(header.get("InversionTime")),
        scan_options=texts(header.get("ScanOptions")),
        sop_class=str(header.get("SOPClassUID", "")),
        frame_of_reference=str(header.get("FrameOfReferenceUID") or ""),
        scale=scale_of([header, *_philips_items(header)], header.get("RescaleSlope")),
    )


def scale_of(places: Sequence[Header], rescale_slope: object) -> float | None:
    """Give what the stored values of Philips are divided by to compare series: (stored RS + RI) / (RS SS).

    ``places``: where the private scale slope (2005,100E) may stand, nearest first; also one level down. Gives RS
    times SS; None where there is no scale slope, or it is no positive number.

    References
    ----------
    Chenevert TL et al., Transl Oncol 2014;7(1):65-71.
    """
    for place in places:
        scale_slope = number(private_value(place, 0x2005, PHILIPS_IMAGING, 0x0E))
        if scale_slope is not None and scale_slope > 0:
            slope = number(rescale_slope)
            return scale_slope * (1.0 if slope is None or slope == 0 else slope)
    return None


def _modality(header: Header) -> str:
    """Modality where it is a code of the standard: a damaged header may hold anything there."""
    code = str(header.get("Modality") or "").strip().upper()
    return code if code in _MODALITIES else "unknown"


def _is_grey_image(header: Header) -> bool:
    """Whether the file is a greyscale image, not a segmentation, map, waveform or colour capture."""
    is_grey = str(header.get("PhotometricInterpretation", "")).startswith("MONOCHROME")
    return is_grey and int(header.get("SamplesPerPixel") or 1) == 1 and header.get("Modality") != "SEG"


def _refined(series: SeriesFacts, groups: list[Header]) -> SeriesFacts:
    """Replace series facts by those of one frame's functional groups where these are given."""
    echo = number(first(groups, "EffectiveEchoTime"))
    repetition = number(first(groups, "RepetitionTime"))
    flip = number(first(groups, "FlipAngle"))
    b_value = number(first(groups, "DiffusionBValue"))
    kind = texts(first(groups, "FrameType"))
    scale = scale_of(groups, first(groups, "RescaleSlope"))
    return replace(
        series,
        image_type=kind or series.image_type,
        echo_time_ms=series.echo_time_ms if echo is None else echo,
        repetition_time_ms=series.repetition_time_ms if repetition is None else repetition,
        flip_angle_deg=series.flip_angle_deg if flip is None else flip,
        is_diffusion=series.is_diffusion or bool(b_value),
        scale=series.scale if scale is None else scale,
    )
