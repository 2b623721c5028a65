"""Judges each stack by its own header: can it be a phase of a dynamic T1-weighted series, and if not, why not."""

from __future__ import annotations

import re
from math import isclose

from deeptepp.dicom.headers import SeriesFacts
from deeptepp.dicom.sort import Stack

LONGEST_ECHO_MS = 10.0
"""EchoTime in ms above which a gradient echo is not the T1-weighted dynamic sequence (1 to 5 ms in protocols)."""

LONGEST_REPETITION_MS = 400.0
"""RepetitionTime in ms above which a gradient echo is not a dynamic sequence (4 to 10 ms in 3D, to 300 in 2D)."""

SAME_SETTING = 0.1
"""Share by which TR, TE and flip angle of two phases of one dynamic series may differ."""

_SUBTRACTION = frozenset({"SUB", "SUBTRACT", "SUBTRACTION", "SUBS", "SUBTRACTED"})
_PROJECTION = frozenset({"MIP", "MIPS", "MINIP", "MIN_IP", "PROJECTION", "PROJECTION IMAGE", "MAX_IP", "MPR"})
_LOCALIZER = frozenset({"LOCALIZER", "SCOUT", "SURVEY", "LOC"})
_DIFFUSION = frozenset({"DIFFUSION", "ADC", "TRACEW", "DWI", "TRACE"})
_T2 = frozenset({"T2", "T2W", "STIR", "TIRM", "FLAIR", "T2_STAR"})
_FAT = frozenset({"F", "FAT"})
_WATER = frozenset({"W", "WATER", "WAT"})
_OPPOSED = frozenset({"IP", "OP", "IN_PHASE", "OUT_PHASE", "OPP_PHASE", "INPHASE", "OPPHASE", "OPP"})
_NOT_MAGNITUDE = frozenset({"P", "PHASE MAP", "R", "REAL", "I", "IMAGINARY"})

_PRE = re.compile(r"(^|[^a-z])(pre|native?|nativ|unenh\w*|without|wo|nc|noncontrast)([^a-z]|$)", re.IGNORECASE)
"""A description that speaks of a time before contrast."""

_POST = re.compile(
    r"(^|[^a-z])(post|delay(ed)?|late|[1-9]\d?(st|nd|rd|th)\s*(pass|post|ph)|ph(ase)?\s*[1-9])([^a-z]|$)|\+\s*c([^a-z]|$)",
    re.IGNORECASE,
)
"""A description that speaks of a time after contrast."""


def unfit_reason(stack: Stack) -> str | None:
    """Say why a stack cannot be a phase of a dynamic T1-weighted series.

    Parameters
    ----------
    stack : Stack
        The planes of one volume.

    Returns
    -------
    str or None
        One sentence; None where its header allows it to be a phase.
    """
    series = stack.series
    if series.modality != "MR":
        return f"{series.modality} objects are not MR images."
    if not series.is_image:
        return "It holds no greyscale image planes."
    if series.has_burned_in_text:
        return "Its header declares text burned into the image."
    return _unfit_kind(series) or _unfit_weighting(series)


def _unfit_kind(series: SeriesFacts) -> str | None:
    """Find what was computed from images, or made for another purpose."""
    marks = marks_of(series)
    if marks & _SUBTRACTION:
        return "It is a subtraction, computed from other phases."
    if marks & _PROJECTION:
        return "It is a projection or reformat, computed from other images."
    if marks & _LOCALIZER:
        return "It is a localizer."
    if series.is_diffusion or marks & _DIFFUSION:
        return "It is diffusion-weighted or a diffusion map."
    if _NOT_MAGNITUDE & set(series.image_type[2:]):
        return "It holds phase, real or imaginary parts, not magnitude."
    return None


def _unfit_weighting(series: SeriesFacts) -> str | None:
    """Find sequences that are not the short gradient echo of dynamic series."""
    echo, repetition = series.echo_time_ms, series.repetition_time_ms
    if marks_of(series) & _T2:
        return "It is T2-weighted."
    if series.is_spin_echo:
        return "It is a spin echo, not the gradient echo of a dynamic series."
    if echo is not None and echo > LONGEST_ECHO_MS:
        return f"Its echo time of {echo:g} ms is too long for T1 weighting (limit {LONGEST_ECHO_MS:g} ms)."
    if repetition is not None and repetition > LONGEST_REPETITION_MS:
        return (
            f"Its repetition time of {repetition:g} ms is too long for a dynamic series "
            f"(limit {LONGEST_REPETITION_MS:g} ms)."
        )
    return None


def marks_of(series: SeriesFacts) -> frozenset[str]:
    """Collect the codes of ImageType and the words of the description.

    Parameters
    ----------
    series : SeriesFacts
        What the planes share.

    Returns
    -------
    frozenset of str
        In upper case.
    """
    words = re.findall(r"[A-Z0-9]+", series.description.upper().replace("_", " "))
    return frozenset(words) | frozenset(series.image_type[2:])


def is_derived(series: SeriesFacts) -> bool:
    """Tell whether the images were computed from others or are no primary images.

    Parameters
    ----------
    series : SeriesFacts
        What the planes share.

    Returns
    -------
    bool
        By the first two values of ImageType.
    """
    return "DERIVED" in series.image_type[:1] or "SECONDARY" in series.image_type[1:2]


def tissue(series: SeriesFacts) -> str:
    """Tell which part of a Dixon reconstruction the images show.

    Parameters
    ----------
    series : SeriesFacts
        What the planes share.

    Returns
    -------
    str
        ``water``, ``fat``, ``opposed`` or ``all``.
    """
    codes = set(series.image_type[2:])
    words = set(series.description.upper().replace("-", "_").split("_")[1:])
    for name, marks in (("fat", _FAT), ("water", _WATER), ("opposed", _OPPOSED)):
        if codes & marks or words & marks:
            return name
    return "all"


def is_same_sequence(a: SeriesFacts, b: SeriesFacts) -> bool:
    """Tell whether two series were made with the same settings, so that intensities can be compared.

    Parameters
    ----------
    a, b : SeriesFacts
        What the planes of each share.

    Returns
    -------
    bool
        TR, TE and flip angle agree within ``SAME_SETTING``, and both show the same tissue.
    """
    pairs = (
        (a.repetition_time_ms, b.repetition_time_ms),
        (a.echo_time_ms, b.echo_time_ms),
        (a.flip_angle_deg, b.flip_angle_deg),
    )
    agree = all(x is None or y is None or isclose(x, y, rel_tol=SAME_SETTING) for x, y in pairs)
    return agree and tissue(a) == tissue(b) and is_derived(a) == is_derived(b)


def speaks_of_pre(series: SeriesFacts) -> bool:
    """Tell whether the description hints at a time before contrast.

    Parameters
    ----------
    series : SeriesFacts
        What the planes share.

    Returns
    -------
    bool
        A hint, no proof.
    """
    return _PRE.search(series.description.replace("_", " ")) is not None


def speaks_of_post(series: SeriesFacts) -> bool:
    """Tell whether the description hints at a time after contrast, and not also at one before.

    Parameters
    ----------
    series : SeriesFacts
        What the planes share.

    Returns
    -------
    bool
        A hint, no proof.
    """
    return _POST.search(series.description.replace("_", " ")) is not None and not speaks_of_pre(series)
