"""What is known of each clinical fact: its values, its unit, its words and where it is shown.

Each field of ``ClinicalProfile`` carries one of these; forms, files, tables and columns are made of them, so that
a fact is added in one place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from deeptepp.errors import OutOfRange
from deeptepp.wording.sentence import glued, listed, sentence

NO_FACT = 10**9
"""Whole numbers from here on are refused as they stand: one of hundreds of digits has no float."""

SHOWN_CHARACTERS = 60
"""Characters of an entry that a message repeats."""


class Section(StrEnum):
    """Where the form asks for a fact, in its order."""

    SCORE = "Used by the score"
    ELIGIBILITY = "Eligibility"
    RECORDED = "More facts, recorded but not used by the score"
    COMPARED = "Estimates of others"
    """Entered by hand beside the result, and no part of the score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalFact:
    """One clinical fact.

    ``form_rank``: facts of a section with a higher rank are asked after those with a lower one; ``help``: one
    sentence on what it means, where the label cannot say it; ``limits``: closed interval of a number; ``unit``: of
    a number: ``mm``, ``years``, ``%``, or empty for a bare one; ``is_whole``: the number is a whole one, and is
    chosen rather than typed; ``answers``: what True and False are called, of a flag; ``short``: its name in tables
    and sentences, Table 1 leaves out what has none, and estimates of others; ``groups``: groups of Table 1 and of
    forests, in clinical order, none where it divides nobody; ``levels``: numbers that the network can tell apart,
    where it takes the fact.
    """

    label: str
    section: Section
    name: str = ""
    form_rank: int = 0
    help: str = ""
    limits: tuple[float, float] | None = None
    unit: str = ""
    is_whole: bool = False
    category: type[StrEnum] | None = None
    answers: tuple[str, str] = ("Yes", "No")
    short: str = ""
    groups: tuple[str, ...] = ()
    group_of: Callable[[Any], str] = str
    levels: tuple[float, ...] = ()

    @property
    def is_flag(self) -> bool:
        """Yes or no."""
        return self.limits is None and self.category is None

    @property
    def is_share(self) -> bool:
        """A number from 0 to 100, which tables also give as a fraction."""
        return self.limits == (0, 100)

    @property
    def is_described(self) -> bool:
        """Table 1 has it."""
        return bool(self.short) and self.section is not Section.COMPARED

    @property
    def values(self) -> tuple[Any, ...]:
        """Values that can be chosen, or that the network can tell apart; none of a number that is typed."""
        if self.category is not None:
            return tuple(self.category)
        if self.limits is None:
            return (False, True)
        low, high = self.limits
        return tuple(range(int(low), int(high) + 1)) if self.is_whole else self.levels

    @property
    def allowed(self) -> str:
        """Say in a few words what it may be."""
        if self.category is not None:
            return ", ".join(member.value for member in self.category)
        if self.limits is None:
            return sentence("yes or no")
        low, high = self.limits
        words = sentence("{low:g} to {high:g}", low=low, high=high)
        return glued("{} {}", words, self.unit) if self.unit else words

    def answer(self, value: bool) -> str:
        """Name an answer to a flag."""
        return self.answers[0] if value else self.answers[1]

    def parse(self, raw: object) -> object:
        """Turn one plain value into the type of the field; ``OutOfRange`` where it is none of its values.

        Whether a number lies within its limits is for the profile to check.
        """
        if self.category is not None:
            try:
                return self.category(str(raw))
            except ValueError:
                raise OutOfRange(field=self.name, value=shown(raw), limit=self.allowed) from None
        if self.limits is not None:
            return self._number(raw, *self.limits)
        if not isinstance(raw, bool):
            raise OutOfRange(field=self.name, value=shown(raw), limit="true, false or unknown")
        return raw

    def from_table(self, value: object) -> object:
        """Table's value as a profile's: NaN is unknown, and a flag with gaps was stored as a number."""
        if isinstance(value, float) and value != value:
            return None
        return bool(value) if self.is_flag and value in (0, 1) else value

    def check(self, value: Any) -> None:  # noqa: ANN401  a value of any field
        """Refuse a number beyond its limits with ``OutOfRange``."""
        if value is None or self.limits is None:
            return
        low, high = self.limits
        if not low <= value <= high:
            raise OutOfRange(field=self.name, value=value, limit=f"[{low:g}, {high:g}]")

    def _number(self, raw: object, low: float, high: float) -> float:
        """Turn one plain value into a number."""
        limit = f"[{low:g}, {high:g}]"
        if isinstance(raw, bool) or not isinstance(raw, (int, float)):
            raise OutOfRange(field=self.name, value=shown(raw), limit=sentence("a number in {limit}", limit=limit))
        if isinstance(raw, int) and abs(raw) >= NO_FACT:
            raise OutOfRange(field=self.name, value=shown(raw), limit=limit)
        if not self.is_whole:
            return float(raw)
        if not float(raw).is_integer():
            raise OutOfRange(field=self.name, value=raw, limit=listed(map(str, self.values), last="or"))
        return int(raw)


def fact(label: str, section: Section, **known: Any) -> Any:  # noqa: ANN401  the default of a field of any type
    """Make a field of a profile that may be unknown; see ``ClinicalFact`` for what else may be known of it."""
    return field(default=None, metadata={"fact": ClinicalFact(label=label, section=section, **known)})


def facts_of(profile: type[Any]) -> MappingProxyType[str, ClinicalFact]:
    """List the facts of a class whose fields ``fact`` made, by name and in its order."""

    def named(each: Field[Any]) -> ClinicalFact:
        known: ClinicalFact = each.metadata["fact"]
        return replace(known, name=each.name)

    return MappingProxyType({each.name: named(each) for each in fields(profile)})


def shown(raw: object) -> str:
    """Repeat what was entered, cut to a length that a message can hold."""
    text = str(raw)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."
