"""Reads typed values from a DICOM header that may lack them or hold something else."""

from __future__ import annotations

import logging
import struct
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isfinite
from typing import Any, Protocol

from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError


class Header(Protocol):
    """A header that can be asked for values: a ``Dataset`` of pydicom, or a plain header."""

    def get(self, key: Any, default: Any = None) -> Any:  # noqa: ANN401  a DICOM value can be anything
        """Value of a keyword."""
        ...


_FIRST_BLOCK, _LAST_BLOCK = 0x10, 0xFF
"""Element numbers of private creators, PS3.5 7.8.1."""

UNREADABLE = (
    AttributeError,
    BytesLengthException,
    EOFError,
    IndexError,
    InvalidDicomError,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
    struct.error,
)
"""What pydicom and its decoders raise on files that are damaged or exotic."""


_LOGGERS = (
    "pydicom",
    "pynetdicom",
    "pylibjpeg",
    "openjpeg",
    "dicomanonymizer",
    "highdicom",
    "dicomweb_client",
    "urllib3",
    "python_multipart",
)
"""Loggers of the libraries that see headers, or the addresses of requests that hold some."""


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the warnings and the log of the DICOM libraries, which quote header values, names among them."""
    # Not once on import: pydicom sets the level of its own logger when it is imported.
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def first(places: Sequence[Header], keyword: str) -> Any:  # noqa: ANN401  a DICOM value can be anything
    """Give the first value that is neither absent nor empty.

    Gives the value, or None.
    """
    for place in places:
        value = place.get(keyword)
        if value is not None and value != "":
            return value
    return None


def private_value(header: Header, group: int, creator: str, element: int) -> Any:  # noqa: ANN401
    """Give the value of a private element by its creator, in whichever block that has reserved.

    ``header``: a dataset, an item of a sequence, or a plain header; ``creator``: private creator, without blanks
    around it. Gives the value, or None.
    """
    if not isinstance(header, Dataset):
        # A plain header finds private elements itself; asking for a protocol would take longer than the answer.
        own = getattr(header, "private", None)
        return None if own is None else own(group, creator, element)
    for tag in sorted(header.keys()):
        if tag >> 16 != group or not _FIRST_BLOCK <= tag & 0xFFFF <= _LAST_BLOCK:
            continue
        found = group << 16 | (tag & 0xFF) << 8 | element
        if str(header[tag].value).strip("\0 ").upper() == creator.upper() and found in header:
            return header[found].value
    return None


def number(value: object) -> float | None:
    """Read a number, or the first of several.

    Gives the number; None where there is none or it is not finite.
    """
    if value is None or value == "":
        return None
    if type(value) is float or type(value) is int:
        return float(value) if isfinite(value) else None
    if isinstance(value, (list, tuple)) or (hasattr(value, "__iter__") and not isinstance(value, (str, bytes))):
        value = next(iter(value), None)
    try:
        result = float(str(value))
    except ValueError:
        return None
    return result if isfinite(result) else None


def numbers(value: object, n: int) -> tuple[float, ...] | None:
    """Read exactly ``n`` finite numbers or nothing.

    ``n``: how many there must be. Gives the numbers; None where there are more, fewer or none.
    """
    if value is None or isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        return None
    found = tuple(number(v) for v in value)
    finite = tuple(v for v in found if v is not None)
    return finite if len(found) == len(finite) == n else None


def texts(value: object) -> tuple[str, ...]:
    """Read one or several codes in upper case.

    Gives the codes; empty where there is none.
    """
    if value is None or value == "":
        return ()
    values = [value] if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__") else list(value)
    return tuple(str(v).strip().upper() for v in values)
