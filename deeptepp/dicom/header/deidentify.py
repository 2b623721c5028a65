"""De-identifies what is kept of a DICOM header, on the way in.

One header of each series survives reading, cleaned by the Basic Application Level Confidentiality Profile with
the options Clean Descriptors (SeriesDescription) and Retain Patient Characteristics (sex and age only). Of all
other headers nothing but numbers of geometry and time is kept.

References
----------
DICOM PS3.15 Annex E, Table E.1-1, edition 2024b.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import dicomanonymizer.simpledicomanonymizer as profile
from pydicom.dataset import Dataset

from deeptepp.dicom.header.elements import vr_of
from deeptepp.dicom.header.headers import SIMULATED_MARK
from deeptepp.dicom.header_values import UNREADABLE, number, quiet, texts
from deeptepp.domain.study import Acquisition

METHOD = ("PS3.15 E Basic Profile 2024b", "Clean Descriptors", "Retain Patient Sex and Age")
"""DeidentificationMethod written into every header that is kept."""

OLDEST_YEARS = 90.0
"""Age in years above which only this one is kept: an age beyond 89 identifies (45 CFR 164.514(b)(2)(i)(C))."""

_CLEANABLE = frozenset(
    "AE AS CS DA DS DT FD FL IS LO LT PN SH SL SQ SS ST TM UC UI UL UR US UT".split()  # noqa: SIM905
)
"""Value representations that the profile's rules know; elements of others (bytes, tags) are removed first."""

_DATE = re.compile(r"\b\d{1,4}[-/._ ]\d{1,2}[-/._ ]\d{2,4}\b")
"""What may be a date."""

_WORD = re.compile(r"\+?[a-z0-9]+", re.IGNORECASE)
"""A word of a description, with the plus sign of "+c"."""

_TECHNICAL_WORDS = """
    3d 2d 2dfl 3dfl mr mri breast breasts bilat bilateral bil both left right lt rt l r unilateral
    t1 t1w t2 t2w pd pdw stir tirm flair tse fse se gr gre ge tfe ffe spgr fspgr flash fl fl2d fl3d spair spir
    spoiled epi dwi dw ssepi adc trace tracew resolve vibe vibrant thrive ethrive lava flex dixon mdixon twist
    tricks disco quick3d ax axial tra tran trans transversal sag sagittal cor coronal obl oblique
    dyn dyna dynamic dynamics dce perf perfusion multi phase phases pass pre post early late delay delayed
    contrast gad gd gado c ce wo w without with and native bolus fs fatsat fat sat nfs nonfs non no
    water wat ip op opp in out inphase opphase sub subs subtract subtraction subtracted mip mips minip mpr
    reformat proj projection recon moco localizer loc scout survey calibration asset isotropic iso hr hires
    resolution ultrafast series seg segmentation image images scan motion prone supine silicone sense grappa
    simulated phantom
"""

_ALLOWED = frozenset(_TECHNICAL_WORDS.split())
"""Words of MR technique that a description may keep; names are not among them."""

_NUMBERED = re.compile(
    r"(ph|phase|dyn|pass|post|pre|vol|part|run|t|p)?\d{1,2}(st|nd|rd|th|mm|s|sec|min)?|[1-6]x[1-6]"
)
"""Numbers of phases, sizes and times that a description may keep: too short for a date or a record number."""

_PLAIN = re.compile(r"[\w .,:&/+()-]{1,64}")
"""Letters, digits and plain signs, of the length that LO allows."""

_PROFILE = profile.initialize_actions_2024b()
"""What the profile does with each tag; a tag of four numbers is a group that repeats, with its masks."""

_SHORTEST_NAME = 3
"""Letters of a name, or digits of a number, that are looked for in the names of devices; fewer meet by chance."""

_META = 0x0002
"""Group of the meta information, which the library looks up beside the dataset."""

_SEX, _AGE, _DESCRIPTION = (0x0010, 0x0040), (0x0010, 0x1010), (0x0008, 0x103E)


@dataclass(frozen=True, slots=True)
class DeidentificationReport:
    """What became of the headers: keywords and counts, never a value.

    ``n_headers``: headers of which anything but geometry and time was kept, one for each series; ``kept``,
    ``replaced``, ``removed``: DICOM keywords, sorted; ``n_private_removed``: private elements removed, over all
    these headers; ``has_burned_in_text``: a series declares text burned into its pixels; such a series is never
    used; ``method``: DeidentificationMethod.
    """

    n_headers: int
    kept: tuple[str, ...]
    replaced: tuple[str, ...]
    removed: tuple[str, ...]
    n_private_removed: int
    has_burned_in_text: bool
    method: tuple[str, ...] = METHOD


@dataclass(frozen=True, slots=True)
class CleanHeader:
    """A header after de-identification, and what was done to it."""

    dataset: Dataset
    kept: frozenset[str]
    replaced: frozenset[str]
    removed: frozenset[str]
    n_private_removed: int


def deidentify(header: Dataset) -> CleanHeader:
    """Clean one header in place.

    ``header``: everything before the pixel data; is changed. Gives the same dataset, and the keywords kept,
    replaced and removed.
    """
    with quiet():
        _drop_unreadable(header)
        before = _values(header)
        n_private = _count_private(header)
        _drop_names_from_device(header)
        _clean(header)
        header.PatientIdentityRemoved = "YES"
        header.DeidentificationMethod = list(METHOD)
        after = _values(header)
    kept = frozenset(k for k in before if after.get(k) == before[k])
    replaced = frozenset(k for k in before.keys() & after.keys() if after[k] != before[k])
    return CleanHeader(header, kept, replaced, frozenset(before) - kept - replaced, n_private)


def report_on(headers: Iterable[CleanHeader], *, has_burned_in_text: bool) -> DeidentificationReport:
    """Sum up what was done to the headers of a study."""
    found = list(headers)
    replaced = frozenset[str]().union(*(h.replaced for h in found))
    removed = frozenset[str]().union(*(h.removed for h in found))
    kept = frozenset[str]().union(*(h.kept for h in found)) - replaced - removed
    return DeidentificationReport(
        n_headers=len(found),
        kept=tuple(sorted(kept)),
        replaced=tuple(sorted(replaced)),
        removed=tuple(sorted(removed)),
        n_private_removed=sum(h.n_private_removed for h in found),
        has_burned_in_text=has_burned_in_text,
    )


def clean_description(text: str) -> str:
    """Keep the words of MR technique in a series description and drop the rest.

    Gives allowed words, parted by one blank; at most twelve.

    >>> clean_description("ax dyn 1st pass")
    'ax dyn 1st pass'
    >>> clean_description("T1 fs DOE^JANE 1962-03-14 MRN 0048812 +c")
    'T1 fs +c'
    """
    words = _WORD.findall(_DATE.sub(" ", text.replace("_", " ")))
    return " ".join([word for word in words if _is_technical(word)][:12])


def acquisition_of(clean: Dataset) -> Acquisition:
    """Collect scanner and sequence facts from a cleaned header.

    ``clean``: a header after ``deidentify``. Gives what is known; None elsewhere.
    """
    timing = _group(clean, "MRTimingAndRelatedParametersSequence")
    sex = str(clean.get("PatientSex") or "").strip().upper()[:1]
    return Acquisition(
        manufacturer=_plain(clean.get("Manufacturer")),
        model_name=_plain(clean.get("ManufacturerModelName")),
        field_strength_t=number(clean.get("MagneticFieldStrength")),
        repetition_time_ms=number(clean.get("RepetitionTime") or timing.get("RepetitionTime")),
        echo_time_ms=number(clean.get("EchoTime") or _group(clean, "MREchoSequence").get("EffectiveEchoTime")),
        flip_angle_deg=number(clean.get("FlipAngle") or timing.get("FlipAngle")),
        patient_sex=sex if sex in {"F", "M", "O"} else None,
        patient_age_years=age_years(str(clean.get("PatientAge") or "")),
        is_simulated=SIMULATED_MARK in texts(clean.get("ImageType")),
    )


def age_years(text: str) -> float | None:
    """Read a DICOM AS value.

    ``text``: three digits and one of D, W, M, Y. Gives age in years, at most ``OLDEST_YEARS``; None where the text
    is no age.
    """
    match = re.fullmatch(r"(\d{1,3})([DWMY])", text.strip().upper())
    if match is None:
        return None
    years = int(match[1]) / {"D": 365.25, "W": 52.18, "M": 12.0, "Y": 1.0}[match[2]]
    return min(years, OLDEST_YEARS) if years > 0 else None


def _plain(value: object) -> str | None:
    """Read a name of a maker or device; what a damaged header spills into it is no plain text."""
    text = str(value or "").strip()
    return text if _PLAIN.fullmatch(text) else None


def _group(clean: Dataset, keyword: str) -> Dataset:
    """Item of a shared or first per-frame functional group, or an empty one."""
    for outer in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for item in list(clean.get(outer) or [])[:1]:
            if item.get(keyword):
                found: Dataset = item[keyword][0]
                return found
    return Dataset()


def _clean(dataset: Dataset) -> None:
    """Apply the profile to a dataset and to every item of every sequence that stays."""
    _drop_unknown(dataset)
    rules = {_SEX: profile.keep, _AGE: profile.keep, _DESCRIPTION: _clean_description_of}
    try:
        profile.anonymize_dataset(dataset, rules, True, lambda: _rules_for(dataset))
    finally:
        # The library remembers every original UID for the life of the process.
        profile.dictionary.clear()
    # The profile is applied by the library to the outermost level only.
    for element in list(dataset):
        if element.VR == "SQ":
            for item in element.value:
                _clean(item)


def _rules_for(dataset: Dataset) -> dict[tuple[int, ...], Callable[..., None]]:
    """Give the rules of the profile that find something: for elements that are there, and for repeating groups.

    The library asks a dataset for each of its 620 tags several times, and a header with a segmentation has 80
    datasets within one another.
    """
    present = {(tag >> 16, tag & 0xFFFF) for tag in dataset.keys()}  # noqa: SIM118  a dataset iterates elements
    return {tag: act for tag, act in _PROFILE.items() if len(tag) > 2 or tag[0] == _META or tag in present}


def _is_technical(word: str) -> bool:
    """Whether a word speaks of MR technique."""
    plain = word.lower().removeprefix("+")
    return plain in _ALLOWED or _NUMBERED.fullmatch(plain) is not None


def _drop_unreadable(dataset: Dataset) -> None:
    """Remove elements whose bytes are no value of their kind, on every level."""
    for tag in list(dataset.keys()):
        try:
            element = dataset[tag]
        except UNREADABLE:
            del dataset[tag]
            continue
        known = vr_of(int(tag)) or element.VR
        if (known != element.VR and "SQ" in (element.VR, known)) or (known == "UI" and element.VR != "UI"):
            # The library cannot replace a sequence where a value must stand, nor a UID written as a number.
            del dataset[tag]
        elif element.VR == "SQ":
            for item in element.value:
                _drop_unreadable(item)


def _drop_names_from_device(dataset: Dataset) -> None:
    """Remove maker and model where a damaged header spills the patient's name or number into them."""
    whose = f"{dataset.get('PatientName') or ''} {dataset.get('PatientID') or ''}".upper()
    words = [word for word in re.findall(r"\w+", whose) if len(word) >= _SHORTEST_NAME]
    for keyword in ("Manufacturer", "ManufacturerModelName"):
        told = re.findall(r"\w+", str(dataset.get(keyword) or "").upper())
        if set(told) & set(words):
            del dataset[keyword]


def _drop_unknown(dataset: Dataset) -> None:
    """Remove elements that the rules cannot clean."""
    for tag in [element.tag for element in dataset if element.VR not in _CLEANABLE]:
        del dataset[tag]


def _clean_description_of(dataset: Dataset, tag: tuple[int, int]) -> None:
    """Clean a description in place."""
    element = dataset.get(tag)
    if element is not None:
        element.value = clean_description(str(element.value))


def _count_private(dataset: Dataset) -> int:
    """Count private elements on every level."""
    n = 0
    for element in dataset:
        n += element.tag.is_private
        if element.VR == "SQ":
            n += sum(_count_private(item) for item in element.value)
    return n


def _values(header: Dataset) -> dict[str, str]:
    """Write the values that are there, so that they can be compared after the dataset has changed."""
    values = {e.keyword: str(e.value) for e in header if e.keyword and e.value is not None}
    return {keyword: value for keyword, value in values.items() if value not in {"", "[]"}}
