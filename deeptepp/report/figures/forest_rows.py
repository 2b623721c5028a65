"""What a forest of hazard ratios shows: rows of one estimate each, in blocks under a heading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deeptepp.report.format import NO_INTERVAL, NOT_ESTIMABLE, count, p_value, ratio_ci
from deeptepp.report.look.text_width import broken, widest_px
from deeptepp.report.look.theme import FONT_PX, SMALL_PX
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestRow:
    """One estimate with the patients it rests on.

    Parameters
    ----------
    label : str
        Name of the subgroup.
    hazard_ratio : Estimate
        Index against reference, or per unit of a score; its reason is printed where it has no value.
    n_index, n_events_index : int or None
        Patients and events of the index arm; None where there are no two arms.
    n_reference, n_events_reference : int or None
        The same of the reference arm.
    """

    label: str
    hazard_ratio: Estimate
    n_index: int | None = None
    n_events_index: int | None = None
    n_reference: int | None = None
    n_events_reference: int | None = None

    @classmethod
    def of_subgroup(cls, subgroup: Subgroup, *, label: str | None = None) -> ForestRow:
        """Take a row from an analysis of subgroups.

        Parameters
        ----------
        subgroup : Subgroup
            From ``stats.mantel_haenszel.subgroup_analysis``.
        label : str, optional
            Another name than its own.

        Returns
        -------
        ForestRow
            Counts and hazard ratio.
        """
        return cls(
            label=subgroup.label if label is None else label,
            hazard_ratio=subgroup.hazard_ratio,
            n_index=subgroup.n_index,
            n_events_index=subgroup.n_events_index,
            n_reference=subgroup.n_reference,
            n_events_reference=subgroup.n_events_reference,
        )

    @property
    def counts(self) -> tuple[str, ...]:
        """Events / patients of each arm; empty where there are none."""
        arms = ((self.n_events_index, self.n_index), (self.n_events_reference, self.n_reference))
        return tuple(f"{events}/{n}" for events, n in arms if n is not None)

    @property
    def all_counts(self) -> str:
        """Events / patients of the estimate."""
        return f"{self.hazard_ratio.n_events}/{self.hazard_ratio.n}"

    @property
    def number(self) -> str:
        """Ratio with interval, or why there is none."""
        ratio = self.hazard_ratio
        if ratio.value is None:
            return glued("{}: {}", NOT_ESTIMABLE, ratio.reason) if ratio.reason else NOT_ESTIMABLE
        return ratio_ci(ratio.value, ratio.low, ratio.high).replace(
            glued(" ({})", NO_INTERVAL), glued("; {}", NO_INTERVAL)
        )

    def words(self, names: Sequence[str]) -> str:
        """Say the row in a sentence; ``names`` are those of the arms, or none."""
        if names and len(names) == len(self.counts):
            parts = [
                sentence("{name} {counts} events", name=name, counts=counts)
                for name, counts in zip(names, self.counts, strict=True)
            ]
        else:
            ratio = self.hazard_ratio
            parts = [glued("{}, {}", count(ratio.n, "patient"), count(ratio.n_events, "event"))]
        return glued("{}: HR {}, {}.", self.label, self.number, joined(", ", parts))


@dataclass(frozen=True, slots=True)
class ForestBlock:
    """Subgroups that divide the patients by one fact.

    Parameters
    ----------
    name : str
        Heading; empty for rows without one.
    rows : tuple of ForestRow
        From top to bottom.
    heterogeneity_p : float or None
        Of the test that the ratio is the same in all of them; None where there is none.
    """

    name: str
    rows: tuple[ForestRow, ...]
    heterogeneity_p: float | None = None


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A heading or a row with its place.

    Parameters
    ----------
    label : tuple of str
        Lines of the name.
    number : tuple of str
        Lines to the right: ratio, reason or test.
    row : ForestRow or None
        None for a heading.
    middle, height : float
        Px from the first line downwards.
    is_overall : bool
        Drawn as a diamond.
    is_indented : bool
        Stands under a heading.
    """

    label: tuple[str, ...]
    number: tuple[str, ...]
    row: ForestRow | None
    middle: float
    height: float
    is_overall: bool = False
    is_indented: bool = False


def placed(blocks: Sequence[ForestBlock], overall: ForestRow | None) -> list[PlacedLine]:
    """Put headings and rows below one another.

    Parameters
    ----------
    blocks : sequence of ForestBlock
        From top to bottom.
    overall : ForestRow or None
        The last row.

    Returns
    -------
    list of PlacedLine
        Without overlaps.
    """
    lines: list[PlacedLine] = []
    edge = 0.0
    for label, number, row, is_overall, is_indented in _all_lines(blocks, overall):
        # Room before a heading and before the last row sets them apart.
        edge += 6 if lines and (row is None or is_overall) else 0
        height = _PADDING_PX + _LINE_PX * max(len(label), len(number))
        lines.append(PlacedLine(label, number, row, edge + height / 2, height, is_overall, is_indented))
        edge += height
    return lines


def _all_lines(
    blocks: Sequence[ForestBlock], overall: ForestRow | None
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], ForestRow | None, bool, bool]]:
    """Give label, number, row, and whether it is the last and indented, of each line."""
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
    """Break what stands to the right: a reason may be wide, a ratio without interval has two lines."""
    if row.hazard_ratio.value is None:
        return tuple(broken(row.number, _REASON_PX, SMALL_PX))
    return tuple(row.number.split("; "))


def column_px(lines: Sequence[PlacedLine]) -> tuple[int, int]:
    """Measure the columns of labels and of ratios; headings and reasons may reach beyond them.

    Parameters
    ----------
    lines : sequence of PlacedLine
        All of them.

    Returns
    -------
    tuple of int
        Widths of both, px.
    """
    # Bold is wider than the measure of regular text.
    sizes = [(line, SMALL_PX + 0.7 * line.is_overall) for line in lines if line.row is not None]
    labels = max(widest_px(list(line.label), size) + INDENT_PX * line.is_indented for line, size in sizes)
    ratios = [
        widest_px(list(line.number), size)
        for line, size in sizes
        if line.row is not None and line.row.hazard_ratio.value is not None
    ]
    return int(labels) + 1, int(max(ratios, default=0)) + 1
