"""Facts that do not fit each other or the images: size against the tumour seen, age, receptors, menopause, shares.

None of these refuses. What differs several times over is asked as a question, since a unit or a decimal comma is
the likely reason; what merely differs is noted.
"""

from __future__ import annotations

from math import log

from deeptepp.domain.clinical import CLINICAL_FACTS, RANGES, ClinicalProfile, Menopause
from deeptepp.domain.lesion import Lesion, LesionOrigin
from deeptepp.domain.risk import Finding, Severity
from deeptepp.domain.study import Acquisition
from deeptepp.domain.typed_number import number_text, with_unit
from deeptepp.imaging.quality import VOLUME_LIMITS_ML
from deeptepp.wording.sentence import Words, in_a_row, sentence

CONCORDANT_MM = 5.0
"""Size on MR and in pathology count as concordant within this distance, mm; 53 of 100 patients were."""

DISAGREES_FROM = 1.5
"""Larger over smaller size from which the two disagree by half or more."""

TENFOLD_FROM = 10**0.5
"""Ratio from which moving the decimal point by one place brings the two sizes closer together."""

MAX_AGE_APART_YEARS = 2.0
"""Ages that differ by less may be those at the MR and at diagnosis, years."""

AGE_IS_CUT_FROM_YEARS = 89.0
"""De-identified headers give no age above (HIPAA safe harbour, 45 CFR 164.514), years."""

EARLY_MENOPAUSE_YEARS = 40.0
"""Menopause before is premature ovarian insufficiency, about 1 in 100 women, years."""

LATE_MENOPAUSE_YEARS = 60.0
"""From this age on, women count as postmenopausal, years."""

_SIZE_SOURCE: Words = "Grimsby, Am J Surg 2009;198:500-504: MR and pathology concordant within 5 mm"
_RECEPTOR_SOURCE: Words = "Allison, J Clin Oncol 2020;38:1346-1366 (ASCO/CAP): ER-negative, PR-positive is unusual"
_EARLY_SOURCE: Words = "ESHRE guideline 2016: premature ovarian insufficiency is before 40 years"
_LATE_SOURCE: Words = "NCCN guideline, breast cancer: postmenopausal from 60 years"
_HEADER_SOURCE: Words = "DICOM PatientAge (0010,1010)"
_SHARE_SOURCE: Words = "The field is in %, 0 to 100"

_SHARES = {name: fact.short for name, fact in CLINICAL_FACTS.items() if fact.unit == "%"}
"""Numbers in percent, which may have been entered as a fraction of 1."""


def check_consistency(
    profile: ClinicalProfile, lesion: Lesion | None, acquisition: Acquisition, *, is_ambiguous: bool = False
) -> tuple[Finding, ...]:
    """Compare the facts with one another and with the images.

    ``is_ambiguous``: more than one region enhances like a tumour, and nobody has chosen. Returns warnings first,
    empty where all agree or too little is known.
    """
    findings = [
        *check_size(profile.tumour_size_mm, lesion, is_ambiguous=is_ambiguous),
        *_age(profile, acquisition),
        *_receptors(profile),
        *_menopause(profile),
        *check_shares(profile),
    ]
    return tuple(sorted(findings, key=lambda finding: finding.severity is not Severity.WARNING))


def check_size(
    entered_mm: float | None, lesion: Lesion | None, *, is_ambiguous: bool = False
) -> tuple[Finding, ...]:
    """Compare the size that was entered with the longest diameter on MR.

    ``entered_mm``: tumour size, mm; ``is_ambiguous``: more than one region enhances like a tumour, and nobody has
    chosen. Returns a warning where one is half as large again as the other or more, a note where they differ by
    more than ``CONCORDANT_MM``, else empty.
    """
    if entered_mm is None or lesion is None:
        return ()
    seen_mm = lesion.longest_diameter_mm
    ratio = max(entered_mm, seen_mm) / min(entered_mm, seen_mm)
    if abs(entered_mm - seen_mm) <= CONCORDANT_MM:
        return ()
    entered, seen = number_text(entered_mm), f"{seen_mm:.0f}"
    value = sentence("{n} mm and {m} mm", n=entered, m=seen)
    if ratio < DISAGREES_FROM:
        text = sentence(
            "Size entered {n} mm, on MR {m} mm. MR and pathology often differ as much.", n=entered, m=seen
        )
        limit = sentence("within {n:g} mm", n=CONCORDANT_MM)
        return (Finding("facts.size-differs", Severity.NOTE, text, value, limit, _SIZE_SOURCE),)
    doubt, is_usual = _doubt(lesion, is_ambiguous), _is_usual(lesion)
    slip = _slip(entered_mm, seen_mm) if is_usual else "Check the unit and the outline."
    sizes = sentence("Size entered {n} mm, on MR {m} mm: a {k:.1f}-fold difference.", n=entered, m=seen, k=ratio)
    text = in_a_row(filter(None, (sizes, slip, doubt)))
    limit = sentence("less than {n:g}-fold, or within {m:g} mm", n=DISAGREES_FROM, m=CONCORDANT_MM)
    return (Finding("facts.size-disagrees", Severity.WARNING, text, value, limit, _SIZE_SOURCE),)


def check_shares(profile: ClinicalProfile) -> tuple[Finding, ...]:
    """Ask of percentages below 1 whether they were entered as fractions."""
    found = []
    for name, words in _SHARES.items():
        value = getattr(profile, name)
        if value is not None and 0 < value < 1:
            text = sentence(
                "{name} is entered as {n} %. Is {m} % meant?",
                name=words,
                n=number_text(value),
                m=number_text(100 * value),
            )
            shown = with_unit(value, name)
            found.append(
                Finding("facts.share-as-fraction", Severity.WARNING, text, shown, "0 or 1 to 100 %", _SHARE_SOURCE)
            )
    return tuple(found)


def _slip(entered_mm: float, seen_mm: float) -> str:
    """Ask for the slip that would explain sizes several times apart."""
    ratio = entered_mm / seen_mm
    meant_mm = entered_mm / 10 if ratio > 1 else entered_mm * 10
    low, high = RANGES["tumour_size_mm"]
    # A comma can be lost from a whole number alone, and what is meant has to be a size that can be entered.
    is_slip = abs(log(ratio)) >= log(TENFOLD_FROM) and low <= meant_mm <= high
    if is_slip and ratio < 1:
        return sentence("Was it {n} cm, that is {m} mm?", n=number_text(entered_mm), m=number_text(meant_mm))
    if is_slip and float(entered_mm).is_integer():
        return sentence("Was a decimal comma lost, and {n} mm meant?", n=number_text(meant_mm))
    return "Check the unit and the outline."


def _is_usual(lesion: Lesion) -> bool:
    """Whether an outline has a volume that tumours have, so that its diameter can be relied on."""
    low, high = VOLUME_LIMITS_ML
    return low <= lesion.volume_ml <= high


def _doubt(lesion: Lesion, is_ambiguous: bool) -> str:
    """Why the outline itself may be wrong."""
    if is_ambiguous:
        return "The outline may be another region: more than one enhances like a tumour."
    if not _is_usual(lesion):
        return sentence("The outline is unusual ({n:.2f} ml), so its diameter is unsure.", n=lesion.volume_ml)
    if lesion.origin is LesionOrigin.DETECTOR:
        return "The outline was drawn by the software."
    return ""


def _age(profile: ClinicalProfile, acquisition: Acquisition) -> list[Finding]:
    """Compare the age that was entered with that of the images."""
    entered, imaged = profile.age_years, acquisition.patient_age_years
    if entered is None or imaged is None or abs(entered - imaged) < MAX_AGE_APART_YEARS:
        return []
    if min(entered, imaged) >= AGE_IS_CUT_FROM_YEARS:
        return []
    ages = sentence("{n} and {m} years", n=number_text(entered), m=number_text(imaged))
    text = sentence(
        "Age entered {n} years, in the images {m} years. Check that the study is hers.",
        n=number_text(entered),
        m=number_text(imaged),
    )
    limit = sentence("less than {n:g} years apart", n=MAX_AGE_APART_YEARS)
    return [Finding("facts.age-disagrees", Severity.WARNING, text, ages, limit, _HEADER_SOURCE)]


def _receptors(profile: ClinicalProfile) -> list[Finding]:
    """Note the rare pair of an absent oestrogen and a present progesterone receptor."""
    if profile.er_positive is not False or profile.pr_positive is not True:
        return []
    text = "ER-negative and PR-positive is unusual. Check both receptors."
    return [Finding("facts.er-pr", Severity.NOTE, text, "ER-negative, PR-positive", None, _RECEPTOR_SOURCE)]


def _menopause(profile: ClinicalProfile) -> list[Finding]:
    """Note a menopausal status that is unusual at the age."""
    age = profile.age_years
    if age is None or profile.menopause is None:
        return []
    rule, note = "facts.menopause-age", Severity.NOTE
    if profile.menopause is Menopause.POST and age < EARLY_MENOPAUSE_YEARS:
        shown = sentence("postmenopausal at {n} years", n=number_text(age))
        text = sentence("Postmenopausal at {n} years is unusual. Check both.", n=number_text(age))
        return [
            Finding(rule, note, text, shown, sentence("from {n:g} years", n=EARLY_MENOPAUSE_YEARS), _EARLY_SOURCE)
        ]
    if profile.menopause is Menopause.PRE and age >= LATE_MENOPAUSE_YEARS:
        shown = sentence("premenopausal at {n} years", n=number_text(age))
        text = sentence("Premenopausal at {n} years is unusual. Check both.", n=number_text(age))
        return [
            Finding(rule, note, text, shown, sentence("below {n:g} years", n=LATE_MENOPAUSE_YEARS), _LATE_SOURCE)
        ]
    return []
