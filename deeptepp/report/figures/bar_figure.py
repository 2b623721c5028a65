"""Survival of groups as bars at fixed times: certain, within the interval, and the rest, told apart by pattern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from deeptepp.errors import NotEstimable
from deeptepp.report.format import count, percent_ci
from deeptepp.report.look.marks import add_line, add_text, finish, lay_out
from deeptepp.report.look.theme import FADED, NEUTRAL, SMALL_PX
from deeptepp.report.survival_tables import HORIZONS_MONTHS, survival_text
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve, SurvivalEstimate
from deeptepp.wording.sentence import glued, joined, sentence

_ROW_PX, _GROUP_PX, _AXIS_PX = 44, 30, 60
"""Heights of one bar with its words, of the heading of one time, and of the axis."""

_LEFT_PX, _RIGHT_PX = 96, 172
"""Room for the names of groups, and for what each bar says."""


@dataclass(frozen=True, slots=True, eq=False)
class BarGroup:
    """One group of patients."""

    short: str
    glyph: str
    colour: str
    curve: KaplanMeierCurve


def survival_bars_figure(
    groups: Sequence[BarGroup],
    *,
    title: str,
    x_title: str,
    times: Sequence[float] = HORIZONS_MONTHS,
    grey_below_events: int = 0,
    simulated: bool,
) -> go.Figure:
    """Draw the survival of groups at each time, one bar each.

    ``times``: months; ``grey_below_events``: groups with fewer events are greyed, 0 greys none. Returns height
    fixed, width free from about 480 px. Raises NotEstimable: there is no group.
    """
    if not groups:
        raise NotEstimable(what="The figure", reason="no group has patients")
    figure = go.Figure()
    y, sentences, headings, names = 0.0, [], [], []
    for months in times:
        headings.append((y - 0.15, sentence("<b>{months:g} years</b>", months=months / 12)))
        y += _GROUP_PX / _ROW_PX
        for group in groups:
            at = group.curve.at(months)
            _add_bar(figure, group, at, y, is_faded=group.curve.n_events < grey_below_events)
            names.append((y, glued('<span style="color:{}">{}</span> {}', group.colour, group.glyph, group.short)))
            sentences.append(
                sentence(
                    "{short} at {months:g} years: {said}, {counted}.",
                    short=group.short,
                    months=months / 12,
                    said=_said(at),
                    counted=_counted(at),
                )
            )
            y += 1
    legend = ["solid: lower limit of the 95\u00a0% CI", "hatched: CI", "line: estimate"]
    lay_out(
        figure,
        title,
        [*legend, *(["grey: too few events to read"] if grey_below_events else [])],
        plot_px=y * _ROW_PX,
        margins=(_LEFT_PX, _RIGHT_PX, _AXIS_PX + 30 * simulated),
        barmode="overlay",
        xaxis={
            "range": [0, 100],
            "tickvals": [0, 50, 100],
            "ticktext": [f"{share}\u00a0%" for share in (0, 50, 100)],
            "title": {"text": x_title},
            "showgrid": False,
            "fixedrange": True,
        },
        yaxis={"range": [y - 0.4, -0.6], "visible": False, "fixedrange": True},
    )
    for place, words in headings:
        _write(figure, place, words, x=0, xshift=-_LEFT_PX + 10, anchor="left")
    for place, words in names:
        _write(figure, place, words, x=0, xshift=-8, anchor="right")
    alt = glued("{}. {}. {}", title, x_title, joined(" ", sentences))
    return finish(figure, alt, simulated=simulated, mark_height=-(_AXIS_PX + 24) / (y * _ROW_PX))


def _add_bar(figure: go.Figure, group: BarGroup, at: SurvivalEstimate, y: float, *, is_faded: bool) -> None:
    """Add one bar with its interval, and what it says on its right."""
    _write(figure, y, glued("{}<br>{}", _said(at), _counted(at)), x=1, xshift=8, anchor="left", size=SMALL_PX - 1)
    if at.is_beyond_follow_up:
        return
    colour = FADED if is_faded else group.colour
    low, high = (at.value if limit is None else limit for limit in (at.low, at.high))
    parts = ((0.0, low, "", 0.9), (low, high, "/", 0.9), (high, 1.0, ".", 0.35))
    for start, end, pattern, opacity in parts:
        figure.add_bar(
            x=[100 * (end - start)],
            base=[100 * start],
            y=[y],
            width=0.5,
            orientation="h",
            marker={
                "color": NEUTRAL if pattern == "." else colour,
                "opacity": opacity,
                "pattern": {"shape": pattern, "fillmode": "replace", "size": 6},
                "line": {"width": 1, "color": NEUTRAL if pattern == "." else colour},
            },
            hoverinfo="skip",
            name=glued("{} {}", group.short, pattern).strip(),
        )
    for edge, width in (("#ffffff", 6), (colour, 3)):
        x, line, name = [100 * at.value] * 2, {"color": edge, "width": width}, f"{group.short} estimate"
        add_line(figure, x, [y - 0.34, y + 0.34], line, name, cliponaxis=False)


def _said(at: SurvivalEstimate) -> str:
    """Write the estimate with its interval."""
    return survival_text(at) if at.is_beyond_follow_up else percent_ci(at.value, at.low, at.high)


def _counted(at: SurvivalEstimate) -> str:
    """Write what the estimate rests on."""
    return glued("{}, {}", count(at.n, "patient"), count(at.n_events, "event"))


def _write(
    figure: go.Figure, y: float, words: str, *, x: float, xshift: int, anchor: str, size: int = SMALL_PX
) -> None:
    """Write words beside the plot, at one height."""
    add_text(figure, words, (x, y), ref="x domain, y", anchor=f"{anchor} middle", xshift=xshift, size=size)
