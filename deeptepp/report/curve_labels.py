"""Names of curves: style of each group, legend above the plot, labels where curves end, rows of the table.

Everything is placed by pixels from the plot, so that it stays whole at any width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go

from deeptepp.domain.cohort import Arm
from deeptepp.report.format import count
from deeptepp.report.theme import (
    ARM_COLOURS,
    ARM_DASHES,
    ARM_GLYPHS,
    FADED,
    OTHER_COLOURS,
    OTHER_GLYPHS,
    SMALL_PX,
    TIER_COLOURS,
    TIER_GLYPHS,
)
from deeptepp.stats.kaplan_meier import KaplanMeierCurve

PLOT_PX = 280
"""Height of the plot with the curves."""

LEGEND_ROW_PX = 22
"""Height of one line of the legend."""

_LABEL_GAP_PX = 17
"""Labels at the ends of curves keep this distance from one another."""

_ARM_SHORT = {Arm.NONE: "None", Arm.T: "T", Arm.TP: "T+P"}
"""Names of the arms where there is little room."""


@dataclass(frozen=True, slots=True)
class CurveStyle:
    """How one group is drawn and named.

    Parameters
    ----------
    colour : str
        Of line, band, ticks and shape.
    glyph : str
        Shape as a character.
    dash : str
        Plotly line dash.
    short : str
        Name where there is little room.
    is_faded : bool
        Drawn in grey because it carries too little information.
    """

    colour: str
    glyph: str
    dash: str
    short: str
    is_faded: bool

    @property
    def mark(self) -> str:
        """Coloured shape and short name."""
        return f'<span style="color:{self.colour}">{self.glyph}</span> {escape(self.short)}'


def styles_of(curves: Sequence[KaplanMeierCurve], colours: Sequence[str] | None, few: int) -> list[CurveStyle]:
    """Find colour, shape, dash and short name of each curve.

    Parameters
    ----------
    curves : sequence of KaplanMeierCurve
        The groups.
    colours : sequence of str or None
        One per curve; a colour of a tier or arm brings its shape and dash.
    few : int
        Groups with fewer events are greyed.

    Returns
    -------
    list of CurveStyle
        One per curve.
    """
    known = {key.value: colour for key, colour in (*TIER_COLOURS.items(), *ARM_COLOURS.items())}
    styles = []
    for i, curve in enumerate(curves):
        other = OTHER_COLOURS[i % len(OTHER_COLOURS)]
        colour = colours[i] if colours is not None else known.get(curve.label, other)
        tier = next((t for t, c in TIER_COLOURS.items() if c == colour), None)
        arm = next((a for a, c in ARM_COLOURS.items() if c == colour), None)
        glyph, dash, short = OTHER_GLYPHS[i % len(OTHER_GLYPHS)], "solid", curve.label
        if tier is not None:
            glyph, short = TIER_GLYPHS[tier], curve.label
        elif arm is not None:
            glyph, dash, short = ARM_GLYPHS[arm], ARM_DASHES[arm], _ARM_SHORT[arm]
        is_faded = curve.n_events < few
        styles.append(CurveStyle(FADED if is_faded else colour, glyph, dash, _shortened(short), is_faded))
    return styles


def _shortened(name: str) -> str:
    """Cut a name that would not fit beside the table."""
    return name if len(name) <= 12 else f"{name[:11].rstrip()}…"


def legend_text(curve: KaplanMeierCurve, style: CurveStyle) -> str:
    """Name a group with its patients and events.

    Parameters
    ----------
    curve : KaplanMeierCurve
        The group.
    style : CurveStyle
        How it is drawn.

    Returns
    -------
    str
        One line for the legend.
    """
    short = "" if curve.label.startswith(style.short.rstrip("…")) else f" ({style.short})"
    few = ", too few to read" if style.is_faded else ""
    return (
        f'<span style="color:{style.colour}">{style.glyph}</span> {escape(curve.label)}{short}: '
        f"{count(curve.n, 'patient')}, {count(curve.n_events, 'event')}{few}"
    )


def add_end_labels(
    figure: go.Figure, curves: Sequence[KaplanMeierCurve], styles: Sequence[CurveStyle], end: float
) -> None:
    """Name curves where they end, those near the right edge beside it.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Changed in place.
    curves : sequence of KaplanMeierCurve
        The groups; one that ends early where another passes is left to the legend.
    styles : sequence of CurveStyle
        One per curve.
    end : float
        End of the axis, months.
    """
    gap = 100 * _LABEL_GAP_PX / PLOT_PX
    late = [(c, s) for c, s in zip(curves, styles, strict=True) if c.last_months > 0.75 * end]
    for (_, style), y in zip(late, spread([100 * c.at(end).value for c, _ in late], gap), strict=True):
        _add_end_label(figure, style, y, xref="paper", x=1)
    for curve, style in zip(curves, styles, strict=True):
        others = [other for other in curves if other is not curve]
        if curve.last_months <= 0.75 * end and _has_room(curve, others, end, gap):
            _add_end_label(figure, style, 100 * curve.at(end).value, xref="x", x=curve.last_months)


def _has_room(curve: KaplanMeierCurve, others: Sequence[KaplanMeierCurve], end: float, gap: float) -> bool:
    """Tell whether no other curve passes where the label of one that ends early would stand."""
    level = 100 * curve.at(end).value
    window = curve.last_months + end * np.linspace(0, 0.25, 26)
    passing = [100 * o.at(float(t)).value for o in others for t in window if t <= o.last_months]
    return all(abs(level - other) > gap for other in passing)


def _add_end_label(figure: go.Figure, style: CurveStyle, y: float, *, xref: str, x: float) -> None:
    """Write shape and short name to the right of a point."""
    figure.add_annotation(
        text=f'<span style="color:{style.colour}">{style.glyph} <b>{escape(style.short)}</b></span>',
        xref=xref,
        x=x,
        xshift=6,
        xanchor="left",
        y=y,
        yanchor="middle",
        showarrow=False,
        font={"size": SMALL_PX},
        name="end label",
    )


def spread(positions: Sequence[float], gap: float) -> list[float]:
    """Move labels apart along one axis, as little as their order allows.

    Parameters
    ----------
    positions : sequence of float
        Where labels would stand.
    gap : float
        Least distance between neighbours.

    Returns
    -------
    list of float
        New positions in the same order of items.
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


def add_legend(figure: go.Figure, rows: Sequence[tuple[CurveStyle, str]], left_px: float, first_px: float) -> None:
    """Write line sample, shape, name and counts of each group above the plot.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Changed in place.
    rows : sequence of (CurveStyle, str)
        Style and text of each line.
    left_px : float
        Left margin of the figure.
    first_px : float
        Height of the middle of the first line above the plot.
    """
    # A plotly legend widens the margin and cuts long names; this one stays where it is put at any width.
    for row, (style, text) in enumerate(rows):
        y_px = first_px - LEGEND_ROW_PX * row
        figure.add_shape(
            type="line",
            xref="paper",
            yref="paper",
            xsizemode="pixel",
            ysizemode="pixel",
            xanchor=0,
            yanchor=1,
            x0=-left_px + 10,
            x1=-left_px + 36,
            y0=y_px,
            y1=y_px,
            line={"color": style.colour, "width": 2.4, "dash": style.dash},
        )
        figure.add_annotation(
            text=text,
            xref="paper",
            yref="paper",
            x=0,
            y=1,
            xshift=-left_px + 48,
            yshift=y_px,
            xanchor="left",
            yanchor="middle",
            align="left",
            showarrow=False,
            name="legend",
        )


def add_table_words(figure: go.Figure, styles: Sequence[CurveStyle], top: float) -> None:
    """Write the heading of the table of numbers at risk and the name of each row.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Changed in place.
    styles : sequence of CurveStyle
        One per row.
    top : float
        Upper edge of the rows as a share of the height inside the margins.
    """
    common = {"xref": "paper", "x": 0, "showarrow": False, "font": {"size": SMALL_PX}}
    figure.add_annotation(
        text="<b>Number at risk</b>", yref="paper", y=top, xanchor="left", yanchor="bottom", xshift=-14, **common
    )
    for row, style in enumerate(styles):
        figure.add_annotation(text=style.mark, yref="y2", y=row, yshift=2, xanchor="right", xshift=-18, **common)
