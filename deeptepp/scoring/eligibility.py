"""Who the model was made for: the inclusion rules of the published cohort, one finding each.

A rule that is broken refuses; a fact that is unknown warns where the model stands or falls with it and is noted
otherwise. Every finding has a stable id, the value found and the value asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from deeptepp.domain.clinical import ClinicalProfile, Her2Status, Sex, Stage
from deeptepp.domain.risk import Finding, Severity
from deeptepp.domain.study import Acquisition
from deeptepp.wording.sentence import Words, sentence

_SOURCE: Words = "Tong, Hu et al., Eur Radiol 2024, doi:10.1007/s00330-024-10609-7, eligibility criteria"


@dataclass(frozen=True, slots=True)
class _Rule:
    """One inclusion rule: which fact it reads, which value it asks for, and what to say."""

    rule: str
    read: Callable[[ClinicalProfile], object]
    allowed: tuple[object, ...]
    limit: str
    broken: str
    unknown: str
    unknown_severity: Severity = Severity.NOTE


_RULES = (
    _Rule(
        "eligibility.her2",
        lambda p: p.her2_status,
        (Her2Status.POSITIVE,),
        "positive",
        "The tumour is HER2-negative. The score was made for HER2-positive disease only.",
        "HER2 status was not entered. The score holds for HER2-positive disease only.",
        Severity.WARNING,
    ),
    _Rule(
        "eligibility.invasive",
        lambda p: p.is_invasive,
        (True,),
        "invasive carcinoma",
        "The tumour is not invasive. The score was made for invasive breast cancer only.",
        "Invasive histology was not confirmed.",
    ),
    _Rule(
        "eligibility.biopsy-before-mr",
        lambda p: p.had_biopsy_before_mr,
        (False,),
        "MR before any invasive procedure",
        "A biopsy or operation came before the MR. It changes enhancement, and such patients were excluded.",
        "It was not entered whether a biopsy came before the MR.",
    ),
    _Rule(
        "eligibility.neoadjuvant",
        lambda p: p.had_neoadjuvant_therapy,
        (False,),
        "no systemic treatment before surgery",
        "Systemic treatment came before surgery. Such patients were excluded.",
        "It was not entered whether systemic treatment came before surgery.",
    ),
)


def check_eligibility(profile: ClinicalProfile, acquisition: Acquisition) -> tuple[Finding, ...]:
    """Compare one patient with the inclusion rules of the published cohort.

    Returns refusals first, then warnings, then notes, empty when every rule is met and every fact known.
    """
    findings = [*_check_sex(profile, acquisition), *_check_stage(profile)]
    for rule in _RULES:
        value = rule.read(profile)
        if value is None:
            findings.append(
                Finding(rule.rule, rule.unknown_severity, rule.unknown, "unknown", rule.limit, _SOURCE)
            )
        elif value not in rule.allowed:
            findings.append(Finding(rule.rule, Severity.REFUSAL, rule.broken, _shown(value), rule.limit, _SOURCE))
    order = list(Severity)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))


def check_model(acquisition: Acquisition, *, is_model_simulated: bool) -> tuple[Finding, ...]:
    """Refuse to score a real study with a model that was trained on simulated patients."""
    if not is_model_simulated or acquisition.is_simulated:
        return ()
    text = (
        "The model was trained on simulated patients. For a real patient its score only demonstrates the "
        "software; it says nothing about her risk."
    )
    limit = "a model trained on patients"
    return (Finding("eligibility.simulated-model", Severity.REFUSAL, text, "simulated cohort", limit),)


def _check_sex(profile: ClinicalProfile, acquisition: Acquisition) -> list[Finding]:
    """Refuse unless the patient is female by the form and by the images, as far as either knows."""
    entered = profile.sex.value if profile.sex else None
    imaged = acquisition.patient_sex or None
    rule, limit = "eligibility.sex", Sex.FEMALE.value
    if entered and imaged and entered != imaged:
        text = sentence(
            "The form says sex {entered}, the images say {imaged}. Check that the study is hers.",
            entered=entered,
            imaged=imaged,
        )
        return [
            Finding(
                rule,
                Severity.REFUSAL,
                text,
                sentence("{entered} and {imaged}", entered=entered, imaged=imaged),
                limit,
                _SOURCE,
            )
        ]
    sex = entered or imaged
    if sex is None:
        return [Finding(rule, Severity.NOTE, "Sex is not known.", "unknown", limit, _SOURCE)]
    if sex != Sex.FEMALE.value:
        text = "The patient is not female. Breast cancer of men was not part of the cohort."
        return [Finding(rule, Severity.REFUSAL, text, sex, limit, _SOURCE)]
    return []


def _check_stage(profile: ClinicalProfile) -> list[Finding]:
    """Refuse distant disease at diagnosis."""
    if profile.stage is not Stage.IV:
        return []
    text = "Stage IV at diagnosis. The score was made for early breast cancer, stages I to III."
    return [Finding("eligibility.stage-iv", Severity.REFUSAL, text, "IV", "I to IIIC", _SOURCE)]


def _shown(value: object) -> str:
    """Say a value in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
