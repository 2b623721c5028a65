"""What is looked after while a server runs: that cases can be written, and that nothing is kept too long."""

from __future__ import annotations

import logging
import os
import time

from deeptepp.config import Settings
from deeptepp.errors import DeepTeppError
from deeptepp.store.cases import Board, board_address, images_folder
from deeptepp.store.database import check_place
from deeptepp.store.private_files import private_folder

_LOG = logging.getLogger(__name__)

_EVERY_S = 3600.0
"""Seconds between two looks; retention is counted in days."""

_swept_at_s = -_EVERY_S


def prepare_places() -> None:
    """See, before anybody is served, that cases and images can be written, and that nobody else can read them.

    Raises BoardRefuses: they cannot; BadSetting: the address is of no database. A PostgreSQL that does not answer
    yet is no reason: it is asked again with every page.
    """
    # Whatever this process writes is for its user alone.
    os.umask(0o077)
    address = board_address()
    check_place(address)
    check_place(str(private_folder(images_folder(address).parent) / "x"))


def sweep_kept(settings: Settings) -> None:
    """Delete cases and images whose time has passed, once an hour; a fault is logged by kind and ends nothing."""
    global _swept_at_s
    if time.monotonic() - _swept_at_s < _EVERY_S:
        return
    _swept_at_s = time.monotonic()
    try:
        board = Board(board_address())
        try:
            n_cases, n_images = board.kept.sweep(settings.case_kept_days, settings.images_kept_days)
        finally:
            board.close()
    except (DeepTeppError, OSError) as error:
        _LOG.warning("retention was not looked after: %s", type(error).__name__)
        return
    if n_cases or n_images:
        _LOG.info("retention: %d cases deleted, images of %d others", n_cases, n_images)
