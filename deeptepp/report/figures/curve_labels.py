"""Names of curves: legend above the plot, labels where curves end, rows of the table.

Everything is placed by pixels from the plot, so that it stays whole at any width.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from deeptepp.report.format import count
from deeptepp.report.look.curve_styles import CurveStyle
from deeptepp.report.look.marks import add_text
from deeptepp.report.look.text_width import broken
from deeptepp.report.look.theme import FONT_PX
from deeptepp.report.names import group_words
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve
from deeptepp.wording.sentence import escaped, glued, joined, sentence

PLOT_PX = 280
"""Height of the plot with the curves."""

LEGEND_ROW_PX = 22
"""Height of one entry of the legend."""

_NEXT_LINE_PX = 17
"""Height of every further line of an entry."""

_LEGEND_TEXT_PX = 472
"""Longest line of an entry in a figure 520 px wide."""

_LOWEST_LABEL = 4.0
"""Labels of curves that end at the axis stand this much above it, percent."""

_HIGHEST_LABEL = 102.0
"""End of the axis, percent; plotly hides what stands above it."""

_LABEL_GAP_PX = 17
"""Labels at the ends of curves keep this distance from one another."""


def legend_text(curve: KaplanMeierCurve, style: CurveStyle) -> str:
    """Name a group with its patients and events.

    Returns entry of the legend, broken where it is long.
    """
    is_like = group_words(curve.label).lower().startswith(style.short.rstrip("…").lower())
    short = "" if is_like else glued(" ({})", style.short)
    few = ", too\u00a0few\u00a0to\u00a0read" if style.is_faded else ""
    counts = glued("{}, {}", count(curve.n, "patient"), count(curve.n_events, "event"))
    return legend_entry(glued("{}{}: {}{}", group_words(curve.label), short, counts, few), style)


def legend_entry(words: str, style: CurveStyle) -> str:
    """Put the shape of a curve before words, which are broken to fit the narrowest figure."""
    lines = joined("<br>", (escaped(line) for line in broken(words, _LEGEND_TEXT_PX, FONT_PX)))
    return glued('<span style="color:{}">{}</span> {}', style.colour, style.glyph, lines)


def legend_height(rows: Sequence[tuple[CurveStyle, str]]) -> int:
    """Measure the legend.

    Returns height with the room below it, px.
    """
    return 8 + sum(_entry_px(text) for _, text in rows)


def _entry_px(text: str) -> int:
    """Height of one entry, px."""
    return LEGEND_ROW_PX + _NEXT_LINE_PX * text.count("<br>")


def add_end_labels(
    figure: go.Figure, curves: Sequence[KaplanMeierCurve], styles: Sequence[CurveStyle], end: float
) -> None:
    """Name curves where they end, those near the right edge beside it.

    ``curves``: the groups, one that ends early where another passes is left to the legend; ``end``: end of the
    axis, months.
    """
    gap = 100 * _LABEL_GAP_PX / PLOT_PX
    late = [(c, s) for c, s in zip(curves, styles, strict=True) if c.last_months > 0.75 * end]
    places = inside(spread([100 * c.at(end).value for c, _ in late], gap), gap, _LOWEST_LABEL, _HIGHEST_LABEL)
    for (_, style), y in zip(late, places, strict=True):
        _add_end_label(figure, style, y, xref="paper", x=1)
    for curve, style in zip(curves, styles, strict=True):
        others = [other for other in curves if other is not curve]
        if curve.last_months <= 0.75 * end and _has_room(curve, others, end, gap):
            y = max(100 * curve.at(end).value, _LOWEST_LABEL)
            _add_end_label(figure, style, y, xref="x", x=curve.last_months)


def _has_room(curve: KaplanMeierCurve, others: Sequence[KaplanMeierCurve], end: float, gap: float) -> bool:
    """Whether no other curve passes where the label of one that ends early would stand."""
    level = 100 * curve.at(end).value
    window = curve.last_months + end * np.linspace(0, 0.25, 26)
    passing = [100 * o.at(float(t)).value for o in others for t in window if t <= o.last_months]
    return all(abs(level - other) > gap for other in passing)


def _add_end_label(figure: go.Figure, style: CurveStyle, y: float, *, xref: str, x: float) -> None:
    """Write shape and short name to the right of a point, above the axis."""
    words = glued('<span style="color:{}">{} <b>{}</b></span>', style.colour, style.glyph, escaped(style.short))
    add_text(figure, words, (x, y), ref=f"{xref}, y", xshift=6, name="end label")


def spread(positions: Sequence[float], gap: float) -> list[float]:
    """Move labels apart along one axis, as little as their order allows.

    ``gap``: least distance between neighbours. Returns new positions in the same order of items.
    """
    order = np.argsort(positions, kind="stable")
    # Subtracting the ladder turns "at least gap apart" into "not falling", which pooling neighbours solves.
    wanted = [float(positions[i]) - rank * gap for rank, i in enumerate(order)]
    blocks: list[list[float]] = []
    for value in wanted:
        blocks.append([value])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            last = blocks.pop()
            blocks[-1].extend(last)
    level = [float(np.mean(block)) for block in blocks for _ in block]
    placed = [0.0] * len(wanted)
    for rank, i in enumerate(order):
        placed[i] = level[rank] + rank * gap
    return placed


def inside(positions: Sequence[float], gap: float, lowest: float, highest: float) -> list[float]:
    """Move labels that are apart between two ends, and those next to them no more than they must.

    ``gap``: least distance between neighbours; ``lowest``, ``highest``: ends, where there is no room for all, the
    lowest labels stand below the lower one. Returns new positions in the same order of items.
    """
    order = np.argsort(positions, kind="stable").tolist()
    placed = [float(position) for position in positions]
    floor = lowest
    for i in order:
        placed[i] = max(placed[i], floor)
        floor = placed[i] + gap
    ceiling = highest
    for i in reversed(order):
        placed[i] = min(placed[i], ceiling)
        ceiling = placed[i] - gap
    return placed


_FROM_TOP_LEFT = {
    "xref": "paper",
    "xsizemode": "pixel",
    "xanchor": 0,
    "yref": "paper",
    "ysizemode": "pixel",
    "yanchor": 1,
}
"""Places shapes by pixels from the corner of the plot."""


def add_legend(figure: go.Figure, rows: Sequence[tuple[CurveStyle, str]], left_px: float) -> None:
    """Write line sample, shape, name and counts of each group above the plot."""
    # A plotly legend widens the margin and cuts long names; this one stays where it is put at any width.
    top_px = float(legend_height(rows))
    for style, text in rows:
        y_px = top_px - LEGEND_ROW_PX / 2
        line = {"color": style.colour, "width": 2.4, "dash": style.dash}
        x0, x1 = -left_px + 10, -left_px + 36
        figure.add_shape(type="line", x0=x0, x1=x1, y0=y_px, y1=y_px, line=line, **_FROM_TOP_LEFT)
        shift = {"xshift": -left_px + 48, "yshift": top_px + 1}
        add_text(figure, text, (0, 1), anchor="left top", size=FONT_PX, **shift, name="legend")
        top_px -= _entry_px(text)


def add_table_words(figure: go.Figure, styles: Sequence[CurveStyle], top: float) -> None:
    """Write the heading of the table of numbers at risk and the name of each row.

    ``top``: upper edge of the rows as a share of the height inside the margins.
    """
    text = glued("<b>{}</b>", sentence("Number at risk"))
    add_text(figure, text, (0, top), anchor="left bottom", xshift=-14)
    for row, style in enumerate(styles):
        add_text(figure, style.mark, (0, row), ref="paper, y2", anchor="right middle", xshift=-18, yshift=2)
