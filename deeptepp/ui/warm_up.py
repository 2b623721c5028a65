"""What is done once when the server starts, so that no visitor waits for it."""

from __future__ import annotations

import gc
import logging
from contextlib import suppress
from importlib import import_module

from deeptepp.errors import DeepTeppError
from deeptepp.ui.background.loaded import loaded_bundle

_PAGES = (
    "case.case_page",
    "tiers.tiers_page",
    "board.board_page",
    "evidence.evidence_page",
    "own_model.own_model_page",
)
"""Modules that import all that the screens need, torch and plotly among them."""


def warm_up() -> None:
    """Import what the screens need, load the model, and take all of it out of garbage collection.

    Streamlit collects garbage after every run of a script, also after every look at a progress bar. With torch
    loaded, one such collection walks over 340,000 objects, which takes 0.2 s and halts every other visitor; what
    is frozen is not walked over again.
    """
    for name in _PAGES:
        import_module(f"deeptepp.ui.{name}")
    # Without a usable model the pages say so themselves.
    with suppress(DeepTeppError):
        loaded_bundle()
    gc.collect()
    gc.freeze()
    logging.getLogger(__name__).info("ready; %d objects need no further collection", gc.get_freeze_count())
