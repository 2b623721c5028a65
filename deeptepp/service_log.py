"""What the log may say: places and types, never a text that came from a visitor, a file or a database.

Every record of every library passes one place when it is made, whatever logger and handler it goes to: an
exception is told by its type and place, an address loses tokens and search words, and of other libraries nothing
in quotation marks and no long number is kept. The package's own loggers are trusted to quote nobody.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import warnings
from collections.abc import Mapping
from numbers import Number
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import Any, TextIO

_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"

_OWN = "deeptepp"
_LEFT_OUT = "\N{HORIZONTAL ELLIPSIS}"
_N_FRAMES = 6
"""Frames of an exception that are named, the innermost."""

_QUERY = re.compile(r"\?[^\s\"']*")
"""Search words and everything else behind the question mark of an address."""

_TOKEN = re.compile(r"(?<=/)[A-Za-z0-9_.~%-]{16,}")
"""Long part of a path: a token, an upload or a UID."""

_OF_OTHERS = re.compile(r"\"[^\"]*\"|'[^']*'|\S+@\S+|\S*\^\S*|\d(?:[\s./-]?\d){5,}|[^\x00-\x7f]+", re.ASCII)
"""Quotations, addresses, names as DICOM has them, long numbers and dates, and letters beyond ASCII."""

_LOG = logging.getLogger(__name__)


def set_up_log(level: int = logging.INFO, *, is_service: bool = False) -> None:
    """Set up what the process logs, once; a second call only changes the level.

    ``is_service``: tell uncaught exceptions and warnings in the log too, in place of their texts on the terminal.
    """
    logging.basicConfig(level=level, format=_FORMAT)
    logging.getLogger().setLevel(level)
    logging.setLogRecordFactory(_record)
    if is_service:
        # Pages that break are told by their own card, with a number; this logger would tell of them again.
        logging.getLogger("streamlit.error_util").disabled = True
        # Clients name every address that they ask for, and those of a sign-in hold a code.
        logging.getLogger("httpx2").setLevel(logging.WARNING)
        logging.raiseExceptions = False
        sys.excepthook = _tell_uncaught
        threading.excepthook = _tell_thread
        sys.unraisablehook = _tell_unraisable
        warnings.showwarning = _tell_warning


def place_of(error: BaseException) -> str:
    """Where an exception was raised, as file names and lines without any data.

    Returns the last six frames, outermost first.
    """
    frames = extract_tb(error.__traceback__)[-_N_FRAMES:]
    return " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)


def told(error: BaseException) -> str:
    """Tell an exception by its type and place."""
    return f"{type(error).__name__} at {place_of(error) or 'an unknown place'}"


def _record(*parts: Any, **more: Any) -> logging.LogRecord:  # noqa: ANN401  as the standard library calls it
    """Make a record without anything that it must not say."""
    record = logging.LogRecord(*parts, **more)
    error = record.exc_info[1] if record.exc_info else None
    is_own = record.name.partition(".")[0] == _OWN
    if record.args:
        # The message is written in a program; only what fills it may be of a visitor.
        record.args = _plain_args(record.args, is_own=is_own)
    else:
        record.msg = _plain(record.msg, is_own=is_own)
    record.exc_info = record.exc_text = record.stack_info = None
    if error is not None:
        record.msg, record.args = "%s: %s", (record.getMessage(), told(error))
    return record


def _plain_args(args: Any, *, is_own: bool) -> Any:  # noqa: ANN401  a tuple or a mapping
    """Make what fills a message plain; as many values as before, since a formatter may count them."""
    if isinstance(args, Mapping):
        return {key: _plain(value, is_own=is_own) for key, value in args.items()}
    return tuple(_plain(value, is_own=is_own) for value in args)


def _plain(value: object, *, is_own: bool) -> object:
    """Make one value plain: numbers stay, texts are scrubbed, of what others hand in the type is told."""
    if isinstance(value, BaseException):
        return told(value)
    if isinstance(value, str):
        return _scrubbed(value, is_own=is_own)
    return value if is_own or value is None or isinstance(value, Number) else type(value).__name__


def _scrubbed(text: str, *, is_own: bool) -> str:
    """Take tokens and search words out of a text, and of other libraries everything that may be of a visitor."""
    plain = _TOKEN.sub(_LEFT_OUT, _QUERY.sub(f"?{_LEFT_OUT}", text))
    return plain if is_own else _OF_OTHERS.sub(_LEFT_OUT, plain)


def _tell_uncaught(_kind: type[BaseException], error: BaseException, _at: TracebackType | None) -> None:
    """Tell an exception that ends the process; an interrupt from the keyboard is none."""
    if not isinstance(error, KeyboardInterrupt):
        _LOG.critical("uncaught %s", told(error))


def _tell_thread(args: threading.ExceptHookArgs) -> None:
    """Tell an exception that ends a thread."""
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        _LOG.error("a thread ended by %s", told(args.exc_value))


def _tell_unraisable(args: Any) -> None:  # noqa: ANN401  a type that only the interpreter makes
    """Tell an exception that nobody could catch."""
    if args.exc_value is not None:
        _LOG.error("not raised: %s", told(args.exc_value))


def _tell_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Tell a warning of a library by its category and place; its text may quote a file."""
    _LOG.warning("%s at %s:%d", category.__name__, Path(filename).name, lineno)
