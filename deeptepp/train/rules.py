"""What a setting may be: one small rule per kind of value, each with a sentence for the refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Protocol

from deeptepp.errors import BadSetting
from deeptepp.views.planes import CANONICAL_VIEWS, FIBONACCI_VIEWS, ViewSettings


class Rule(Protocol):
    """Turns a plain value into the value of a setting, or refuses it."""

    def parse(self, key: str, value: object) -> object:
        """Checked value, or raise ``BadSetting``."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number of one kind in a closed interval."""

    kind: type[int] | type[float]
    low: float
    high: float

    def parse(self, key: str, value: object) -> int | float:
        """Number, or raise ``BadSetting``."""
        word = "a whole number" if self.kind is int else "a number"
        allowed = (int,) if self.kind is int else (int, float)
        if isinstance(value, bool) or not isinstance(value, allowed):
            raise BadSetting(key=key, value=repr(value), limit=word)
        if not isfinite(value) or not self.low <= value <= self.high:
            raise BadSetting(key=key, value=value, limit=f"{word} in [{self.low:g}, {self.high:g}]")
        return self.kind(value)


class OneOf:
    """One of a few values."""

    def __init__(self, *options: object) -> None:
        self.options = options

    def parse(self, key: str, value: object) -> object:
        """Option, or raise ``BadSetting``."""
        if isinstance(value, bool) or value not in self.options:
            raise BadSetting(key=key, value=repr(value), limit=" or ".join(repr(o) for o in self.options))
        return value


class BackboneName:
    """Name of a network that sees images, as the registry has them."""

    def parse(self, key: str, value: object) -> object:
        """Name, or raise ``BadSetting``."""
        # Imported late: torch takes seconds, and settings are also read where nothing is trained.
        from deeptepp.model.network import OF_IMAGES

        return OneOf(*OF_IMAGES).parse(key, value)


class Truth:
    """True or false."""

    def parse(self, key: str, value: object) -> bool:
        """Flag, or raise ``BadSetting``."""
        if not isinstance(value, bool):
            raise BadSetting(key=key, value=repr(value), limit="true or false")
        return value


class Text:
    """A name that is safe as the name of a folder."""

    def parse(self, key: str, value: object) -> str:
        """Name, or raise ``BadSetting``."""
        if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", value):
            raise BadSetting(key=key, value=repr(value), limit="a name of letters, digits, '.', '_' and '-'")
        return value


class PathRule:
    """The path of a folder."""

    def parse(self, key: str, value: object) -> Path:
        """Path, or raise ``BadSetting``."""
        if not isinstance(value, (str, Path)) or not str(value):
            raise BadSetting(key=key, value=repr(value), limit="the path of a folder")
        return Path(value)


@dataclass(frozen=True, slots=True)
class Many:
    """A fixed number of values of one rule."""

    rule: Rule
    n: int

    def parse(self, key: str, value: object) -> tuple[object, ...]:
        """Values, or raise ``BadSetting``."""
        if not isinstance(value, (list, tuple)) or len(value) != self.n:
            raise BadSetting(key=key, value=repr(value), limit=f"a list of {self.n} values")
        return tuple(self.rule.parse(key, each) for each in value)


class ViewNames:
    """Distinct names of views."""

    def parse(self, key: str, value: object) -> tuple[str, ...]:
        """Names, or raise ``BadSetting``."""
        names = tuple(value) if isinstance(value, (list, tuple)) else ()
        try:
            return ViewSettings(names=tuple(map(str, names))).names
        except BadSetting as error:
            limit = f"distinct names out of {', '.join(CANONICAL_VIEWS)} and {FIBONACCI_VIEWS}"
            raise BadSetting(key=key, value=repr(value), limit=limit) from error
