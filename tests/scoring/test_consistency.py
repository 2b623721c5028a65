"""Facts that do not fit each other or the images are asked about, on every way to a result."""

from dataclasses import replace

import numpy as np
import pytest

from deeptepp.domain.clinical import ClinicalProfile, Menopause
from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Lesion, LesionOrigin
from deeptepp.domain.risk import Outcome, Severity
from deeptepp.domain.study import Acquisition
from deeptepp.report.case.document import assessment_to_dict
from deeptepp.scoring.case import assess_case
from deeptepp.scoring.consistency import check_consistency, check_size
from deeptepp.simulate.simulated_study import demo_profile


def block(*shape, origin=LesionOrigin.READER):
    """A lesion of 1 mm voxels, by its edges in mm."""
    mask = np.zeros((60, 60, 60), dtype=bool)
    mask[tuple(slice(5, 5 + edge) for edge in shape)] = True
    return Lesion(mask, Grid((60, 60, 60), np.eye(4)), origin=origin)


SEEN = block(28, 8, 8)  # its longest diameter is the 29 mm of its diagonal, within 1 mm


@pytest.mark.parametrize(
    ("entered_mm", "severity", "words"),
    [
        (25.0, None, ""),
        (29.0, None, ""),
        (34.0, None, ""),
        (22.0, Severity.NOTE, "often differ"),
        (40.0, Severity.NOTE, "often differ"),
        (12.5, Severity.WARNING, "Check the unit"),
        (60.0, Severity.WARNING, "Check the unit"),
        (2.4, Severity.WARNING, "Was it 2.4 cm, that is 24 mm?"),
        (3.0, Severity.WARNING, "Was it 3 cm, that is 30 mm?"),
        (125.0, Severity.WARNING, "a decimal comma lost, and 12.5 mm meant?"),
        (200.0, Severity.WARNING, "a decimal comma lost, and 20 mm meant?"),
        (112.5, Severity.WARNING, "Check the unit"),
        (None, None, ""),
    ],
)
def test_the_size_entered_is_compared_with_the_size_seen(entered_mm, severity, words):
    assert SEEN.longest_diameter_mm == pytest.approx(30, abs=1)
    found = check_size(entered_mm, SEEN)
    assert [finding.severity for finding in found] == ([severity] if severity else [])
    assert all(words in finding.message and finding.source and finding.limit for finding in found)
    assert check_size(entered_mm, None) == ()


def test_small_tumours_may_differ_by_voxels():
    assert check_size(4.0, block(6, 5, 5)) == ()


@pytest.mark.parametrize(
    ("lesion", "is_ambiguous", "words"),
    [
        (block(28, 8, 8, origin=LesionOrigin.DETECTOR), False, "drawn by the software"),
        (block(28, 8, 8, origin=LesionOrigin.DETECTOR), True, "may be another region"),
        (block(4, 3, 3), False, "so its diameter is unsure"),
    ],
)
def test_an_outline_that_may_be_wrong_is_said_to_be(lesion, is_ambiguous, words):
    (finding,) = check_size(125.0, lesion, is_ambiguous=is_ambiguous)
    assert words in finding.message
    # Where the outline is no tumour's, it is no ground to ask after a comma.
    assert ("comma" in finding.message) == (lesion.volume_ml > 0.1)


@pytest.mark.parametrize(
    ("facts", "rule", "severity"),
    [
        ({"age_years": 35.0}, "facts.age-disagrees", Severity.WARNING),
        ({"age_years": 51.0}, None, None),
        ({"er_positive": False, "pr_positive": True}, "facts.er-pr", Severity.NOTE),
        ({"er_positive": True, "pr_positive": False}, None, None),
        ({"er_positive": False}, None, None),
        ({"age_years": 52.0, "menopause": Menopause.PRE}, None, None),
        ({"ki67_pct": 0.2}, "facts.share-as-fraction", Severity.WARNING),
        ({"predict_os_pct": 0.93}, "facts.share-as-fraction", Severity.WARNING),
        ({"ki67_pct": 0.0}, None, None),
        ({"ki67_pct": 1.0}, None, None),
    ],
)
def test_facts_are_compared_with_each_other_and_the_headers(facts, rule, severity):
    found = check_consistency(ClinicalProfile(**facts), None, Acquisition(patient_age_years=52.0))
    assert [(finding.rule, finding.severity) for finding in found] == ([(rule, severity)] if rule else [])


@pytest.mark.parametrize(
    ("age_years", "menopause", "is_noted"),
    [(39.0, "post", True), (40.0, "post", False), (60.0, "pre", True), (59.0, "pre", False)],
)
def test_menopause_is_noted_where_it_is_unusual_at_the_age(age_years, menopause, is_noted):
    profile = ClinicalProfile(age_years=age_years, menopause=Menopause(menopause))
    found = check_consistency(profile, None, Acquisition())
    assert [finding.rule for finding in found] == ["facts.menopause-age"] * is_noted


def test_ages_that_headers_cut_off_do_not_disagree():
    assert check_consistency(ClinicalProfile(age_years=97.0), None, Acquisition(patient_age_years=90.0)) == ()


@pytest.mark.parametrize("is_refused", [False, True])
def test_a_slip_is_a_warning_of_the_assessment_and_of_its_json_also_where_it_is_refused(
    images, bundle, is_refused
):
    profile = replace(demo_profile(), tumour_size_mm=2.4, stage=None)
    if is_refused:
        profile = ClinicalProfile.from_mapping({**profile.to_mapping(), "her2_status": "negative"})
    answer = assess_case(images, profile, bundle)
    assert answer.outcome is (Outcome.REFUSED if is_refused else Outcome.SCORED_WITH_WARNINGS)
    told = {f["rule"]: f for f in assessment_to_dict(answer, bundle)["findings"]}["facts.size-disagrees"]
    assert told["severity"] == "warning"
    assert "Was it 2.4 cm, that is 24 mm?" in told["message"]


def test_a_size_that_fits_is_not_warned_of(images, bundle):
    answer = assess_case(images, replace(demo_profile(), tumour_size_mm=24.0), bundle)
    assert [f.rule for f in answer.findings if f.rule.startswith("facts.") and f in answer.warnings] == []
