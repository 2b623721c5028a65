"""Estimates with intervals, one row each, in one or several panels: ablations, controls and subgroups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

import numpy as np
import plotly.graph_objects as go

from deeptepp.errors import NotEstimable
from deeptepp.report.format import ratio_ci
from deeptepp.report.look.marks import broken_title, finish, title_pad
from deeptepp.report.look.text_width import widest_px
from deeptepp.report.look.theme import FADED, FONT_PX, NEUTRAL, OTHER_COLOURS, SMALL_PX, TEMPLATE
from deeptepp.wording.sentence import escaped, glued, joined, sentence

_LEAST_ROW_PX, _HEAD_LINE_PX, _NOTE_PX, _MARK_PX, _BOTTOM_PX, _GAP = 56, 19, 17, 34, 40, 0.06
"""Least height of a row, heights of lines of names and notes, of the mark and axis; share between panels."""

_NAME_CHARACTERS = 24
"""Longest line of the name of a panel, and of the label of a row."""


_NUMBER_ROWS = 0.38
"""A number reaches this far up from the middle of its row, rows."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One value with its interval.

    Parameters
    ----------
    value : float or None
        None where the data do not determine it.
    low, high : float or None
        Confidence interval; None where there is none.
    """

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """One column of the figure.

    Parameters
    ----------
    name : str
        What is estimated.
    estimates : tuple of Estimate
        One per row.
    reference : float or None
        Value of the dashed line, for example 0.5 for an AUC without information.
    limits : tuple of float
        Ends of the axis.
    """

    name: str
    estimates: tuple[Estimate, ...]
    reference: float | None
    limits: tuple[float, float]


def forest_figure(
    labels: Sequence[str],
    panels: Sequence[Panel],
    *,
    title: str,
    notes: Sequence[str] = (),
    highlighted: Sequence[int] = (0,),
    level: float = 0.95,
    simulated: bool,
) -> go.Figure:
    """Draw rows of estimates with intervals, the numbers above each.

    Parameters
    ----------
    labels : sequence of str
        Names of the rows, from top to bottom.
    panels : sequence of Panel
        From left to right.
    title : str
        What is compared.
    notes : sequence of str
        A second line below each label, for example patients and events; none when empty.
    highlighted : sequence of int
        Rows drawn in another colour than the rest.
    level : float
        Confidence level of the intervals.
    simulated : bool
        The patients are simulated; the figure says so.

    Returns
    -------
    plotly.graph_objects.Figure
        Height fixed by the rows, width free from about 520 px; ``layout.meta["alt"]`` holds the content in words.

    Raises
    ------
    NotEstimable
        There is no row or no panel.
    """
    if not labels or not panels:
        raise NotEstimable(what="The figure", reason="there is nothing to compare")
    figure = go.Figure()
    row_px = _row_px(labels, notes)
    _lay_out(figure, labels, panels, (title, level), (_label_px(labels, notes), row_px))
    for place, panel in enumerate(panels):
        _add_panel(figure, panel, place, len(labels), set(highlighted))
    _add_labels(figure, labels, notes)
    return finish(
        figure, _alt(labels, panels, title), simulated=simulated, mark_height=4 / (row_px * len(labels) + _MARK_PX)
    )


def _row_px(labels: Sequence[str], notes: Sequence[str]) -> int:
    """Give the height of a row, in which the longest label and its note keep apart from the next."""
    n_lines = max(len(wrap(label, _NAME_CHARACTERS)) for label in labels)
    return max(_LEAST_ROW_PX, _HEAD_LINE_PX * n_lines + _NOTE_PX * bool(notes) + 11)


def _label_px(labels: Sequence[str], notes: Sequence[str]) -> int:
    """Give the width of the widest label or note."""
    lines = [line for label in labels for line in wrap(label, _NAME_CHARACTERS)]
    return int(max(widest_px(lines, FONT_PX), widest_px(list(notes), SMALL_PX - 1)))


def _lay_out(
    figure: go.Figure,
    labels: Sequence[str],
    panels: Sequence[Panel],
    words: tuple[str, float],
    sizes: tuple[int, int],
) -> None:
    """Place title, panels and rows by pixels."""
    title, level = words
    label_px, row_px = sizes
    text, n_lines = broken_title(title)
    head_px = 11 + _HEAD_LINE_PX * max(len(wrap(panel.name, _NAME_CHARACTERS)) for panel in panels)
    top, n_rows = 10 + 21 * n_lines + 34 + head_px, len(labels)
    left = 28 + label_px
    width = (1 - _GAP * (len(panels) - 1)) / len(panels)
    axes = {}
    for place, panel in enumerate(panels):
        begin = place * (width + _GAP)
        axes[f"xaxis{_number(place)}"] = {
            "range": list(panel.limits),
            "domain": [begin, begin + width],
            "tickangle": 0,
            "nticks": 5,
            "title": {"text": ""},
            "anchor": "y",
        }
    figure.update_layout(
        template=TEMPLATE,
        height=top + row_px * n_rows + _MARK_PX + _BOTTOM_PX,
        margin={"l": left, "r": 20, "t": top, "b": _BOTTOM_PX},
        title={
            "text": text,
            "subtitle": {"text": sentence("In brackets: {level:g} % CI", level=100 * level)},
            "yref": "container",
            "y": 1,
            "yanchor": "top",
            "pad": title_pad(n_lines),
        },
        showlegend=False,
        # The room below the last row is for the mark of simulated data.
        yaxis={"range": [n_rows - 0.5 + _MARK_PX / row_px, -0.5], "visible": False, "fixedrange": True},
        hovermode="closest",
        **axes,
    )


def _add_panel(figure: go.Figure, panel: Panel, place: int, n_rows: int, highlighted: set[int]) -> None:
    """Add the points and numbers of one column."""
    axis = f"x{_number(place)}"
    if panel.reference is not None:
        # Interrupted where numbers may stand, which makes it a dashed line.
        ends = [(row - 0.5, row - _NUMBER_ROWS) for row in range(n_rows)]
        ends += [(row + 0.05, row + 0.5) for row in range(n_rows)]
        figure.add_shape(
            type="path",
            xref=axis,
            yref="y",
            path=joined(
                " ", (f"M {panel.reference},{begin:g} L {panel.reference},{end:g}" for begin, end in ends)
            ),
            line={"color": NEUTRAL, "width": 1},
            name="reference",
        )
    figure.add_annotation(
        text=glued("<b>{}</b>", joined("<br>", (escaped(line) for line in wrap(panel.name, _NAME_CHARACTERS)))),
        xref=f"{axis} domain",
        yref="paper",
        x=0,
        y=1,
        xanchor="left",
        yanchor="bottom",
        align="left",
        yshift=4,
        showarrow=False,
        name="panel",
    )
    for row, estimate in enumerate(panel.estimates):
        colour = OTHER_COLOURS[0] if row in highlighted else OTHER_COLOURS[2]
        _add_estimate(figure, estimate, row, (axis, panel), colour)


def _add_estimate(figure: go.Figure, estimate: Estimate, row: int, column: tuple[str, Panel], colour: str) -> None:
    """Add point, interval and number of one row."""
    axis, panel = column
    low, high = panel.limits
    middle = (low + high) / 2
    words = ratio_ci(estimate.value, estimate.low, estimate.high)
    if estimate.value is not None:
        has_interval = estimate.low is not None and estimate.high is not None
        figure.add_scatter(
            x=[estimate.value],
            y=[row + 0.18],
            xaxis=axis,
            mode="markers",
            marker={"color": colour if has_interval else FADED, "size": 9, "symbol": "square"},
            error_x=_interval(estimate, colour),
            name=panel.name,
            hovertemplate=glued("{} {}<extra></extra>", escaped(panel.name), words),
        )
    # Kept inside the panel, so that numbers of neighbouring panels never meet.
    span = high - low
    x = middle if estimate.value is None else float(np.clip(estimate.value, low + 0.3 * span, high - 0.3 * span))
    figure.add_annotation(
        text=words,
        xref=axis,
        yref="y",
        x=x,
        y=row + 0.02,
        yanchor="bottom",
        showarrow=False,
        font={"size": SMALL_PX},
        name="number",
    )


def _interval(estimate: Estimate, colour: str) -> dict[str, object] | None:
    """Lay out the whiskers of an estimate; None where it has no interval."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return None
    return {
        "type": "data",
        "symmetric": False,
        "array": [estimate.high - estimate.value],
        "arrayminus": [estimate.value - estimate.low],
        "color": colour,
        "thickness": 1.8,
        "width": 5,
    }


def _add_labels(figure: go.Figure, labels: Sequence[str], notes: Sequence[str]) -> None:
    """Write the name of every row to its left, and its note below."""
    for row, label in enumerate(labels):
        name = joined("<br>", (escaped(line) for line in wrap(label, _NAME_CHARACTERS)))
        note = (
            glued('<br><span style="font-size:{}px">{}</span>', SMALL_PX - 1, escaped(notes[row])) if notes else ""
        )
        figure.add_annotation(
            text=f"{name}{note}",
            xref="paper",
            yref="y",
            x=0,
            y=row,
            xanchor="right",
            yanchor="middle",
            align="right",
            xshift=-12,
            showarrow=False,
            font={"size": FONT_PX},
            name="label",
        )


def _number(place: int) -> str:
    """Give the number of an axis as plotly writes it, nothing for the first."""
    return "" if place == 0 else str(place + 1)


def _alt(labels: Sequence[str], panels: Sequence[Panel], title: str) -> str:
    """Say what the figure shows."""
    rows = []
    for row, label in enumerate(labels):
        values = joined(
            ", ",
            (
                glued(
                    "{} {}", p.name, ratio_ci(p.estimates[row].value, p.estimates[row].low, p.estimates[row].high)
                )
                for p in panels
            ),
        )
        rows.append(glued("{}: {}.", label, values))
    return sentence("Estimates with intervals: {title}. {rows}", title=title, rows=joined(" ", rows))
