"""What a result offers to save and to send, as far as the images and the installation allow."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
import scored_phantom
from pydicom.dataset import Dataset
from screens import words_on
from streamlit.testing.v1 import AppTest

from deeptepp.dicom.results import dicomweb
from deeptepp.dicom.results.dicomweb import Check, Delivery, Plan
from deeptepp.dicom.results.filing import FiledUnder
from deeptepp.dicom.results.objects import ResultObject
from deeptepp.dicom.results.stow_answer import Remark
from deeptepp.domain.risk import Stability, Tier
from deeptepp.errors import PacsRefused
from deeptepp.scoring.images import CaseImages
from deeptepp.ui.background.session import Session
from deeptepp.ui.case import case_pacs

ANSWER = replace(scored_phantom.assessed(), is_simulated=True)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    reading = scored_phantom.read_phantom(tmp_path_factory.mktemp("files"))
    return CaseImages(reading.study, reading.series, None, (), scored_phantom.PHASE, None, reading.source)


def script():
    """The menu alone, on the session of the test."""
    import streamlit as st

    from deeptepp.ui.background.loaded import loaded_bundle
    from deeptepp.ui.case.case_export import export_menu

    session = st.session_state["deeptepp"]
    export_menu(session, session.case.assessment, loaded_bundle())


@pytest.fixture
def menu(images):
    def open_(**changes):
        session = Session()
        session.case.images, session.case.assessment = replace(images, **changes), ANSWER
        at = AppTest.from_function(script, default_timeout=60)
        at.session_state["deeptepp"] = session
        return at.run()

    return open_


def keys(at):
    return {element.key for kind in ("button", "download_button") for element in at.get(kind)}


def delivered(at):
    """Send, and wait as the browser does."""
    at.button(key="result-send").click().run()
    end = time.monotonic() + 60
    while at.session_state["deeptepp"].case.extra.jobs:
        assert time.monotonic() < end
        time.sleep(0.05)
        at.run()
    return at.run()


def test_without_a_pacs_everything_can_be_saved_and_nothing_sent(menu):
    assert keys(menu()) == {"result-one-page", "result-pdf", "result-json", "result-dicom"}


def test_without_uids_there_are_no_dicom_objects(menu, monkeypatch):
    monkeypatch.setenv("DEEPTEPP_PACS_URL", "http://127.0.0.1:9/dicom-web")
    at = menu(source=None)
    assert keys(at) == {"result-one-page", "result-pdf", "result-json"}
    assert "lack the identifiers" in words_on(at)


def test_an_address_that_is_none_is_said_and_not_used(menu, monkeypatch):
    monkeypatch.setenv("DEEPTEPP_PACS_URL", "pacs.example")
    at = menu()
    assert "pacs_url" in words_on(at)
    assert "result-send" not in keys(at)


PLAN = Plan("Archive", FiledUnder.PATIENT_IN_PACS, n_earlier=2)
DELIVERY = Delivery(
    "Archive",
    FiledUnder.PATIENT_IN_PACS,
    ("segmentation", "measurements", "report"),
    (),
    (Remark("card", "0x0122", "it does not store this class of objects"),),
    (Remark("report", "0xB000", "it changed some elements"),),
    2,
    Check(3, is_study_whole=True),
)


@pytest.fixture
def archive(monkeypatch, installation):
    """An archive that agrees to everything; what it was asked."""
    (installation / "deeptepp.toml").write_text('pacs_url = "http://x.example"\npacs_name = "Archive"\n')
    asked, names = [], ("segmentation", "measurements", "report", "card")
    # What is in them is drawn and tested elsewhere, and takes seconds.
    monkeypatch.setattr(
        case_pacs, "case_objects", lambda *_, **__: tuple(ResultObject(name, Dataset()) for name in names)
    )

    def answer(kind, made):
        def give(objects, pacs):
            asked.append((kind, pacs.name, [each.name for each in objects]))
            return made

        return give

    monkeypatch.setattr(dicomweb, "plan_sending", answer("plan", PLAN))
    monkeypatch.setattr(dicomweb, "send_objects", answer("send", DELIVERY))
    return asked


def test_whose_a_result_will_be_is_said_before_it_is_sent(menu, archive):
    at = menu()
    assert at.button(key="result-send").label == "Send to Archive"
    at = delivered(at)
    assert not at.exception
    assert [kind for kind, *_ in archive] == ["plan"]
    said = words_on(at)
    assert "filed in it, under its patient as Archive knows her" in said
    assert "supersedes 2 earlier results" in said
    assert at.button(key="result-send").label == "Send now"


def test_what_became_of_every_object_is_said_and_another_result_is_not_called_sent(menu, archive):
    at = delivered(delivered(menu()))
    assert not at.exception
    assert archive[1:] == [("send", "Archive", ["segmentation", "measurements", "report", "card"])]
    assert "Archive stored 3 objects: tumour outline (SEG)" in at.success[0].value
    said = words_on(at)
    assert "Not stored: card (picture), since it does not store this class of objects (0x0122)." in said
    assert "Stored with a warning: report (PDF), since it changed some elements (0xB000)." in said
    assert "Checked: all of them are in Archive" in said
    assert at.button(key="result-send").label == "Send again"
    moved = Stability({(0.0, 0.0, 0.0): 0.3}, (Tier.LOW,))
    at.session_state["deeptepp"].case.assessment = replace(ANSWER, stability=moved)
    at.run()
    assert at.button(key="result-send").label == "Send to Archive"


@pytest.mark.parametrize(
    ("check", "said"),
    [(Check(1, True), "shows 1 of 3 objects so far"), (Check(3, False), "not answer for the study")],
)
def test_what_the_check_afterwards_found_is_said(menu, archive, monkeypatch, check, said):
    monkeypatch.setattr(dicomweb, "send_objects", lambda *_: replace(DELIVERY, check=check))
    assert said in words_on(delivered(delivered(menu())))


def test_a_refusal_of_the_pacs_is_said_with_its_reason(menu, archive, monkeypatch):
    def refuse(_objects, pacs):
        raise PacsRefused(name=pacs.name, value=4, limit=4, reason="it has no room left (0xA700)")

    monkeypatch.setattr(dicomweb, "send_objects", refuse)
    at = delivered(delivered(menu()))
    assert "Archive did not take 4 of 4 objects (it has no room left (0xA700))" in words_on(at)
    assert at.button(key="result-send").label == "Send again"
