"""Parts of a page that a browser script draws: markup, style and script of one name, in a folder of screens."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer


@cache
def browser_component(folder: str, name: str, *before: str) -> ComponentRenderer:
    """Register a component once.

    ``folder``: of ``deeptepp.ui``; ``before``: scripts that come before its own: a component is loaded as one
    text, which cannot import its neighbours.
    """
    assets = files("deeptepp.ui").joinpath(folder)

    def text(file: str) -> str:
        """Read one of its files."""
        return assets.joinpath(file).read_text(encoding="utf-8")

    scripts = "\n".join(text(f"{script}.js") for script in (*before, name))
    return st.components.v2.component(
        f"deeptepp_{name}", html=text(f"{name}.html"), css=text(f"{name}.css"), js=scripts
    )
