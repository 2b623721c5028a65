"""First values of controls, told to the browser until a page run that drew them has surely reached it.

A value that is put into ``st.session_state`` reaches the browser only with the run that put it there. Where the
visitor cuts that run short, or a busy browser draws only the run after it, a control stands at its first option.
With the next click the browser sends that option as if it had been chosen. Controls are therefore drawn with what
they hold as their default, too::

    seed("tiers-horizon", 60.0)
    st.slider(..., value=st.session_state["tiers-horizon"], key="tiers-horizon")
"""

from __future__ import annotations

import math
from time import monotonic

import streamlit as st

_UNTOLD = "deeptepp-untold"
"""Key of ``st.session_state``: when the last whole run ended since each control was given its value, s."""

_DELIVERY_S = 0.5
"""What a run drew last can be dropped when the next run begins before it was sent; this is ample to send it."""


def seed(key: str, value: object, *, again: bool = False) -> None:
    """Give a control its first value, before it is drawn."""
    untold: dict[str, float] = st.session_state.setdefault(_UNTOLD, {})
    if again or key not in st.session_state:
        untold[key] = math.inf
        st.session_state[key] = value
    elif key in untold and monotonic() - untold[key] > _DELIVERY_S:
        del untold[key]
    elif key in untold:
        st.session_state[key] = st.session_state[key]


def whole_run() -> None:
    """Note that a run of the page, or of a part of it, has reached its end."""
    untold: dict[str, float] = st.session_state.setdefault(_UNTOLD, {})
    untold.update(dict.fromkeys(untold, monotonic()))
