"""The drop zone: a zip, a folder or files go straight to disk, past the memory of the dashboard."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from deeptepp.errors import UploadError
from deeptepp.store.upload_writer import FRAMED_TYPE
from deeptepp.store.uploads import UPLOADS_PATH, default_store

_HTML = """
<section class="drop" data-part="zone" role="group" aria-label="Hand in a breast MR study">
  <input type="file" multiple data-part="files-input" tabindex="-1" aria-hidden="true">
  <input type="file" webkitdirectory data-part="folder-input" tabindex="-1" aria-hidden="true">
  <div data-part="idle">
    <svg class="icon" viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="2.4"
      stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d="M24 31V12M16 19l8-8 8 8"/><path d="M8 29v8a3 3 0 0 0 3 3h26a3 3 0 0 0 3-3v-8"/></svg>
    <h2>Drop the breast MR study here</h2>
    <p class="quiet">A zip archive, a folder, DICOM or NIfTI files of one patient,
      up to <span data-part="limit"></span>. Zip NIfTI files, so that their names tell the phases.</p>
    <div class="row">
      <button type="button" class="main" data-part="files">Choose zip or files</button>
      <button type="button" data-part="folder">Choose folder</button>
    </div>
    <p class="quiet">File names stay on your computer. The uploaded files are deleted once the case is scored.</p>
    <p class="error" role="alert" data-part="error" hidden></p>
  </div>
  <div data-part="busy" hidden>
    <h2 data-part="title"></h2>
    <div class="bar" role="progressbar" aria-label="Upload" aria-valuemin="0" aria-valuemax="100" data-part="bar">
      <i></i></div>
    <p class="numbers" data-part="numbers"></p>
    <div class="row"><button type="button" data-part="cancel">Cancel</button></div>
  </div>
  <p class="quiet" role="status" data-part="status"></p>
</section>
"""


def study_drop(*, key: str) -> str | None:
    """Show the drop zone.

    Parameters
    ----------
    key : str
        Of the widget.

    Returns
    -------
    str or None
        Name of the upload, in the one run that follows its end; None in every other run.
    """
    store = default_store()
    result = _component()(
        key=key,
        data={
            "token": _open_token(f"{key}.token"),
            "path": UPLOADS_PATH,
            "framed_type": FRAMED_TYPE,
            "max_bytes": store.max_bytes,
            "max_files": store.max_files,
        },
        on_uploaded_change=_rerun,
        on_renew_change=_rerun,
    )
    upload_id = result.uploaded
    # What a browser says is checked: only a complete upload of this server counts.
    return upload_id if isinstance(upload_id, str) and upload_id in store else None


@cache
def _component() -> ComponentRenderer:
    """Register the component once."""
    assets = files("deeptepp.ui")
    return st.components.v2.component(
        "deeptepp_study_drop",
        html=_HTML,
        css=assets.joinpath("study_drop.css").read_text(encoding="utf-8"),
        js=assets.joinpath("study_drop.js").read_text(encoding="utf-8"),
    )


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
