"""A table of a report on the screen."""

from __future__ import annotations

import streamlit as st

from deeptepp.domain.risk import Tier
from deeptepp.report.look.theme import TIER_GLYPHS
from deeptepp.report.text_table import Table
from deeptepp.ui.words.language import say


def show_table(table: Table, *, has_note: bool = True) -> None:
    """Show a table in the language of the visitor, and its note."""
    names = [say(name) for name in table.header]
    st.table(
        [dict(zip(names, map(_cell, row), strict=True)) for row in table.rows],
        hide_index=True,
        border="horizontal",
    )
    if has_note and table.note:
        st.caption(say(table.note))


def _cell(words: str) -> str:
    """Say a cell; a tier brings its shape."""
    tier = next((tier for tier in Tier if tier.value == words), None)
    return say(words) if tier is None else f"{TIER_GLYPHS[tier]} {say(words)}"
