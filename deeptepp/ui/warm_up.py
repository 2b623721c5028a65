"""What is done once when the server starts, so that no visitor waits for it."""

from __future__ import annotations

import ast
import gc
import logging
from contextlib import suppress
from importlib import import_module

from deeptepp.errors import DeepTeppError
from deeptepp.ui.background.loaded import loaded_bundle
from deeptepp.ui.board.board_store import open_board
from deeptepp.ui.words.page_list import PAGES, PAGES_FOLDER


def warm_up() -> None:
    """Import what the screens need, load the model, open the board, and take all of it out of garbage collection.

    Streamlit collects garbage after every run of a script, also after every look at a progress bar. With torch
    loaded, one such collection walks over 340,000 objects, which takes 0.2 s and halts every other visitor; what
    is frozen is not walked over again. What opens the board alone has 20,000, which took a third of a page run.
    """
    for name in PAGES:
        # Not run: a page draws itself, which needs a visitor.
        for statement in ast.parse((PAGES_FOLDER / f"{name}.py").read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.ImportFrom):
                import_module(str(statement.module))
    # Without a usable model or board the pages say so themselves.
    for ready in (loaded_bundle, open_board):
        with suppress(DeepTeppError, OSError):
            ready()
    gc.collect()
    gc.freeze()
    logging.getLogger(__name__).info("ready; %d objects need no further collection", gc.get_freeze_count())
