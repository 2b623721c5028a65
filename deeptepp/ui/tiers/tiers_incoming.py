"""The table that a visitor has handed in, while it is on its way to become a cohort."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from deeptepp.datasets.columns.mapping import Mapping
from deeptepp.datasets.columns.sheets import Sheet
from deeptepp.datasets.problems import Problem
from deeptepp.datasets.public.imported import PublicSource
from deeptepp.ui.background.visitors import remember_visitor

_KEY = "deeptepp-tiers-incoming"


@dataclass(slots=True)
class Incoming:
    """One file.

    ``table``: name of a file that stands for it in a command line, never the visitor's own; ``sheet``: its cells,
    where its columns have to be matched; ``version``: counts the mappings that were loaded, so that the controls
    begin anew with each; ``loaded``: digest of the mapping that was loaded last; ``is_asked_for``: the import of a
    public table was begun.
    """

    digest: str
    table: str = "YOUR-TABLE.csv"
    public: PublicSource | None = None
    is_workbook: bool = False
    sheet: Sheet | None = None
    mapping: Mapping = field(default_factory=Mapping)
    version: int = 0
    loaded: str = ""
    problems: tuple[Problem, ...] = ()
    is_asked_for: bool = False

    def erase(self) -> None:
        """Forget the cells."""
        self.sheet = None


def incoming_table(digest: str, new: Incoming | None = None) -> Incoming | None:
    """Table of a file, and keep a new one in place of the last.

    Returns None where the file has not been looked at.
    """
    if new is not None:
        st.session_state[_KEY] = new
        remember_visitor(new.erase)
    kept: Incoming | None = st.session_state.get(_KEY)
    return kept if kept is not None and kept.digest == digest else None
