"""The worklist asks, says why there is nothing, and shows what the archive answers as text."""

from __future__ import annotations

import os
import time
from functools import partial

import phantoms_dicom
import pytest
from dicomweb_server import answering
from screens import words_on

from deeptepp.dicom.archive import query
from deeptepp.dicom.archive.arrived import ArrivedStudies
from deeptepp.dicom.archive.pacs import Pacs
from deeptepp.store.uploads import default_store
from deeptepp.ui.background.jobs import default_runner
from deeptepp.ui.background.session import Screen, Session
from deeptepp.ui.case.case_reading import open_fetched
from deeptepp.ui.case.case_steps import advance
from deeptepp.ui.worklist.worklist_page import _fetch


@pytest.fixture
def images():
    tags = {"AccessionNumber": "ACC-1", "StudyDescription": "breast <b>x</b> **y**"}
    return phantoms_dicom.dynamic_series(phantoms_dicom.truth(), **tags)


@pytest.fixture
def archive(images, installation):
    with answering(objects=images) as archive:
        (installation / "deeptepp.toml").write_text(f'pacs_url = "{archive.url}"\npacs_name = "Archive"\n')
        yield archive


def asked(at, accession):
    at.text_input(key="worklist-accession").set_value(accession)
    return at.button[0].click().run()


def test_without_a_pacs_the_page_says_what_to_set(open_page):
    assert "no PACS to search" in words_on(open_page("worklist").run())


def test_an_address_that_is_none_is_said(open_page, installation):
    (installation / "deeptepp.toml").write_text('pacs_url = "pacs.example"\n')
    assert "pacs_url" in words_on(open_page("worklist").run())


def test_a_study_is_shown_as_text_with_a_button_and_is_in_no_state_of_the_next_search(open_page, archive):
    at = asked(open_page("worklist").run(), "ACC-1")
    assert not at.exception
    shown = words_on(at)
    assert "breast &lt;b&gt;x&lt;/b&gt; **y**" in shown
    assert phantoms_dicom.RECORD in shown
    assert at.button(key="worklist-open-0").label == "Fetch and open"
    at = asked(at, "ACC-2")
    assert "Archive finds no such study" in words_on(at)
    assert phantoms_dicom.RECORD not in words_on(at)


def test_a_search_for_everything_is_not_sent(open_page, archive):
    at = asked(open_page("worklist").run(), "")
    assert "Give an accession number" in words_on(at)
    assert archive.heard == []


def test_more_studies_than_fit_are_said(open_page, archive, monkeypatch):
    monkeypatch.setattr(query, "MOST_STUDIES", 1)
    other = phantoms_dicom.dynamic_series(
        phantoms_dicom.truth(), StudyInstanceUID="1.2.4", AccessionNumber="ACC-1"
    )
    archive.objects += other
    assert "more studies than these 1" in words_on(asked(open_page("worklist").run(), "ACC-1"))


@pytest.mark.parametrize(
    ("denies", "said"), [(401, "does not let this installation in"), (500, "could not answer")]
)
def test_why_the_archive_gives_no_list_is_said(open_page, archive, denies, said):
    archive.denies = denies
    assert said in words_on(asked(open_page("worklist").run(), "ACC-1"))


def test_a_study_that_arrived_can_be_opened_and_one_that_still_arrives_cannot(open_page, images, installation):
    folder = installation / "arrived"
    for quiet_s in (1, 3600):
        studies = ArrivedStudies(folder, quiet_s=quiet_s, max_age_s=3600)
    phantoms_dicom.save(images, studies.place_of("1.2.3"))
    settings = f'dicom_folder = "{folder}"\ndicom_quiet_s = '
    (installation / "deeptepp.toml").write_text(f"{settings}3600\n")
    at = open_page("worklist").run()
    assert (at.button[0].label, at.button[0].disabled) == ("Still arriving", True)
    (installation / "deeptepp.toml").write_text(f"{settings}1\n")
    for path in folder.rglob("*"):
        age(path)
    at = open_page("worklist").run()
    assert at.button[0].label == "Open"
    assert phantoms_dicom.RECORD in words_on(at)


def age(path):
    """Let a file be of half a minute ago."""
    os.utime(path, (time.time() - 30,) * 2)


def test_a_fetched_study_is_read_like_an_upload_and_one_that_is_gone_leaves_nothing(archive):
    session = fetched("1.2.3", archive)
    assert session.case.series or session.case.images
    session.erase()
    session = fetched("1.2.9", archive)
    assert (session.screen, session.refusal.rule) == (Screen.REFUSED, "pacs.no-study")
    assert session.case.upload_id not in default_store()


def fetched(study_uid, archive):
    """Session after a study was asked for."""
    session = Session()
    open_fetched(session, partial(_fetch, study_uid, Pacs(archive.url, "Archive")))
    while not default_runner().look(session.job_id, session.id).is_over:
        time.sleep(0.05)
    advance(session)
    return session
