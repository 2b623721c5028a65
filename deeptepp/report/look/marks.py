"""One way to lay out every figure: heading, margins, texts, the mark of simulated data, content in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.report.look.text_width import broken, text_px, wrapped
from deeptepp.report.look.theme import NEUTRAL, SMALL_PX, TEMPLATE
from deeptepp.wording.sentence import escaped, glued, joined

_TITLE_CHARACTERS = 58
"""Longest line of a bold 16 px title in a figure 560 px wide."""

_SUBTITLE_TEXT_PX = 495
"""Longest line of a subtitle in a figure 520 px wide."""


_STRIP_PX = 30
"""Height of the mark with some room."""

MARK_NAME = "simulated"
"""Name of the annotation that bears the mark."""


def text_at(
    text: str,
    at: tuple[float | str, float | str],
    *,
    ref: str = "paper, paper",
    anchor: str = "left middle",
    size: float = SMALL_PX,
    xshift: float = 0,
    yshift: float = 0,
    name: str = "",
) -> dict[str, object]:
    """Annotation without an arrow: corner ``anchor`` of its box at (x, y) of the axes ``ref``."""
    (xref, yref), (xanchor, yanchor) = ref.split(", "), anchor.split()
    where = {"x": at[0], "y": at[1], "xref": xref, "yref": yref, "xanchor": xanchor, "yanchor": yanchor}
    words = {"text": text, "align": xanchor, "showarrow": False, "font": {"size": size}, "name": name or None}
    return words | where | {"xshift": xshift, "yshift": yshift}


def add_text(figure: go.Figure, text: str, at: tuple[float | str, float | str], **where: Any) -> None:  # noqa: ANN401
    """Write a text, placed as by ``text_at``."""
    figure.add_annotation(text_at(text, at, **where))


def add_line(
    figure: go.Figure,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    line: dict[str, object],
    name: str,
    **more: Any,  # noqa: ANN401
) -> None:
    """Draw a line through points that says nothing under the pointer."""
    figure.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", name=name, **more)


def add_upright(
    figure: go.Figure,
    x: float,
    line: dict[str, object],
    ends: tuple[float, float] | None = None,
    **more: Any,  # noqa: ANN401
) -> None:
    """Draw an upright line between two heights, those of the whole plot where none are given."""
    where = {"y0": 0, "y1": 1, "yref": "y domain"} if ends is None else {"y0": ends[0], "y1": ends[1]}
    figure.add_shape(type="line", x0=x, x1=x, line=line, **where, **more)


def error_bars(values: Sequence[tuple[float, float | None, float | None]], colour: str) -> dict[str, object]:
    """Whiskers of (value, low, high), none where there is no interval."""
    value, low, high = np.array(values, dtype=np.float64).T
    common = {"type": "data", "symmetric": False, "color": colour, "thickness": 1.6, "width": 4}
    return {"array": high - value, "arrayminus": value - low, **common}


def add_area(
    figure: go.Figure, outline: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]], colour: str, name: str
) -> None:
    """Fill the area inside an outline (k,) by (k,) lightly, such as the one between the limits of a curve."""
    add_line(figure, *outline, {"width": 0}, name, fill="toself", fillcolor=colour, opacity=0.13)


def lay_out(
    figure: go.Figure,
    title: str,
    facts: Sequence[str],
    *,
    plot_px: float,
    margins: tuple[float, float, float],
    above_px: float = 0,
    **layout: object,
) -> None:
    """Heading, margins (left, right, bottom, px) and height of a figure; the width stays free.

    ``plot_px`` is the height inside the margins, ``above_px`` the room between heading and plot; both title and
    facts are plain text.
    """
    head, top = heading(title, facts)
    left, right, bottom = margins
    figure.update_layout(
        template=TEMPLATE,
        title=head,
        height=round(top + above_px + plot_px + bottom),
        margin={"l": left, "r": right, "t": top + above_px, "b": bottom},
        **{"showlegend": False, "hovermode": "closest", **layout},
    )


def heading(title: str, facts: Sequence[str]) -> tuple[dict[str, object], int]:
    """Layout of a title and a subtitle of short facts, both plain text broken to fit 520 px; their height, px."""
    lines, packed = wrapped(escaped(title), _TITLE_CHARACTERS), _packed(facts)
    layout = {
        "text": glued("<b>{}</b>", joined("<br>", lines)),
        "yref": "container",
        "y": 1,
        "yanchor": "top",
        # plotly sets a broken title with a subtitle too high.
        "pad": {"t": 10 + 14 * (len(lines) - 1), "l": 10},
    }
    if packed:
        layout["subtitle"] = {"text": joined("<br>", (escaped(line) for line in packed))}
    return layout, 12 + 21 * len(lines) + 17 * len(packed) + (13 if packed else 0)


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

    ``mark_height``: where the mark stands between the bottom (0) and the top (1) of the plot, choose where nothing
    is drawn; ``strip_of_px``: height of the plot, where it is given, the vertical axis is made longer, so that the
    mark stands in a strip above all that is drawn.
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
    """Write the mark of simulated data into a plot, at a height between its bottom (0) and its top (1)."""
    words, where = glued("<b>{}</b>", SIMULATED_COHORT), "x domain, y domain"
    text = text_at(words, (0.5, height), ref=where, anchor="center bottom", name=MARK_NAME)
    figure.add_annotation(text | {"font": {"size": 18, "color": NEUTRAL}, "opacity": 0.75})
