"""Swimmer plot: one bar per patient from surgery to her first event or to the end of observation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.report.format import count
from deeptepp.report.format import months as written_months
from deeptepp.report.marks import finish, heading
from deeptepp.report.swimmer_marks import (
    CENSORED_MARK,
    EVENT_MARKS,
    UNKNOWN_GROUP,
    SwimmerGroup,
    called,
    groups_of,
    legend_lines,
)
from deeptepp.report.theme import FONT_PX, TEMPLATE
from deeptepp.wording.sentence import escaped, glued, joined, sentence

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Strings = npt.NDArray[np.str_]

_PLOT_PX, _LEAST_ROW_PX, _WIDEST_ROW_PX = 560, 9, 24
"""Height that the bars share, and limits of a row."""

_LEFT_PX, _BOTTOM_PX, _MARK_PX, _LEGEND_LINE_PX = 64, 58, 34, 22
"""Left margin, heights of the axis, of the mark of simulated data and of a line of the legend."""

_EDGE, _FILL = "#1c2b33", "#ffffff"
"""Events are white with a dark edge: one of them stands out from a bar and from the page, be it light or dark."""


def swimmer_figure(
    months: npt.ArrayLike,
    events: npt.ArrayLike,
    *,
    first_event: npt.ArrayLike,
    groups: npt.ArrayLike,
    title: str,
    at_most: int = 60,
    simulated: bool,
) -> go.Figure:
    """Draw the follow-up of single patients, longest first.

    Parameters
    ----------
    months : (n,) array_like
        Months from surgery to the event or to the end of observation.
    events : (n,) array_like of bool
        True where the event was seen.
    first_event : (n,) array_like of str
        Kind of the first event, as in ``domain.cohort.FIRST_EVENT``; read only where there is an event.
    groups : (n,) array_like of str
        Tier or arm of each patient, or another group; empty where not known.
    title : str
        Of whom.
    at_most : int
        Of more patients a sample is drawn, evenly spaced by time; the figure says so.
    simulated : bool
        The patients are simulated; the figure says so.

    Returns
    -------
    plotly.graph_objects.Figure
        Height fixed by the patients, width free from about 520 px. Patients have ranks and no other names;
        ``layout.meta["alt"]`` holds the content in words.

    Raises
    ------
    NotEstimable
        There is no patient.
    OutOfRange
        A time is negative or missing.
    """
    follow_up = FollowUp(np.asarray(months, dtype=np.float64), np.asarray(events, dtype=bool))
    kinds, names = np.asarray(first_event).astype(str), np.asarray(groups).astype(str)
    if not follow_up.n or at_most < 1:
        raise NotEstimable(what="The swimmer plot", reason="there is no patient")
    if not kinds.shape == names.shape == follow_up.months.shape:
        msg = (
            f"first_event {kinds.shape} and groups {names.shape} must be one per patient, {follow_up.months.shape}"
        )
        raise ValueError(msg)
    chosen = _chosen(follow_up, at_most)
    drawn = FollowUp(follow_up.months[chosen], follow_up.event[chosen])
    marks = np.where(drawn.event, [kind if kind in EVENT_MARKS else "" for kind in kinds[chosen]], "censored")
    names = np.array([UNKNOWN_GROUP if name in {"", "nan", "None"} else name for name in names[chosen]])
    styles = groups_of(names)
    figure = go.Figure()
    end = max(float(drawn.months.max()), 1.0)
    for style in styles:
        _add_bars(figure, style, drawn, names == style.name, end)
    colours = {style.name: style.colour for style in styles}
    for kind in [*EVENT_MARKS, "censored"]:
        _add_marks(figure, kind, drawn, marks == kind, (names, colours))
    facts = _facts(follow_up, drawn)
    legend = legend_lines(styles, names, marks)
    _lay_out(figure, heading(title, facts), legend, drawn.n, end)
    alt = _alt(title, facts, styles, drawn, (names, marks))
    return finish(figure, alt, simulated=simulated, mark_height=4 / (_row_px(drawn.n) * drawn.n + _MARK_PX))


def _chosen(follow_up: FollowUp, at_most: int) -> Ints:
    """Choose patients evenly by time, longest first; of one time those with an event come last."""
    order = np.lexsort((follow_up.event, -follow_up.months))
    if len(order) > at_most:
        order = order[np.round((np.arange(at_most) + 0.5) * len(order) / at_most - 0.5).astype(np.int64)]
    return np.asarray(order, dtype=np.int64)


def _row_px(n: int) -> int:
    """Height of one row."""
    return int(np.clip(_PLOT_PX // n, _LEAST_ROW_PX, _WIDEST_ROW_PX))


def _add_bars(figure: go.Figure, style: SwimmerGroup, drawn: FollowUp, chosen: Bools, end: float) -> None:
    """Add the bars of one group, and its shape before each."""
    ranks = np.flatnonzero(chosen) + 1
    figure.add_bar(
        x=drawn.months[chosen],
        y=ranks,
        orientation="h",
        width=0.72,
        marker={"color": style.colour, "line": {"width": 0}},
        opacity=0.8,
        hoverinfo="skip",
        name=style.name,
    )
    figure.add_scatter(
        x=np.full(len(ranks), -0.014 * end),
        y=ranks,
        mode="markers",
        marker={
            "symbol": style.symbol,
            "size": 7,
            "color": style.colour,
            "line": {"width": 1, "color": style.colour},
        },
        hoverinfo="skip",
        name=f"{style.name} shape",
    )


def _add_marks(
    figure: go.Figure, kind: str, drawn: FollowUp, chosen: Bools, groups: tuple[Strings, dict[str, str]]
) -> None:
    """Add what happened at the ends of the bars."""
    if not chosen.any():
        return
    names, colour_of = groups
    colours = [colour_of[name] for name in names[chosen]]
    is_event = kind in EVENT_MARKS
    symbol, _, words = EVENT_MARKS[kind] if is_event else CENSORED_MARK
    marker = {"symbol": symbol, "size": 9, "color": _FILL, "line": {"width": 1.5, "color": _EDGE}}
    figure.add_scatter(
        x=drawn.months[chosen],
        y=np.flatnonzero(chosen) + 1,
        mode="markers",
        marker=marker if is_event else {"symbol": symbol, "size": 9, "color": colours},
        cliponaxis=False,
        customdata=[
            [escaped(called(name)), written_months(float(t))]
            for name, t in zip(names[chosen], drawn.months[chosen], strict=True)
        ],
        hovertemplate=sentence("%{{customdata[0]}}: {words}, %{{customdata[1]}}<extra></extra>", words=words),
        name=words,
    )


def _facts(follow_up: FollowUp, drawn: FollowUp) -> list[str]:
    """Say how many patients and events are drawn, of how many."""
    if drawn.n == follow_up.n:
        return [
            glued("{}, {}", count(drawn.n, "patient"), count(drawn.n_events, "event")),
            "longest first",
            "marks: first event",
        ]
    return [
        sentence("{n} of {n_2}, evenly spaced by time", n=drawn.n, n_2=count(follow_up.n, "patient")),
        glued("{} of {}", drawn.n_events, count(follow_up.n_events, "event")),
        "marks: first event",
    ]


def _lay_out(
    figure: go.Figure, head: tuple[dict[str, object], int], legend: Sequence[str], n: int, end: float
) -> None:
    """Place title, legend and bars by pixels."""
    layout, top = head
    top += 8 + _LEGEND_LINE_PX * len(legend)
    row = _row_px(n)
    step = next((s for s in (1, 2, 3, 6, 12, 24, 36, 60) if end / s <= 8), 12 * int(np.ceil(end / 96)))
    ranks = [1, *range(10, n + 1, 10)] if n > 12 else list(range(1, n + 1))
    figure.update_layout(
        template=TEMPLATE,
        height=top + row * n + _MARK_PX + _BOTTOM_PX,
        margin={"l": _LEFT_PX, "r": 24, "t": top, "b": _BOTTOM_PX},
        title=layout,
        showlegend=False,
        barmode="overlay",
        xaxis={
            "range": [-0.03 * end, 1.02 * end],
            "tickvals": np.arange(0, end + 1e-9, step),
            "tickangle": 0,
            "title": {"text": "Months from surgery"},
        },
        yaxis={
            "range": [n + 0.5 + _MARK_PX / row, 0.5],
            "tickvals": ranks,
            "showgrid": False,
            "title": {"text": "Rank by time" if n > 6 else "Rank"},
        },
        hovermode="closest",
    )
    for place, text in enumerate(legend):
        figure.add_annotation(
            text=text,
            xref="paper",
            yref="paper",
            x=0,
            y=1,
            xshift=-_LEFT_PX + 12,
            yshift=4 + _LEGEND_LINE_PX * (len(legend) - place),
            xanchor="left",
            yanchor="top",
            align="left",
            showarrow=False,
            font={"size": FONT_PX},
            name="legend",
        )


def _alt(
    title: str,
    facts: Sequence[str],
    styles: Sequence[SwimmerGroup],
    drawn: FollowUp,
    columns: tuple[Strings, Strings],
) -> str:
    """Say what the figure shows, by group."""
    names, marks = columns
    sentences = [
        sentence(
            "Swimmer plot of follow-up from surgery: {title}. {facts}.", title=title, facts=joined("; ", facts)
        )
    ]
    for style in styles:
        chosen = names == style.name
        ends = Counter(marks[chosen].tolist())
        words = [
            glued("{} {}", n, words)
            for k, (_, _, words) in [*EVENT_MARKS.items(), ("censored", CENSORED_MARK)]
            if (n := ends[k])
        ]
        low, high = (written_months(float(t)) for t in (drawn.months[chosen].min(), drawn.months[chosen].max()))
        sentences.append(
            glued(
                "{}: {}, {} to {}; {}.",
                called(style.name),
                count(int(chosen.sum()), "patient"),
                low,
                high,
                joined(", ", words),
            )
        )
    return joined(" ", sentences)
