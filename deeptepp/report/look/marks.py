"""What every figure carries: the mark of simulated data and its content in words."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

import plotly.graph_objects as go

from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.report.look.text_width import broken, text_px
from deeptepp.report.look.theme import NEUTRAL, SMALL_PX
from deeptepp.wording.sentence import escaped, glued, joined

_TITLE_CHARACTERS = 58
"""Longest line of a bold 16 px title in a figure 560 px wide."""

_SUBTITLE_TEXT_PX = 495
"""Longest line of a subtitle in a figure 520 px wide."""


_STRIP_PX = 30
"""Height of the mark with some room."""

MARK_NAME = "simulated"
"""Name of the annotation that bears the mark."""


def broken_title(title: str) -> tuple[str, int]:
    """Break a title into lines that fit the narrowest figure.

    Parameters
    ----------
    title : str
        Plain text or inline tags of plotly.

    Returns
    -------
    tuple of str and int
        The title in bold with line breaks, and the number of lines.
    """
    lines = wrap(title, _TITLE_CHARACTERS) or [""]
    return glued("<b>{}</b>", joined("<br>", lines)), len(lines)


def title_pad(n_lines: int) -> dict[str, int]:
    """Keep a broken title that has a subtitle inside the figure, whose top plotly otherwise sets too high.

    Parameters
    ----------
    n_lines : int
        Lines of the title.

    Returns
    -------
    dict of str to int
        Of the title's layout, px.
    """
    return {"t": 10 + 14 * (n_lines - 1), "l": 10}


def heading(title: str, facts: Sequence[str]) -> tuple[dict[str, object], int]:
    """Lay out title and subtitle at the top of a figure, both broken to fit the narrowest one.

    Parameters
    ----------
    title : str
        What is shown; plain text.
    facts : sequence of str
        Short facts for the lines below it; plain text.

    Returns
    -------
    tuple of dict and int
        Title of the layout, and the height that it takes, px.
    """
    text, n_lines = broken_title(escaped(title))
    lines = _packed(facts)
    layout = {
        "text": text,
        "subtitle": {"text": joined("<br>", (escaped(line) for line in lines))},
        "yref": "container",
        "y": 1,
        "yanchor": "top",
        "pad": title_pad(n_lines),
    }
    return layout, 12 + 21 * n_lines + 17 * len(lines) + (13 if lines else 0)


def _packed(facts: Sequence[str]) -> list[str]:
    """Put as many facts on each line as fit; a longer one is broken."""
    lines: list[str] = []
    for fact in filter(None, facts):
        longer = glued("{}  ·  {}", lines[-1], fact) if lines else fact
        if lines and text_px(longer, SMALL_PX) <= _SUBTITLE_TEXT_PX:
            lines[-1] = longer
        else:
            lines.extend(broken(fact, _SUBTITLE_TEXT_PX, SMALL_PX))
    return lines


def finish(
    figure: go.Figure, alt: str, *, simulated: bool, mark_height: float = 0.04, strip_of_px: int | None = None
) -> go.Figure:
    """Write the mark of simulated data into the plot, and the alternative text into the metadata.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Changed in place.
    alt : str
        What the figure shows, in words.
    simulated : bool
        The patients are simulated.
    mark_height : float
        Where the mark stands between the bottom (0) and the top (1) of the plot; choose where nothing is drawn.
    strip_of_px : int, optional
        Height of the plot; where it is given, the vertical axis is made longer, so that the mark stands in a
        strip above all that is drawn.

    Returns
    -------
    plotly.graph_objects.Figure
        The same figure.
    """
    if simulated:
        alt = glued("{}. {}", SIMULATED_COHORT, alt)
        if strip_of_px is not None:
            low, high = figure.layout.yaxis.range
            figure.update_yaxes(range=[low, low + (high - low) / (1 - _STRIP_PX / strip_of_px)], selector=0)
            mark_height = 1 - (_STRIP_PX - 2) / strip_of_px
        add_mark(figure, mark_height)
    return figure.update_layout(meta={"alt": alt})


def add_mark(figure: go.Figure, height: float) -> None:
    """Write the mark of simulated data into a plot.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Changed in place.
    height : float
        Where it stands between the bottom (0) and the top (1) of the plot.
    """
    figure.add_annotation(
        text=glued("<b>{}</b>", SIMULATED_COHORT),
        xref="x domain",
        yref="y domain",
        x=0.5,
        y=height,
        yanchor="bottom",
        showarrow=False,
        opacity=0.75,
        font={"size": 18, "color": NEUTRAL},
        name=MARK_NAME,
    )
