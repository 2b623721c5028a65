"""What a forest shows: rows with an estimate on each axis, in blocks under a heading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deeptepp.report.format import NO_INTERVAL, NOT_ESTIMABLE, count, p_value, ratio_ci, signed_ci
from deeptepp.report.look.text_width import broken, widest_px
from deeptepp.report.look.theme import FONT_PX, OTHER_COLOURS, SMALL_PX
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.hazards.mantel_haenszel import Subgroup
from deeptepp.wording.sentence import glued, joined, sentence

_LINE_PX, _PADDING_PX = 17, 9
"""Height of a line of text, and of the room around a row."""

_LABEL_PX = 138
"""Widest column of labels."""

_HEADING_PX = 240
"""Widest line of a heading, which reaches over the columns of counts."""

INDENT_PX = 10
"""Rows under a heading stand to its right."""

_REASON_PX = 205
"""Widest line of a reason; it may reach into the plot, which is empty in that row."""


@dataclass(frozen=True, slots=True)
class ForestRow:
    """A row with one estimate per axis, whose reason is printed where it has no value.

    ``counts`` holds (events, patients) of the index and of the reference arm; it is empty where there are no arms.
    """

    label: str
    estimates: tuple[Estimate, ...]
    counts: tuple[tuple[int, int], ...] = ()
    colour: str = OTHER_COLOURS[0]

    @classmethod
    def of_subgroup(cls, subgroup: Subgroup, *, label: str | None = None) -> ForestRow:
        """Row of an analysis of subgroups, under another name than its own where one is given."""
        return cls(
            subgroup.label if label is None else label,
            (subgroup.hazard_ratio,),
            ((subgroup.n_events_index, subgroup.n_index), (subgroup.n_events_reference, subgroup.n_reference)),
        )

    def number(self, place: int = 0) -> str:
        """Estimate with its interval on one axis, or why there is none."""
        found = self.estimates[place]
        if found.value is None:
            return glued("{}: {}", NOT_ESTIMABLE, found.reason) if found.reason else NOT_ESTIMABLE
        # A correlation may be negative, which no ratio is.
        written = signed_ci if found.low is not None and found.low < 0 else ratio_ci
        return written(found.value, found.low, found.high)

    def counted(self, n_arms: int) -> tuple[str, ...]:
        """Events / patients of each of ``n_arms`` arms, or of all without arms; blanks where the row has none."""
        if not n_arms:
            return (f"{self.estimates[0].n_events}/{self.estimates[0].n}",)
        counts = tuple(f"{events}/{n}" for events, n in self.counts)
        return counts if len(counts) == n_arms else ("",) * n_arms

    def words(self, axes: Sequence[str], arms: Sequence[str]) -> str:
        """Row as a sentence, by the short names of the axes and the names of the arms, if any."""
        values = [glued("{} {}", name, self.number(place)) for place, name in enumerate(axes)]
        if arms and len(arms) == len(self.counts):
            counts = [
                sentence("{name} {counts} events", name=name, counts=n)
                for name, n in zip(arms, self.counted(len(arms)), strict=True)
            ]
        else:
            first = self.estimates[0]
            counts = [count(first.n, "patient"), count(first.n_events, "event")]
        return glued("{}: {}.", self.label, joined(", ", [*values, *counts]))


@dataclass(frozen=True, slots=True)
class ForestBlock:
    """Rows under one heading, which may be empty; p of the test that the estimate is the same in all, if any."""

    name: str
    rows: tuple[ForestRow, ...]
    heterogeneity_p: float | None = None


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A heading (without row) or a row; ``middle`` and ``height`` in px from the first line downwards.

    ``number`` holds the lines of text to the right: estimate, reason or test. The overall row is a diamond.
    """

    label: tuple[str, ...]
    number: tuple[str, ...]
    row: ForestRow | None
    middle: float
    height: float
    is_overall: bool = False
    is_indented: bool = False


def placed(blocks: Sequence[ForestBlock], overall: ForestRow | None, *, n_axes: int = 1) -> list[PlacedLine]:
    """Headings and rows below one another; with several axes, numbers stand above the marks, not to the right."""
    lines: list[PlacedLine] = []
    edge = 0.0
    for label, number, row, is_overall, is_indented in _all_lines(blocks, overall):
        # Room before a heading and before the last row sets them apart.
        edge += 6 if lines and (row is None or is_overall) else 0
        n_lines = max(len(label), len(number), 2 * (n_axes > 1 and row is not None))
        height = _PADDING_PX + _LINE_PX * n_lines
        lines.append(PlacedLine(label, number, row, edge + height / 2, height, is_overall, is_indented))
        edge += height
    return lines


def _all_lines(
    blocks: Sequence[ForestBlock], overall: ForestRow | None
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], ForestRow | None, bool, bool]]:
    """Label, number, row, and whether it is the last and indented, of each line."""
    for block in blocks:
        if block.name:
            p = block.heterogeneity_p
            test = () if p is None else (sentence("heterogeneity {p}", p=p_value(p)),)
            yield tuple(broken(block.name, _HEADING_PX, FONT_PX)), test, None, False, False
        for row in block.rows:
            yield _label(row), _number(row), row, False, bool(block.name)
    if overall is not None:
        yield _label(overall), _number(overall), overall, True, False


def _label(row: ForestRow) -> tuple[str, ...]:
    return tuple(broken(row.label, _LABEL_PX - INDENT_PX, SMALL_PX))


def _number(row: ForestRow) -> tuple[str, ...]:
    """Lines to the right: a reason may be wide, an estimate without interval has two lines."""
    if row.estimates[0].value is None:
        return tuple(broken(row.number(), _REASON_PX, SMALL_PX))
    return tuple(row.number().replace(glued(" ({})", NO_INTERVAL), glued("; {}", NO_INTERVAL)).split("; "))


def column_px(lines: Sequence[PlacedLine]) -> tuple[int, int]:
    """Widths of the columns of labels and of numbers, px; headings and reasons may reach beyond them."""
    # Bold is wider than the measure of regular text.
    sizes = [(line, line.row, SMALL_PX + 0.7 * line.is_overall) for line in lines if line.row is not None]
    labels = max(widest_px(list(line.label), size) + INDENT_PX * line.is_indented for line, _, size in sizes)
    numbers = [
        widest_px(list(line.number), size) for line, row, size in sizes if row.estimates[0].value is not None
    ]
    return int(labels) + 1, int(max(numbers, default=0)) + 1
