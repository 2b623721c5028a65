"""What the worklist of one visitor holds: the answer of the PACS, in memory alone, until she leaves."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from deeptepp.dicom.archive.query import Worklist
from deeptepp.errors import DeepTeppError
from deeptepp.ui.background.visitors import remember_visitor

_KEY = "deeptepp-worklist"


@dataclass(slots=True)
class WorklistState:
    """Last answer, or why there is none; neither before the first search."""

    found: Worklist | None = field(default=None, repr=False)
    refusal: DeepTeppError | None = None

    def erase(self) -> None:
        """Let go of what names patients."""
        self.found = self.refusal = None


def worklist_state() -> WorklistState:
    """State of this visitor, new on the first visit, erased some time after she has left."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = WorklistState()
        remember_visitor(st.session_state[_KEY].erase)
    state: WorklistState = st.session_state[_KEY]
    return state
