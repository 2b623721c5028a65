"""What a result offers to save and to send, as far as the images and the installation allow."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
import scored_phantom
from screens import words_on
from streamlit.testing.v1 import AppTest

from deeptepp.dicom.results import dicomweb
from deeptepp.dicom.results.dicomweb import Delivery
from deeptepp.domain.risk import Stability, Tier
from deeptepp.errors import PacsRefused
from deeptepp.scoring.images import CaseImages
from deeptepp.ui.background.session import Session

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


def test_what_the_pacs_stored_is_said_and_another_result_is_not_called_sent(menu, monkeypatch, installation):
    (installation / "deeptepp.toml").write_text('pacs_url = "http://x.example"\npacs_name = "Archive"\n')
    sent = []

    def take(objects, pacs):
        sent.append((pacs.name, [each.name for each in objects]))
        return Delivery(pacs.name, tuple(each.name for each in objects), n_warnings=1)

    monkeypatch.setattr(dicomweb, "send_objects", take)
    at = menu()
    assert at.button(key="result-send").label == "Send to Archive"
    at = delivered(at)
    assert not at.exception
    assert sent == [("Archive", ["segmentation", "measurements", "report", "card"])]
    assert "Archive stored 4 objects: tumour outline (SEG)" in at.success[0].value
    assert "1 of them with a warning" in words_on(at)
    assert at.button(key="result-send").label == "Send again"
    moved = Stability({(0.0, 0.0, 0.0): 0.3}, (Tier.LOW,))
    at.session_state["deeptepp"].case.assessment = replace(ANSWER, stability=moved)
    at.run()
    assert at.button(key="result-send").label == "Send to Archive"


def test_a_refusal_of_the_pacs_is_said_with_its_reason(menu, monkeypatch):
    monkeypatch.setenv("DEEPTEPP_PACS_URL", "http://x.example")

    def refuse(_objects, pacs):
        raise PacsRefused(name=pacs.name, value=4, limit=4, reason="HTTP 403")

    monkeypatch.setattr(dicomweb, "send_objects", refuse)
    at = delivered(menu())
    assert "PACS did not take 4 of 4 objects (HTTP 403)" in words_on(at)
    assert at.button(key="result-send").label == "Send again"
