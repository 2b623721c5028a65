"""The way of a case over the screens: demo to score, refusals as results, and nothing left behind."""

from __future__ import annotations

import re
import time

import coarse_study
import pytest
from screens import run_until, session_of, words_on

from deeptepp.domain.clinical import CLINICAL_FACTS, ClinicalProfile, Her2Status, NodeStage, Stage
from deeptepp.domain.clinical_facts import Section
from deeptepp.domain.lesion import BoxMm, LesionOrigin
from deeptepp.domain.progress import Step, StepReport
from deeptepp.domain.risk import Outcome, Tier
from deeptepp.errors import BoardUnreachable
from deeptepp.scoring.case import open_case
from deeptepp.simulate.simulated_study import demo_profile
from deeptepp.store import own_ledger as own_ledger_module
from deeptepp.store.frames import default_frames
from deeptepp.store.own_ledger import own_ledger
from deeptepp.store.uploads import default_store
from deeptepp.ui.background.jobs import JobState, default_runner
from deeptepp.ui.background.session import Screen
from deeptepp.ui.case import case_images, case_reading, case_start, case_steps
from deeptepp.ui.case.case_form import SeenHere, implied_stage
from deeptepp.ui.result.result_views import View


@pytest.fixture(scope="module")
def small_study():
    return coarse_study.coarse_study()


@pytest.fixture(scope="module")
def small_case():
    return coarse_study.opened()


@pytest.fixture
def demo(open_page, small_study, small_case, monkeypatch):
    """The demo study, coarser than the real one, opened as far as the images; detected in once for all tests."""
    monkeypatch.setattr(case_reading, "demo_study", lambda: small_study)
    monkeypatch.setattr(case_reading, "open_case", lambda *_args, **_kwargs: small_case)
    at = open_page("case").run()
    at.button(key="case-demo").click().run()
    return run_until(at, Screen.IMAGES)


@pytest.fixture
def dropped(open_page, monkeypatch):
    """Drop an upload and wait until it was read."""

    def drop(upload_id: str):
        waiting = [upload_id]
        monkeypatch.setattr(case_start, "study_drop", lambda *, key: waiting.pop() if waiting else None)
        at = open_page("case").run()
        return run_until(at, Screen.REFUSED, Screen.IMAGES, Screen.BROKEN)

    return drop


def _field(at, name: str):
    return at.get_by_key(f"case-{name}-{session_of(at).case.id}")


def _typed(at, text: str):
    _field(at, "tumour_size_mm").set_value(text).run()
    return at


def _submit(at):
    at.button(key=f"case-submit-{session_of(at).case.id}").click().run()
    return at


def _scored(at):
    return run_until(_submit(at), Screen.RESULT)


def test_the_demo_is_scored_with_tier_curves_and_receipt(demo):
    at = _scored(demo)
    answer = session_of(at).case.assessment
    assert not at.exception
    assert answer.outcome in (Outcome.SCORED, Outcome.SCORED_WITH_WARNINGS)
    text = words_on(at)
    assert f"{answer.score.probability:.3f}" in text
    assert f"{answer.tier.value} risk tier" in text
    assert f"{answer.tier.value} tier: alive without recurrence, 95 % CI" in text
    assert answer.receipt.bundle_sha256 in text
    assert "SIMULATED COHORT" in text
    assert "no benefit" not in text.lower()
    assert "Trastuzumab vs no anti-HER2 treatment" in text
    assert "Observational" in text


def test_opening_and_scoring_are_told_with_the_receipt_that_the_page_offers(demo):
    at = _scored(demo)
    receipt = session_of(at).case.assessment.receipt
    opened, scored = reversed(own_ledger().entries())
    assert (opened.kind, opened.about) == ("case opened", receipt.input_sha256)
    assert (scored.kind, scored.about, scored.who) == ("case scored", receipt.id, "local")
    assert own_ledger().receipt(receipt.id) == receipt
    assert receipt.sha256 in words_on(at)
    assert session_of(at).unkept == ()


def test_a_receipt_that_the_store_does_not_take_is_said_and_kept_when_the_store_is_back(demo, monkeypatch):
    with monkeypatch.context() as down:
        down.setattr(own_ledger_module, "ledger_of", raising(BoardUnreachable(kind="SQLite", reason="x")))
        at = _scored(demo)
        receipt = session_of(at).case.assessment.receipt
        assert session_of(at).unkept == (receipt,)
        assert "is not kept there yet" in words_on(at)
    assert "is not kept there yet" not in words_on(at.run())
    assert own_ledger().receipt(receipt.id) == receipt


def raising(error):
    """A function that is always refused."""

    def refused(*_args):
        raise error

    return refused


def test_the_same_case_scored_again_is_answered_from_memory(demo, monkeypatch):
    at = _scored(demo)
    first = session_of(at).case.assessment
    at.button(key="result-back").click().run()
    monkeypatch.setattr(case_steps, "assess_case", None)
    _submit(at)
    assert session_of(at).screen is Screen.RESULT
    assert session_of(at).case.assessment is first


def test_another_fact_is_scored_anew(demo):
    at = _scored(demo)
    first = session_of(at).case.assessment
    at.button(key="result-back").click().run()
    _field(at, "node_stage").set_value(NodeStage.N0)
    _field(at, "stage").select_index(0)
    at = _scored(at)
    second = session_of(at).case.assessment
    assert second.receipt.inputs_sha256 != first.receipt.inputs_sha256
    assert second.score.probability != first.score.probability


def test_a_contradiction_is_named_and_nothing_is_scored(demo):
    _field(demo, "stage").set_value(Stage.IIIC)
    at = _submit(demo)
    assert session_of(at).screen is Screen.IMAGES
    assert session_of(at).case.assessment is None
    assert "Stage group IIIC does not agree with T2 N1" in at.error[0].value


def test_every_fact_may_stay_unknown(demo):
    session_of(demo).case.profile = ClinicalProfile()
    session_of(demo).case.id = "other"
    demo.run()
    boxes = [box for box in demo.selectbox if box.key.endswith("-other") and not box.key.startswith("case-phase")]
    asked = [fact for fact in CLINICAL_FACTS.values() if fact.section is not Section.COMPARED]
    n_typed = sum(fact.limits is not None and not fact.is_whole for fact in asked)
    assert len(boxes) == len(asked) - n_typed
    assert all(box.value is None for box in boxes)
    assert [number.value for number in demo.text_input if number.key.endswith("-other")] == [""] * n_typed
    at = _scored(demo)
    assert session_of(at).case.assessment.profile == ClinicalProfile()
    assert "HER2 status was not entered" in words_on(at)
    assert "so the score uses the average of the cohort: Tumour size, Lymph nodes" in words_on(at)


def test_an_ineligible_case_is_refused_by_its_rule_and_scored_only_on_demand_and_marked(demo):
    _field(demo, "her2_status").set_value(Her2Status.NEGATIVE)
    at = _scored(demo)
    assert session_of(at).case.assessment.score is None
    assert "eligibility.her2" in words_on(at)
    at.button(key="result-override").click().run()
    at = run_until(at, Screen.RESULT)
    answer = session_of(at).case.assessment
    assert answer.is_override
    assert answer.score is not None
    assert "OUTSIDE INTENDED USE" in words_on(at)


def test_a_drawn_box_becomes_the_lesion_that_is_scored(demo, monkeypatch):
    case = session_of(demo).case
    box = case.lesions[0].box
    grown = BoxMm(tuple(x - 4 for x in box.low), tuple(x + 4 for x in box.high))
    drawn = [grown]
    monkeypatch.setattr(case_images, "slice_viewer", lambda *_a, **_k: drawn.pop() if drawn else None)
    demo.run()
    assert case.lesion.origin is LesionOrigin.READER
    assert case.is_confirmed
    assert "Your box is used" in words_on(demo)
    seen_mm = f"{case.lesion.longest_diameter_mm:.0f} mm"
    assert demo.button(key=f"case-use-seen-size-{case.id}").label == f"On MR {seen_mm}: use {seen_mm}"
    case.is_confirmed = False
    demo.checkbox[0].uncheck()
    assert session_of(_scored(demo)).case.assessment.lesion.origin is LesionOrigin.READER


def test_a_box_in_the_air_is_refused_on_the_spot(demo, monkeypatch):
    air = BoxMm((900.0, 900.0, 900.0), (910.0, 910.0, 910.0))
    monkeypatch.setattr(case_images, "slice_viewer", lambda *_a, **_k: air)
    demo.run()
    assert not demo.exception
    assert "Draw it on the tumour" in demo.warning[0].value
    assert session_of(demo).case.lesion.origin is LesionOrigin.DETECTOR


def test_slices_that_left_the_memory_are_built_again(demo):
    case = session_of(demo).case
    token = case.frames_token
    default_frames().drop(case.id)
    demo.run()
    assert not demo.exception
    assert case.frames_token != token


def test_another_phase_can_be_scored_without_reading_again(demo, monkeypatch):
    monkeypatch.setattr(case_reading, "open_case", open_case)
    before = session_of(demo).case.images.phase.index
    demo.selectbox(key=f"case-phase-{session_of(demo).case.id}").set_value(before - 1).run()
    demo.button(key="case-use-phase").click().run()
    at = run_until(demo, Screen.IMAGES)
    assert session_of(at).case.images.phase.index == before - 1
    assert session_of(at).case.images.phase.rule == "reader"


def test_start_over_asks_and_then_erases_the_case(demo):
    case = session_of(demo).case
    demo.button(key="case-start-over").click().run()
    assert session_of(demo).case is case
    demo.button(key="leave-keep").click().run()
    assert (session_of(demo).case, session_of(demo).screen) == (case, Screen.IMAGES)
    demo.button(key="case-start-over").click().run()
    demo.button(key="leave-erase").click().run()
    fresh = session_of(demo).case
    assert session_of(demo).screen is Screen.START
    assert (fresh.images, fresh.assessment, fresh.profile) == (None, None, ClinicalProfile())
    assert fresh.id != case.id


def test_a_file_that_is_no_archive_is_refused_calmly_and_deleted(dropped, hand_in):
    upload_id = hand_in(b"this is not an archive")
    at = dropped(upload_id)
    assert not at.exception
    assert session_of(at).screen is Screen.REFUSED
    assert "archive.not-a-zip" in words_on(at)
    assert upload_id not in default_store()
    at.button(key="case-try-again").click().run()
    assert session_of(at).screen is Screen.START


def test_a_fault_of_the_software_shows_a_number_and_deletes_the_upload(dropped, hand_in, monkeypatch):
    def fail(*_args, **_kwargs):
        raise RuntimeError("Anna Example")

    monkeypatch.setattr(case_reading, "open_case", fail)
    upload_id = hand_in(b"anything")
    at = dropped(upload_id)
    assert session_of(at).screen is Screen.BROKEN
    assert session_of(at).incident in words_on(at)
    assert "Anna" not in words_on(at)
    assert upload_id not in default_store()


def test_stopping_deletes_the_upload_and_goes_back(open_page, hand_in, monkeypatch):
    def endless(_source, *, progress, **_kwargs):
        while True:
            progress(StepReport(Step.READ, 0.5, "half of it"))

    monkeypatch.setattr(case_reading, "open_case", endless)
    upload_id = hand_in(b"anything")
    waiting = [upload_id]
    monkeypatch.setattr(case_start, "study_drop", lambda *, key: waiting.pop() if waiting else None)
    at = open_page("case").run()
    assert session_of(at).screen is Screen.READING
    job_id = session_of(at).job_id
    at.button(key="case-cancel").click().run()
    assert session_of(at).screen is Screen.START

    def state():
        return default_runner().look(job_id, session_of(at).id).state

    # The endless work keeps the interpreter busy until it is stopped, so stopping takes a while on a slow machine.
    for _ in range(3000):
        if upload_id not in default_store() and state() is JobState.CANCELLED:
            break
        time.sleep(0.01)
    assert upload_id not in default_store()
    assert state() is JobState.CANCELLED


def test_work_lost_by_the_server_is_said_and_not_waited_for(demo):
    session = session_of(demo)
    session.job_id, session.screen = "gone", Screen.SCORING
    demo.run()
    assert session.screen is Screen.IMAGES
    assert "interrupted" in words_on(demo)


@pytest.mark.parametrize(
    ("size_mm", "nodes", "said"),
    [
        (26.0, NodeStage.N1, "T2 N1 is stage IIB (IIIB with growth into skin or chest wall, IV with distant"),
        (10.0, NodeStage.N3, "T1 N3 is stage IIIC (IV with distant"),
        (None, NodeStage.N1, ""),
    ],
)
def test_the_stage_that_follows_from_size_and_nodes_is_said(size_mm, nodes, said):
    sentence = implied_stage(ClinicalProfile(tumour_size_mm=size_mm, node_stage=nodes))
    assert sentence.startswith(said)
    assert bool(sentence) == bool(said)


def test_the_demo_profile_is_shown_in_the_form(demo):
    assert session_of(demo).case.profile == demo_profile()
    assert _field(demo, "tumour_size_mm").value == "26"
    assert demo_profile().tumour_size_mm == 26.0


def test_numbers_are_scored_as_typed_wrong_ones_never_and_a_score_does_not_keep_them_known(demo):
    case = session_of(demo).case
    _field(demo, "stage").select("Unknown")
    _field(demo, "ki67_pct").set_value("20,5 %")
    # What can be read in two ways stays in the field, and nothing is scored with it or without it.
    at = _submit(_typed(demo, "12,500"))
    assert (session_of(at).screen, case.assessment) == (Screen.IMAGES, None)
    assert "Correct or empty first: Tumour size (mm). Nothing was scored." in at.error[0].value
    assert _field(at, "tumour_size_mm").value == "12,500"
    assert case.draft["tumour_size_mm"] == "12,500"
    # Facts that exclude each other hide no other remark.
    _field(at, "stage").set_value(Stage.IIIC)
    _field(at, "ki67_pct").set_value("0,2")
    _typed(at, "2.4")
    assert "Is 20 % meant?" in words_on(at)
    assert "does not agree" in at.error[0].value
    _field(at, "stage").select("Unknown")
    _field(at, "ki67_pct").set_value("20,5 %")
    assert "Was it 2.4 cm, that is 24 mm?" in words_on(at)
    at.button(key=f"case-use-seen-size-{case.id}").click().run()
    assert _field(at, "tumour_size_mm").value == f"{case.lesion.longest_diameter_mm:.0f}"
    assert "Was it 2.4 cm" not in words_on(at)
    _typed(at, "12,5")
    assert "12.5 mm, T1" in words_on(at)
    profile = session_of(_scored(at)).case.assessment.profile
    assert (profile.tumour_size_mm, profile.ki67_pct) == (12.5, 20.5)
    # Back on the form, what was scored is shown, and emptied it is unknown, not what it was.
    at.button(key="result-back").click().run()
    assert [_field(at, name).value for name in ("tumour_size_mm", "ki67_pct")] == ["12.5", "20.5"]
    for name in ("tumour_size_mm", "ki67_pct", "age_years"):
        _field(at, name).set_value("")
    profile = session_of(_scored(at)).case.assessment.profile
    assert (profile.tumour_size_mm, profile.ki67_pct, profile.age_years) == (None, None, None)


def test_the_form_says_how_this_model_takes_each_fact(demo, monkeypatch):
    assert "Size counts only as T1" in words_on(demo)
    assert "Lymph nodes count only as N0 or positive" in words_on(demo)
    sees = {"fields": ("node_stage",), "features": ("node_positive",)}
    monkeypatch.setattr(case_images, "SeenHere", lambda **facts: SeenHere(**(facts | sees)))
    demo.run()
    assert "Size counts" not in words_on(demo)
    assert "Lymph nodes count only as N0 or positive" in words_on(demo)
    sees.update(fields=(), features=())
    demo.run()
    assert "This model uses the images alone." in words_on(demo)
    assert _field(demo, "tumour_size_mm").value == "26"


def english_left(text: str) -> list[str]:
    """Runs of three English words or more in a text that should be Chinese, tags and names of files aside."""
    plain = re.sub(r"<style.*?</style>|<[^>]+>|`[^`]*`", " ", text, flags=re.DOTALL)
    return re.findall(r"[A-Za-z]{2,}(?:[ ,][A-Za-z][a-z]+){2,}", plain)


def test_a_result_in_chinese_has_no_english_sentence_left(open_page, demo):
    demo.session_state["deeptepp-language"] = "zh"
    at = _scored(demo)
    for view in ("text", "table"):
        at.session_state["result-view"] = view
        at.run()
        assert english_left(words_on(at)) == []


def test_an_estimate_of_others_entered_on_the_result_is_compared_and_changes_no_score(demo):
    at = _scored(demo)
    before = session_of(at).case.assessment
    key = f"beside-her2dx_score-{session_of(at).case.id}"
    opposite = "5,5" if before.tier is Tier.HIGH else "95,5"
    at.get_by_key(key).set_value(opposite).run()
    after = session_of(at).case.assessment
    assert after.profile.her2dx_score == float(opposite.replace(",", "."))
    assert (after.score, after.receipt) == (before.score, before.receipt)
    text = words_on(at)
    assert "of HER2DX" in text
    assert "2,518 patients of 11 studies" in text
    if before.tier is not Tier.MODERATE:
        assert f"Not in agreement with the tier {before.tier_text}" in text
    at.get_by_key(key).set_value("").run()
    assert session_of(at).case.assessment.profile.her2dx_score is None


@pytest.mark.parametrize("view", list(View))
def test_every_view_of_a_result_opens_and_says_it_is_simulated(demo, view):
    at = _scored(demo)
    at.session_state["result-view"] = view
    at.run()
    assert not at.exception
    assert "SIMULATED COHORT" in words_on(at)
