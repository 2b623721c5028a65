"""Choices of one among a few, side by side, of which one always holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

from deeptepp.domain.cohort import Endpoint
from deeptepp.ui.words.language import t
from deeptepp.ui.words.screen_words import label

OptionT = TypeVar("OptionT")


def segments(
    name: str,
    options: Sequence[OptionT],
    *,
    key: str,
    default: OptionT,
    named: Callable[[Any], str] = label,
    is_bare: bool = False,
    is_kept: bool = False,
    wrap: bool = False,
    help: str | None = None,  # noqa: A002 as Streamlit calls it
) -> OptionT:
    """One of some options, kept over pages with ``is_kept``; ``is_bare`` hides the name from the eye alone."""
    # The browser may still hold an option that is none any more, and nothing is chosen then.
    chosen = st.segmented_control(
        name,
        options,
        default=default,
        required=True,
        format_func=named,
        key=key,
        label_visibility="collapsed" if is_bare else "visible",
        persist_state="session" if is_kept else None,
        wrap=wrap or None,
        help=help,
    )
    return default if chosen is None else chosen


def endpoint_choice(
    key: str,
    *,
    named: Callable[[Any], str] = label,
    is_bare: bool = False,
    is_kept: bool = False,
    wrap: bool = False,
) -> Endpoint:
    """Recurrence-free survival, unless the reader chooses the other."""
    chosen = segments(
        t("End point"),
        tuple(Endpoint),
        key=key,
        default=Endpoint.RFS,
        named=named,
        is_bare=is_bare,
        is_kept=is_kept,
        wrap=wrap,
    )
    return Endpoint(chosen)
