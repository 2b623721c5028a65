"""The result screen says whose it is, keeps old and new score side by side, and asks for an override once."""

from __future__ import annotations

from dataclasses import replace

import coarse_study
import pytest
from screens import run_until, session_of, words_on

from deeptepp.domain.clinical import Her2Status
from deeptepp.ui.background.session import Screen
from deeptepp.ui.case import case_reading


@pytest.fixture(scope="module")
def simulated():
    return coarse_study.coarse_study(), coarse_study.opened()


@pytest.fixture
def opened(open_page, simulated, monkeypatch):
    study, small = simulated
    monkeypatch.setattr(case_reading, "demo_study", lambda: study)
    monkeypatch.setattr(case_reading, "open_case", lambda *_args, **_kwargs: small)
    at = open_page("case").run()
    at.button(key="case-demo").click().run()
    return run_until(at, Screen.IMAGES)


def scored_with(at, **facts):
    """Change facts and score, as the form does."""
    case = session_of(at).case
    session_of(at).screen = Screen.IMAGES
    case.profile, case.id = replace(case.profile, stage=None, **facts), f"whose-{len(case.shown)}-{len(facts)}"
    at.run()
    at.button(key=f"case-submit-{case.id}").click().run()
    return run_until(at, Screen.RESULT)


def test_a_result_has_a_label_a_picture_and_the_score_before(opened):
    at = scored_with(opened)
    text = words_on(at)
    assert 'class="dt-strip"' in text
    assert "data:image/png;base64," in text
    assert "What changed since" not in text
    case = session_of(at).case
    # What identifies is refused, what looks like a name is asked about, and a pseudonym becomes the heading.
    for typed, said in (("born 12.03.1971", "holds a date"), ("Anna Schmidt", "looks like the name of a person")):
        at.text_input(key=f"result-label-text-{case.id}").set_value(typed)
        at.button(key="result-label-use").click().run()
        assert said in words_on(at)
        assert case.label == ""
    at.button(key="result-label-offered").click().run()
    assert at.title[0].value == case.label
    assert case.label.startswith("Case ")
    first = case.assessment
    at = scored_with(at, tumour_size_mm=61.0)
    text = words_on(at)
    assert at.title[0].value == case.label
    assert "What changed since the score before" in text
    assert f"<td>{first.profile.tumour_size_mm:g}</td><td>61</td>" in text
    assert f"<td>{first.score.probability:.3f} {first.tier_text}</td>" in text
    assert [each.receipt for each in case.shown] == [first.receipt, case.assessment.receipt]
    case.empty()
    assert (case.label, case.shown, case.picture) == ("", (), ("", b""))


def test_an_override_is_asked_once_for_a_case_and_again_for_a_new_rule(opened):
    at = scored_with(opened, had_biopsy_before_mr=True)
    assert session_of(at).case.assessment.score is None
    at.button(key="result-override").click().run()
    at = run_until(at, Screen.RESULT)
    assert session_of(at).case.assessment.is_override
    at = scored_with(at, tumour_size_mm=61.0)
    at = run_until(at.run(), Screen.RESULT)
    assert session_of(at).case.assessment.is_override
    assert session_of(at).case.assessment.profile.tumour_size_mm == 61.0
    at = scored_with(at, her2_status=Her2Status.NEGATIVE)
    assert session_of(at).case.assessment.score is None
    assert "result-override" in {button.key for button in at.button}
