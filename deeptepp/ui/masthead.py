"""What stands on every page: the look, and the sentence that this is research on (simulated) patients."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from deeptepp.domain.risk import RESEARCH_USE_ONLY, SIMULATED_COHORT
from deeptepp.errors import BundleError
from deeptepp.ui.loaded import loaded_bundle

_STYLE = Path(__file__).parent / "style.css"


def masthead() -> None:
    """Show the slim banner that stays in sight while the page scrolls."""
    st.html(_STYLE)
    marks = ["RESEARCH USE ONLY"]
    sentence = RESEARCH_USE_ONLY.partition(". ")[2]
    if _is_simulated():
        marks.append(SIMULATED_COHORT)
        sentence += " The model and its reference patients are simulated."
    text = "".join(f"<b>{escape(mark)}</b>" for mark in marks)
    with st.container(key="masthead"):
        st.html(f'<div class="dt-masthead" role="note">{text}<span>{escape(sentence)}</span></div>')


def _is_simulated() -> bool:
    """Tell whether the model at hand, if any, comes from simulated patients."""
    try:
        return loaded_bundle().is_simulated
    except BundleError:
        return False
