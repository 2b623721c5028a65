"""Where the keyboard goes: to the heading of a new screen, and past the viewer by links that show on focus."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer


def focus_heading(screen: str) -> None:
    """Put the focus on the heading of the page when another screen comes, not on the first visit.

    ``screen``: name of the screen, a change of it moves the focus.
    """
    with st.container(key="page-focus"):
        _component()(key="page-focus-heading", data={"screen": screen})


def skip_links(links: Mapping[str, str]) -> None:
    """Offer to go past what comes between, by keyboard alone.

    ``links``: what each says, in the language of the visitor, and the CSS selector of where it goes.
    """
    listed = [{"words": words, "selector": selector} for words, selector in links.items()]
    with st.container(key="page-skip"):
        _component()(key="page-focus-links", data={"links": listed})


@cache
def _component() -> ComponentRenderer:
    """Register the component once."""
    assets = files("deeptepp.ui.parts")
    return st.components.v2.component(
        "deeptepp_page_focus",
        html='<div data-part="links"></div>',
        css=assets.joinpath("page_focus.css").read_text(encoding="utf-8"),
        js=assets.joinpath("page_focus.js").read_text(encoding="utf-8"),
    )
