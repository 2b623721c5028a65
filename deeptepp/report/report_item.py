"""One piece of a report: a figure or table of ours, and beside it what was published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import plotly.graph_objects as go

from deeptepp.report.text_table import Table


@dataclass(frozen=True, slots=True)
class Beside:
    """What the publication has in this place.

    Parameters
    ----------
    table : Table
        Printed values, with ours in the same rows.
    notes : tuple of str
        What conflicts in print, and what must be known before the two are compared.
    where : str
        Place in the publication.
    """

    table: Table
    notes: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ReportItem:
    """A numbered piece of a report.

    Parameters
    ----------
    key : str
        Name of its files, such as ``figure-3a``.
    number : str
        As the publication numbers it, such as ``Figure 3A``.
    title : str
        What is shown.
    figures : tuple of plotly.graph_objects.Figure
        One above the other.
    tables : tuple of Table
        Tables that stand below it.
    beside : Beside or None
        The published twin; None where nothing was published.
    notes : tuple of str
        What must be known to read it.
    data : mapping of str to Table
        Further tables that are written as CSV only, such as the steps of curves.
    reason : str
        Why it could not be made from this cohort; empty where it was.
    mark : str
        Mark of simulated patients or of a simulated model, which its tables bear too; empty where neither is.
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


@dataclass(frozen=True, slots=True, eq=False)
class ReportPart:
    """A chapter of a report.

    Parameters
    ----------
    title : str
        Heading.
    items : tuple of ReportItem
        In reading order.
    """

    title: str
    items: tuple[ReportItem, ...]


def key_of(where: str) -> str:
    """Turn the number of a figure or table into a name for files.

    Parameters
    ----------
    where : str
        Such as ``Figure 3A``.

    Returns
    -------
    str
        Such as ``figure-3a``.
    """
    return where.lower().replace(" ", "-")
