"""The marks of a forest: where a ratio lies on the axis, its interval, and what is drawn where it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, log10

import plotly.graph_objects as go

from deeptepp.report.figures.forest_rows import ForestRow, PlacedLine
from deeptepp.report.look.theme import FADED, OTHER_COLOURS
from deeptepp.wording.sentence import escaped, glued

OVERALL_COLOUR = OTHER_COLOURS[2]
"""Of the last row."""

_COLOUR = OTHER_COLOURS[0]
"""Of subgroups."""

_LIMITS = (0.05, 20.0)
"""An interval that reaches beyond leaves the axis with an arrow."""

_FURTHEST = (0.02, 50.0)
"""An estimate that lies beyond does, too."""


def axis_limits(rows: Sequence[ForestRow]) -> tuple[float, float]:
    """Choose the ends of the axis: all estimates and, as far as is sensible, their intervals.

    Parameters
    ----------
    rows : sequence of ForestRow
        All rows.

    Returns
    -------
    tuple of (float, float)
        Powers of ten.
    """
    low, high = 0.45, 2.2
    for row in rows:
        ratio = row.hazard_ratio
        if ratio.value is None:
            continue
        lower = ratio.value if ratio.low is None else max(ratio.low, _LIMITS[0])
        upper = ratio.value if ratio.high is None else min(ratio.high, _LIMITS[1])
        low = min(low, max(min(lower, 0.85 * ratio.value), _FURTHEST[0]))
        high = max(high, min(max(upper, 1.18 * ratio.value), _FURTHEST[1]))
    return log10(low) - 0.04, log10(high) + 0.04


def place_of(ratio: float) -> float:
    """Give the place of a ratio on the axis.

    Parameters
    ----------
    ratio : float
        A hazard ratio; 0 or infinite where a limit is.

    Returns
    -------
    float
        Its power of ten; far out where there is none.
    """
    return -9.0 if ratio <= 0 else 9.0 if not isfinite(ratio) else log10(ratio)


def add_estimate(
    figure: go.Figure, line: PlacedLine, row: ForestRow, limits: tuple[float, float], most: int
) -> None:
    """Add interval, arrows and point, or the diamond, of one row.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Changed in place.
    line : PlacedLine
        Where the row stands.
    row : ForestRow
        Its estimate; nothing is drawn where it has none.
    limits : tuple of (float, float)
        From ``axis_limits``.
    most : int
        Largest number of events of a row.
    """
    ratio = row.hazard_ratio
    if ratio.value is None:
        return
    colour = OVERALL_COLOUR if line.is_overall else _COLOUR
    at, y = place_of(ratio.value), line.middle
    if ratio.low is None or ratio.high is None:
        _add_marks(figure, [at], y, {"symbol": "square-open", "size": 9, "color": FADED}, row)
        return
    low, high = place_of(ratio.low), place_of(ratio.high)
    begin, end = max(low, limits[0]), min(high, limits[1])
    if line.is_overall and low >= limits[0] and high <= limits[1]:
        _add_diamond(figure, (low, at, high), y, row)
        return
    if begin < end:
        figure.add_scatter(
            x=[begin, end],
            y=[y, y],
            mode="lines",
            line={"color": colour, "width": 1.8},
            hoverinfo="skip",
            name="interval",
        )
    for leaves, x, symbol in (
        (low < begin, limits[0], "triangle-left"),
        (high > end, limits[1], "triangle-right"),
    ):
        if leaves:
            _add_marks(figure, [x], y, {"symbol": symbol, "size": 10, "color": colour}, row, name="arrow")
    if limits[0] <= at <= limits[1]:
        # The area of a square grows with its events.
        size = 5 + 9 * min(ratio.n_events / most, 1) ** 0.5
        symbol = "diamond" if line.is_overall else "square"
        _add_marks(figure, [at], y, {"symbol": symbol, "size": size, "color": colour}, row)


def _add_marks(
    figure: go.Figure,
    x: list[float],
    y: float,
    marker: dict[str, object],
    row: ForestRow,
    *,
    name: str = "estimate",
) -> None:
    """Add markers of a row."""
    figure.add_scatter(
        x=x,
        y=[y],
        mode="markers",
        marker=marker,
        cliponaxis=False,
        name=name,
        hovertemplate=glued("{}: {}<extra></extra>", escaped(row.label), escaped(row.number)),
    )


def _add_diamond(figure: go.Figure, points: tuple[float, float, float], y: float, row: ForestRow) -> None:
    """Add a diamond as wide as the interval."""
    low, at, high = points
    figure.add_scatter(
        x=[low, at, high, at, low],
        y=[y, y - 8, y, y + 8, y],
        mode="lines",
        fill="toself",
        fillcolor=OVERALL_COLOUR,
        line={"color": OVERALL_COLOUR, "width": 1},
        hoveron="fills",
        hoverinfo="text",
        text=glued("{}: {}", escaped(row.label), escaped(row.number)),
        name="overall",
    )
