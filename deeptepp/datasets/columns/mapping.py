"""Which column of somebody else's table is what, in which unit and words: a value, and a file of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as Mapped
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import tomli_w

from deeptepp.datasets.columns.column_names import WANTED
from deeptepp.datasets.columns.dates import DayOrder
from deeptepp.datasets.columns.measures import FACTORS
from deeptepp.domain.clinical import CATEGORIES, CLINICAL_FACTS, FLAGS, SHARES
from deeptepp.domain.cohort import Arm, Endpoint
from deeptepp.errors import BadSetting, UnknownSetting, UnreadableCohort
from deeptepp.wording.sentence import joined, sentence

DATES = ("surgery_date", "recurrence_date", "last_visit_date", "death_date")
"""Wanted columns of days; they become months and are then dropped."""

MONTHS = tuple(endpoint.months for endpoint in Endpoint)
EVENTS = tuple(endpoint.event for endpoint in Endpoint)
YES_NO = (*FLAGS, "pertuzumab")
"""Wanted columns of yes and no, beside the events."""

NUMBERS = (*(name for name, fact in CLINICAL_FACTS.items() if fact.limits and not fact.is_whole), "score")

RECEPTORS = tuple(name for name in FLAGS if CLINICAL_FACTS[name].answers[0] == "Positive")
"""Flags that are also given as a share of stained nuclei."""

NODE_UNITS = ("stage", "count", "codes")
"""What numbers in a column of nodes are: an N category, how many nodes are positive, or codes to be said."""

UNITS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(MONTHS, tuple(FACTORS["months"])),
    **dict.fromkeys(DATES, tuple(order.value for order in DayOrder)),
    "tumour_size_mm": tuple(FACTORS["mm"]),
    **dict.fromkeys(SHARES, tuple(FACTORS["percent"])),
    "score": tuple(FACTORS["fraction"]),
    "node_stage": NODE_UNITS,
    **dict.fromkeys(RECEPTORS, ("words", "percent")),
}
"""Units that a wanted column may have; ``words`` is yes and no."""

_SCHEMA = 1
_KEYS = ("column", "unit", "sure", "words")


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What one column is used for.

    ``column``: its name in the table; ``unit``: one of ``UNITS``; empty where the wanted column has no unit or it
    is told by the cells; ``is_sure``: a person said the unit. Else it is what the name of the column says, and is
    asked where the numbers speak against it. ``words``: cells as they are written, with their meanings: those of
    the column, ``1`` and ``0`` for yes and no, and ``unknown``.
    """

    column: str
    unit: str = ""
    is_sure: bool = False
    words: Mapped[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """What the columns of a table are.

    ``uses``: by wanted column; ``sheet``: sheet of a workbook; empty where the one with the patients is looked
    for; ``everyone``: treatment of every patient, where there is no column of it: an arm or ``unknown``; else
    empty.
    """

    uses: Mapped[str, Use] = field(default_factory=dict)
    sheet: str = ""
    everyone: str = ""

    def using(self, target: str, use: Use | None) -> Mapping:
        """Mapping with another column for what is wanted, or with none."""
        others = {name: each for name, each in self.uses.items() if name != target}
        return replace(self, uses=others if use is None else {**others, target: use})

    def with_unit(self, target: str, unit: str) -> Mapping:
        """Give the mapping with the unit of one column said by a person.

        ``unit``: one of its ``UNITS``. Raises BadSetting where there is no such unit, or the column is not used.
        """
        if target not in self.uses or unit not in UNITS.get(target, ()):
            raise BadSetting(key=target, value=unit, limit=_one_of(UNITS.get(target, ())))
        return self.using(target, replace(self.uses[target], unit=unit, is_sure=True))

    def to_toml(self) -> str:
        """Write the mapping as a file holds it."""
        content: dict[str, Any] = {"schema": _SCHEMA}
        content |= {key: value for key, value in (("sheet", self.sheet), ("everyone", self.everyone)) if value}
        columns: dict[str, Any] = {}
        for target in (name for name in WANTED if name in self.uses):
            use = self.uses[target]
            entry: dict[str, Any] = {"column": use.column}
            if use.unit:
                entry["unit"] = use.unit
            if use.is_sure:
                entry["sure"] = True
            if use.words:
                entry["words"] = dict(use.words)
            columns[target] = entry
        return _HEAD + tomli_w.dumps({**content, "columns": columns})


_HEAD = """\
# Which column of a table is what. Check it with: deeptepp cohort check FILE --mapping THIS
# unit: days, weeks, months or years; mm or cm; percent or fraction; dmy or mdy (03/04 is April or March); for
# nodes stage, count or codes. sure = true says that a person knows the unit; it is then not asked.
# words: what a cell means. Treatments: none, T, T+P, unknown. Yes and no: 1, 0, unknown.
# Without a column of treatments: everyone = "T" above the columns.
"""


def mapping_of(text: str) -> Mapping:
    """Read a mapping.

    ``text``: TOML, as ``Mapping.to_toml`` writes it. Raises UnreadableCohort where the text is no TOML;
    UnknownSetting where a key is none of a mapping; BadSetting where a value is none that the key may have.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnreadableCohort(reason="the mapping is no TOML") from error
    _known_keys(content, ("schema", "sheet", "everyone", "columns"))
    if content.get("schema") != _SCHEMA:
        raise BadSetting(key="schema", value=content.get("schema"), limit=str(_SCHEMA))
    everyone = content.get("everyone", "")
    if everyone not in ("", "unknown", *(arm.value for arm in Arm)):
        raise BadSetting(key="everyone", value=everyone, limit=_one_of([*(arm.value for arm in Arm), "unknown"]))
    columns = content.get("columns", {})
    if not isinstance(columns, dict):
        raise BadSetting(key="columns", value=columns, limit="a table")
    _known_keys(columns, tuple(WANTED))
    uses = {target: _use(target, entry) for target, entry in columns.items()}
    return Mapping(uses=uses, sheet=str(content.get("sheet", "")), everyone=everyone)


def check_units(units: Mapped[str, str]) -> None:
    """Refuse a unit that a column cannot have.

    Raises UnknownSetting where there is no such column; BadSetting where the column has no such unit.
    """
    _known_keys(units, tuple(UNITS))
    for target, unit in units.items():
        if unit not in UNITS[target]:
            raise BadSetting(key=target, value=unit, limit=_one_of(UNITS[target]))


def read_mapping(path: Path) -> Mapping:
    """Read a mapping from a file.

    Raises UnreadableCohort where the file is absent or no text.
    """
    try:
        return mapping_of(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableCohort(reason="the mapping is absent or no text") from error


def _use(target: str, entry: object) -> Use:
    """Read what one column is used for."""
    if not isinstance(entry, dict) or not isinstance(entry.get("column"), str):
        raise BadSetting(key=target, value="without a column", limit='column = "its name in the table"')
    _known_keys(entry, _KEYS)
    unit, sure, words = entry.get("unit", ""), entry.get("sure", False), entry.get("words", {})
    if unit not in ("", *UNITS.get(target, ())):
        raise BadSetting(key=f"{target}.unit", value=unit, limit=_one_of(UNITS.get(target, ())))
    if not isinstance(sure, bool):
        raise BadSetting(key=f"{target}.sure", value=sure, limit="true or false")
    if not isinstance(words, dict) or not all(isinstance(each, str) for each in words.values()):
        raise BadSetting(key=f"{target}.words", value="other than words", limit='such as { ja = "1" }')
    for meaning in words.values():
        if meaning not in meanings_of(target):
            raise BadSetting(key=f"{target}.words", value=meaning, limit=_one_of(meanings_of(target)))
    return Use(column=entry["column"], unit=unit, is_sure=sure, words=words)


def meanings_of(target: str) -> tuple[str, ...]:
    """Give what a word of a wanted column may mean.

    Gives ``unknown`` stands last; none for columns of numbers, days and subjects.
    """
    known: tuple[str, ...] = ()
    if target in EVENTS or target in YES_NO:
        known = ("1", "0")
    elif target == "arm":
        known = tuple(arm.value for arm in Arm)
    elif target in CATEGORIES:
        known = tuple(member.value for member in CATEGORIES[target])
    elif target in _OTHER_WORDS:
        known = _OTHER_WORDS[target]
    return (*known, "unknown") if known else ()


_OTHER_WORDS = {
    "grade": ("1", "2", "3"),
    "tier": ("Low", "Moderate", "High"),
    "first_event": ("none", "locoregional", "contralateral", "distant", "death"),
}


def _known_keys(content: Mapped[str, object], known: tuple[str, ...]) -> None:
    """Refuse a key that is none, and name the nearest."""
    from difflib import get_close_matches

    for key in content:
        if key not in known:
            nearest = get_close_matches(key, known, n=1, cutoff=0.0)[0]
            raise UnknownSetting(key=key, nearest=nearest)


def _one_of(names: tuple[str, ...] | list[str]) -> str:
    """List what is allowed."""
    return sentence("one of {names}", names=joined(", ", names)) if names else "no unit"
