"""The drop zone: a zip, a folder or files go straight to disk, past the memory of the dashboard."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from deeptepp.errors import UploadError
from deeptepp.store.upload_writer import FRAMED_TYPE
from deeptepp.store.uploads import UPLOADS_PATH, default_store
from deeptepp.ui.words.drop_words import drop_refusals, drop_words

_SCRIPTS = ("said_words.js", "study_drop.js")
"""Parts of one module, in order."""

_HTML = """
<section class="drop" data-part="zone" role="group" data-aria="zone">
  <input type="file" multiple data-part="files-input" tabindex="-1" aria-hidden="true">
  <input type="file" webkitdirectory data-part="folder-input" tabindex="-1" aria-hidden="true">
  <div data-part="idle">
    <svg class="icon" viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2.4"
      stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d="M24 31V12M16 19l8-8 8 8"/><path d="M8 29v8a3 3 0 0 0 3 3h26a3 3 0 0 0 3-3v-8"/></svg>
    <h2 data-say="heading"></h2>
    <p class="quiet" data-part="what"></p>
    <div class="row">
      <button type="button" class="main" data-part="files" data-say="files"></button>
      <button type="button" data-part="folder" data-say="folder"></button>
    </div>
    <p class="quiet" data-say="privacy"></p>
    <p class="error" role="alert" data-part="error" hidden></p>
  </div>
  <div data-part="busy" hidden>
    <h2 data-part="title"></h2>
    <div class="bar" role="progressbar" data-aria="upload" aria-valuemin="0" aria-valuemax="100" data-part="bar">
      <i></i></div>
    <p class="numbers" data-part="numbers"></p>
    <div class="row"><button type="button" data-part="cancel" data-say="cancel"></button></div>
  </div>
  <p class="quiet" role="status" data-part="status"></p>
</section>
"""


def study_drop(*, key: str) -> str | None:
    """Show the drop zone.

    Returns name of the upload, in the one run that follows its end, None in every other run. What arrived is known
    to the server by the token of the page; the browser's word only brings the run about, and may be lost.
    """
    store, name = default_store(), f"{key}.token"
    held = str(st.session_state.get(name, ""))
    arrived = store.brought_by(held)
    token = held if not arrived and _serves(held) else store.issue_token()
    _component()(
        key=key,
        data={
            "token": token,
            "path": UPLOADS_PATH,
            "framed_type": FRAMED_TYPE,
            "max_bytes": store.max_bytes,
            "max_files": store.max_files,
            "words": drop_words(),
            "refusals": drop_refusals(),
        },
        on_uploaded_change=_rerun,
        on_renew_change=_rerun,
    )
    # A run that was broken off above has told nobody of the upload, and the next one finds it again.
    st.session_state[name] = token
    return arrived


@cache
def _component() -> ComponentRenderer:
    """Register the component once."""
    assets = files("deeptepp.ui.viewer")
    return st.components.v2.component(
        "deeptepp_study_drop",
        html=_HTML,
        css=assets.joinpath("study_drop.css").read_text(encoding="utf-8"),
        # A component is loaded as one text, which cannot import its neighbours.
        js="\n".join(assets.joinpath(name).read_text(encoding="utf-8") for name in _SCRIPTS),
    )


def _serves(token: str) -> bool:
    """Whether a token may still be used, or is being used."""
    try:
        default_store().check_token(token)
    except UploadError:
        return default_store().is_arriving(token)
    return True


def _rerun() -> None:
    """Let the page run again; the change itself is all that matters."""
