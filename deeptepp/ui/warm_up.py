"""What is done once when the server starts, so that no visitor waits for it."""

from __future__ import annotations

import gc
import logging
from contextlib import suppress

from deeptepp.errors import DeepTeppError
from deeptepp.ui.background.loaded import loaded_bundle
from deeptepp.ui.words.page_list import PAGES, function_of


def warm_up() -> None:
    """Import what the screens need, load the model, and take all of it out of garbage collection.

    Streamlit collects garbage after every run of a script, also after every look at a progress bar. With torch
    loaded, one such collection walks over 340,000 objects, which takes 0.2 s and halts every other visitor; what
    is frozen is not walked over again.
    """
    for page in PAGES.values():
        function_of(page.draws)
    # Without a usable model the pages say so themselves.
    with suppress(DeepTeppError):
        loaded_bundle()
    gc.collect()
    gc.freeze()
    logging.getLogger(__name__).info("ready; %d objects need no further collection", gc.get_freeze_count())
