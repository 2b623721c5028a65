"""A study that can be read in more than one way: the question, the choice, and an upload that stays till then."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import phantoms
import phantoms_dicom
import pytest
from screens import run_until, session_of, words_on

from deeptepp.dicom.read_dicom import read_study
from deeptepp.dicom.write import write_study
from deeptepp.domain.clinical import ClinicalProfile, Her2Status
from deeptepp.domain.study import PhaseProposal, Side
from deeptepp.errors import NoPreContrast
from deeptepp.report.names import SIDES
from deeptepp.scoring import images as reading
from deeptepp.store.uploads import default_store
from deeptepp.ui.background.session import Screen
from deeptepp.ui.case import case_start

TIMES_S = (0.0, 90.0, 165.0, 240.0)
WAYS = (
    PhaseProposal(("s1", "s2", "s3", "s4"), "Not needed."),
    PhaseProposal(("s1", "s3", "s4"), "Not chosen by the user."),
)


@pytest.fixture(scope="module")
def study_bytes(tmp_path_factory):
    """Two breasts in four series of one volume each."""
    folder = tmp_path_factory.mktemp("study")
    phantom = phantoms.breast_phantom(spacing_mm=(3.0, 3.0, 3.0), times_s=TIMES_S)
    write_study(phantom.study, folder / "files", description="simulated", patient_key="SIM")
    return zipped(folder / "files", folder)


@pytest.fixture(scope="module")
def one_series_bytes(tmp_path_factory):
    """Six phases in one series of one name."""
    folder = tmp_path_factory.mktemp("one")
    voxels = phantoms.breast_phantom(spacing_mm=(3.0, 3.0, 3.0)).study
    known = phantoms_dicom.Truth(
        voxels.grid,
        tuple(phase.volume.voxels for phase in voxels.phases),
        tuple(phase.time_s for phase in voxels.phases),
    )
    path = phantoms_dicom.save_zip(
        phantoms_dicom.dynamic_series(known, series_per_phase=False), folder / "study.zip"
    )
    return path.read_bytes()


def zipped(folder, place):
    return Path(shutil.make_archive(str(place / "study"), "zip", folder)).read_bytes()


@pytest.fixture
def asks(monkeypatch):
    """A reader that asks unless it is told; names the other way as another dynamic series."""

    def read(source, *, phase_keys=None, side=None, **more):
        if phase_keys is None:
            raise NoPreContrast(value=4, proposals=WAYS)
        found = read_study(source, phase_keys=phase_keys, side=side, **more)
        return replace(found, alternatives=WAYS[1:])

    monkeypatch.setattr(reading, "read_study", read)


@pytest.fixture
def drop(open_page, hand_in, monkeypatch):
    """Drop a study on the page at hand, or on a new one; gives page and name of the upload."""

    def drop_(content: bytes, at=None):
        waiting = [hand_in(content)]
        name = waiting[0]
        monkeypatch.setattr(case_start, "study_drop", lambda *, key: waiting.pop() if waiting else None)
        at = (at or open_page("case")).run()
        return run_until(at, Screen.QUESTION, Screen.IMAGES, Screen.REFUSED, Screen.BROKEN), name

    return drop_


def times_of(at):
    return [phase.time_s for phase in session_of(at).case.images.study.phases]


def chosen_in(at):
    return at.multiselect(key=f"case-phase-keys-{session_of(at).case.id}")


def english_in(text):
    """Runs of three English words, names of files and series aside."""
    plain = re.sub(r"<img[^>]*>|<style.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)
    return re.findall(r"[A-Za-z]{2,}(?:[ ,][A-Za-z][a-z]+){2,}", plain.replace("SIMULATED simulated", ""))


def score(at):
    at.button(key=f"case-submit-{session_of(at).case.id}").click().run()
    return run_until(at, Screen.RESULT)


def test_a_doubtful_study_is_asked_about_and_the_answer_needs_no_second_upload(asks, drop, study_bytes):
    at, upload = drop(study_bytes)
    assert session_of(at).screen is Screen.QUESTION
    text = words_on(at)
    assert at.title[0].value == "Which images are meant?"
    assert "acquired after contrast" in text
    assert "dicom.no-pre-contrast" in text
    names = [header.value for header in at.subheader]
    assert names == [
        "pre + 3 post-contrast, 3.0 x 3.0 x 3.0 mm, s1 to s4",
        "pre + 2 post-contrast, 3.0 x 3.0 x 3.0 mm, s1, s3, s4",
    ]
    # Three phases and what is brighter, for each proposal; one picture for each row of the table.
    assert text.count('<img src="data:image/png') == 2 * 4 + 4
    at.button(key="case-use-proposal-1").click().run()
    at = run_until(at, Screen.IMAGES)
    assert times_of(at) == [0.0, 165.0, 240.0]
    assert upload in default_store()
    session_of(at).case.profile = ClinicalProfile(her2_status=Her2Status.POSITIVE)
    session_of(at).case.id = "positive"
    at.run()
    score(at)
    assert f"{SIDES[session_of(at).case.lesion.side]}, " in words_on(at)
    assert upload not in default_store()


def test_the_reader_may_choose_otherwise_and_change_her_mind_without_a_second_upload(asks, drop, study_bytes):
    at, upload = drop(study_bytes)
    chosen_in(at).set_value(["s2", "s4"]).run()
    at.button(key="case-read-again").click().run()
    at = run_until(at, Screen.IMAGES)
    assert times_of(at) == [0.0, 150.0]
    assert chosen_in(at).value == ["s2", "s4"]
    assert "Another dynamic series is in this study: 3 phases, 75 s apart" in "\n".join(i.value for i in at.info)
    at.button(key="case-use-alternative-0").click().run()
    at = run_until(at, Screen.IMAGES)
    assert times_of(at) == [0.0, 165.0, 240.0]
    assert upload in default_store()


def test_phases_of_one_name_are_told_apart_and_the_proposal_read_again_is_the_same(drop, one_series_bytes):
    at, _ = drop(one_series_bytes)
    before = times_of(at)
    assert len(before) == 6
    assert len(set(chosen_in(at).options)) == 6
    assert chosen_in(at).options[2] == "s1.3: ax dyn, post 2, 2:45\u00a0min, 40 images"
    assert chosen_in(at).value == [f"s1.{k}" for k in range(1, 7)]
    at.button(key="case-read-again").click().run()
    at = run_until(at, Screen.IMAGES)
    assert times_of(at) == before


def test_a_choice_that_cannot_be_read_can_be_mended_also_when_the_upload_is_gone(asks, drop, study_bytes):
    at, upload = drop(study_bytes)
    chosen_in(at).set_value(["s2"]).run()
    at.button(key="case-read-again").click().run()
    at = run_until(at, Screen.REFUSED)
    assert "dicom.missing-phase" in words_on(at)
    assert "nothing has to be handed in again" in words_on(at)
    default_store().delete(upload)
    chosen_in(at).set_value(["s1", "s3", "s4"]).run()
    assert "drop the study once more" in words_on(at)
    at.button(key="case-read-again").click().run()
    assert session_of(at).screen is Screen.START
    assert "Drop the same study once more: 3 series" in words_on(at)
    at, _ = drop(study_bytes, at)
    assert times_of(at) == [0.0, 165.0, 240.0]


def test_the_other_breast_is_one_click_away(drop, one_series_bytes):
    at, _ = drop(one_series_bytes)
    case = session_of(at).case
    assert at.radio[0].options[0].startswith("1. Right breast, ")
    left = replace(case.images, side=Side.LEFT, detection=None)
    case.images = replace(case.images, side=Side.RIGHT, other_side=left)
    at.run()
    assert "Right breast" in "\n".join(caption.value for caption in at.caption)
    assert "candidate in the other one, Left breast: none" in at.info[0].value
    at.button(key="case-show-other-breast").click().run()
    at = run_until(at, Screen.IMAGES)
    shown = session_of(at).case.images
    assert (shown.side, shown.other_side.side, shown.other_side.other_side) == (Side.LEFT, Side.RIGHT, None)
    assert session_of(at).case.lesions == ()


def test_the_question_in_chinese_has_no_english_sentence_left(asks, drop, study_bytes):
    at, _ = drop(study_bytes)
    at.session_state["deeptepp-language"] = "zh"
    at.run()
    assert english_in(words_on(at)) == []
    assert at.subheader[0].value.startswith("增强前 + 3 期增强后，3.0 x 3.0 x 3.0 mm，s1")
