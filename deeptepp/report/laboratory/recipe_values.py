"""The values of a recipe, each read strictly: what is of another kind or out of its range is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from math import isfinite
from typing import Any, TypeVar

from deeptepp.errors import RecipeOutOfRange, UnreadableRecipe
from deeptepp.wording.sentence import sentence

_Kind = TypeVar("_Kind", bound=StrEnum)


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that says one thing twice."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise UnreadableRecipe(reason="a key occurs twice")
    return dict(pairs)


def within(name: str, value: float, limits: tuple[float, float]) -> None:
    """Refuse a number outside of its range."""
    if not (isfinite(value) and limits[0] <= value <= limits[1]):
        raise RecipeOutOfRange(field=name, value=f"{value:g}", limit=f"in [{limits[0]:g}, {limits[1]:g}]")


def in_order(name: str, chosen: tuple[_Kind, ...], kind: type[_Kind]) -> tuple[_Kind, ...]:
    """Bring categories into their order, each once; refuse none at all."""
    found = tuple(each for each in kind if each in chosen)
    if not found:
        raise RecipeOutOfRange(
            field=name, value="empty", limit=sentence("one or more of {kind}", kind=", ".join(kind))
        )
    return found


def quoted(value: object) -> str:
    """Quote what was found, short enough for a sentence."""
    text = str(value)
    return f'"{text[:40]}…"' if len(text) > 40 else f'"{text}"'


def read_number(name: str, value: object) -> float:
    """Read a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RecipeOutOfRange(field=name, value=quoted(value), limit="a number")
    try:
        return float(value)
    except OverflowError:
        raise RecipeOutOfRange(field=name, value="too large", limit="a number") from None


def read_number_or_none(name: str, value: object) -> float | None:
    """Read a number or nothing."""
    return None if value is None else read_number(name, value)


def read_text(name: str, value: object) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise RecipeOutOfRange(field=name, value=quoted(value), limit="a text")
    return value


def reader_of_one(kind: type[_Kind]) -> Callable[[str, object], _Kind]:
    """Make a reader of one category."""

    def read(name: str, value: object) -> _Kind:
        if not isinstance(value, str) or value not in list(kind):
            raise RecipeOutOfRange(
                field=name, value=quoted(value), limit=sentence("one of {kind}", kind=", ".join(kind))
            )
        return kind(value)

    return read


def reader_of_several(kind: type[_Kind]) -> Callable[[str, object], tuple[_Kind, ...]]:
    """Make a reader of several categories."""

    def read(name: str, value: object) -> tuple[_Kind, ...]:
        if not isinstance(value, (list, tuple)):
            raise RecipeOutOfRange(
                field=name, value=quoted(value), limit=sentence("a list of {kind}", kind=", ".join(kind))
            )
        return tuple(reader_of_one(kind)(name, each) for each in value)

    return read
