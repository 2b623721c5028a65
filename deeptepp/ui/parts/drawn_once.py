"""Parts of a page that are the same for every visitor: drawn once, then sent again as they were."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from deeptepp.ui.words.language import current_language

P = ParamSpec("P")

_N_KEPT = 32
"""Drawings kept of each part: two languages on two themes, with what can be chosen, for two models."""


def drawn_once(draw: Callable[P, None]) -> Callable[P, None]:
    """Let a function draw once for all visitors who read it in the same language and theme; no control may be in it.

    For what rests on the model of this server alone, never on a case or a visitor's table. Its arguments name what
    is drawn; one that begins with ``_`` is not looked at, and needs a digest beside it that names it.
    """

    @st.cache_resource(max_entries=_N_KEPT, show_spinner=False)
    @wraps(draw)
    def kept(*args: P.args, **kwargs: P.kwargs) -> None:
        draw(*args, **{name: value for name, value in kwargs.items() if name != "look"})

    @wraps(draw)
    def shown(*args: P.args, **kwargs: P.kwargs) -> None:
        look = f"{current_language()} {st.context.theme.type}"
        kept(*args, **kwargs | {"look": look})

    return shown
