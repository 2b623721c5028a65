"""One hundred patients as icons: how many had the event by a time, told apart by shape and not by colour alone.

Calm colours: those without the event lie behind in a light neutral, those with it stand out in the accent of the
figures, and neither is a colour of alarm. An array of few events is grey and says so.
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from deeptepp.errors import NotEstimable
from deeptepp.report.format import count, out_of_hundred
from deeptepp.report.look.marks import add_text, finish, lay_out
from deeptepp.report.look.theme import CALM, CALM_EVENT, FADED, FONT_PX, SMALL_PX
from deeptepp.stats.survival.kaplan_meier import SurvivalEstimate
from deeptepp.wording.sentence import escaped, glued, joined, sentence

_SIDE = 10
"""Icons along each side."""

_ICON_PX, _LINE_PX = 24, 22
"""Room of one icon, and of one line of the legend."""

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

    ``is_few``: the group has too few events to be read by its estimate: all is grey, and said; ``free``,
    ``affected``: what it means not to have had the event, and to have had it. Returns height fixed, width free
    from about 300 px. Raises NotEstimable: nobody was followed so long.
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
    lay_out(
        figure,
        title,
        [],
        plot_px=_ICON_PX * _SIDE,
        above_px=10,
        margins=(12, 12, _LINE_PX * (len(lines) + simulated) + 16),
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
        size, shift = FONT_PX if i < 2 else SMALL_PX, -8 - _LINE_PX * i
        add_text(figure, words, (0, 0), anchor="left top", yshift=shift, size=size, name="legend")
