r"""Judges each stack by its own header: can it be a phase of a dynamic T1-weighted series, and if not, why not.

ImageType outweighs words: what a description says of an image whose ImageType calls it ORIGINAL\PRIMARY is a hint
only, since protocols are named after the subtractions that they make.
"""

from __future__ import annotations

import re
from math import isclose

from deeptepp.dicom.header.headers import SeriesFacts
from deeptepp.dicom.header.spellings import (
    FAT_SATURATED,
    IMAGE_FLAVORS,
    MOTION_CORRECTED,
    NOT_MAGNITUDE,
    NOT_SATURATED,
    PURPOSES,
    SPEAKS_OF_POST,
    SPEAKS_OF_PRE,
    TISSUE_CODES,
    TISSUE_LETTER,
    TISSUE_WORDS,
)
from deeptepp.wording.sentence import sentence

LONGEST_ECHO_MS = 10.0
"""EchoTime in ms above which a gradient echo is not the T1-weighted dynamic sequence (1 to 5 ms in protocols)."""

LONGEST_REPETITION_MS = 400.0
"""RepetitionTime in ms above which a gradient echo is not a dynamic sequence (4 to 10 ms in 3D, to 300 in 2D)."""

SAME_SETTING = 0.1
"""Share by which TR, TE and flip angle of two phases of one dynamic series may differ."""


def unfit_reason(series: SeriesFacts) -> str | None:
    """Say why images cannot be a phase of a dynamic T1-weighted series.

    One sentence; None where its header allows it to be a phase.
    """
    if series.modality != "MR":
        return sentence("{modality} objects are not MR images.", modality=series.modality)
    if not series.is_image:
        return "It holds no greyscale image planes."
    if series.has_burned_in_text:
        return "Its header declares text burned into the image."
    return _unfit_kind(series) or _unfit_weighting(series)


def doubt(series: SeriesFacts) -> str | None:
    """What the words of its description make of an original image that its ImageType allows to be a phase."""
    words = words_of(series)
    return next((purpose.reason for purpose in PURPOSES if purpose.words.search(words)), None)


def _unfit_kind(series: SeriesFacts) -> str | None:
    """Find what was computed from images, or made for another purpose."""
    codes = frozenset(series.image_type[2:])
    if is_original(series):
        codes -= IMAGE_FLAVORS
    for purpose in PURPOSES:
        if codes & purpose.codes:
            return purpose.reason
    if series.is_diffusion:
        return "It is diffusion-weighted or a diffusion map."
    if NOT_MAGNITUDE & codes:
        return "It holds phase, real or imaginary parts, not magnitude."
    if is_original(series):
        return None
    words = words_of(series)
    return next((purpose.reason for purpose in PURPOSES if purpose.words.search(words)), None)


def _unfit_weighting(series: SeriesFacts) -> str | None:
    """Find sequences that are not the short gradient echo of dynamic series."""
    echo, repetition = series.echo_time_ms, series.repetition_time_ms
    if series.is_spin_echo:
        return "It is a spin echo, not the gradient echo of a dynamic series."
    if echo is not None and echo > LONGEST_ECHO_MS:
        return sentence(
            "Its echo time of {ms:g} ms is too long for T1 weighting (limit {most:g} ms).",
            ms=echo,
            most=LONGEST_ECHO_MS,
        )
    if repetition is not None and repetition > LONGEST_REPETITION_MS:
        return sentence(
            "Its repetition time of {ms:g} ms is too long for a dynamic series (limit {most:g} ms).",
            ms=repetition,
            most=LONGEST_REPETITION_MS,
        )
    return None


def words_of(series: SeriesFacts) -> str:
    """Give the words of the description in capitals, parted by single blanks.

    Letters and digits only.
    """
    return " ".join(re.findall(r"[A-Z0-9]+", series.description.upper()))


def is_original(series: SeriesFacts) -> bool:
    """Whether ImageType calls the images original and primary."""
    return series.image_type[:2] == ("ORIGINAL", "PRIMARY")


def is_derived(series: SeriesFacts) -> bool:
    """Whether the images were computed, as a subtraction image is, or are no primary images."""
    return "DERIVED" in series.image_type[:1] or "SECONDARY" in series.image_type[1:2]


def is_motion_corrected(series: SeriesFacts) -> bool:
    """Tell whether ImageType or the description calls the images motion-corrected copies.

    A hint: it decides between two volumes of one moment.
    """
    return MOTION_CORRECTED.search(" ".join((words_of(series), *series.image_type[2:]))) is not None


def tissue(series: SeriesFacts) -> str:
    """Tell which part of a Dixon reconstruction the images show: by ImageType, else by the description.

    Gives a key of ``TISSUE_RANK``.
    """
    codes = set(series.image_type[2:])
    for name, known in TISSUE_CODES.items():
        if codes & known:
            return name
    words = words_of(series)
    letter = TISSUE_LETTER.search(series.description)
    if letter is not None:
        return "water" if str(letter[letter.lastgroup or 0]).upper() == "W" else "fat"
    return next((name for name, known in TISSUE_WORDS.items() if known.search(words)), "all")


def is_fat_saturated(series: SeriesFacts) -> bool:
    """Tell whether ScanOptions or the description speak of fat saturation.

    False also where nothing is known.
    """
    words = words_of(series)
    if NOT_SATURATED.search(words):
        return False
    options = " ".join(series.scan_options).replace("_", " ")
    return FAT_SATURATED.search(options) is not None or FAT_SATURATED.search(words) is not None


def is_same_sequence(a: SeriesFacts, b: SeriesFacts) -> bool:
    """Tell whether two series were made with the same settings, so that intensities can be compared.

    Gives TR, TE and flip angle agree within ``SAME_SETTING``, both show the same tissue, with or without fat
    saturation, and both are original or both derived.
    """
    return has_same_settings(a, b) and is_same_kind(a, b)


def has_same_settings(a: SeriesFacts, b: SeriesFacts) -> bool:
    """Whether repetition time, echo time and flip angle agree within ``SAME_SETTING``."""
    pairs = (
        (a.repetition_time_ms, b.repetition_time_ms),
        (a.echo_time_ms, b.echo_time_ms),
        (a.flip_angle_deg, b.flip_angle_deg),
    )
    return all(x is None or y is None or isclose(x, y, rel_tol=SAME_SETTING) for x, y in pairs)


def is_same_kind(a: SeriesFacts, b: SeriesFacts) -> bool:
    """Tell whether two series show the same tissue in the same way, whatever their settings.

    True where the part of a Dixon reconstruction, fat saturation, and original or derived agree.
    """
    return tissue(a) == tissue(b) and is_fat_saturated(a) == is_fat_saturated(b) and is_derived(a) == is_derived(b)


def speaks_of_pre(series: SeriesFacts) -> bool:
    """Whether the description hints at a time before contrast."""
    return SPEAKS_OF_PRE.search(series.description.replace("_", " ")) is not None


def spoken_order(series: SeriesFacts) -> tuple[bool, int]:
    """Give the place in time that the description speaks of.

    Sorts images before contrast first, then by the last number of the description.
    """
    numbers = re.findall(r"\d+", series.description)
    return not speaks_of_pre(series), int(numbers[-1]) if numbers else 0


def speaks_of_post(series: SeriesFacts) -> bool:
    """Whether the description hints at a time after contrast, and not also at one before."""
    return SPEAKS_OF_POST.search(series.description.replace("_", " ")) is not None and not speaks_of_pre(series)
