"""Kaplan-Meier curves as in a journal, with the numbers at risk under each tick of the axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from deeptepp.errors import NotEstimable
from deeptepp.report.figures.curve_labels import (
    PLOT_PX,
    add_end_labels,
    add_legend,
    add_table_words,
    legend_height,
    legend_text,
)
from deeptepp.report.format import count, percent, percent_ci
from deeptepp.report.format import p_value as written_p
from deeptepp.report.held_curves import HeldCurves
from deeptepp.report.look.curve_styles import CurveStyle, styles_of
from deeptepp.report.look.marks import add_area, finish, lay_out
from deeptepp.report.look.theme import GROUP_COLOURS, SMALL_PX
from deeptepp.report.names import group_words
from deeptepp.stats.survival.group_comparison import GroupComparison
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve
from deeptepp.wording.sentence import escaped, glued, joined, sentence

Floats = npt.NDArray[np.float64]

_AXIS_PX, _ROW_PX = 54, 20
"""Heights of the parts of the figure."""

_NARROWEST_PX = 520
"""Width down to which nothing may run into each other."""

_MARK_PERCENT = 13
"""The mark of simulated data takes the plot up to here where nothing is drawn."""

_TICK_PERCENT = 102 * 3.5 / PLOT_PX
"""Half the height of a censor tick, 3.5 px, on the axis of survival."""

_MOST_TICKS = 1500
"""More distinct censoring times than this are drawn to a fortieth of a month, which no screen resolves."""


def kaplan_meier_figure(
    curves: Sequence[KaplanMeierCurve],
    *,
    title: str,
    p_value: float | None = None,
    colours: Sequence[str] | None = None,
    grey_below_events: int = 0,
    y_title: str = "Event-free",
    simulated: bool,
) -> go.Figure:
    """Draw survival curves with bands, censor ticks and an aligned table of numbers at risk.

    ``curves``: one per group, in the order of the legend; ``p_value``: of the log-rank test between the groups;
    ``colours``: one per curve, colours of tiers and arms also bring their shape and dash. Without it, curves
    labelled as a tier or an arm get its colour; ``grey_below_events``: curves with fewer events are drawn in grey
    and marked as such, 0 greys none. Returns height fixed, width free from about 520 px.
    Raises NotEstimable: there is no curve.
    """
    if not curves:
        raise NotEstimable(what="The figure", reason="no group has patients")
    styles = styles_of(curves, colours, grey_below_events)
    end = max(12.0, *(curve.last_months for curve in curves))
    ticks = _ticks(curves, styles, end)
    figure = go.Figure()
    for curve, style in zip(curves, styles, strict=True):
        _add_curve(figure, curve, style, end)
    _add_numbers_at_risk(figure, curves, ticks)
    add_end_labels(figure, curves, styles, end)
    rows = [(style, legend_text(curve, style)) for curve, style in zip(curves, styles, strict=True)]
    _lay_out(figure, rows, (title, _facts(p_value, curves)), (end, ticks), y_title)
    is_free = _is_free_below(curves, end)
    height = 0.04 if is_free else -(_AXIS_PX + _ROW_PX) / PLOT_PX
    finish(figure, _alt(title, p_value, curves, y_title), simulated=simulated, mark_height=height)
    if not is_free:
        # To the right of the heading of the table there is nothing.
        edge = {"x": 1, "xshift": _margins(styles)[1] - 10, "xanchor": "right"}
        figure.update_annotations(edge, selector={"name": "simulated"})
    return figure


def comparison_figure(
    found: GroupComparison,
    held: HeldCurves,
    *,
    title: str,
    y_title: str,
    colours: Sequence[str] | None = None,
    simulated: bool,
) -> go.Figure:
    """Curves of compared groups as the rule of evidence allows; tiers and arms bring their colours."""
    own = [GROUP_COLOURS[level] for level in found.levels if level in GROUP_COLOURS]
    return kaplan_meier_figure(
        found.curves,
        title=title,
        p_value=held.p_value,
        colours=colours or (own if len(own) == len(found.levels) else None),
        grey_below_events=held.grey_below_events,
        y_title=y_title,
        simulated=simulated,
    )


def _is_free_below(curves: Sequence[KaplanMeierCurve], end: float) -> bool:
    """Whether all curves with their bands stay above the lower part of the plot."""
    shares = [np.append(c.survival, c.low)[np.tile(c.months <= end, 2)] for c in curves]
    return 100 * min(float(np.nanmin(share)) for share in shares) > _MARK_PERCENT


def _ticks(curves: Sequence[KaplanMeierCurve], styles: Sequence[CurveStyle], end: float) -> Floats:
    """Choose the months of axis and table, so that the numbers at risk keep apart in the narrowest figure."""
    left, right = _margins(styles)
    number_px = 9 + 7.5 * len(str(max(curve.n for curve in curves)))
    n_ticks = max((_NARROWEST_PX - left - right) / number_px, 2)
    step = next((step for step in (12, 24, 36, 60, 120) if end / step <= n_ticks), 12 * int(np.ceil(end / 24)))
    return np.arange(0, end + 1e-9, step, dtype=np.float64)


def _margins(styles: Sequence[CurveStyle]) -> tuple[int, int]:
    """Room to the left and right of the plot for the short names, px."""
    widest = max(len(style.short) for style in styles)
    return max(76, 42 + 8 * widest), 30 + 8 * widest


def _add_curve(figure: go.Figure, curve: KaplanMeierCurve, style: CurveStyle, end: float) -> None:
    """Add band, step curve and censor ticks of one group."""
    x, outline = _band(curve, end)
    add_area(figure, (x, outline), style.colour, f"{curve.label} band")
    place = np.flatnonzero(curve.months <= end)
    months = np.append(curve.months[place], min(curve.last_months, end))
    place = np.append(place, place[-1])
    survival, low, high = curve.survival[place], curve.low[place], curve.high[place]
    words = [
        percent_ci(share, None if np.isnan(lower) else lower, None if np.isnan(upper) else upper)
        for share, lower, upper in zip(survival, low, high, strict=True)
    ]
    figure.add_scatter(
        x=months,
        y=100 * survival,
        mode="lines",
        line={"shape": "hv", "color": style.colour, "width": 2.4, "dash": style.dash},
        name=curve.label,
        customdata=list(zip(words, curve.n_at_risk(months).tolist(), strict=True)),
        hovertemplate=sentence(
            "{group}, %{{x:.1f}} months: %{{customdata[0]}}<br>%{{customdata[1]}} at risk<extra></extra>",
            group=escaped(group_words(curve.label)),
        ),
    )
    ticks = np.unique(curve.censored_months[curve.censored_months <= end])
    if len(ticks) > _MOST_TICKS:
        ticks = np.unique(np.round(40 * ticks) / 40)
    level = 100 * curve.survival[np.searchsorted(curve.months, ticks, side="right") - 1]
    # One path: a marker each would be hundreds of elements, which a browser draws ten times as long.
    figure.add_scatter(
        x=np.repeat(ticks, 3),
        y=np.column_stack([level - _TICK_PERCENT, level + _TICK_PERCENT, np.full(len(ticks), np.nan)]).ravel(),
        mode="lines",
        line={"width": 1, "color": style.colour},
        cliponaxis=False,
        hoverinfo="skip",
        name=f"{curve.label} censored",
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


def _add_numbers_at_risk(figure: go.Figure, curves: Sequence[KaplanMeierCurve], ticks: Floats) -> None:
    """Add one row of counts per group on the lower axis, each under its tick."""
    for row, curve in enumerate(curves):
        figure.add_scatter(
            x=ticks,
            y=np.full(len(ticks), row),
            yaxis="y2",
            mode="text",
            text=[str(n) for n in curve.n_at_risk(ticks)],
            textfont={"size": SMALL_PX},
            hoverinfo="skip",
            cliponaxis=False,
            name=f"{curve.label} at risk",
        )


def _facts(p: float | None, curves: Sequence[KaplanMeierCurve]) -> list[str]:
    """Result of the log-rank test, and what band and ticks are."""
    level = sentence("band: {level:g} % CI", level=100 * curves[0].level)
    return [*([] if p is None else [sentence("Log-rank {p}", p=written_p(p))]), level, "ticks: censored"]


def _lay_out(
    figure: go.Figure,
    rows: Sequence[tuple[CurveStyle, str]],
    head: tuple[str, Sequence[str]],
    axis: tuple[float, Floats],
    y_title: str,
) -> None:
    """Place title, legend, plot and table of numbers at risk by pixels."""
    end, ticks = axis
    left, right = _margins([style for style, _ in rows])
    table = _ROW_PX * len(rows)
    inner = PLOT_PX + _AXIS_PX + _ROW_PX + table
    lay_out(
        figure,
        *head,
        plot_px=inner,
        above_px=legend_height(rows) + 2,
        margins=(left, right, 8),
        xaxis={
            "range": [0, end],
            "tickvals": ticks,
            "tickangle": 0,
            "title": {"text": "Months from surgery"},
            "showgrid": False,
            "anchor": "y",
        },
        yaxis={
            "range": [0, 102],
            "tickvals": list(range(0, 101, 20)),
            "ticktext": [f"{share}\u00a0%" for share in range(0, 101, 20)],
            "title": {"text": y_title},
            "domain": [1 - PLOT_PX / inner, 1],
        },
        yaxis2={
            "range": [len(rows) - 0.5, -0.5],
            "domain": [0, table / inner],
            "visible": False,
            "fixedrange": True,
        },
    )
    add_legend(figure, rows, left)
    add_table_words(figure, [style for style, _ in rows], table / inner)


def _alt(title: str, p: float | None, curves: Sequence[KaplanMeierCurve], y_title: str) -> str:
    """What the figure shows."""
    sentences = [
        sentence("Kaplan-Meier curves: {title}. {y_title} by months from surgery.", title=title, y_title=y_title)
    ]
    for curve in curves:
        read = [
            sentence("{value} at {t:.0f} months", value=percent(curve.at(t).value), t=t)
            for t in (24.0, 60.0)
            if t <= curve.last_months
        ]
        counts = glued(
            "{}: {}, {}", group_words(curve.label), count(curve.n, "patient"), count(curve.n_events, "event")
        )
        sentences.append(glued("{}.", joined("; ", [counts, *read])))
    if p is not None:
        sentences.append(sentence("Log-rank {p}.", p=written_p(p)))
    return joined(" ", sentences)
