"""Claims on the drop zone and the uploads it gives to the page."""

import pytest
from streamlit.testing.v1 import AppTest

from deeptepp.store.uploads import default_store


def page_with_a_drop_zone():
    import streamlit as st

    from deeptepp.ui.viewer.study_drop import study_drop

    arrived = study_drop(key="drop")
    if arrived:
        st.session_state.setdefault("arrived", []).append(arrived)


@pytest.fixture
def page():
    return AppTest.from_function(page_with_a_drop_zone).run()


def arrived(page):
    state = page.run().session_state
    return state["arrived"] if "arrived" in state else []  # noqa: SIM401  the state of a test has no get


def test_an_upload_is_given_once_whichever_run_comes_first(page):
    token = page.session_state["drop.token"]
    with default_store().begin(token, is_framed=False) as writer:
        writer.feed(b"first half, ")
        assert arrived(page) == []
        assert page.session_state["drop.token"] == token, "an upload under way keeps its token"
        writer.feed(b"second half")
        upload = writer.finish()
    assert arrived(page) == [upload.upload_id]
    assert page.session_state["drop.token"] != token
    assert arrived(page) == [upload.upload_id]
    default_store().delete(upload.upload_id)


def test_an_upload_that_broke_off_leaves_a_fresh_token(page):
    token = page.session_state["drop.token"]
    with default_store().begin(token, is_framed=False) as writer:
        writer.feed(b"half")
    assert arrived(page) == []
    assert page.session_state["drop.token"] != token
