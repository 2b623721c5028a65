"""The board of this server, opened once and shared by every session."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from deeptepp.domain.people import Action
from deeptepp.store.cases import Board, board_address
from deeptepp.ui.guard import require


def open_board() -> Board:
    """Board of this installation.

    Returns safe to share between sessions. Raises BadSetting: the address in the settings is of no database that
    is known here; BoardStoreError: the database does not answer, or was made by another version. Asked again, it
    is tried again.
    """
    address = board_address()
    return _opened(address if "://" in address else str(Path(address).resolve()))


def board_for(action: Action) -> Board:
    """Board of this installation, to change something on it.

    Raises as ``open_board``; AccessError: whoever is at the page may not do that.
    """
    require(action)
    return open_board()


@st.cache_resource(max_entries=4, show_spinner=False, on_release=Board.close)
def _opened(address: str) -> Board:
    """Open one board."""
    return Board(address)
