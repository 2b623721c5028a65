"""Flow of patients into a study: boxes from top to bottom, who left beside them, arms at the end.

References
----------
Schulz KF, Altman DG, Moher D. BMJ 2010;340:c332 (CONSORT).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from deeptepp.errors import NotEstimable
from deeptepp.report.figures.flow_steps import FlowStep, counted, patients_lost, reasons_of
from deeptepp.report.look.marks import add_text, finish, lay_out
from deeptepp.report.look.text_width import broken
from deeptepp.report.look.theme import NEUTRAL, SMALL_PX
from deeptepp.wording.sentence import escaped, glued, joined, sentence

__all__ = ["FlowStep", "flow_figure"]

_WIDTH_PX, _MAIN_PX, _SIDE_PX = 496, 232, 236
"""Widths of the whole chart, which is the same in any figure, and of the boxes to its left and right."""

_LINE_PX, _PADDING_PX, _GAP_PX, _MARK_PX = 17, 9, 14, 34
"""Heights of a line of text and of the room in and around boxes and for the mark of simulated data."""

_ARROW_PX = 26
"""Least distance between boxes that an arrow joins."""

_MOST_BESIDE = 4
"""More arms than this are listed in one box."""


_BY_PIXELS = {"xref": "paper", "xsizemode": "pixel", "xanchor": 0.5, "yref": "y"}
"""Shapes keep their width where the figure is wider."""

_STROKE = {"color": NEUTRAL, "width": 1.4}


@dataclass(frozen=True, slots=True)
class _Box:
    """Lines of text at a place, px from the upper left corner of the chart."""

    lines: tuple[str, ...]
    left: float
    top: float
    width: float
    name: str

    @property
    def height(self) -> float:
        """Height, px."""
        return _height(self.lines)

    @property
    def bottom(self) -> float:
        """Lower edge, px."""
        return self.top + self.height

    @property
    def middle(self) -> float:
        """Middle of its width, px."""
        return self.left + self.width / 2


def flow_figure(
    steps: Sequence[FlowStep], arms: Sequence[tuple[str, int]], *, title: str, simulated: bool
) -> go.Figure:
    """Draw how many patients reached each step, why others did not, and the arms at the end.

    ``arms``: name and patients of each final box, may be empty. Returns height fixed, width free from 520 px: the
    chart is centred and never cut. Where the reasons do not add up to the patients who left, the box says so.
    Raises NotEstimable: there is no step; OutOfRange: a step has more patients than the one before, or a count is
    negative.
    """
    if not steps:
        raise NotEstimable(what="The flow of patients", reason="there is no step")
    lost = patients_lost(steps, arms)
    figure = go.Figure()
    top = 2.0
    for place, step in enumerate(steps):
        is_last = place == len(steps) - 1
        box = _Box(_wrapped(step.label, step.n, _MAIN_PX), 0, top, _MAIN_PX, "step")
        _add_box(figure, box)
        stem, top = _add_exclusions(figure, box, reasons_of(step, lost[place]))
        if not is_last:
            _add_arrow(figure, stem, (box.middle, top))
        elif arms:
            top = _add_arms(figure, arms, stem, top)
        else:
            top = max(box.bottom, top - _GAP_PX)
    inner = top + 4 + _MARK_PX * simulated
    lay_out(
        figure,
        title,
        [],
        plot_px=inner,
        above_px=8,
        margins=(10, 10, 8),
        xaxis={"range": [0, 1], "visible": False, "fixedrange": True},
        yaxis={"range": [inner, 0], "visible": False, "fixedrange": True},
    )
    return finish(figure, _alt(steps, arms, lost, title), simulated=simulated, mark_height=4 / inner)


def _wrapped(label: str, n: int, width: float) -> tuple[str, ...]:
    """Break a name for a box, with its patients on a line of their own."""
    return (*broken(label, width - 2 * _PADDING_PX, SMALL_PX + 0.7), counted(n))


def _height(lines: Sequence[str]) -> float:
    """Height of a box with these lines, px."""
    return _LINE_PX * len(lines) + 2 * _PADDING_PX


def _add_exclusions(figure: go.Figure, box: _Box, reasons: Sequence[str]) -> tuple[tuple[float, float], float]:
    """Add the box beside the arrow below a step; give where that arrow goes on and the next step begins."""
    if not reasons:
        return (box.middle, box.bottom), box.bottom + _ARROW_PX
    lines = [line for reason in reasons for line in _indented(reason)]
    side = _Box(tuple(lines), _WIDTH_PX - _SIDE_PX, box.bottom + _GAP_PX, _SIDE_PX, "excluded")
    _add_box(figure, side)
    y = side.top + side.height / 2
    _add_line(figure, (box.middle, box.bottom), (box.middle, y))
    _add_arrow(figure, (box.middle, y), (side.left, y))
    return (box.middle, y), side.bottom + _GAP_PX


def _indented(reason: str) -> list[str]:
    """Break a reason for the box beside; further lines begin below its first word."""
    first, *others = broken(reason, _SIDE_PX - 2 * _PADDING_PX - 8, SMALL_PX + 0.7)
    return [first, *(glued("  {}", line) for line in others)] if reason.startswith("•") else [first, *others]


def _add_arms(figure: go.Figure, arms: Sequence[tuple[str, int]], stem: tuple[float, float], top: float) -> float:
    """Add the final boxes below a line that has come to ``stem``; give where the chart ends."""
    boxes = _arm_boxes(arms, top)
    if len(boxes) == 1:
        _add_arrow(figure, stem, (stem[0], boxes[0].top))
    else:
        _add_line(figure, stem, (stem[0], top))
        _add_line(figure, (boxes[0].middle, top), (boxes[-1].middle, top))
    for arm in boxes:
        if len(boxes) > 1:
            _add_arrow(figure, (arm.middle, top), (arm.middle, arm.top))
        _add_box(figure, arm)
    return boxes[0].bottom


def _arm_boxes(arms: Sequence[tuple[str, int]], top: float) -> list[_Box]:
    """Place boxes of one height beside one another, or one box that lists many arms."""
    if len(arms) > _MOST_BESIDE:
        names = [
            broken(glued("{} ({})", name, counted(n)), _WIDTH_PX - 2 * _PADDING_PX, SMALL_PX + 0.7)
            for name, n in arms
        ]
        return [_Box(tuple(line for lines in names for line in lines), 0, top, _WIDTH_PX, "arm")]
    if len(arms) == 1:
        return [_Box(_wrapped(*arms[0], _MAIN_PX), 0, top, _MAIN_PX, "arm")]
    width = (_WIDTH_PX - _GAP_PX * (len(arms) - 1)) / len(arms)
    texts = [_wrapped(name, n, width) for name, n in arms]
    n_lines = max(map(len, texts))
    return [
        _Box((*text, *[" "] * (n_lines - len(text))), k * (width + _GAP_PX), top + _ARROW_PX, width, "arm")
        for k, text in enumerate(texts)
    ]


def _add_box(figure: go.Figure, box: _Box) -> None:
    """Draw a box with its text; the sides of steps and arms are centred, reasons begin at the left."""
    offset = box.left - _WIDTH_PX / 2
    place = {"x0": offset, "x1": offset + box.width, "y0": box.top, "y1": box.bottom}
    figure.add_shape(type="rect", **place, **_BY_PIXELS, line=_STROKE, name=box.name)
    is_list = box.name == "excluded"
    text = joined("<br>", (escaped(line) for line in box.lines))
    shift = offset + (_PADDING_PX if is_list else box.width / 2)
    anchor = "left middle" if is_list else "center middle"
    at = (0.5, box.top + box.height / 2)
    add_text(figure, text, at, ref="paper, y", anchor=anchor, xshift=shift, name=box.name)


def _add_line(figure: go.Figure, begin: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw a line between two points, px."""
    x0, x1 = (x - _WIDTH_PX / 2 for x in (begin[0], end[0]))
    figure.add_shape(type="line", x0=x0, x1=x1, y0=begin[1], y1=end[1], **_BY_PIXELS, line=_STROKE, name="line")


def _add_arrow(figure: go.Figure, begin: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw an arrow downwards or, where both ends are of one height, to the right."""
    _add_line(figure, begin, end)
    x, y = end[0] - _WIDTH_PX / 2, end[1]
    is_level = begin[1] == end[1]
    corners = ((x - 8, y - 4), (x - 8, y + 4)) if is_level else ((x - 4, y - 8), (x + 4, y - 8))
    path = f"M {x},{y} {' '.join(f'L {a},{b}' for a, b in corners)} Z"
    figure.add_shape(type="path", path=path, **_BY_PIXELS, fillcolor=NEUTRAL, line={"width": 0}, name="arrow")


def _alt(
    steps: Sequence[FlowStep], arms: Sequence[tuple[str, int]], lost: Sequence[int | None], title: str
) -> str:
    """What the figure shows."""
    sentences = [sentence("Flow of patients: {title}.", title=title)]
    for step, n in zip(steps, lost, strict=True):
        sentences.append(glued("{}: {}.", step.label, counted(step.n)))
        reasons = [line.removeprefix("• ") for line in reasons_of(step, n)]
        if reasons:
            sentences.append(
                glued("{}: {}.", reasons[0], joined(", ", reasons[1:]))
                if reasons[1:]
                else glued("{}.", reasons[0])
            )
    if arms:
        sentences.append(
            sentence(
                "Arms: {names}.", names=joined(", ", (glued("{} ({})", name, counted(n)) for name, n in arms))
            )
        )
    return joined(" ", sentences)
