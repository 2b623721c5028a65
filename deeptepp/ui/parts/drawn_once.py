"""Parts of a page that are the same for every visitor: drawn once, then sent again as they were."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Concatenate, ParamSpec, TypeVar

import streamlit as st

from deeptepp.ui.words.language import current_language

P = ParamSpec("P")
SourceT = TypeVar("SourceT")

_N_KEPT = 128
"""Drawings kept of all parts: some ten of them in two languages and two themes, for two models, with what can be
chosen; the largest has 0.2 MB."""


def drawn_once(
    draw: Callable[Concatenate[SourceT, str, P], None],
) -> Callable[Concatenate[SourceT, str, P], None]:
    """Let a function draw once for all who read it in the same language and theme; no control may be in it.

    Its first argument is what is drawn, the second names that: empty where it rests on a case or on a visitor's
    table, which is drawn anew each time and kept nowhere. Whatever else it depends on is in the arguments behind.
    """

    @wraps(draw)
    def shown(source: SourceT, name: str, /, *args: P.args, **kwargs: P.kwargs) -> None:
        drawing = partial(draw, source, name, *args, **kwargs)
        if name:
            part = (draw.__module__, draw.__qualname__, name, args, kwargs)
            _kept(part, current_language().value, st.context.theme.type or "", drawing)
        else:
            drawing()

    return shown


@st.cache_resource(max_entries=_N_KEPT, show_spinner=False)
def _kept(part: tuple[object, ...], language: str, theme: str, _draw: Callable[[], None]) -> None:
    """Draw; Streamlit sends the same elements again to whoever asks later."""
    _draw()
