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

    Returns name of the upload, in the one run that follows its end, None in every other run.
    """
    store = default_store()
    result = browser_component("viewer", "study_drop", *_SCRIPTS)(
        key=key,
        data={
            "token": _open_token(f"{key}.token"),
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
    upload_id = result.uploaded
    # What a browser says is checked: only a complete upload of this server counts.
    return upload_id if isinstance(upload_id, str) and upload_id in store else None


def _open_token(name: str) -> str:
    """Keep the token of the session while it serves, else issue another."""
    store, token = default_store(), str(st.session_state.get(name, ""))
    try:
        store.check_token(token)
    except UploadError:
        token = st.session_state[name] = store.issue_token()
    return token


def _rerun() -> None:
    """Let the page run again; the change itself is all that matters."""
