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

    Parameters
    ----------
    digest : str
        Of the file.
    table : str
        Name of a file that stands for it in a command line; never the visitor's own.
    public : PublicSource or None
        The public table that it is.
    is_workbook : bool
        Whether it is an Excel workbook.
    sheet : Sheet or None
        Its cells, where its columns have to be matched.
    mapping : Mapping
        What the columns are guessed, or said by a file, to be.
    version : int
        Counts the mappings that were loaded, so that the controls begin anew with each.
    loaded : str
        Digest of the mapping that was loaded last.
    problems : tuple of Problem
        What was found in a public table.
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

    def erase(self) -> None:
        """Forget the cells."""
        self.sheet = None


def incoming_table(digest: str, new: Incoming | None = None) -> Incoming | None:
    """Give the table of a file, and keep a new one in place of the last.

    Parameters
    ----------
    digest : str
        Of the file.
    new : Incoming, optional
        To be kept.

    Returns
    -------
    Incoming or None
        None where the file has not been looked at.
    """
    if new is not None:
        st.session_state[_KEY] = new
        remember_visitor(new.erase)
    kept: Incoming | None = st.session_state.get(_KEY)
    return kept if kept is not None and kept.digest == digest else None
