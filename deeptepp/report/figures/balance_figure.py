"""Love plot: absolute standardised mean differences of covariates before and after matching."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import plotly.graph_objects as go

from deeptepp.errors import NotEstimable
from deeptepp.report.figures.curve_labels import add_legend, legend_height
from deeptepp.report.format import NOT_ESTIMABLE, count
from deeptepp.report.look.curve_styles import CurveStyle
from deeptepp.report.look.marks import add_line, add_text, add_upright, finish, lay_out
from deeptepp.report.look.text_width import broken, widest_px
from deeptepp.report.look.theme import NEUTRAL, OTHER_COLOURS, SMALL_PX
from deeptepp.stats.treatment.balance import Balance, CovariateBalance
from deeptepp.wording.sentence import escaped, glued, joined, sentence

_ROW_PX, _LINE_PX, _MARK_PX, _BOTTOM_PX = 8, 17, 34, 58
"""Heights of the room around a row, of a line of its name, of the mark of simulated data and of the axis."""

_NAME_PX, _NUMBER_PX = 190, 108
"""Widest name of a covariate, and the column of numbers."""

_BEFORE, _AFTER = OTHER_COLOURS[1], OTHER_COLOURS[0]
"""Colours of open and filled marks."""

BALANCED_BELOW = 0.1
"""Absolute difference below which groups are by custom called balanced (Austin, Stat Med 2009;28:3083)."""


def balance_figure(
    balance: Balance, *, title: str, names: Mapping[str, str] | None = None, simulated: bool
) -> go.Figure:
    """Draw how alike two groups are, before (open) and after matching (filled).

    ``names``: what covariates are called in the figure, their own names where it has none. Returns rows by falling
    difference before matching, height fixed by them, width free from about 520 px. Raises NotEstimable: there is
    no covariate.
    """
    if not balance.rows:
        raise NotEstimable(what="The balance", reason="there is no covariate")
    called = names or {}
    rows = [replace(row, name=called.get(row.name, row.name)) for row in balance.rows]
    rows.sort(key=lambda row: -abs(row.smd_before or 0.0))
    figure = go.Figure()
    labels = [broken(row.name, _NAME_PX, SMALL_PX) for row in rows]
    heights = [_ROW_PX + _LINE_PX * len(lines) for lines in labels]
    middles = [sum(heights[:i]) + height / 2 for i, height in enumerate(heights)]
    for row, lines, y in zip(rows, labels, middles, strict=True):
        _add_row(figure, row, lines, y, is_matched=balance.n_pairs is not None)
    left = int(widest_px([line for lines in labels for line in lines], SMALL_PX)) + 26
    facts = [
        sentence("dashed line: {limit:g}", limit=BALANCED_BELOW),
        sentence("divided by {sentence}", sentence=balance.denominator.sentence),
    ]
    legend = _legend(balance)
    _lay_out(figure, (title, facts), legend, (left, sum(heights)), _end(rows))
    dashed = {"color": NEUTRAL, "width": 1.5, "dash": "dash"}
    add_upright(figure, BALANCED_BELOW, dashed, (0, sum(heights)), layer="below", name="limit")
    mark_height = 4 / (sum(heights) + _MARK_PX)
    return finish(figure, _alt(balance, rows, title), simulated=simulated, mark_height=mark_height)


def _add_row(
    figure: go.Figure, row: CovariateBalance, lines: Sequence[str], y: float, *, is_matched: bool
) -> None:
    """Add marks, name and numbers of one covariate."""
    before = None if row.smd_before is None else abs(row.smd_before)
    after = None if row.smd_after is None else abs(row.smd_after)
    if before is not None and after is not None:
        add_line(figure, [before, after], [y, y], {"color": NEUTRAL, "width": 1}, "change")
    for value, symbol, colour, name in (
        (before, "circle-open", _BEFORE, "before"),
        (after, "circle", _AFTER, "after"),
    ):
        if value is not None:
            figure.add_scatter(
                x=[value],
                y=[y],
                mode="markers",
                marker={"symbol": symbol, "size": 9, "color": colour, "line": {"width": 2, "color": colour}},
                cliponaxis=False,
                name=name,
                hovertemplate=glued("{} {}: %{{x:.3f}}<extra></extra>", escaped(row.name), name),
            )
    text, numbers = (
        joined("<br>", (escaped(line) for line in lines)),
        _numbers(before, after, is_matched=is_matched),
    )
    for words, x, shift, name in ((text, 0, -12, "label"), (numbers, 1, _NUMBER_PX, "number")):
        add_text(figure, words, (x, y), ref="paper, y", anchor="right middle", xshift=shift, name=name)


def _numbers(before: float | None, after: float | None, *, is_matched: bool) -> str:
    """Write both differences, or why there is none."""
    if before is None and after is None:
        return NOT_ESTIMABLE
    written = ["–" if value is None else f"{value:.2f}" for value in (before, after)]
    return joined(" → ", written) if is_matched else written[0]


def _end(rows: Sequence[CovariateBalance]) -> float:
    """End of the axis: above the largest difference, at least a quarter."""
    values = [abs(value) for row in rows for value in (row.smd_before, row.smd_after) if value is not None]
    return 1.06 * max([0.25, *values])


def _legend(balance: Balance) -> list[tuple[CurveStyle, str]]:
    """Name open and filled marks with their patients."""
    sizes = sentence(
        "{n_index} against {n_reference}",
        n_index=count(balance.n_index, "patient"),
        n_reference=balance.n_reference,
    )
    rows = [
        (
            _BEFORE,
            sentence(
                '<span style="color:{before}">○</span> before matching: {sizes}', before=_BEFORE, sizes=sizes
            ),
        )
    ]
    if balance.n_pairs is not None:
        pairs = count(balance.n_pairs, "pair")
        rows.append(
            (
                _AFTER,
                sentence(
                    '<span style="color:{after}">●</span> after matching: {pairs}', after=_AFTER, pairs=pairs
                ),
            )
        )
    # A sample of a line of no width: only the marks are explained.
    return [(CurveStyle("rgba(0,0,0,0)", "", "solid", "", is_faded=False), words) for _, words in rows]


def _lay_out(
    figure: go.Figure,
    head: tuple[str, Sequence[str]],
    legend: Sequence[tuple[CurveStyle, str]],
    sizes: tuple[int, int],
    end: float,
) -> None:
    """Place title, legend, names and numbers by pixels; the plot takes what they leave."""
    left, rows_px = sizes
    lay_out(
        figure,
        *head,
        plot_px=rows_px + _MARK_PX,
        above_px=legend_height(legend) + 4,
        margins=(left, _NUMBER_PX + 14, _BOTTOM_PX),
        xaxis={"range": [0, end], "nticks": 6, "tickangle": 0, "title": {"text": "|SMD|"}},
        yaxis={"range": [rows_px + _MARK_PX, 0], "visible": False, "fixedrange": True},
    )
    # The mark stands where a legend has its line.
    add_legend(figure, legend, left)
    figure.update_annotations({"xshift": -left + 12}, selector={"name": "legend"})


def _alt(balance: Balance, rows: Sequence[CovariateBalance], title: str) -> str:
    """What the figure shows."""
    read = joined(
        "; ",
        (
            glued("{} {}", row.name, _numbers(*_absolute(row), is_matched=balance.n_pairs is not None))
            for row in rows
        ),
    )
    return sentence(
        "Love plot of absolute standardised mean differences: {title}. {sentence}. {read}.",
        title=title,
        sentence=balance.sentence,
        read=read,
    )


def _absolute(row: CovariateBalance) -> tuple[float | None, float | None]:
    """Both differences without their sign."""
    before, after = (None if value is None else abs(value) for value in (row.smd_before, row.smd_after))
    return before, after
