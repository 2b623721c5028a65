"""Figures of how sure a score is and why: shifted outlines, unknown facts, known facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from deeptepp.domain.risk import ShiftMm, Stability, Tier, TierScheme
from deeptepp.report.format import score as written
from deeptepp.report.look.marks import add_text, add_upright, finish, lay_out
from deeptepp.report.look.theme import LOWERS, NEUTRAL, RAISES, SMALL_PX, TIER_COLOURS, TIER_GLYPHS, TIER_SHAPES
from deeptepp.wording.sentence import glued, joined, sentence

_ROW_PX, _AXIS_PX, _LEFT_PX = 30, 62, 152
"""Heights of one row and of the axis, and room for the names of rows."""

_DIRECTIONS = (("left", "right"), ("back", "front"), ("head", "feet"))
"""Where a positive and a negative shift along x, y and z leads, LPS."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a figure of bars: a name, and the two scores between which its bar reaches."""

    name: str
    start: float
    end: float
    words: str


def stability_figure(stability: Stability, tiers: TierScheme, *, simulated: bool) -> go.Figure:
    """Draw the scores of shifted outlines over the tiers."""
    rows = {_shift_name(shift): score for shift, score in stability.scores.items()}
    figure = go.Figure()
    for tier in Tier:
        chosen = {name: score for name, score in rows.items() if tiers.tier_of(score) is tier}
        if chosen:
            figure.add_scatter(
                x=list(chosen.values()),
                y=list(chosen),
                mode="markers+text",
                text=[written(score) for score in chosen.values()],
                textposition="middle right",
                cliponaxis=False,
                marker={"symbol": TIER_SHAPES[tier], "size": 12, "color": TIER_COLOURS[tier]},
                name=str(tier),
                hovertemplate="%{y}: %{x:.3f}<extra></extra>",
            )
    title = sentence("Score with the outline moved {mm:g} mm", mm=stability.shift_mm)
    alt = (
        glued("{}: ", title)
        + joined(", ", (glued("{} {}", name, written(score)) for name, score in rows.items()))
        + "."
    )
    top = min(1.0, 1.25 * max(stability.high, tiers.high_from))
    _add_tiers(figure, tiers, top)
    return _laid_out(figure, title, list(rows), (0.0, top), alt, simulated=simulated)


def score_bars_figure(
    bars: Sequence[Bar], score: float, tiers: TierScheme, *, title: str, simulated: bool
) -> go.Figure:
    """Draw where facts could bring a score: one bar each, from one score to another, over the tiers.

    ``score``: the score as it stands, drawn as a line.
    """
    figure = go.Figure()
    for bar in bars:
        figure.add_bar(
            x=[bar.end - bar.start],
            base=[bar.start],
            y=[bar.name],
            orientation="h",
            width=0.5,
            marker={"color": NEUTRAL, "opacity": 0.9},
            hovertemplate=glued("{}: {}<extra></extra>", bar.name, bar.words),
        )
        place = max(bar.start, bar.end), bar.name
        add_text(figure, bar.words, place, ref="x, y", xshift=6)
    add_upright(figure, score, {"color": NEUTRAL})
    highest = max([score, tiers.high_from, *(max(bar.start, bar.end) for bar in bars)])
    top = min(1.0, 1.6 * highest)
    _add_tiers(figure, tiers, top)
    alt = (
        sentence("{title}, score {written}. ", title=title, written=written(score))
        + joined("; ", (glued("{}: {}", bar.name, bar.words) for bar in bars))
        + "."
    )
    return _laid_out(figure, title, [bar.name for bar in bars], (0.0, top), alt, simulated=simulated)


def contributions_figure(bars: Sequence[Bar], *, title: str, simulated: bool) -> go.Figure:
    """Draw what each fact adds to a score, to the right, or takes from it, to the left.

    ``bars``: from the score with the usual fact to the score as it is, from the top to the bottom.
    """
    figure = go.Figure()
    changes = {bar.name: bar.end - bar.start for bar in bars}
    reach = 1.6 * max([abs(change) for change in changes.values()], default=0.0) or 0.01
    for sign, colour, said in ((1, RAISES, "raises the score"), (-1, LOWERS, "lowers the score")):
        chosen = [bar for bar in bars if sign * changes[bar.name] > 0]
        x: list[float | None] = [changes[bar.name] for bar in chosen]
        y: list[str | None] = [bar.name for bar in chosen]
        figure.add_bar(
            # Without a bar the legend still says what the colour would mean.
            x=x or [None],
            y=y or [None],
            orientation="h",
            width=0.5,
            marker={"color": _rgb(colour)},
            hovertemplate="%{y}: %{x:+.3f}<extra></extra>",
            name=said,
            showlegend=True,
        )
    for bar in bars:
        is_left = changes[bar.name] < 0
        side, shift = ("right", -6) if is_left else ("left", 6)
        place = changes[bar.name], bar.name
        add_text(figure, bar.words, place, ref="x, y", anchor=f"{side} middle", xshift=shift)
    add_upright(figure, 0, {"color": NEUTRAL})
    alt = glued("{}. ", title) + joined("; ", (glued("{}: {}", bar.name, bar.words) for bar in bars)) + "."
    _laid_out(figure, title, [bar.name for bar in bars], (-reach, reach), alt, simulated=simulated)
    return figure.update_layout(
        showlegend=True,
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1,
            "yanchor": "bottom",
            "font": {"size": SMALL_PX},
        },
        xaxis={"title": {"text": "Change of the risk score"}, "tickformat": "+.2f", "nticks": 6},
    )


def _shift_name(shift: ShiftMm) -> str:
    """Name a shift by where it leads."""
    for value, (positive, negative) in zip(shift, _DIRECTIONS, strict=True):
        if value:
            return sentence("{abs:g} mm to the {value}", abs=abs(value), value=positive if value > 0 else negative)
    return "As outlined"


def _add_tiers(figure: go.Figure, tiers: TierScheme, top: float) -> None:
    """Shade the tiers from 0 to the end of the axis and name them at the top."""
    edges = (0.0, min(tiers.low_below, top), min(tiers.high_from, top), top)
    for tier, start, end in zip(Tier, edges, edges[1:], strict=False):
        if end <= start:
            continue
        figure.add_shape(
            type="rect",
            x0=start,
            x1=end,
            y0=0,
            y1=1,
            yref="y domain",
            fillcolor=TIER_COLOURS[tier],
            opacity=0.14,
            line={"width": 0},
            layer="below",
        )
        is_wide = end - start > 0.16 * top
        words = glued(
            '<span style="color:{}">{}</span> {}', TIER_COLOURS[tier], TIER_GLYPHS[tier], tier if is_wide else ""
        )
        place = (start + end) / 2, 1
        add_text(figure, words, place, ref="x, y domain", anchor="center bottom")


def _laid_out(
    figure: go.Figure, title: str, rows: list[str], x_range: tuple[float, float], alt: str, *, simulated: bool
) -> go.Figure:
    """Place title, rows and axis by pixels."""
    plot = _ROW_PX * max(2, len(rows)) + 10
    bottom = _AXIS_PX + 28 * simulated
    lay_out(
        figure,
        title,
        [],
        plot_px=plot,
        above_px=26,
        margins=(_LEFT_PX, 44, bottom),
        barmode="overlay",
        xaxis={"range": x_range, "title": {"text": "Risk score"}, "tickangle": 0, "nticks": 8},
        yaxis={
            "categoryorder": "array",
            "categoryarray": rows[::-1],
            "ticks": "",
            "range": [-0.6, len(rows) - 0.4],
        },
    )
    return finish(figure, alt, simulated=simulated, mark_height=-(bottom - 4) / plot)


def _rgb(colour: tuple[int, int, int]) -> str:
    """Write a colour for plotly."""
    return f"rgb{colour}"
