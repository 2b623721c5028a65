"""Predicted against observed: groups of patients by score with their share of events, above a histogram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from deeptepp.errors import NotEstimable
from deeptepp.report.format import count, percent, percent_ci
from deeptepp.report.look.marks import broken_title, finish, title_pad
from deeptepp.report.look.theme import NEUTRAL, OTHER_COLOURS, SMALL_PX, TEMPLATE
from deeptepp.stats.proportion import Proportion, proportion
from deeptepp.wording.sentence import glued, joined, sentence

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_PLOT_PX, _GAP_PX, _BARS_PX, _BOTTOM_PX, _LEFT_PX = 300, 22, 90, 58, 74
"""Heights of the plot, of the histogram and of what lies between and below, and the left margin."""

_N_BINS = 40
"""Bins of the histogram between 0 and 1."""

_EVENT, _NO_EVENT = OTHER_COLOURS[2], NEUTRAL
"""Colours of patients with and without an event."""


@dataclass(frozen=True, slots=True)
class CalibrationGroup:
    """Patients of neighbouring scores.

    Parameters
    ----------
    mean_score : float
        Mean predicted risk, in [0, 1].
    observed : Proportion
        Share with the event.
    """

    mean_score: float
    observed: Proportion


def group_by_score(scores: npt.ArrayLike, events: npt.ArrayLike, n_groups: int = 8) -> list[CalibrationGroup]:
    """Divide patients into groups of nearly equal size in the order of their scores.

    Parameters
    ----------
    scores : (n,) array_like
        Predicted risks, in [0, 1].
    events : (n,) array_like of bool
        True where the event was seen.
    n_groups : int
        How many groups there may be; fewer when patients are fewer.

    Returns
    -------
    list of CalibrationGroup
        From the lowest scores to the highest; patients of one score stay together.
    """
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(events, dtype=bool)
    edges = np.unique(np.quantile(x, np.linspace(0, 1, n_groups + 1)[1:-1])) if len(x) else np.empty(0)
    place = np.searchsorted(edges, x, side="left")
    return [
        CalibrationGroup(
            float(x[place == k].mean()), proportion(int(y[place == k].sum()), int((place == k).sum()))
        )
        for k in np.unique(place)
    ]


def calibration_figure(
    scores: npt.ArrayLike,
    events: npt.ArrayLike,
    *,
    title: str,
    event_name: str = "an event",
    n_groups: int = 8,
    facts: Sequence[str] = (),
    simulated: bool,
) -> go.Figure:
    """Draw observed shares against predicted risks, and the distribution of the scores below.

    Parameters
    ----------
    scores : (n,) array_like
        Predicted risks, in [0, 1].
    events : (n,) array_like of bool
        True where the event was seen.
    title : str
        Of whom.
    event_name : str
        What is predicted, after "with".
    n_groups : int
        Number of groups by score.
    facts : sequence of str
        Short facts for the line below the title, for example slope and intercept.
    simulated : bool
        The patients are simulated; the figure says so.

    Returns
    -------
    plotly.graph_objects.Figure
        Height fixed, width free from about 420 px; ``layout.meta["alt"]`` holds the content in words.

    Raises
    ------
    NotEstimable
        There is no patient.
    """
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(events, dtype=bool)
    if not len(x):
        raise NotEstimable(what="Calibration", reason="there is no patient")
    groups = group_by_score(x, y, n_groups)
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": NEUTRAL, "width": 1, "dash": "dot"},
        hoverinfo="skip",
        name="ideal",
    )
    _add_groups(figure, groups)
    _add_histogram(figure, x, y)
    _lay_out(figure, title, facts, event_name, (len(x), int(y.sum())))
    return finish(figure, _alt(groups, title, event_name, y), simulated=simulated, strip_of_px=_PLOT_PX)


def _add_groups(figure: go.Figure, groups: Sequence[CalibrationGroup]) -> None:
    """Add one point with its Wilson interval per group."""
    value = np.array([g.observed.value for g in groups], dtype=np.float64)
    low = np.array([g.observed.low for g in groups], dtype=np.float64)
    high = np.array([g.observed.high for g in groups], dtype=np.float64)
    figure.add_scatter(
        x=[g.mean_score for g in groups],
        y=value,
        mode="markers",
        marker={"color": OTHER_COLOURS[0], "size": 9},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": high - value,
            "arrayminus": value - low,
            "color": OTHER_COLOURS[0],
            "thickness": 1.6,
            "width": 4,
        },
        name="groups",
        customdata=[
            [percent_ci(g.observed.value, g.observed.low, g.observed.high), g.observed.n_events, g.observed.n]
            for g in groups
        ],
        hovertemplate="mean score %{x:.3f}<br>observed %{customdata[0]}, %{customdata[1]} of %{customdata[2]}"
        "<extra></extra>",
    )


def _add_histogram(figure: go.Figure, scores: Floats, events: Bools) -> None:
    """Add the number of patients by score, those with the event on top."""
    for chosen, colour, name in ((~events, _NO_EVENT, "without an event"), (events, _EVENT, "with an event")):
        counts, edges = np.histogram(scores[chosen], bins=_N_BINS, range=(0, 1))
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=1 / _N_BINS,
            yaxis="y2",
            marker={"color": colour, "line": {"width": 0}},
            name=name,
            hovertemplate=glued("%{{y}} {}<extra></extra>", name),
        )


def _lay_out(
    figure: go.Figure, title: str, facts: Sequence[str], event_name: str, counts: tuple[int, int]
) -> None:
    """Place title, plot and histogram by pixels."""
    text, n_lines = broken_title(title)
    top = 10 + 21 * n_lines + 40
    inner = _PLOT_PX + _GAP_PX + _BARS_PX
    words = [glued("{}, {}", count(counts[0], "patient"), count(counts[1], "event")), *facts]
    bars = sentence(
        '<span style="color:{event}">■</span> event  <span style="color:{no_event}">■</span> none',
        event=_EVENT,
        no_event=_NO_EVENT,
    )
    figure.update_layout(
        template=TEMPLATE,
        height=top + inner + _BOTTOM_PX,
        barmode="stack",
        bargap=0,
        margin={"l": _LEFT_PX, "r": 20, "t": top, "b": _BOTTOM_PX},
        title={
            "text": text,
            "subtitle": {"text": joined("  ·  ", words)},
            "yref": "container",
            "y": 1,
            "yanchor": "top",
            "pad": title_pad(n_lines),
        },
        showlegend=False,
        xaxis={"range": [0, 1], "title": {"text": "Risk score"}, "tickangle": 0, "anchor": "y2"},
        yaxis={
            "range": [-0.025, 1.02],
            "tickvals": np.round(np.linspace(0, 1, 6), 1),
            "ticktext": [f"{share}\u00a0%" for share in range(0, 101, 20)],
            "title": {"text": sentence("Observed with {event_name}", event_name=event_name)},
            "domain": [1 - _PLOT_PX / inner, 1],
        },
        yaxis2={
            "domain": [0, _BARS_PX / inner],
            "title": {"text": "Patients"},
            "nticks": 4,
            "rangemode": "tozero",
            "anchor": "x",
        },
        hovermode="closest",
    )
    figure.add_annotation(
        text=bars,
        xref="paper",
        yref="paper",
        x=1,
        y=_BARS_PX / inner,
        xanchor="right",
        yanchor="bottom",
        showarrow=False,
        font={"size": SMALL_PX},
        name="legend",
    )


def _alt(groups: Sequence[CalibrationGroup], title: str, event_name: str, events: Bools) -> str:
    """Say what the figure shows."""
    read = joined(
        "; ",
        (
            sentence(
                "mean score {mean_score:.2f}, {n_events} of {n} ({value})",
                mean_score=g.mean_score,
                n_events=g.observed.n_events,
                n=g.observed.n,
                value=percent(g.observed.value),
            )
            for g in groups
        ),
    )
    counts = glued("{}, {}", count(len(events), "patient"), count(int(events.sum()), "event"))
    return sentence(
        "Calibration: {title}. {counts}. Observed with {event_name} by group: {read}.",
        title=title,
        counts=counts,
        event_name=event_name,
        read=read,
    )
