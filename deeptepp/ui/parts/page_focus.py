"""Where the keyboard goes: to the heading of a new screen, and past the viewer by links that show on focus."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from deeptepp.ui.browser_component import browser_component


def focus_heading(screen: str) -> None:
    """Put the focus on the heading of the page when another screen comes, not on the first visit.

    ``screen``: name of the screen, a change of it moves the focus.
    """
    with st.container(key="page-focus"):
        browser_component("parts", "page_focus")(key="page-focus-heading", data={"screen": screen})


def skip_links(links: Mapping[str, str]) -> None:
    """Offer to go past what comes between, by keyboard alone.

    ``links``: what each says, in the language of the visitor, and the CSS selector of where it goes.
    """
    listed = [{"words": words, "selector": selector} for words, selector in links.items()]
    with st.container(key="page-skip"):
        browser_component("parts", "page_focus")(key="page-focus-links", data={"links": listed})
