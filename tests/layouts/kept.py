"""A value beside the key of a cache."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Kept:
    """Equal to every other: a cache tells entries apart by its other arguments, which say all of the value."""

    value: object = field(compare=False, hash=False)
