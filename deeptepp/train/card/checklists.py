"""Reporting checklists filled in from a run: TRIPOD+AI and CLAIM, one row per item.

What an item asks, in our own words, and how a run answers is data, in ``tripod_ai.toml`` and ``claim.toml``. An
answer that needs a fact which the run does not have is "not reported", with the reason.

References
----------
Collins GS et al. BMJ 2024;385:e078378 (TRIPOD+AI).
Tejani AS et al. Radiol Artif Intell 2024;6:e240300 (CLAIM, 2024 update).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from string import Formatter
from typing import Any

from deeptepp.train.card.answers import answers_of
from deeptepp.train.measure.facts import RunFacts, rows_of

TEMPLATES = ("tripod_ai.toml", "claim.toml")
"""Files of the checklists, beside this module."""

_OPTIONAL, _STUDY = "also_", "study_"
"""Names that may have nothing to say, and those of what only the centre knows, begin so."""


class ItemStatus(StrEnum):
    """Whether a run answers an item."""

    REPORTED = "reported"
    NOT_APPLICABLE = "not applicable"
    NOT_REPORTED = "not reported"


@dataclass(frozen=True, slots=True)
class Item:
    """One filled-in item.

    ``number``: of the item in its checklist, with the letter of a part. ``section``: where the checklist puts it.
    ``asks``: what it asks, in our own words. ``status``: whether the run answers. ``text``: the answer, or why
    there is none.
    """

    number: str
    section: str
    asks: str
    status: ItemStatus
    text: str


@dataclass(frozen=True, slots=True)
class Checklist:
    """A filled-in checklist.

    ``source``: where it was published. ``file``: name of its document in a bundle. ``items``: in the order of the
    checklist.
    """

    title: str
    source: str
    file: str
    items: tuple[Item, ...]

    def count(self, status: ItemStatus) -> int:
        """Count the items of one status."""
        return sum(item.status is status for item in self.items)


def fill_in(facts: RunFacts) -> tuple[Checklist, ...]:
    """Fill in every checklist from a run."""
    templates = [read_template(name) for name in TEMPLATES]
    answers = answers_of(facts) | {name: facts.study(name.removeprefix(_STUDY)) for name in _asked(templates)}
    return tuple(_fill_in(template, answers, is_simulated=facts.is_simulated) for template in templates)


def _asked(templates: Iterable[Mapping[str, Any]]) -> set[str]:
    """Name what only the centre knows: keys of the table ``study`` of ``dataset.json``."""
    texts = (str(text) for template in templates for item in template["items"] for text in item.values())
    return {name for text in texts for name in _names_in(text) if name.startswith(_STUDY)}


def write_checklist(checklist: Checklist, facts: RunFacts) -> str:
    """Write a checklist as a document.

    ``facts``: name and kind of the patients are read.
    """
    kind = "simulated patients, so nothing here is a clinical result" if facts.is_simulated else "one cohort"
    counts = ", ".join(f"{checklist.count(status)} {status}" for status in ItemStatus)
    rows = [(i.number, i.section, i.asks, str(i.status), i.text) for i in checklist.items]
    return (
        f"# {checklist.title}: {facts.name}\n\n"
        f"Filled in by `deeptepp train` from the run itself ({kind}); what an item asks is in our own words. "
        f"Checklist: {checklist.source}.\n\n{counts}, of {len(checklist.items)} items and parts.\n\n"
        + rows_of(("item", "section", "asks for", "status", "in this run"), rows)
        + "\n"
    )


def documents_of(facts: RunFacts) -> dict[str, str]:
    """Write every checklist of a run.

    Returns: Markdown by file name, as a bundle carries it.
    """
    return {checklist.file: write_checklist(checklist, facts) for checklist in fill_in(facts)}


def read_template(name: str) -> dict[str, Any]:
    """Read what a checklist asks.

    Returns: ``title``, ``source``, ``file``, ``n_items`` and ``items``.
    """
    return tomllib.loads(files("deeptepp.train.card").joinpath(name).read_text(encoding="utf-8"))


def _fill_in(template: Mapping[str, Any], answers: Mapping[str, str], *, is_simulated: bool) -> Checklist:
    """Fill in one checklist."""
    items = tuple(_answer(item, answers, is_simulated=is_simulated) for item in template["items"])
    return Checklist(template["title"], template["source"], template["file"], items)


def _answer(item: Mapping[str, str], answers: Mapping[str, str], *, is_simulated: bool) -> Item:
    """Answer one item, or say why there is no answer."""
    own = is_simulated and "simulated" in item
    text = item["simulated"] if own else item["text"]
    status = ItemStatus(
        item.get("simulated_status", ItemStatus.REPORTED) if own else item.get("status", ItemStatus.REPORTED)
    )
    absent = [key for key in _names_in(text) if not answers[key] and not key.startswith(_OPTIONAL)]
    if absent:
        status, text = ItemStatus.NOT_REPORTED, item.get("missing", f"The run does not tell: {', '.join(absent)}.")
    return Item(item["number"], item["section"], item["asks"], status, text.format_map(answers))


def _names_in(text: str) -> list[str]:
    """Name the facts that an answer needs."""
    return [name for _, name, _, _ in Formatter().parse(text) if name]
