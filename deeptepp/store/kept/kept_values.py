"""Values of the package as bytes and back, without loss and without pickle: JSON, and arrays behind it.

Only classes that are named here can be read, so that a file can make nothing else. Fields that a later version has
added take their defaults, those that it has dropped are left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.dicom.header.deidentify import DeidentificationReport
from deeptepp.dicom.source import SourceImage, SourcePhase, SourceReference
from deeptepp.domain import risk
from deeptepp.domain.clinical import CATEGORIES, ClinicalProfile
from deeptepp.domain.geometry import Grid, Volume
from deeptepp.domain.kept_case import CaseChoices
from deeptepp.domain.lesion import Lesion, LesionOrigin
from deeptepp.domain.score_receipt import Receipt
from deeptepp.domain.study import Acquisition, Phase, PhaseChoice, PhaseProposal, SeriesSummary, Side, Study
from deeptepp.errors import KeptUnreadable
from deeptepp.imaging.breast import BreastRegion
from deeptepp.imaging.detection.detect import Detection
from deeptepp.scoring.search import CaseImages
from deeptepp.wording import sentence as wording

_CLASSES: dict[str, type] = {
    each.__name__: each
    for each in (
        *(risk.Assessment, risk.Finding, Receipt, risk.RiskScore, risk.Stability),
        *(CaseChoices, ClinicalProfile, Lesion, Grid, Volume),
        *(Acquisition, Phase, PhaseChoice, PhaseProposal, SeriesSummary, Study),
        *(BreastRegion, CaseImages, DeidentificationReport, Detection),
        *(SourceImage, SourcePhase, SourceReference),
    )
}
"""Dataclasses that can be kept, by name."""

_KINDS: tuple[type[StrEnum], ...] = (risk.Outcome, risk.Severity, risk.Tier, Side, LesionOrigin)
_ENUMS = {each.__name__: each for each in (*_KINDS, *CATEGORIES.values())}
"""Enums that can be kept, by name."""

_LAYOUTS: dict[str, Callable[..., str]] = {
    name: getattr(wording, name)
    for name in ("_added", "_lowered", "_capitalized", "_filled", "_escaped", "_joined")
}
"""What lays out texts that remember their parts."""

_DTYPES = ("bool", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)), "float32", "float64")
"""Kinds of numbers that arrays may have."""

_MAGIC = b"DTV1"
_LENGTH_BYTES = 8
_PIECE_BYTES = 4 * 1024 * 1024
"""Bytes of an array that are handed on at once."""

Read = Callable[[int], bytes]
"""Gives the next bytes, exactly as many as asked for."""


def packed(value: object) -> Iterable[bytes | memoryview]:
    """Write a value in pieces: its head, then its arrays, in pieces of at most 4 MB."""
    arrays: list[npt.NDArray[Any]] = []
    tree = _tree(value, arrays)
    shapes = [[str(each.dtype), list(each.shape)] for each in arrays]
    head = json.dumps({"tree": tree, "arrays": shapes}, allow_nan=False, separators=(",", ":")).encode()
    yield _MAGIC + len(head).to_bytes(_LENGTH_BYTES, "big") + head
    for each in arrays:
        # Little-endian, row by row, whatever the machine and the layout in memory.
        plain = np.ascontiguousarray(each, dtype=each.dtype.newbyteorder("<"))
        flat = memoryview(plain.reshape(-1).view(np.uint8).data)
        for start in range(0, len(flat), _PIECE_BYTES):
            yield flat[start : start + _PIECE_BYTES]


def to_bytes(value: object) -> bytes:
    """Write a value at once."""
    return b"".join(packed(value))


def from_bytes(content: bytes) -> Any:  # noqa: ANN401  whatever was written
    """Read what ``to_bytes`` wrote; see ``unpacked``."""
    rest = memoryview(content)

    def read(n: int) -> bytes:
        nonlocal rest
        piece, rest = bytes(rest[:n]), rest[n:]
        return piece

    return unpacked(read)


def unpacked(read: Read) -> Any:  # noqa: ANN401  whatever was written
    """Read a value.

    Raises KeptUnreadable: the bytes are no value of these classes.
    """
    try:
        if read(len(_MAGIC)) != _MAGIC:
            raise KeptUnreadable(value=wording.sentence("another form"))
        head = json.loads(read(int.from_bytes(read(_LENGTH_BYTES), "big")))
        arrays = [_array(read, *each) for each in head["arrays"]]
        return _value(head["tree"], arrays)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise KeptUnreadable(value=type(error).__name__) from None


def _array(read: Read, dtype: str, shape: list[int]) -> npt.NDArray[Any]:
    """Read one array, in pieces into its own memory."""
    if dtype not in _DTYPES:
        raise KeptUnreadable(value=wording.sentence("another kind of numbers"))
    array = np.empty(shape, dtype=np.dtype(dtype).newbyteorder("<"))
    flat = memoryview(array.reshape(-1).view(np.uint8).data)
    for start in range(0, len(flat), _PIECE_BYTES):
        target = flat[start : start + _PIECE_BYTES]
        target[:] = read(len(target))
    return array


def _tree(value: Any, arrays: list[npt.NDArray[Any]]) -> Any:  # noqa: ANN401, C901  one line a kind of value
    """Write a value as JSON; arrays are put aside."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else {"float": str(value)}
        case StrEnum():
            return {"enum": [type(value).__name__, value.value]}
        case str():
            return _text_tree(value, arrays)
        case np.generic():
            return _tree(value.item(), arrays)
        case np.ndarray():
            arrays.append(value)
            return {"array": len(arrays) - 1}
        case tuple() | list() | frozenset():
            kind = "set" if isinstance(value, frozenset) else "tuple" if isinstance(value, tuple) else "list"
            return {kind: [_tree(each, arrays) for each in value]}
        case Mapping():
            return {"dict": [[_tree(each, arrays) for each in pair] for pair in value.items()]}
    name = type(value).__name__
    if not is_dataclass(value) or _CLASSES.get(name) is not type(value):
        raise TypeError(f"{name} cannot be kept")
    return {"is": name, "of": {each.name: _tree(getattr(value, each.name), arrays) for each in fields(value)}}


def _text_tree(text: str, arrays: list[npt.NDArray[Any]]) -> Any:  # noqa: ANN401  a text, or a tree of its parts
    """Write a text with what it remembers, so that it can be said in any language when it is read."""
    if isinstance(text, wording.Sentence):
        return {"say": [text.template, _tree(dict(text.facts), arrays)]}
    if isinstance(text, wording.Verbatim):
        return {"verbatim": str(text)}
    if isinstance(text, wording.Arranged) and _LAYOUTS.get(text.make.__name__) is text.make:
        return {"lay": [text.make.__name__, [_tree(each, arrays) for each in text.parts]]}
    return str(text)


def _value(tree: Any, arrays: list[npt.NDArray[Any]]) -> Any:  # noqa: ANN401, C901  one line a kind of value
    """Make a value of its tree."""
    if not isinstance(tree, dict):
        return tree
    if "is" in tree:
        kind = _CLASSES[tree["is"]]
        known = {each.name for each in fields(kind)}
        return kind(**{name: _value(part, arrays) for name, part in tree["of"].items() if name in known})
    ((kind_of, held),) = tree.items()
    match kind_of:
        case "float":
            return float(held)
        case "enum":
            return _ENUMS[held[0]](held[1])
        case "array":
            return arrays[held]
        case "verbatim":
            return wording.Verbatim(held)
        case "say":
            return wording.sentence(held[0], **_value(held[1], arrays))
        case "lay":
            return wording.arranged(_LAYOUTS[held[0]], *(_value(each, arrays) for each in held[1]))
        case "dict":
            return {_value(key, arrays): _value(each, arrays) for key, each in held}
    made = {"tuple": tuple, "list": list, "set": frozenset}[kind_of]
    return made(_value(each, arrays) for each in held)
