"""The drop zone: a zip, a folder or files go straight to disk, past the memory of the dashboard."""

from __future__ import annotations

import streamlit as st

from deeptepp.errors import UploadError
from deeptepp.store.upload_writer import FRAMED_TYPE
from deeptepp.store.uploads import UPLOADS_PATH, default_store
from deeptepp.ui.browser_component import browser_component
from deeptepp.ui.words.browser_words import DROP, DROP_REFUSALS, said_refusals, said_words

_SCRIPTS = ("said_words",)
"""What comes before its own script."""


def study_drop(*, key: str) -> str | None:
    """Show the drop zone.

    Returns name of the upload, in the one run that follows its end, None in every other run. What arrived is known
    to the server by the token of the page; the browser's word only brings the run about, and may be lost.
    """
    store, name = default_store(), f"{key}.token"
    held = str(st.session_state.get(name, ""))
    arrived = store.brought_by(held)
    token = held if not arrived and _serves(held) else store.issue_token()
    browser_component("viewer", "study_drop", *_SCRIPTS)(
        key=key,
        data={
            "token": token,
            "path": UPLOADS_PATH,
            "framed_type": FRAMED_TYPE,
            "max_bytes": store.max_bytes,
            "max_files": store.max_files,
            "words": said_words(DROP),
            "refusals": said_refusals(DROP_REFUSALS),
        },
        on_uploaded_change=_rerun,
        on_renew_change=_rerun,
    )
    # A run that was broken off above has told nobody of the upload, and the next one finds it again.
    st.session_state[name] = token
    return arrived


def _serves(token: str) -> bool:
    """Whether a token may still be used, or is being used."""
    try:
        default_store().check_token(token)
    except UploadError:
        return default_store().is_arriving(token)
    return True


def _rerun() -> None:
    """Let the page run again; the change itself is all that matters."""
