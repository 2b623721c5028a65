"""Axes and marks of a forest plot: place of a value, its interval, and arrows where it leaves the axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, log10

import plotly.graph_objects as go

from deeptepp.report.figures.forest_rows import PlacedLine
from deeptepp.report.look.marks import add_line, add_upright
from deeptepp.report.look.theme import FADED, NEUTRAL, OTHER_COLOURS
from deeptepp.wording.sentence import escaped, glued

AXIS_GAP = 0.06
"""Share of the width between two axes."""

BELOW_PX = 8
"""Marks stand this far below the middle of a row whose numbers stand above them."""

_TICKS = ((0.25, 0.5, 1, 2, 4), (0.1, 0.3, 1, 3, 10), (0.01, 0.1, 1, 10, 100))
"""Ticks of a log axis for a range of up to 1.3 powers of ten, up to 2.2, and more."""

_LIMITS, _FURTHEST = (0.05, 20.0), (0.02, 50.0)
"""An interval that reaches beyond the first leaves a log axis with an arrow, an estimate beyond the second too."""

_OVERALL_COLOUR = OTHER_COLOURS[2]
"""Of the last row."""


@dataclass(frozen=True, slots=True)
class ForestAxis:
    """What one axis estimates, its short name in words, its upright line, and its ends; log without ends."""

    name: str
    short: str
    reference: float | None
    limits: tuple[float, float] | None = None


HAZARD_RATIO = ForestAxis("Hazard ratio", "HR", 1.0)
"""Log axis of hazard ratios."""


@dataclass(frozen=True, slots=True)
class PlacedAxis:
    """An axis as it is drawn: plotly's number of it, its place among all, and its ends (powers of ten if log)."""

    of: ForestAxis
    place: int
    low: float
    high: float

    @property
    def number(self) -> str:
        """Number as plotly writes it, nothing for the first."""
        return "" if self.place == 0 else str(self.place + 1)

    def at(self, value: float) -> float:
        """Place of a value; far out where its logarithm is none."""
        if self.of.limits is not None:
            return value
        return -9.0 if value <= 0 else 9.0 if not isfinite(value) else log10(value)


def placed_axis(axis: ForestAxis, place: int, lines: Sequence[PlacedLine]) -> PlacedAxis:
    """Ends of an axis: those asked for, or all estimates and, as far as is sensible, their intervals."""
    if axis.limits is not None:
        return PlacedAxis(axis, place, *axis.limits)
    low, high = 0.45, 2.2
    for found in (line.row.estimates[place] for line in lines if line.row is not None):
        if found.value is None:
            continue
        lower = found.value if found.low is None else max(found.low, _LIMITS[0])
        upper = found.value if found.high is None else min(found.high, _LIMITS[1])
        low = min(low, max(min(lower, 0.85 * found.value), _FURTHEST[0]))
        high = max(high, min(max(upper, 1.18 * found.value), _FURTHEST[1]))
    return PlacedAxis(axis, place, log10(low) - 0.04, log10(high) + 0.04)


def add_estimate(figure: go.Figure, line: PlacedLine, axis: PlacedAxis, most: int, *, below: float) -> None:
    """Interval and square, or diamond, of one row; nothing without a value, ``most`` events the largest square."""
    if line.row is None or (found := line.row.estimates[axis.place]).value is None:
        return
    colour = _OVERALL_COLOUR if line.is_overall else line.row.colour
    words = glued("{}: {}", escaped(line.row.label), escaped(line.row.number(axis.place)))
    at, y = axis.at(found.value), line.middle + below
    mark = _Mark(y, f"x{axis.number}", words)
    if found.low is None or found.high is None:
        mark.add(figure, at, "square-open", 9, FADED, "estimate")
        return
    low, high = axis.at(found.low), axis.at(found.high)
    if line.is_overall and low >= axis.low and high <= axis.high:
        _add_diamond(figure, (low, at, high), y, words)
        return
    _add_interval(figure, mark, (low, high), axis, colour)
    if axis.low <= at <= axis.high:
        # The area of a square grows with its events.
        size = 5 + 9 * min(found.n_events / most, 1) ** 0.5
        mark.add(figure, at, "diamond" if line.is_overall else "square", size, colour, "estimate")


@dataclass(frozen=True, slots=True)
class _Mark:
    """Height of the marks of a row, plotly's name of their axis, and what is said of them."""

    y: float
    axis: str
    words: str

    def add(self, figure: go.Figure, x: float, symbol: str, size: float, colour: str, name: str) -> None:
        """Add one mark."""
        figure.add_scatter(
            x=[x],
            y=[self.y],
            xaxis=self.axis,
            mode="markers",
            marker={"symbol": symbol, "size": size, "color": colour},
            cliponaxis=False,
            name=name,
            hovertemplate=glued("{}<extra></extra>", self.words),
        )


def _add_interval(
    figure: go.Figure, mark: _Mark, ends: tuple[float, float], axis: PlacedAxis, colour: str
) -> None:
    """Line of an interval, with an arrow where it leaves the axis."""
    (low, high), begin, end = ends, max(ends[0], axis.low), min(ends[1], axis.high)
    if begin < end:
        add_line(figure, [begin, end], [mark.y] * 2, {"color": colour, "width": 1.8}, "interval", xaxis=mark.axis)
    if low < begin:
        mark.add(figure, axis.low, "triangle-left", 10, colour, "arrow")
    if high > end:
        mark.add(figure, axis.high, "triangle-right", 10, colour, "arrow")


def _add_diamond(figure: go.Figure, points: tuple[float, float, float], y: float, words: str) -> None:
    """Diamond as wide as the interval."""
    low, at, high = points
    figure.add_scatter(
        x=[low, at, high, at, low],
        y=[y, y - 8, y, y + 8, y],
        mode="lines",
        fill="toself",
        fillcolor=_OVERALL_COLOUR,
        line={"color": _OVERALL_COLOUR, "width": 1},
        hoveron="fills",
        hoverinfo="text",
        text=words,
        name="overall",
    )


def add_uprights(figure: go.Figure, lines: Sequence[PlacedLine], axes: Sequence[PlacedAxis]) -> None:
    """Upright lines at the reference of each axis and at the overall estimate, free of numbers and reasons."""
    overall = next((line.row for line in lines if line.is_overall), None)
    for axis in axes:
        value = None if overall is None else overall.estimates[axis.place].value
        for x, colour, dash in (
            (axis.of.reference, NEUTRAL, "solid"),
            (value if value and axis.low <= axis.at(value) <= axis.high else None, _OVERALL_COLOUR, "dot"),
        ):
            for top, bottom in () if x is None else _runs(lines, axis, is_number_above=len(axes) > 1):
                line = {"color": colour, "width": 1, "dash": dash}
                where = {"xref": f"x{axis.number}", "layer": "below", "name": "upright"}
                add_upright(figure, axis.at(x or 0.0), line, (top, bottom), **where)


def _runs(lines: Sequence[PlacedLine], axis: PlacedAxis, *, is_number_above: bool) -> list[list[float]]:
    """Heights between which nothing is written in the plot, from top to bottom."""
    runs: list[list[float]] = []
    is_open = False
    for line in lines:
        top, bottom = line.middle - line.height / 2, line.middle + line.height / 2
        is_free = line.row is None or line.row.estimates[axis.place].value is not None
        if line.row is not None and is_number_above:
            is_free, is_open, top = True, False, line.middle
        if is_free and not is_open:
            runs.append([top, 0])
        if is_free:
            runs[-1][1] = bottom
        is_open = is_free
    return runs


def axis_layout(axis: PlacedAxis, width: float) -> dict[str, object]:
    """Range, ticks and share of the width of one axis."""
    begin = axis.place * (width + AXIS_GAP)
    found = {
        "range": [axis.low, axis.high],
        "domain": [begin, begin + width],
        "tickangle": 0,
        "showgrid": False,
        "anchor": "y",
    }
    if axis.of.limits is not None:
        return found | {"nticks": 5}
    span = axis.high - axis.low
    ticks = [tick for tick in _TICKS[(span > 1.3) + (span > 2.2)] if axis.low <= log10(tick) <= axis.high]
    return found | {"tickvals": [log10(tick) for tick in ticks], "ticktext": [f"{tick:g}" for tick in ticks]}
