"""The PDF of a result says what the screen says, is marked on every page, and holds no more than it may."""

import re
from dataclasses import replace

import pytest
import scored_phantom
import tiny_bundle
from pdf_text import pages, streams

from deeptepp.domain.clinical import ClinicalProfile, Her2Status, NodeStage
from deeptepp.domain.cohort import ARM, TIER, Arm, Endpoint
from deeptepp.domain.lesion import LesionOrigin
from deeptepp.domain.risk import Finding, Outcome, Severity, Stability, Tier
from deeptepp.errors import NoDicomFound, NotEstimable
from deeptepp.model.bundle import load_bundle
from deeptepp.report.case.case_pdf import case_pdf
from deeptepp.report.case.copied_text import three_lines
from deeptepp.report.case.result_reading import result_reading
from deeptepp.report.case.treatment_panel import NOT_EXCLUDED, NOT_RANDOMISED, treatment_panel
from deeptepp.report.names import FACTS
from deeptepp.report.pdf.pdf_curves import curves_drawing
from deeptepp.scoring.case import refuse
from deeptepp.stats.treatment.treatment_question import Matching
from deeptepp.wording.catalogue import Language, catalogue

PROFILE = ClinicalProfile(her2_status=Her2Status.POSITIVE, node_stage=NodeStage.N1, tumour_size_mm=24.0)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return load_bundle(tiny_bundle.make_tiny_bundle(tmp_path_factory.mktemp("bundle") / "tiny"))


@pytest.fixture(scope="module")
def answer():
    return replace(scored_phantom.assessed(), profile=PROFILE, is_simulated=True, tier=Tier.HIGH)


def all_of(pdf):
    return " ".join(pages(pdf))


def test_every_page_is_marked(bundle, answer):
    found = pages(case_pdf(replace(answer, is_override=True), bundle))
    assert len(found) >= 4
    for page in found:
        assert "RESEARCH USE ONLY · SIMULATED COHORT · OUTSIDE INTENDED USE" in page
        assert "Not a medical device" in page


def test_the_first_page_holds_score_tier_place_facts_and_receipt(bundle, answer):
    first = pages(case_pdf(answer, bundle))[0]
    for said in ("0.346", "High risk tier", "0.400", "0.600", "higher than 33 % of the 60 simulated patients"):
        assert said in first
    for label in FACTS.values():
        assert label in first
    assert ("24" in first, "N1 (1 to 3)" in first, "Unknown" in first) == (True, True, True)
    assert answer.receipt.inputs_sha256 in first
    assert f"{answer.lesion.longest_diameter_mm:.1f} mm longest, {answer.lesion.volume_ml:.2f} ml" in first
    assert "Rule eligibility.unknown" in first


@pytest.mark.parametrize("origin", LesionOrigin)
def test_the_pdf_says_who_outlined_the_tumour_and_is_sure_of_the_detector_alone(bundle, answer, origin):
    first = pages(case_pdf(replace(answer, lesion=replace(answer.lesion, origin=origin)), bundle))[0]
    said = {"detector": "by the software", "reader": "that a reader drew", "expert": "by an expert, in a file"}
    assert [word for word in said if said[word] in first] == [origin.value]
    assert ("Confidence of the detector" in first) == (origin is LesionOrigin.DETECTOR)


def test_an_unstable_tier_is_called_so(bundle, answer):
    moved = Stability({(0.0, 0.0, 0.0): 0.35, (3.0, 0.0, 0.0): 0.61}, (Tier.LOW, Tier.HIGH))
    first = pages(case_pdf(replace(answer, stability=moved), bundle))[0]
    assert "Low/High, unstable" in first
    assert "0.350 to 0.610 with the outline moved 3 mm" in first


def test_every_estimate_of_the_screen_is_in_the_pdf(bundle, answer):
    text = all_of(case_pdf(answer, bundle))
    for endpoint in Endpoint:
        panel = treatment_panel(bundle.reference, Tier.HIGH, endpoint, Matching.DEFAULT)
        for contrast in panel.contrasts:
            assert f"Observational, {contrast.n} patients compared." in text
            for row in contrast.rows:
                assert row.value.replace("\u00a0", " ").replace("\u2212", "-") in text
            if not contrast.is_given:
                assert NOT_EXCLUDED in text
        reading = result_reading(bundle.reference, Tier.HIGH, endpoint)
        assert f"({reading.curve.n} patients, {reading.curve.n_events} events" in text
    five_years = re.search(r"survival of the High tier: ([\d.]+)", three_lines(answer, bundle))[1]
    assert five_years in text


def test_numbers_at_risk_stand_below_the_curves(bundle):
    reading = result_reading(bundle.reference, Tier.HIGH, Endpoint.RFS)
    drawing = curves_drawing(reading.tiers.curves, width=500, title="t", y_title="y", p_value=0.01, simulated=True)
    strings = [item.text for item in drawing.contents if hasattr(item, "text")]
    assert "SIMULATED COHORT" in strings
    assert "Log-rank p = 0.010" in " ".join(strings)
    for curve in reading.tiers.curves:
        for n in curve.n_at_risk([0.0, 12.0, 24.0]):
            assert str(n) in strings
    with pytest.raises(NotEstimable):
        curves_drawing([], width=500, title="t", y_title="y", simulated=True)


def test_few_events_are_greyed_and_not_tested(bundle, answer):
    reference = bundle.reference
    few = reference.where((reference[TIER] != "High") | (reference[ARM] != Arm.TP.value))
    text = all_of(case_pdf(answer, replace(bundle, reference=few)))
    assert "Fewer than 10 events, so in grey and not tested" in text


def test_a_refusal_says_which_rule_refused_and_shows_no_curve(bundle, answer):
    rule = Finding("eligibility.her2", Severity.REFUSAL, "The tumour is HER2-negative.", "negative", "positive")
    refused = replace(answer, outcome=Outcome.REFUSED, score=None, tier=None, percentile=None, findings=(rule,))
    (page,) = pages(case_pdf(refused, bundle))
    assert "DeepTEPP: not scored" in page
    assert "Rule eligibility.her2 · found: negative · needed: positive" in page
    (page,) = pages(case_pdf(refuse(NoDicomFound(value=3)), None))
    assert "Rule dicom.none-found" in page


def test_the_same_result_gives_the_same_bytes(bundle, answer):
    assert case_pdf(answer, bundle) == case_pdf(answer, bundle)


def test_a_real_cohort_is_not_called_simulated(bundle, answer):
    real = replace(answer, is_simulated=False)
    cohort = replace(bundle.reference, is_simulated=False)
    pdf = case_pdf(real, replace(bundle, is_simulated=False, reference=cohort))
    assert "SIMULATED" not in "".join(streams(pdf))
    assert "simulated patients" not in all_of(pdf)


def test_no_sentence_overclaims_or_directs(bundle, answer):
    text = all_of(case_pdf(answer, bundle)).lower()
    assert not re.search(r"no benefit|should|omit|recommend", text)


def test_what_the_screen_says_too_is_said_in_the_same_words():
    assert {NOT_RANDOMISED, NOT_EXCLUDED} <= set(catalogue(Language.CHINESE))
