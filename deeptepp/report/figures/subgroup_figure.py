"""Forest of hazard ratios by subgroup: counts per arm, ratio with interval, overall diamond, heterogeneity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log10

import plotly.graph_objects as go

from deeptepp.errors import NotEstimable
from deeptepp.report.figures.forest_rows import INDENT_PX, ForestBlock, ForestRow, PlacedLine, column_px, placed
from deeptepp.report.figures.subgroup_marks import OVERALL_COLOUR, add_estimate, axis_limits, place_of
from deeptepp.report.format import p_value
from deeptepp.report.look.marks import finish, heading
from deeptepp.report.look.text_width import broken, text_px, widest_px
from deeptepp.report.look.theme import FONT_PX, NEUTRAL, SMALL_PX, TEMPLATE
from deeptepp.wording.sentence import escaped, glued, joined, sentence

_MARK_PX, _LINE_PX, _LEAST_NUMBER_PX = 34, 17, 96
"""Heights of the room for the mark of simulated data and of a line; least width of the column of ratios."""

_TICKS = ((0.25, 0.5, 1, 2, 4), (0.1, 0.3, 1, 3, 10), (0.01, 0.1, 1, 10, 100))
"""Marks of the axis for a range of up to 1.3 powers of ten, up to 2.2, and more."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """Names of the columns of counts, and widths of all columns, px."""

    names: tuple[str, ...]
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


def subgroup_forest_figure(
    blocks: Sequence[ForestBlock],
    *,
    title: str,
    index_name: str = "",
    reference_name: str = "",
    overall: ForestRow | None = None,
    heterogeneity_p: float | None = None,
    ratio_name: str = "Hazard ratio",
    notes: Sequence[str] = (),
    simulated: bool,
) -> go.Figure:
    """Draw hazard ratios by subgroup with counts, intervals and tests.

    Parameters
    ----------
    blocks : sequence of ForestBlock
        From top to bottom.
    title : str
        What is compared.
    index_name, reference_name : str
        Names of the arms; empty where the ratio is not between two arms, and one column counts all.
    overall : ForestRow, optional
        All patients, drawn as a diamond.
    heterogeneity_p : float, optional
        Of one test over all rows, printed below the title; tests of single blocks stand in their headings.
    ratio_name : str
        Title of the axis.
    notes : sequence of str
        Short facts for the line below the title, for example the method.
    simulated : bool
        The patients are simulated; the figure says so.

    Returns
    -------
    plotly.graph_objects.Figure
        Height fixed by the rows, width free from about 520 px; ``layout.meta["alt"]`` holds the content in words.

    Raises
    ------
    NotEstimable
        There is no row.
    """
    rows = [row for block in blocks for row in block.rows]
    if not rows:
        raise NotEstimable(what="The figure", reason="there is no subgroup")
    lines = placed(blocks, overall)
    names = (index_name, reference_name) if index_name and reference_name else ()
    columns = _columns(names, lines)
    limits = axis_limits([line.row for line in lines if line.row is not None])
    figure = go.Figure()
    texts: list[dict[str, object]] = []
    most = max(max(row.hazard_ratio.n_events for row in rows), 1)
    for line in lines:
        if line.row is not None:
            add_estimate(figure, line, line.row, limits, most)
        texts += _texts(line, columns)
    # Added one by one, each would make plotly check all of them again.
    figure.update_layout(annotations=texts)
    _add_heads(figure, columns)
    facts = _facts(rows, overall, heterogeneity_p, notes)
    _lay_out(figure, lines, columns, limits, heading(title, facts), ratio_name)
    _add_directions(figure, columns)
    bottom = lines[-1].middle + lines[-1].height / 2
    mark_height = 4 / (bottom + _MARK_PX)
    return finish(figure, _alt(title, blocks, overall, names, facts), simulated=simulated, mark_height=mark_height)


def _columns(names: tuple[str, ...], lines: Sequence[PlacedLine]) -> _Columns:
    """Set the widths of the columns by their longest word."""
    heads, widths = [], []
    for place, name in enumerate(names or ("All",)):
        word = max(text_px(word, SMALL_PX + 0.7) for word in name.split())
        counts = [_counts(line.row, names)[place] for line in lines if line.row is not None]
        width = max(54.0, min(word, 96.0), widest_px(counts, SMALL_PX + 0.7))
        # Bold is wider than the measure of regular text.
        head = broken(name, width, SMALL_PX + 0.7) if names else []
        heads.append((*head, "events/n"))
        widths.append(int(width) + 10)
    label_px, number_px = column_px(lines)
    return _Columns(names, tuple(heads), tuple(widths), label_px, max(number_px, _LEAST_NUMBER_PX) + 12)


def _counts(row: ForestRow, names: tuple[str, ...]) -> tuple[str, ...]:
    """Give what stands in the columns of counts; blanks where a row has no counts per arm."""
    if not names:
        return (row.all_counts,)
    return row.counts if len(row.counts) == len(names) else ("",) * len(names)


def _texts(line: PlacedLine, columns: _Columns) -> Iterator[dict[str, object]]:
    """Lay out name, counts and ratio of one line."""
    is_bold = line.row is None or line.is_overall
    shift = -columns.left_px + 10 + INDENT_PX * line.is_indented
    yield _text(line.label, (0, shift, "left"), line.middle, is_bold=is_bold, name="label")
    if line.row is not None:
        for place, counts in enumerate(_counts(line.row, columns.names)):
            where = (0, -columns.right_edge(place), "right")
            yield _text((counts,), where, line.middle, is_bold=line.is_overall, name="counts")
    if line.number:
        where = (1, columns.number_px, "right")
        yield _text(line.number, where, line.middle, is_bold=line.is_overall, name="number")


def _text(
    lines: Sequence[str], where: tuple[float, float, str], y: float, *, is_bold: bool, name: str
) -> dict[str, object]:
    """Lay out lines at a share of the plot's width, shifted by px, and a height."""
    x, shift, side = where
    text = joined("<br>", (escaped(line) for line in lines))
    return {
        "text": glued("<b>{}</b>", text) if is_bold else text,
        "xref": "paper",
        "yref": "y",
        "x": x,
        "xshift": shift,
        "y": y,
        "xanchor": side,
        "yanchor": "middle",
        "align": side,
        "showarrow": False,
        "font": {"size": SMALL_PX},
        "name": name,
    }


def _add_heads(figure: go.Figure, columns: _Columns) -> None:
    """Write the names of the columns above the first line."""
    heads = [(lines, 0, -columns.right_edge(place)) for place, lines in enumerate(columns.heads)]
    for lines, x, shift in [*heads, (("Ratio (CI)",), 1, columns.number_px)]:
        figure.add_annotation(
            text=glued("<b>{}</b>", joined("<br>", (escaped(line) for line in lines))),
            xref="paper",
            yref="paper",
            x=x,
            xshift=shift,
            y=1,
            yshift=4,
            xanchor="right",
            yanchor="bottom",
            align="right",
            showarrow=False,
            font={"size": SMALL_PX},
            name="head",
        )


def _directions(columns: _Columns) -> tuple[list[str], list[str]]:
    """Say what either side of 1 means, broken into lines; nothing without arms."""
    if not columns.names:
        return [], []
    lower, higher = (
        sentence("← lower hazard with {name}", name=columns.names[0]),
        sentence("higher hazard with {name} →", name=columns.names[0]),
    )
    return broken(lower, 126, SMALL_PX), broken(higher, 126, SMALL_PX)


def _add_directions(figure: go.Figure, columns: _Columns) -> None:
    """Write below the axis what either side of 1 means."""
    for lines, shift, side in zip(_directions(columns), (-8, 8), ("right", "left"), strict=True):
        if lines:
            figure.add_annotation(
                text=joined("<br>", (escaped(line) for line in lines)),
                xref="x",
                yref="paper",
                x=0,
                xshift=shift,
                y=0,
                yshift=-24,
                xanchor=side,
                yanchor="top",
                align=side,
                showarrow=False,
                font={"size": SMALL_PX},
                name="direction",
            )


def _facts(
    rows: Sequence[ForestRow], overall: ForestRow | None, heterogeneity_p: float | None, notes: Sequence[str]
) -> list[str]:
    """Say what is drawn, and the test over all rows."""
    level = rows[0].hazard_ratio.level
    facts = [f"{100 * level:g}\u00a0% CI", "area of squares: events"]
    if overall is not None:
        facts.append("diamond: overall")
    if heterogeneity_p is not None:
        facts.append(sentence("heterogeneity {p}", p=p_value(heterogeneity_p)))
    return [*facts, *notes]


def _lay_out(
    figure: go.Figure,
    lines: Sequence[PlacedLine],
    columns: _Columns,
    limits: tuple[float, float],
    head: tuple[dict[str, object], int],
    ratio_name: str,
) -> None:
    """Place everything by pixels; the plot takes what the columns leave."""
    layout, top = head
    top += 12 + _LINE_PX * max(len(head) for head in columns.heads)
    inner = lines[-1].middle + lines[-1].height / 2 + _MARK_PX
    bottom = 56 + _LINE_PX * max(map(len, _directions(columns)))
    span = limits[1] - limits[0]
    ticks = [tick for tick in _TICKS[(span > 1.3) + (span > 2.2)] if limits[0] <= log10(tick) <= limits[1]]
    figure.update_layout(
        template=TEMPLATE,
        height=top + inner + bottom,
        margin={"l": columns.left_px, "r": columns.number_px + 10, "t": top, "b": bottom},
        title=layout,
        showlegend=False,
        xaxis={
            "range": list(limits),
            "tickvals": [log10(tick) for tick in ticks],
            "ticktext": [f"{tick:g}" for tick in ticks],
            "tickangle": 0,
            "showgrid": False,
        },
        yaxis={"range": [inner, 0], "visible": False, "fixedrange": True},
        hovermode="closest",
    )
    _add_upright(figure, lines, 0.0, {"color": NEUTRAL, "width": 1})
    overall = next((line.row for line in lines if line.is_overall and line.row is not None), None)
    if (
        overall is not None
        and overall.hazard_ratio.value
        and limits[0] <= place_of(overall.hazard_ratio.value) <= limits[1]
    ):
        dash = {"color": OVERALL_COLOUR, "width": 1, "dash": "dot"}
        _add_upright(figure, lines, place_of(overall.hazard_ratio.value), dash)
    figure.add_annotation(
        text=sentence("{ratio_name} (log scale)", ratio_name=escaped(ratio_name)),
        xref="paper",
        yref="paper",
        x=0.5,
        y=0,
        yshift=-bottom + 8,
        xanchor="center",
        yanchor="bottom",
        showarrow=False,
        font={"size": FONT_PX},
        name="axis title",
    )


def _add_upright(figure: go.Figure, lines: Sequence[PlacedLine], x: float, stroke: dict[str, object]) -> None:
    """Draw an upright line through all rows but those where a reason stands in the plot."""
    runs: list[list[float]] = []
    is_open = False
    for line in lines:
        is_free = line.row is None or line.row.hazard_ratio.value is not None
        if is_free and not is_open:
            runs.append([line.middle - line.height / 2, 0])
        if is_free:
            runs[-1][1] = line.middle + line.height / 2
        is_open = is_free
    for top, bottom in runs:
        figure.add_shape(type="line", x0=x, x1=x, y0=top, y1=bottom, line=stroke, layer="below", name="upright")


def _alt(
    title: str,
    blocks: Sequence[ForestBlock],
    overall: ForestRow | None,
    names: Sequence[str],
    facts: Sequence[str],
) -> str:
    """Say what the figure shows."""
    sentences = [
        sentence("Forest plot of ratios with intervals: {title}. {facts}.", title=title, facts=joined("; ", facts))
    ]
    for block in blocks:
        if block.name:
            test = (
                ""
                if block.heterogeneity_p is None
                else sentence(", heterogeneity {p_value}", p_value=p_value(block.heterogeneity_p))
            )
            sentences.append(glued("{}{}:", block.name, test))
        sentences.extend(row.words(names) for row in block.rows)
    if overall is not None:
        sentences.append(overall.words(names))
    return joined(" ", sentences)
