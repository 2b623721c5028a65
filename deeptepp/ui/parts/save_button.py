"""A button that saves what is at hand as a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import Literal

import streamlit as st

_KINDS = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".toml": "application/toml",
}
"""Media types by the ending of the name."""


def save_button(
    name: str,
    content: str | bytes | Callable[[], bytes],
    file_name: str,
    *,
    key: str | None = None,
    kind: Literal["primary", "secondary"] = "secondary",
    width: Literal["content", "stretch"] = "content",
) -> None:
    """Show the button; the page does not run again when it is used.

    ``content``: what is saved, or makes it once it is asked for.
    """
    mime = _KINDS.get(PurePath(file_name).suffix, "application/zip")
    st.download_button(
        name, content, file_name=file_name, mime=mime, on_click="ignore", key=key, type=kind, width=width
    )
