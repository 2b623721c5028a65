"""Each inclusion rule refuses by its own id."""

import pytest

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.risk import Severity
from deeptepp.domain.study import Acquisition
from deeptepp.scoring.eligibility import check_eligibility

ELIGIBLE = {
    "sex": "F",
    "her2_status": "positive",
    "is_invasive": True,
    "had_biopsy_before_mr": False,
    "had_neoadjuvant_therapy": False,
    "stage": "IIA",
}


def check(sex_in_images="F", **changes):
    profile = ClinicalProfile.from_mapping({**ELIGIBLE, **changes})
    return check_eligibility(profile, Acquisition(patient_sex=sex_in_images))


def test_a_patient_who_meets_every_rule_has_no_finding():
    assert check() == ()


@pytest.mark.parametrize(
    ("fact", "value", "rule"),
    [
        ("her2_status", "negative", "eligibility.her2"),
        ("sex", "M", "eligibility.sex"),
        ("is_invasive", False, "eligibility.invasive"),
        ("had_biopsy_before_mr", True, "eligibility.biopsy-before-mr"),
        ("had_neoadjuvant_therapy", True, "eligibility.neoadjuvant"),
        ("stage", "IV", "eligibility.stage-iv"),
    ],
)
def test_a_broken_rule_refuses_by_its_id_with_value_and_limit(fact, value, rule):
    (finding,) = check(**{fact: value})
    assert (finding.rule, finding.severity) == (rule, Severity.REFUSAL)
    assert finding.value
    assert finding.limit
    assert finding.source


def test_a_male_patient_is_known_from_the_images_alone():
    (finding,) = check(sex_in_images="M", sex=None)
    assert (finding.rule, finding.severity, finding.value) == ("eligibility.sex", Severity.REFUSAL, "M")


def test_images_of_another_sex_than_the_form_are_refused():
    (finding,) = check(sex_in_images="M")
    assert (finding.rule, finding.value) == ("eligibility.sex", "F and M")


def test_unknown_facts_never_refuse_and_unknown_her2_warns():
    findings = check_eligibility(ClinicalProfile(), Acquisition())
    severities = {f.rule: f.severity for f in findings}
    assert severities["eligibility.her2"] is Severity.WARNING
    assert Severity.REFUSAL not in severities.values()
    assert severities["eligibility.sex"] is Severity.NOTE


def test_refusals_come_first():
    findings = check(her2_status=None, had_biopsy_before_mr=True)
    assert [f.severity for f in findings] == [Severity.REFUSAL, Severity.WARNING]
