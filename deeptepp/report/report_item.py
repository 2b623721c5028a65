"""One piece of a report: a figure or table of ours, and beside it what was published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import plotly.graph_objects as go

from deeptepp.report.text_table import Table
from deeptepp.wording.sentence import sentence

_NARROW = 4
"""Columns of a printed table that stands beside ours."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What the publication has in this place.

    ``notes``: what conflicts in print, and what must be known before the two are compared.
    """

    table: Table
    notes: tuple[str, ...] = ()
    where: str = ""

    @property
    def heading(self) -> str:
        """Published, and where."""
        return sentence("Published, {where}", where=self.where) if self.where else "Published"


@dataclass(frozen=True, slots=True, eq=False)
class ReportItem:
    """A numbered piece of a report.

    ``number``: as the publication numbers it, such as ``Figure 3A``; ``beside``: the published twin, None where
    nothing was published; ``notes``: what must be known to read it; ``data``: further tables that are written as
    CSV only, such as the steps of curves; ``reason``: why it could not be made from this cohort, empty where it
    was; ``mark``: mark of simulated patients or of a simulated model, which its tables bear too, empty where
    neither is.
    """

    key: str
    number: str
    title: str
    figures: tuple[go.Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    beside: Beside | None = None
    notes: tuple[str, ...] = ()
    data: Mapping[str, Table] = field(default_factory=dict)
    reason: str = ""
    mark: str = ""

    @property
    def is_made(self) -> bool:
        """Whether the cohort allowed it."""
        return not self.reason

    @property
    def is_narrow(self) -> bool:
        """Whether the printed table stands beside ours; one of more columns stands below."""
        return self.beside is not None and len(self.beside.table.header) <= _NARROW


@dataclass(frozen=True, slots=True, eq=False)
class ReportPart:
    """A chapter of a report.

    ``items``: in reading order.
    """

    title: str
    items: tuple[ReportItem, ...]

    @property
    def not_made(self) -> dict[str, list[ReportItem]]:
        """What the cohort does not allow, by reason."""
        by_reason: dict[str, list[ReportItem]] = {}
        for item in self.items:
            if not item.is_made:
                by_reason.setdefault(item.reason, []).append(item)
        return by_reason


def key_of(where: str) -> str:
    """Turn the number of a figure or table into a name for files."""
    return where.lower().replace(" ", "-")
