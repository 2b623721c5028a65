"""Fragments of a page: parts that a click in them, or a clock, draws again alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import streamlit as st

P = ParamSpec("P")
R = TypeVar("R")


def fragment(*, run_every: float | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function a fragment that stands in a container of the page.

    ``run_every``: seconds between two runs, None for runs on clicks only. A run of a fragment throws away what
    was drawn of it and not sent yet, its own container included (Streamlit 1.67). On a busy server the next part
    of the page would then reach the browser before the fragment, which ends the page ("Bad delta path index").
    The container around it belongs to the page, is not thrown away, and keeps the place.
    """

    def decorate(draw: Callable[P, R]) -> Callable[P, R]:
        alone = st.fragment(draw, run_every=run_every)

        @wraps(draw)
        def in_its_place(*args: P.args, **kwargs: P.kwargs) -> R:
            with st.container():
                return alone(*args, **kwargs)

        return in_its_place

    return decorate
