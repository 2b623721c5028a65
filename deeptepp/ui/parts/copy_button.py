"""A button that copies a text in one click, says so, and shows what was copied."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from deeptepp.ui.words.language import t

_HTML = """
<div class="dt-copy"><button type="button" data-part="copy" aria-expanded="false"></button>
<div class="panel" data-part="panel" role="group" hidden>
  <header><span data-part="said" role="status"></span><button type="button" data-part="close"></button></header>
  <pre data-part="text"></pre>
</div></div>
"""


def copy_button(name: str, text: str, *, key: str) -> None:
    """Show the button."""
    _component()(
        key=key,
        data={
            "button": name,
            "text": text,
            "done": t("Copied. The text holds no identifier of the patient."),
            "failed": t("The browser does not allow copying. Select the text and copy it."),
            "close": t("Hide the text"),
        },
    )


@cache
def _component() -> ComponentRenderer:
    """Register the component once."""
    assets = files("deeptepp.ui.parts")
    return st.components.v2.component(
        "deeptepp_copy_button",
        html=_HTML,
        css=assets.joinpath("copy_button.css").read_text(encoding="utf-8"),
        js=assets.joinpath("copy_button.js").read_text(encoding="utf-8"),
    )
