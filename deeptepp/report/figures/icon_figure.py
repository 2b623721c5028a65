"""One hundred patients as icons: how many had the event by a time, told apart by shape and not by colour alone.

Calm colours: those without the event lie behind in a light neutral, those with it stand out in the accent of the
figures, and neither is a colour of alarm. An array of few events is grey and says so.
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from deeptepp.errors import NotEstimable
from deeptepp.report.format import count, out_of_hundred
from deeptepp.report.look.marks import broken_title, finish, title_pad
from deeptepp.report.look.theme import CALM, CALM_EVENT, FADED, FONT_PX, SMALL_PX, TEMPLATE
from deeptepp.stats.survival.kaplan_meier import SurvivalEstimate
from deeptepp.wording.sentence import escaped, glued, joined, sentence

_SIDE = 10
"""Icons along each side."""

_ICON_PX, _LINE_PX, _TITLE_LINE_PX = 24, 22, 21
"""Room of one icon, of one line of the legend, and of one of the title."""

FEW_EVENTS = "too few events: read the interval only"
"""Under an array that rests on few events."""


def icon_array_figure(
    estimate: SurvivalEstimate,
    *,
    title: str,
    is_few: bool = False,
    free: str = "without the event",
    affected: str = "with the event",
    simulated: bool,
) -> go.Figure:
    """Draw one hundred patients of a group at one time.

    Parameters
    ----------
    estimate : SurvivalEstimate
        Of the group, at the time.
    title : str
        Who, and when.
    is_few : bool
        The group has too few events to be read by its estimate: all is grey, and said.
    free, affected : str
        What it means not to have had the event, and to have had it.
    simulated : bool
        The patients are simulated; the figure says so.

    Returns
    -------
    plotly.graph_objects.Figure
        Height fixed, width free from about 300 px; ``layout.meta["alt"]`` holds the content in words.

    Raises
    ------
    NotEstimable
        Nobody was followed so long.
    """
    if estimate.is_beyond_follow_up:
        raise NotEstimable(
            what="The figure", reason=sentence("nobody was followed for {months:g} months", months=estimate.months)
        )
    n_free = out_of_hundred(estimate)
    places = np.arange(_SIDE * _SIDE)
    accent = FADED if is_few else CALM_EVENT
    figure = go.Figure()
    for chosen, symbol, colour, words in (
        (places[:n_free], "circle", CALM, free),
        (places[n_free:], "diamond", accent, affected),
    ):
        figure.add_scatter(
            x=chosen % _SIDE,
            y=_SIDE - 1 - chosen // _SIDE,
            mode="markers",
            marker={"symbol": symbol, "size": 15, "color": colour, "line": {"width": 1, "color": FADED}},
            hovertemplate=glued("{}<extra></extra>", escaped(words)),
            name=words,
            cliponaxis=False,
        )
    lines = [
        glued('<span style="color:{}">●</span> <b>{}</b> of 100 {}', FADED, n_free, escaped(free)),
        glued('<span style="color:{}">◆</span> <b>{}</b> of 100 {}', accent, 100 - n_free, escaped(affected)),
        _interval(estimate),
        sentence(
            "{n}, {n_events} by then", n=count(estimate.n, "patient"), n_events=count(estimate.n_events, "event")
        ),
        *([FEW_EVENTS] if is_few else []),
    ]
    _lay_out(figure, title, lines, simulated=simulated)
    alt = sentence(
        "{title}. Of 100 such patients {n_free} were {free}, {n_free_2} {affected}. {lines}.",
        title=title,
        n_free=n_free,
        free=free,
        n_free_2=100 - n_free,
        affected=affected,
        lines=joined(". ", lines[2:]),
    )
    mark = -(_LINE_PX * (len(lines) + 1) + 12) / (_ICON_PX * _SIDE)
    return finish(figure, alt, simulated=simulated, mark_height=mark)


def _interval(estimate: SurvivalEstimate) -> str:
    """State the interval in patients of one hundred."""
    if estimate.low is None or estimate.high is None:
        return (
            sentence("CI not estimable: {reason}", reason=estimate.reason)
            if estimate.reason
            else "CI not estimable"
        )
    level = f"{100 * estimate.level:g}\u00a0% CI"
    return sentence(
        "{level} of the first: {round} to {round_2} of 100",
        level=level,
        round=round(100 * estimate.low),
        round_2=round(100 * estimate.high),
    )


def _lay_out(figure: go.Figure, title: str, lines: list[str], *, simulated: bool) -> None:
    """Place title, icons and legend by pixels."""
    text, n_lines = broken_title(title)
    top, bottom = 22 + _TITLE_LINE_PX * n_lines, _LINE_PX * (len(lines) + simulated) + 16
    figure.update_layout(
        template=TEMPLATE,
        height=top + _ICON_PX * _SIDE + bottom,
        margin={"l": 12, "r": 12, "t": top, "b": bottom},
        title={"text": text, "yref": "container", "y": 1, "yanchor": "top", "pad": title_pad(n_lines)},
        showlegend=False,
        hovermode="closest",
        # Icons keep their distance at any width, as on a grid.
        xaxis={
            "range": [-0.5, _SIDE - 0.5],
            "visible": False,
            "fixedrange": True,
            "scaleanchor": "y",
            "constrain": "domain",
            "constraintoward": "left",
        },
        yaxis={"range": [-0.5, _SIDE - 0.5], "visible": False, "fixedrange": True},
    )
    for i, words in enumerate(lines):
        figure.add_annotation(
            text=words,
            xref="paper",
            yref="paper",
            x=0,
            y=0,
            yshift=-8 - _LINE_PX * i,
            xanchor="left",
            yanchor="top",
            showarrow=False,
            font={"size": FONT_PX if i < 2 else SMALL_PX},
            name="legend",
        )
