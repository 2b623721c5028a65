"""Forest plot: estimates with intervals in rows, on one axis or several, with counts, headings and a diamond."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from deeptepp.errors import NotEstimable
from deeptepp.report.figures.forest_marks import (
    AXIS_GAP,
    BELOW_PX,
    HAZARD_RATIO,
    ForestAxis,
    PlacedAxis,
    add_estimate,
    add_uprights,
    axis_layout,
    placed_axis,
)
from deeptepp.report.figures.forest_rows import INDENT_PX, ForestBlock, ForestRow, PlacedLine, column_px, placed
from deeptepp.report.format import p_value
from deeptepp.report.look.marks import finish, lay_out, text_at
from deeptepp.report.look.text_width import broken, text_px, widest_px
from deeptepp.report.look.theme import FONT_PX, SMALL_PX
from deeptepp.wording.sentence import escaped, glued, joined, sentence

_MARK_PX, _LINE_PX, _LEAST_NUMBER_PX, _AXIS_NAME_PX = 34, 17, 96, 126
"""Room for the mark of simulated data, height of a line, least width of the column of numbers, and widest line
below an axis."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """Names of the columns of counts, and widths of all columns, px."""

    arms: tuple[str, ...]
    heads: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    label_px: int
    number_px: int

    @property
    def left_px(self) -> int:
        """Left margin."""
        return 10 + self.label_px + sum(self.widths) + 10

    def right_edge(self, place: int) -> int:
        """Distance of the right edge of one column from the plot."""
        return 10 + sum(self.widths[place + 1 :])


def forest_figure(
    blocks: Sequence[ForestBlock],
    *,
    title: str,
    axes: Sequence[ForestAxis] = (HAZARD_RATIO,),
    arms: tuple[str, ...] = (),
    overall: ForestRow | None = None,
    heterogeneity_p: float | None = None,
    notes: Sequence[str] = (),
    simulated: bool,
) -> go.Figure:
    """Forest of the rows of all blocks, with one estimate per axis.

    ``arms`` names index and reference arm, with a column of counts each; without them one column counts all.
    ``overall`` is drawn as a diamond. ``heterogeneity_p`` is of one test over all rows and stands below the title
    with the notes. The height is fixed by the rows, the width free from about 520 px. Raises NotEstimable where
    there is no row or no axis.
    """
    rows = [row for block in blocks for row in block.rows]
    if not rows or not axes:
        raise NotEstimable(what="The figure", reason="there is nothing to compare")
    lines = placed(blocks, overall, n_axes=len(axes))
    columns = _columns(arms, lines, is_number_beside=len(axes) == 1)
    ranges = [placed_axis(axis, place, lines) for place, axis in enumerate(axes)]
    figure, texts = go.Figure(), list(_heads(columns))
    most = max(max(row.estimates[0].n_events for row in rows), 1)
    for line in lines:
        texts += _texts(line, columns, ranges)
        for axis in ranges if line.row is not None else ():
            add_estimate(figure, line, axis, most, below=BELOW_PX * (len(axes) > 1))
    facts = _facts(rows, overall, heterogeneity_p, notes)
    _lay_out(figure, (title, facts), lines, columns, ranges, texts)
    inner = lines[-1].middle + lines[-1].height / 2 + _MARK_PX
    words = _alt(title, blocks, overall, (axes, arms), facts)
    return finish(figure, words, simulated=simulated, mark_height=4 / inner)


def _columns(arms: tuple[str, ...], lines: Sequence[PlacedLine], *, is_number_beside: bool) -> _Columns:
    """Widths of the columns by their longest word."""
    heads, widths = [], []
    for place, name in enumerate(arms or ("All",)):
        word = max(text_px(word, SMALL_PX + 0.7) for word in name.split())
        counts = [line.row.counted(len(arms))[place] for line in lines if line.row is not None]
        width = max(54.0, min(word, 96.0), widest_px(counts, SMALL_PX + 0.7))
        # Bold is wider than the measure of regular text.
        heads.append((*(broken(name, width, SMALL_PX + 0.7) if arms else []), "events/n"))
        widths.append(int(width) + 10)
    label_px, number_px = column_px(lines)
    beside = max(number_px, _LEAST_NUMBER_PX) + 12 if is_number_beside else 10
    return _Columns(arms, tuple(heads), tuple(widths), label_px, beside)


def _texts(line: PlacedLine, columns: _Columns, axes: Sequence[PlacedAxis]) -> Iterator[dict[str, object]]:
    """Name, counts and numbers of one line."""
    is_bold = line.row is None or line.is_overall
    shift = -columns.left_px + 10 + INDENT_PX * line.is_indented
    yield _text(line.label, 0, line.middle, "left", is_bold=is_bold, xshift=shift, name="label")
    if line.row is not None:
        for place, counts in enumerate(line.row.counted(len(columns.arms))):
            edge = -columns.right_edge(place)
            yield _text((counts,), 0, line.middle, "right", is_bold=line.is_overall, xshift=edge, name="counts")
    if line.row is not None and len(axes) > 1:
        yield from (_text_above(line.row, line.middle, axis) for axis in axes)
    elif line.number:
        edge = columns.number_px
        yield _text(line.number, 1, line.middle, "right", is_bold=line.is_overall, xshift=edge, name="number")


def _text(
    lines: Sequence[str], x: float, y: float, side: str, *, is_bold: bool, xshift: float, name: str
) -> dict[str, object]:
    """Lines of text beside the plot at a height of it."""
    text = joined("<br>", (escaped(line) for line in lines))
    text = glued("<b>{}</b>", text) if is_bold else text
    return text_at(text, (x, y), ref="paper, y", anchor=f"{side} middle", xshift=xshift, name=name)


def _text_above(row: ForestRow, middle: float, axis: PlacedAxis) -> dict[str, object]:
    """Number above its mark, kept inside its axis, so that numbers of neighbouring axes never meet."""
    value, span = row.estimates[axis.place].value, axis.high - axis.low
    centre = (axis.low + axis.high) / 2
    x = centre if value is None else float(np.clip(axis.at(value), axis.low + 0.3 * span, axis.high - 0.3 * span))
    text = escaped(row.number(axis.place))
    return text_at(text, (x, middle - BELOW_PX), ref=f"x{axis.number}, y", anchor="center middle", name="number")


def _heads(columns: _Columns) -> Iterator[dict[str, object]]:
    """Names of the columns above the first line."""
    heads = [(lines, 0, -columns.right_edge(place)) for place, lines in enumerate(columns.heads)]
    if columns.number_px > _LEAST_NUMBER_PX:
        heads.append((("Ratio (CI)",), 1, columns.number_px))
    for lines, x, shift in heads:
        text = joined("<br>", (escaped(line) for line in lines))
        yield text_at(glued("<b>{}</b>", text), (x, 1), anchor="right bottom", xshift=shift, yshift=4, name="head")


def _facts(
    rows: Sequence[ForestRow], overall: ForestRow | None, heterogeneity_p: float | None, notes: Sequence[str]
) -> list[str]:
    """What is drawn, and the test over all rows."""
    facts = [f"{100 * rows[0].estimates[0].level:g}\u00a0% CI", "area of squares: events"]
    if overall is not None:
        facts.append("diamond: overall")
    if heterogeneity_p is not None:
        facts.append(sentence("heterogeneity {p}", p=p_value(heterogeneity_p)))
    return [*facts, *notes]


def _lay_out(
    figure: go.Figure,
    head: tuple[str, Sequence[str]],
    lines: Sequence[PlacedLine],
    columns: _Columns,
    axes: Sequence[PlacedAxis],
    texts: list[dict[str, object]],
) -> None:
    """Place everything by pixels; the axes share what the columns leave."""
    if len(axes) > 1:
        names = [broken(axis.of.name, _AXIS_NAME_PX, FONT_PX) for axis in axes]
    else:
        (axis,) = axes
        is_log = axis.of.limits is None
        names = [[sentence("{ratio_name} (log scale)", ratio_name=axis.of.name) if is_log else axis.of.name]]
    directions = _directions(columns)
    bottom = 36 + 20 * max(map(len, names)) + _LINE_PX * max(map(len, directions))
    inner = lines[-1].middle + lines[-1].height / 2 + _MARK_PX
    width = (1 - AXIS_GAP * (len(axes) - 1)) / len(axes)
    for axis, name in zip(axes, names, strict=True):
        text = joined("<br>", map(escaped, name))
        where = f"x{axis.number} domain, paper"
        texts.append(text_at(text, (0.5, 0), ref=where, anchor="center bottom", yshift=-bottom + 8, size=FONT_PX))
    for side, words, shift in zip(("right", "left"), directions, (-8, 8), strict=True):
        if words:
            texts.append(
                text_at(
                    joined("<br>", map(escaped, words)),
                    (0, 0),
                    ref="x, paper",
                    anchor=f"{side} top",
                    xshift=shift,
                    yshift=-24,
                    name="direction",
                )
            )
    # Added one by one, each text would make plotly check all of them again.
    lay_out(
        figure,
        *head,
        plot_px=inner,
        above_px=12 + _LINE_PX * max(map(len, columns.heads)),
        margins=(columns.left_px, columns.number_px + 10, bottom),
        annotations=texts,
        yaxis={"range": [inner, 0], "visible": False, "fixedrange": True},
    )
    figure.update_layout({f"xaxis{axis.number}": axis_layout(axis, width) for axis in axes})
    add_uprights(figure, lines, axes)


def _directions(columns: _Columns) -> tuple[list[str], list[str]]:
    """What either side of 1 means, broken into lines; nothing without arms."""
    if not columns.arms:
        return [], []
    lower, higher = (
        sentence("← lower hazard with {name}", name=columns.arms[0]),
        sentence("higher hazard with {name} →", name=columns.arms[0]),
    )
    return broken(lower, _AXIS_NAME_PX, SMALL_PX), broken(higher, _AXIS_NAME_PX, SMALL_PX)


def _alt(
    title: str,
    blocks: Sequence[ForestBlock],
    overall: ForestRow | None,
    names: tuple[Sequence[ForestAxis], Sequence[str]],
    facts: Sequence[str],
) -> str:
    """What the figure shows, in words."""
    axes, arms = [axis.short for axis in names[0]], names[1]
    sentences = [
        sentence(
            "Forest plot of estimates with intervals: {title}. {facts}.", title=title, facts=joined("; ", facts)
        )
    ]
    for block in blocks:
        if block.name:
            test = (
                ""
                if block.heterogeneity_p is None
                else sentence(", heterogeneity {p_value}", p_value=p_value(block.heterogeneity_p))
            )
            sentences.append(glued("{}{}:", block.name, test))
        sentences.extend(row.words(axes, arms) for row in block.rows)
    if overall is not None:
        sentences.append(overall.words(axes, arms))
    return joined(" ", sentences)
