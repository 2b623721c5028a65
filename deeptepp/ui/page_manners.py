"""What a page does beside its content: figures fit the paper when printed, and are few stops for the Tab key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer


def page_manners(marks: Sequence[str]) -> None:
    """Teach the page to be printed.

    ``marks``: such as that of simulated data, they stand at the top of every printed sheet.
    """
    said = escape("  ·  ".join(marks)).replace("\\", "").replace('"', "")
    st.html(f'<style>@page {{ @top-center {{ content: "{said}"; font: 600 9pt sans-serif; }} }}</style>')
    _component()(key="page-manners")


@cache
def _component() -> ComponentRenderer:
    """Register the component once."""
    script = files("deeptepp.ui").joinpath("page_manners.js").read_text(encoding="utf-8")
    return st.components.v2.component("deeptepp_page_manners", html="<span hidden></span>", js=script)
