"""An upload stays while its case waits for an answer, and goes with the case."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import phantoms_nifti
import pytest

from deeptepp.dicom.digest import study_digest
from deeptepp.domain.clinical import ClinicalProfile, Sex
from deeptepp.domain.progress import silent
from deeptepp.domain.risk import Assessment, Outcome
from deeptepp.domain.study import Acquisition
from deeptepp.errors import NiftiOrderUnknown
from deeptepp.nifti.read_nifti import read_nifti
from deeptepp.store.uploads import default_store
from deeptepp.ui.background.jobs import close_default_runner
from deeptepp.ui.background.session import Case, KeptHere, Screen, Session
from deeptepp.ui.case import case_reading
from deeptepp.ui.case.case_steps import _settle_answer, _settle_opened, start_over
from deeptepp.ui.case.other_study import forget_entries, has_entries, meet_study


@pytest.fixture
def hand_in():
    """Put a study on the disk; gives the name of the upload."""

    def hand_in_() -> str:
        store = default_store()
        with store.begin(store.issue_token(), is_framed=False) as writer:
            writer.feed(b"study")
            return writer.finish().upload_id

    return hand_in_


@pytest.fixture
def asked(hand_in):
    """A visitor who was asked which images are meant."""
    session = Session(screen=Screen.QUESTION, case=Case(upload_id=hand_in()))
    yield session
    session.erase()
    close_default_runner()


LEAVING = {
    "start over": lambda session, _: start_over(session),
    "the visitor was swept": lambda session, _: session.erase(),
    "another study": lambda session, other: case_reading.open_upload(session, other),
    "the demo": lambda session, _: case_reading.open_demo(session),
}


@pytest.mark.parametrize("leave", LEAVING)
def test_an_upload_goes_when_its_question_is_left_without_an_answer(asked, hand_in, monkeypatch, leave):
    monkeypatch.setattr(case_reading, "open_case", lambda *_args, **_more: None)
    upload = asked.case.upload_id
    assert upload in default_store()
    LEAVING[leave](asked, hand_in())
    assert upload not in default_store()


@pytest.mark.parametrize(
    ("outcome", "stays"), [(Outcome.SCORED, False), (Outcome.SCORED_WITH_WARNINGS, False), (Outcome.REFUSED, True)]
)
def test_an_upload_stays_until_its_case_is_scored(asked, outcome, stays):
    answer = Assessment(outcome, ClinicalProfile(), (), is_simulated=True)
    _settle_answer(asked, "key", answer, KeptHere())
    assert (asked.case.upload_id in default_store()) is stays


def test_an_upload_that_is_read_again_stays(asked, monkeypatch):
    monkeypatch.setattr(case_reading, "begin_reading", lambda _session, _work, release: release())
    upload = asked.case.upload_id
    case_reading.read_again(asked, ["s1", "s2"])
    assert asked.case.upload_id == upload
    assert upload in default_store()


def test_an_upload_goes_where_the_queue_is_full(asked, hand_in, monkeypatch):
    class Full:
        def submit(self, *_args, **_more):
            raise case_reading.TooManyJobs(value=8)

    monkeypatch.setattr(case_reading, "default_runner", Full)
    other = hand_in()
    case_reading.open_upload(asked, other)
    assert asked.screen is Screen.REFUSED
    assert other not in default_store()


def loose_nifti():
    """Hand in three NIfTI files and an outline one by one, so that they lose their names."""
    store = default_store()
    contents = [phantoms_nifti.encoded(phantoms_nifti.plain(v)) for v in phantoms_nifti.volumes(3)]
    contents.append(phantoms_nifti.encoded(phantoms_nifti.plain(phantoms_nifti.outline((3, 3, 3)))))
    with store.begin(store.issue_token(), is_framed=True) as writer:
        writer.feed(b"DTF1" + struct.pack(">I", len(contents)))
        for content in contents:
            writer.feed(struct.pack(">Q", len(content)) + content)
        return writer.finish().upload_id


def test_nifti_files_without_names_are_asked_about_with_rows_and_pictures(asked):
    upload = loose_nifti()
    with default_store().reading(upload) as source:
        opened = case_reading._opened(source, "case", (), None, silent)
        assert isinstance(opened.refusal, NiftiOrderUnknown)
        assert [way.keys for way in opened.refusal.proposals] == [("s1", "s2", "s3")]
        assert [row.key for row in opened.series] == ["s1", "s2", "s3", "s4"]
        assert list(opened.previews.rows) == ["s1", "s2", "s3", "s4"]
        assert opened.previews.proposals[0].gain.any()
        read = read_nifti(source, digest_of=study_digest, phase_keys=("s1", "s2", "s3"))
    assert read.mask is None
    assert "what it outlines is unknown" in read.findings[-1].message
    _settle_opened(asked, opened)
    assert asked.screen is Screen.QUESTION
    default_store().delete(upload)


def images_of(digest):
    study = SimpleNamespace(digest=digest * 64, acquisition=Acquisition(patient_sex="F"))
    return SimpleNamespace(study=study)


def carries(entered):
    """Return a visitor who entered something for study a, whose images are gone."""
    session = Session(entered_for=frozenset({"a" * 16, "up-1"}))
    session.case.upload_id = "up-2"
    if entered == "typed":
        session.drafts = {"case-tumour_size_mm": "44", "board-note": "kept"}
    elif entered == "label":
        session.drafts = {"result-label-text": "Case A"}
    elif entered == "facts":
        session.case.profile = ClinicalProfile(tumour_size_mm=44, age_years=50)
    elif entered == "half":
        session.case.draft = {"tumour_size_mm": "4,444"}
    return session


@pytest.mark.parametrize("entered", ["typed", "label", "facts", "half"])
def test_what_was_entered_for_one_study_never_goes_on_to_another_without_a_question(entered):
    session = carries(entered)
    meet_study(session, images_of("b"))
    assert session.is_asked_whose
    forget_entries(session)
    assert not has_entries(session)
    assert {key for _, key in session.forgotten} == {"case-", "beside-", "result-label"}
    assert session.drafts == ({"board-note": "kept"} if entered == "typed" else {})


@pytest.mark.parametrize(("digest", "upload"), [("a", "up-2"), ("b", "up-1")])
def test_the_same_study_by_content_or_upload_is_not_asked_about(digest, upload):
    session = carries("facts")
    session.case.upload_id = upload
    meet_study(session, images_of(digest))
    assert not session.is_asked_whose
    assert session.case.profile == ClinicalProfile(tumour_size_mm=44, age_years=50, sex=Sex.FEMALE)


def test_a_first_study_and_one_after_nothing_entered_are_not_asked_about():
    for session in (Session(drafts={"case-x": "1"}), carries("nothing")):
        meet_study(session, images_of("b"))
        assert not session.is_asked_whose
