"""What stands on every page: the look, and the sentence that this is research on (simulated) patients."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from deeptepp.domain.risk import RESEARCH_USE_ONLY, SIMULATED_COHORT
from deeptepp.errors import BundleError
from deeptepp.ui.language import in_both, language_switch, read_language, t
from deeptepp.ui.loaded import loaded_bundle
from deeptepp.ui.page_manners import page_manners
from deeptepp.ui.visitors import greet_visitor

SIMULATED = "The model and its reference patients are simulated."
"""Said beside the mark while the model is a simulated one."""

_STYLE = Path(__file__).parent / "style.css"


def masthead() -> None:
    """Show the slim banner that stays in sight while the page scrolls."""
    greet_visitor()
    st.html(_STYLE)
    read_language()
    marks, sentences = ["RESEARCH USE ONLY"], [RESEARCH_USE_ONLY.partition(". ")[2]]
    if _is_simulated():
        marks.append(SIMULATED_COHORT)
        sentences.append(SIMULATED)
    text = "".join(f"<b>{escape(in_both(mark))}</b>" for mark in marks)
    said = escape(" ".join(t(sentence) for sentence in sentences))
    with st.container(key="masthead", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<div class="dt-masthead" role="note">{text}<span>{said}</span></div>', width="stretch")
        language_switch()
    page_manners([in_both(mark) for mark in marks])


def _is_simulated() -> bool:
    """Tell whether the model at hand, if any, comes from simulated patients."""
    try:
        return loaded_bundle().is_simulated
    except BundleError:
        return False
