"""What a page does beside its content: figures fit the paper when printed, and are few stops for the Tab key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from importlib.resources import files

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer


def page_look(marks: Sequence[str], style: str) -> None:
    """Give the page its style, on the screen and printed.

    ``marks``: such as that of simulated data, they stand at the top of every printed sheet; ``style``: file of the
    page's own style sheet, empty for none.
    """
    said = escape("  ·  ".join(marks)).replace("\\", "").replace('"', "")
    printed = f'@page {{ @top-center {{ content: "{said}"; font: 600 9pt sans-serif; }} }}'
    sheets = map(_file, filter(None, ("style.css", style)))
    st.html("\n".join(("<style>", *sheets, printed, "</style>")))


def page_manners(on_drafts: Callable[[], None]) -> object:
    """Teach the page to be printed and walked by keys; gives what was typed into its forms, None for no news.

    Both in one script, since every run of a page sends it. ``on_drafts``: called when there is news.
    """
    return _component()(key="tab-drafts", on_drafts_change=on_drafts).drafts


@cache
def _component() -> ComponentRenderer:
    """Register the component once."""
    return st.components.v2.component(
        "deeptepp_page_manners", html="<span hidden></span>", js=_file("page_manners.js")
    )


@cache
def _file(name: str) -> str:
    """Read what a browser gets, once."""
    return files("deeptepp.ui").joinpath(name).read_text(encoding="utf-8")
