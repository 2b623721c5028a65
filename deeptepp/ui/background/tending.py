"""Work of the server that goes on for as long as it lives, whatever goes wrong within."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import anyio
from streamlit.proto.BackMsg_pb2 import BackMsg

from deeptepp.service.counted_metrics import note_error
from deeptepp.service_log import place_of

_LOG = logging.getLogger(__name__)


def log_error(what: str, error: BaseException) -> None:
    """Log type and place of an exception, never its text, which could quote a file or a note."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    note_error(error)
    _LOG.error("%s: %s at %s", what, type(error).__name__, place_of(error))


async def surely(what: str, work: Callable[[], Awaitable[object]]) -> None:
    """Do something, and go on where it fails."""
    try:
        await work()
    except Exception as error:  # noqa: BLE001  the server lives on, whatever it was
        log_error(what, error)


async def again_and_again(every_s: float, *steps: tuple[str, Callable[[], Awaitable[object]]]) -> None:
    """Do every step from time to time; one that fails keeps none of the others from its turn."""
    while True:
        await anyio.sleep(every_s)
        for what, work in steps:
            await surely(what, work)


def is_act(message: bytes) -> bool:
    """Whether a message of a page is something that a person did, and not the page asking for news by itself."""
    said = BackMsg()
    try:
        said.ParseFromString(message)
    except Exception:  # noqa: BLE001  what cannot be read is no act of a person
        return False
    return said.WhichOneof("type") == "rerun_script" and not said.rerun_script.is_auto_rerun
