"""Kaplan-Meier curves as in a journal, with the numbers at risk under each tick of the axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from deeptepp.domain.cohort import Arm
from deeptepp.errors import NotEstimable
from deeptepp.report.format import count, percent, percent_ci
from deeptepp.report.format import p_value as written_p
from deeptepp.report.marks import broken_title, finish
from deeptepp.report.theme import (
    ARM_COLOURS,
    ARM_DASHES,
    ARM_GLYPHS,
    FADED,
    OTHER_COLOURS,
    OTHER_GLYPHS,
    SMALL_PX,
    TEMPLATE,
    TIER_COLOURS,
    TIER_GLYPHS,
)
from deeptepp.stats.kaplan_meier import KaplanMeierCurve

Floats = npt.NDArray[np.float64]

_PLOT_PX, _AXIS_PX, _ROW_PX, _LEGEND_PX, _TITLE_LINE_PX, _SUBTITLE_PX = 280, 54, 20, 23, 21, 26
"""Heights of the parts of the figure."""

_LABEL_GAP_PX = 17
"""Labels at the ends of curves keep this distance from one another."""

_ARM_SHORT = {Arm.NONE: "None", Arm.T: "T", Arm.TP: "T+P"}
"""Names of the arms where there is little room."""


@dataclass(frozen=True, slots=True)
class _Style:
    """How one group is drawn and named."""

    colour: str
    glyph: str
    dash: str
    short: str
    is_faded: bool

    @property
    def mark(self) -> str:
        """Coloured shape and short name."""
        return f'<span style="color:{self.colour}">{self.glyph}</span> {escape(self.short)}'


def kaplan_meier_figure(
    curves: Sequence[KaplanMeierCurve],
    *,
    title: str,
    p_value: float | None = None,
    colours: Sequence[str] | None = None,
    max_months: float | None = None,
    grey_below_events: int = 0,
    y_title: str = "Event-free",
    simulated: bool,
) -> go.Figure:
    """Draw survival curves with bands, censor ticks and an aligned table of numbers at risk.

    Parameters
    ----------
    curves : sequence of KaplanMeierCurve
        One per group, in the order of the legend.
    title : str
        What is compared.
    p_value : float, optional
        Of the log-rank test between the groups.
    colours : sequence of str, optional
        One per curve; colours of tiers and arms also bring their shape and dash. Without it, curves labelled as
        a tier or an arm get its colour.
    max_months : float, optional
        End of the axis; the next full year after the last observation when left out.
    grey_below_events : int
        Curves with fewer events are drawn in grey and marked as such; 0 greys none.
    y_title : str
        Title of the vertical axis.
    simulated : bool
        The patients are simulated; the figure says so.

    Returns
    -------
    plotly.graph_objects.Figure
        Height fixed, width free from about 520 px; ``layout.meta["alt"]`` holds the content in words.

    Raises
    ------
    NotEstimable
        There is no curve.
    """
    if not curves:
        raise NotEstimable(what="The figure", reason="no group has patients")
    styles = _styles(curves, colours, grey_below_events)
    end = max_months or 12.0 * max(1.0, np.ceil(max(curve.last_months for curve in curves) / 12))
    ticks = np.arange(0, end + 1e-9, 12 if end <= 144 else 24)
    figure = go.Figure()
    for curve, style in zip(curves, styles, strict=True):
        _add_curve(figure, curve, style, end)
    _add_numbers_at_risk(figure, curves, styles, ticks)
    _add_end_labels(figure, curves, styles, end)
    _lay_out(figure, styles, _titles(title, p_value, curves), (end, ticks), y_title)
    return finish(figure, _alt(title, p_value, curves, y_title), simulated=simulated)


def _styles(curves: Sequence[KaplanMeierCurve], colours: Sequence[str] | None, few: int) -> list[_Style]:
    """Find colour, shape, dash and short name of each curve."""
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
        styles.append(_Style(FADED if is_faded else colour, glyph, dash, _shortened(short), is_faded))
    return styles


def _shortened(name: str) -> str:
    """Cut a name that would not fit beside the table."""
    return name if len(name) <= 12 else f"{name[:11].rstrip()}…"


def _add_curve(figure: go.Figure, curve: KaplanMeierCurve, style: _Style, end: float) -> None:
    """Add band, step curve and censor ticks of one group."""
    group = f"{style.glyph} {curve.label}"
    x, outline = _band(curve, end)
    figure.add_scatter(
        x=x,
        y=outline,
        fill="toself",
        fillcolor=style.colour,
        opacity=0.13,
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
        legendgroup=group,
        name=f"{curve.label} band",
    )
    months = np.append(curve.months[curve.months <= end], min(curve.last_months, end))
    read = [curve.at(float(t)) for t in months]
    figure.add_scatter(
        x=months,
        y=[100 * r.value for r in read],
        mode="lines",
        line={"shape": "hv", "color": style.colour, "width": 2.4, "dash": style.dash},
        name=_legend_text(curve, style),
        legendgroup=group,
        customdata=[[percent_ci(r.value, r.low, r.high), r.n_at_risk] for r in read],
        hovertemplate=f"{escape(curve.label)}, %{{x:.1f}} months: %{{customdata[0]}}<br>"
        "%{customdata[1]} at risk<extra></extra>",
    )
    ticks = np.unique(curve.censored_months[curve.censored_months <= end])
    figure.add_scatter(
        x=ticks,
        y=[100 * curve.at(float(t)).value for t in ticks],
        mode="markers",
        marker={"symbol": "line-ns", "size": 7, "line": {"width": 1, "color": style.colour}},
        hoverinfo="skip",
        showlegend=False,
        legendgroup=group,
        name=f"{curve.label} censored",
    )


def _legend_text(curve: KaplanMeierCurve, style: _Style) -> str:
    """Name a group with its patients and events."""
    short = "" if curve.label.startswith(style.short.rstrip("…")) else f" ({style.short})"
    few = ", too few to read" if style.is_faded else ""
    return (
        f'<span style="color:{style.colour}">{style.glyph}</span> {escape(curve.label)}{short}: '
        f"{count(curve.n, 'patient')}, {count(curve.n_events, 'event')}{few}"
    )


def _band(curve: KaplanMeierCurve, end: float) -> tuple[Floats, Floats]:
    """Outline (m,) of the band in months and percent: along the upper limit and back along the lower one."""
    known = ~np.isnan(curve.low) & (curve.months <= end)
    if not known.any():
        return np.empty(0), np.empty(0)
    months = np.append(curve.months[known], min(curve.last_months, end))
    x = np.repeat(months, 2)[1:-1]
    low, high = np.repeat(curve.low[known], 2), np.repeat(curve.high[known], 2)
    return np.concatenate([x, x[::-1]]), 100 * np.concatenate([high, low[::-1]])


def _add_numbers_at_risk(
    figure: go.Figure, curves: Sequence[KaplanMeierCurve], styles: Sequence[_Style], ticks: Floats
) -> None:
    """Add one row of counts per group on the lower axis, each under its tick."""
    for row, (curve, style) in enumerate(zip(curves, styles, strict=True)):
        figure.add_scatter(
            x=ticks,
            y=np.full(len(ticks), row),
            yaxis="y2",
            mode="text",
            text=[str(n) for n in curve.n_at_risk(ticks)],
            textfont={"size": SMALL_PX},
            hoverinfo="skip",
            showlegend=False,
            cliponaxis=False,
            legendgroup=f"{style.glyph} {curve.label}",
            name=f"{curve.label} at risk",
        )


def _add_end_labels(
    figure: go.Figure, curves: Sequence[KaplanMeierCurve], styles: Sequence[_Style], end: float
) -> None:
    """Name the curves that reach the right edge there, apart from one another; the others are in the legend."""
    ends = [(100 * c.at(end).value, s) for c, s in zip(curves, styles, strict=True) if c.last_months > 0.75 * end]
    placed = spread([y for y, _ in ends], 100 * _LABEL_GAP_PX / _PLOT_PX)
    for y, (_, style) in zip(placed, ends, strict=True):
        figure.add_annotation(
            text=f'<span style="color:{style.colour}">{style.glyph} <b>{escape(style.short)}</b></span>',
            xref="paper",
            x=1,
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


def _titles(title: str, p: float | None, curves: Sequence[KaplanMeierCurve]) -> tuple[str, int, str]:
    """Title with breaks, its lines, and the subtitle with test, band and ticks."""
    parts = [] if p is None else [f"Log-rank {escape(written_p(p))}"]
    parts.append(f"band: {100 * curves[0].level:g}\u00a0% CI")
    parts.append("ticks: censored")
    return (*broken_title(title), "  ·  ".join(parts))


def _lay_out(
    figure: go.Figure,
    styles: Sequence[_Style],
    titles: tuple[str, int, str],
    axis: tuple[float, Floats],
    y_title: str,
) -> None:
    """Place title, legend, plot and table by pixels, so that nothing is cut at any width."""
    title, n_lines, subtitle = titles
    end, ticks = axis
    n = len(styles)
    header = 10 + _TITLE_LINE_PX * n_lines + _SUBTITLE_PX
    top = header + _LEGEND_PX * n + 12
    table = _ROW_PX * n
    inner = _PLOT_PX + _AXIS_PX + _ROW_PX + table
    height = top + inner + 8
    widest = max(len(style.short) for style in styles)
    figure.update_layout(
        template=TEMPLATE,
        height=height,
        margin={"l": max(72, 46 + 8 * widest), "r": 34 + 8 * widest, "t": top, "b": 8},
        title={
            "text": title,
            "subtitle": {"text": subtitle},
            "yref": "container",
            "y": 1,
            "yanchor": "top",
            "pad": {"t": 10, "l": 10},
        },
        legend={
            "xref": "container",
            "x": 0,
            "xanchor": "left",
            "yref": "container",
            "y": 1 - header / height,
            "yanchor": "top",
            "itemsizing": "trace",
            "tracegroupgap": 0,
        },
        xaxis={
            "range": [0, end],
            "tickvals": ticks,
            "title": {"text": "Months from surgery"},
            "showgrid": False,
            "anchor": "y",
        },
        yaxis={
            "range": [0, 102],
            "tickvals": [0, 20, 40, 60, 80, 100],
            "ticksuffix": "\u00a0%",
            "title": {"text": y_title},
            "domain": [1 - _PLOT_PX / inner, 1],
        },
        yaxis2={
            "range": [n - 0.5, -0.5],
            "domain": [0, table / inner],
            "tickvals": list(range(n)),
            "ticktext": [style.mark for style in styles],
            "showgrid": False,
            "showline": False,
            "tickcolor": "rgba(0,0,0,0)",
            "ticklen": 14,
            "fixedrange": True,
            "anchor": "x",
        },
        hovermode="closest",
    )
    figure.add_annotation(
        text="<b>Number at risk</b>",
        xref="paper",
        yref="paper",
        x=0,
        y=table / inner,
        xanchor="left",
        yanchor="bottom",
        xshift=-12,
        showarrow=False,
        font={"size": SMALL_PX},
    )


def _alt(title: str, p: float | None, curves: Sequence[KaplanMeierCurve], y_title: str) -> str:
    """Say what the figure shows."""
    sentences = [f"Kaplan-Meier curves: {title}. {y_title} by months from surgery."]
    for curve in curves:
        read = [f"{percent(curve.at(t).value)} at {t:.0f} months" for t in (24.0, 60.0) if t <= curve.last_months]
        counts = f"{curve.label}: {count(curve.n, 'patient')}, {count(curve.n_events, 'event')}"
        sentences.append(f"{'; '.join([counts, *read])}.")
    if p is not None:
        sentences.append(f"Log-rank {written_p(p)}.")
    return " ".join(sentences)
