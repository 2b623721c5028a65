"""Screens are tested in process: the tiny bundle, one worker per test, and no browser."""

from __future__ import annotations

import pytest
import streamlit as st
import tiny_bundle
from screens import ROOT
from streamlit.testing.v1 import AppTest

from deeptepp.domain.people import Person, Role
from deeptepp.service.sign_in_sessions import default_sign_ins, digest_of
from deeptepp.store.uploads import default_store
from deeptepp.ui.background.jobs import close_default_runner
from deeptepp.ui.tiers import tiers_reading


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory):
    return tiny_bundle.make_tiny_bundle(tmp_path_factory.mktemp("artifacts") / "tiny")


@pytest.fixture(autouse=True)
def installation(bundle_folder, tmp_path, monkeypatch):
    """A server with the tiny bundle, no settings file, nothing cached and no job of an earlier test."""
    monkeypatch.setenv("DEEPTEPP_ARTIFACTS", str(bundle_folder))
    monkeypatch.delenv("DEEPTEPP_PACS_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tiers_reading, "QUICK_S", 50)
    st.cache_data.clear()
    yield tmp_path
    close_default_runner()


@pytest.fixture
def sign_in(installation, monkeypatch):
    """Demand a sign-in, and sign somebody in by her roles; without any call nobody is."""
    (installation / "deeptepp.toml").write_text("is_login_required = true\n", encoding="utf-8")
    monkeypatch.setattr("deeptepp.ui.guard._digest", lambda: "")

    def sign_in_(*roles: Role, subject: str = "s-1") -> str:
        name = default_sign_ins().begin(Person(subject, "Dr. Example", frozenset(roles)))
        monkeypatch.setattr("deeptepp.ui.guard._digest", lambda: digest_of(name))
        return digest_of(name)

    return sign_in_


@pytest.fixture
def open_page():
    """Open one page file by itself."""

    def open_(name: str) -> AppTest:
        return AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=60)

    return open_


@pytest.fixture
def hand_in():
    """Put a file where the drop zone would have put it; gives the name of the upload."""

    def hand_in_(content: bytes) -> str:
        store = default_store()
        with store.begin(store.issue_token(), is_framed=False) as writer:
            writer.feed(content)
            return writer.finish().upload_id

    return hand_in_
