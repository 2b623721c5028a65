"""The mark of simulated data on figures and items: what it says follows from where patients and scores come from.

A figure draws its mark wherever it is told that something is simulated; ``stamp_item`` writes into it what that
is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import plotly.graph_objects as go

from deeptepp.domain.cohort import Cohort
from deeptepp.domain.provenance import MARKS
from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.report.look.marks import MARK_NAME, add_mark
from deeptepp.report.report_item import ReportItem
from deeptepp.wording.sentence import Arranged, glued

_LONG_MARK_PX = 13
"""Type of a mark that is longer than the usual one."""


def marked_cohort(cohort: Cohort, mark: str) -> Cohort:
    """Cohort whose figures draw a mark where one is due."""
    return Cohort(cohort.columns, is_simulated=bool(mark))


def stamp_figure(figure: go.Figure, mark: str) -> go.Figure:
    """Let a figure say a mark, in the picture and in its words."""
    if not mark:
        return figure
    if not any(note.name == MARK_NAME for note in figure.layout.annotations):
        add_mark(figure, 0.04)
    if mark != SIMULATED_COHORT:
        figure.update_annotations(
            text=glued("<b>{}</b>", mark), font={"size": _LONG_MARK_PX}, selector={"name": MARK_NAME}
        )
    meta = figure.layout.meta or {}
    alt = meta.get("alt", "")
    words = alt.parts[-1] if isinstance(alt, Arranged) and len(alt.parts) > 1 and alt.parts[-2] in MARKS else alt
    return figure.update_layout(meta={**meta, "alt": glued("{}. {}", mark, words)})


def stamp_item(item: ReportItem, mark: str) -> ReportItem:
    """Let an item say a mark in its figures and on its tables."""
    for figure in item.figures:
        stamp_figure(figure, mark)
    return replace(item, mark=mark or item.mark)


def stamp_all(items: Iterable[ReportItem], mark: str) -> tuple[ReportItem, ...]:
    """Let items say a mark; one that has a mark of its own keeps it.

    ``items``: in reading order.
    """
    return tuple(item if item.mark else stamp_item(item, mark) for item in items)
