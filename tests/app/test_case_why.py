"""The questions below a result: asked with a button, answered beside the screen, remembered, and stopped."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import coarse_study
import pytest
from screens import run_until, session_of, words_on

from deeptepp.domain.progress import Step, StepReport
from deeptepp.domain.risk import Stability, Tier
from deeptepp.errors import DetectionError, LesionOutsideVolume
from deeptepp.ui.background.session import Screen
from deeptepp.ui.case import case_reading, case_why


@pytest.fixture(scope="module")
def small_study():
    return coarse_study.coarse_study()


@pytest.fixture(scope="module")
def small_case():
    return coarse_study.opened()


@pytest.fixture
def result(open_page, small_study, small_case, monkeypatch):
    """A scored case; the facts that are given replace those of the demo."""
    monkeypatch.setattr(case_reading, "demo_study", lambda: small_study)
    monkeypatch.setattr(case_reading, "open_case", lambda *_args, **_kwargs: small_case)

    def scored(**facts):
        at = open_page("case").run()
        at.button(key="case-demo").click().run()
        run_until(at, Screen.IMAGES)
        case = session_of(at).case
        case.profile, case.id = replace(case.profile, stage=None, **facts), "asked"
        at.run()
        at.button(key="case-submit-asked").click().run()
        return run_until(at, Screen.RESULT)

    return scored


def answered(at, kind: str):
    """Ask one question and wait for its answer, as the browser does."""
    at.button(key=f"why-{kind}").click().run()
    end = time.monotonic() + 60
    while session_of(at).case.extra.jobs:
        assert time.monotonic() < end
        time.sleep(0.05)
        at.run()
    assert not at.exception
    return at


def keys(at) -> set[str]:
    return {button.key for button in at.button}


def test_how_far_the_outline_moves_the_score_comes_with_it_and_is_kept(result):
    at = result()
    stability = session_of(at).case.assessment.stability
    assert f"{stability.low:.3f}" in words_on(at)
    assert "7 scores" in words_on(at)
    at.button(key="result-back").click().run()
    at.button(key="case-submit-asked").click().run()
    assert session_of(at).case.assessment.stability == stability


def test_a_tier_that_flips_is_shown_with_the_score(result):
    at = result()
    flips = Stability({(0.0, 0.0, 0.0): 0.39, (3.0, 0.0, 0.0): 0.41}, (Tier.LOW, Tier.MODERATE))
    case = session_of(at).case
    case.assessment = replace(case.assessment, tier=Tier.LOW, stability=flips)
    text = words_on(at.run())
    assert "Low/Moderate, unstable</div>" in text
    assert "Unstable, so also Moderate: all" in text or "Unstable, so also Low: all" in text
    assert "changes the tier" in text
    case.assessment = replace(case.assessment, stability=None)
    text = words_on(at.run())
    assert "Low risk tier, stability not measured</div>" in text


def test_where_all_is_known_nothing_is_asked(result):
    at = result()
    assert "Every fact that the score uses is known" in words_on(at)
    assert "why-unknown" not in keys(at)


def test_unknown_facts_give_a_range_and_the_one_that_matters_most(result):
    at = result(er_positive=None, node_stage=None)
    assert "Lymph nodes, Oestrogen receptor" in words_on(at)
    answered(at, "unknown")
    found = next(iter(session_of(at).case.extra.answers.values()))
    assert f"{found.low:.3f}" in words_on(at)
    assert "matters most" in words_on(at)


def test_the_score_is_explained_with_slices_and_facts(result):
    text = words_on(answered(result(), "why"))
    assert "data:image/png;base64," in text
    assert 'alt="Axial slices through the tumour' in text
    assert "Integrated gradients" in text
    assert "no benefit" not in text.lower()


def test_work_under_way_can_be_stopped_and_asked_again(result, monkeypatch):
    begun = threading.Event()

    def endless(*_args, progress, **_kwargs):
        while True:
            begun.set()
            progress(StepReport(Step.VIEWS, 0.5))
            time.sleep(0.01)

    monkeypatch.setitem(case_why._WORK, "why", endless)
    at = result()
    at.button(key="why-why").click().run()
    assert begun.wait(10)
    at.button(key="why-why-stop").click().run()
    assert not session_of(at).case.extra.jobs
    assert "why-why" in keys(at)


def test_starting_over_stops_what_is_under_way(result, monkeypatch):
    stopped = threading.Event()

    def endless(*_args, progress, **_kwargs):
        try:
            while True:
                progress(StepReport(Step.VIEWS, 0.5))
                time.sleep(0.01)
        finally:
            stopped.set()

    monkeypatch.setitem(case_why._WORK, "why", endless)
    at = result()
    at.button(key="why-why").click().run()
    at.button(key="result-start-over").click().run()
    at.button(key="leave-erase").click().run()
    assert session_of(at).screen is Screen.START
    # Work that had not begun never does.
    assert stopped.wait(10) or not session_of(at).case.extra.jobs


@pytest.mark.parametrize(
    ("error", "said"), [(LesionOutsideVolume(), "outside of the images"), (OSError(), "incident")]
)
def test_work_that_fails_says_so_and_can_be_asked_again(result, monkeypatch, error, said):
    def fail(*_args, **_kwargs):
        raise error

    assert issubclass(LesionOutsideVolume, DetectionError)
    monkeypatch.setitem(case_why._WORK, "why", fail)
    at = answered(result(), "why")
    assert said in words_on(at)
    assert "why-why" in keys(at)


def test_work_lost_by_the_server_is_said(result):
    at = result()
    case = session_of(at).case
    case.extra.jobs[f"why-{case.assessment.receipt.inputs_sha256}"] = "gone"
    at.run()
    assert "interrupted" in words_on(at)
    assert "why-why" in keys(at)
