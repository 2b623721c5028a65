"""A figure of the report on a screen: light or dark, with the words that describe it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from deeptepp.report.look.theme import for_dark_page
from deeptepp.ui.words.figure_words import in_language_of_visitor

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_NO_BUTTONS = ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "lasso2d", "select2d"]
"""Dragging zooms and a double click resets; selection would do nothing."""

_CONFIG = {"displaylogo": False, "displayModeBar": "hover", "modeBarButtonsToRemove": _NO_BUTTONS}
"""Save as image and reset stay; the style sheet puts them below the plot, off the title."""


def show_figure(figure: Figure, *, key: str, fallback_alt: str) -> None:
    """Show a figure in the colours of the page and the language of the visitor.

    ``fallback_alt``: description for who cannot see it, where the figure brings none of its own.
    """
    spoken = in_language_of_visitor(figure)
    alt = (spoken.layout.meta or {}).get("alt", fallback_alt)
    shown = for_dark_page(spoken) if st.context.theme.type == "dark" else spoken
    st.plotly_chart(shown, theme=None, config=_CONFIG, key=key, alt=alt)
