"""From images and facts to an assessment: scored, warned or refused, always a result."""

from dataclasses import replace

import numpy as np
import pytest

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.lesion import BoxMm
from deeptepp.domain.progress import Step
from deeptepp.domain.risk import Outcome, Severity
from deeptepp.domain.study import Acquisition, Phase, Study
from deeptepp.errors import JobCancelled, NotAnArchive
from deeptepp.imaging.detection.detect import lesion_from_box
from deeptepp.scoring.case import assess_case, open_case, refuse
from deeptepp.simulate.simulated_study import demo_profile

PROFILE = demo_profile()


def test_the_first_candidate_is_the_simulated_tumour(images, simulated):
    assert simulated.lesion.contains(images.candidates[0].centroid_mm)


def test_an_eligible_case_is_scored_with_tier_percentile_and_receipt(images, bundle):
    answer = assess_case(images, PROFILE, bundle)
    assert answer.outcome in (Outcome.SCORED, Outcome.SCORED_WITH_WARNINGS)
    assert answer.tier is bundle.tiers.tier_of(answer.score.probability)
    assert 0 <= answer.percentile <= 100
    assert set(answer.score.per_view) == set(bundle.views.names)
    assert answer.is_simulated
    assert not answer.is_override
    assert answer.receipt.bundle_sha256 == bundle.sha256


def test_scoring_again_gives_the_same_number(images, bundle):
    first, second = (assess_case(images, PROFILE, bundle).score.probability for _ in range(2))
    assert first == pytest.approx(second, abs=1e-6)


def test_a_her2_negative_patient_is_refused_and_scored_only_on_request(images, bundle):
    profile = ClinicalProfile.from_mapping({**PROFILE.to_mapping(), "her2_status": "negative"})
    refused = assess_case(images, profile, bundle)
    assert refused.outcome is Outcome.REFUSED
    assert refused.score is None
    assert [f.rule for f in refused.refusals] == ["eligibility.her2"]
    override = assess_case(images, profile, bundle, allow_ineligible=True)
    assert override.outcome is Outcome.SCORED_WITH_WARNINGS
    assert override.is_override
    assert override.score.probability == pytest.approx(
        assess_case(images, PROFILE, bundle).score.probability, abs=1e-6
    )


def test_a_readers_box_moves_the_score_and_the_receipt(images, bundle, simulated):
    box = simulated.lesion.box
    shifted = BoxMm(tuple(np.add(box.low, 4.0)), tuple(np.add(box.high, 4.0)))
    lesion = lesion_from_box(images.study, images.phase, shifted)
    first, second = assess_case(images, PROFILE, bundle), assess_case(images, PROFILE, bundle, lesion=lesion)
    assert first.receipt.inputs_sha256 != second.receipt.inputs_sha256
    assert first.score.probability != second.score.probability
    assert not any(f.rule == "detection.ambiguous" for f in second.findings)


def test_every_fact_the_score_depends_on_changes_the_receipt(images, bundle):
    keys = [
        assess_case(images, profile, bundle).receipt.inputs_sha256
        for profile in (PROFILE, replace(PROFILE, er_positive=True), ClinicalProfile())
    ]
    assert len(set(keys)) == 3


def test_a_simulated_bundle_scores_a_real_study_only_on_request(images, bundle):
    study = replace(images.study, acquisition=Acquisition(patient_sex="F"))
    real = replace(images, study=study)
    refused = assess_case(real, PROFILE, bundle)
    assert refused.outcome is Outcome.REFUSED
    assert refused.score is None
    assert [f.rule for f in refused.refusals] == ["eligibility.simulated-model"]
    override = assess_case(real, PROFILE, bundle, allow_ineligible=True)
    assert override.outcome is Outcome.SCORED_WITH_WARNINGS
    assert override.is_override
    assert override.is_simulated
    own = assess_case(real, PROFILE, replace(bundle, is_simulated=False))
    assert not own.refusals


def test_an_estimate_of_others_is_no_input_of_the_score(images, bundle):
    with_others = replace(PROFILE, her2dx_score=71.0, predict_os_pct=88.0)
    first, second = (assess_case(images, profile, bundle) for profile in (PROFILE, with_others))
    assert first.receipt.inputs_sha256 == second.receipt.inputs_sha256
    assert first.score == second.score
    assert second.profile.her2dx_score == 71.0


def test_a_study_without_a_lesion_is_refused_as_a_result(images, bundle):
    pre = images.study.phases[0].volume
    flat = Study((Phase(pre, 0), Phase(pre, 90), Phase(pre, 180)), "flat", images.study.acquisition, "flat")
    answer = assess_case(open_case(flat), PROFILE, bundle)
    assert answer.outcome is Outcome.REFUSED
    assert [f.rule for f in answer.refusals] == ["detection.no-lesion"]


def test_progress_passes_through_every_step_and_can_stop_the_work(simulated, bundle):
    seen = []
    opened = open_case(simulated.study, progress=seen.append)
    assess_case(opened, PROFILE, bundle, progress=seen.append)
    done = [r.step for r in seen if r.found]
    assert {Step.PHASES, Step.BREAST, Step.DETECT, Step.ROI, Step.VIEWS, Step.SCORE} <= set(done)

    def stop(report):
        raise JobCancelled

    with pytest.raises(JobCancelled):
        open_case(simulated.study, progress=stop)


def test_an_error_while_reading_becomes_a_refused_assessment():
    answer = refuse(NotAnArchive())
    assert answer.outcome is Outcome.REFUSED
    assert (answer.findings[0].rule, answer.findings[0].severity) == ("archive.not-a-zip", Severity.REFUSAL)
