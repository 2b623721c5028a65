"""What the address of the board says: names in it stay the same in every language."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from deeptepp.ui.background.seeds import seed


def from_address(key: str, name: str, known: Iterable[str]) -> None:
    """Set a widget of several choices from the address, before it is drawn for the first time.

    ``known``: values that the widget offers, others are ignored.
    """
    asked = st.query_params.get_all(name)
    seed(key, [value for value in known if value in asked])


def to_address(name: str, values: list[str]) -> None:
    """Write the choices of a widget into the address."""
    if values == st.query_params.get_all(name):
        return
    if values:
        st.query_params[name] = values
    else:
        st.query_params.pop(name, None)
