"""Gathers volumes of one grid and sequence into dynamic series, ranks them, and finds the two breasts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from deeptepp.dicom.header.spellings import TISSUE_RANK
from deeptepp.dicom.roles.rows import MIN_PHASES, Row
from deeptepp.dicom.roles.signs import SAME_MOMENT_S
from deeptepp.dicom.roles.timeline import RowFingerprint, Timeline, timeline_of
from deeptepp.dicom.volumes.kinds import has_same_settings, is_derived, is_same_kind, is_same_sequence, tissue
from deeptepp.dicom.volumes.lattice import SAME_GRID_MM
from deeptepp.dicom.volumes.stack import Stack
from deeptepp.domain.geometry import Grid, overlap
from deeptepp.domain.study import PhaseProposal, Side

SHORTEST_PERIOD_S = 30.0
"""Phases that follow one another faster than this, in s, are an ultrafast series: it shows the arrival of contrast
and ends before the early plateau that is scored (METHOD section 3)."""

MIN_APART_MM = 40.0
"""Least distance of the centres of two volumes of one breast each, across the patient, mm."""

MAX_OVERLAP = 0.2
"""Largest share of a volume that may lie in that of the other breast."""

_LEFT = re.compile(r"(?<![A-Z])(?:LT|LEFT|L|LI|LINKS)(?![A-Z])")
_RIGHT = re.compile(r"(?<![A-Z])(?:RT|RIGHT|R|RE|RECHTS)(?![A-Z])")
"""Side by the words of a description."""


@dataclass(frozen=True, slots=True)
class DynamicSeries:
    """Volumes on one grid with one sequence.

    ``members``: all of them; ``timeline``: one volume for each moment; None where nothing tells their order.
    """

    members: tuple[Row, ...]
    timeline: Timeline | None

    @property
    def rows(self) -> tuple[Row, ...]:
        """The phases, in order; all volumes where their order is not known."""
        return self.timeline.rows if self.timeline is not None else self.members

    @property
    def first(self) -> Stack:
        """The volume that stands for all."""
        return self.rows[0].stack

    @property
    def grid(self) -> Grid:
        """The grid of the first volume."""
        grid = self.first.grid
        if grid is None:
            msg = "A dynamic series is made of volumes"
            raise ValueError(msg)
        return grid

    @property
    def is_dynamic(self) -> bool:
        """Whether there are phases enough."""
        return len(self.rows) >= MIN_PHASES

    @property
    def is_ultrafast(self) -> bool:
        """Whether phases follow one another too fast to reach the early plateau."""
        times = self.timeline.times_s if self.timeline is not None else None
        if times is None or len(times) < 4:
            return False
        return float(np.median(np.diff(times[1:]))) < SHORTEST_PERIOD_S


def dynamic_series(rows: Sequence[Row], fingerprint: RowFingerprint | None) -> list[DynamicSeries]:
    """Gather volumes on one grid made with one sequence, the series that is scored first.

    ``rows``: volumes that could be phases, each with a grid. Best first: those of two phases or more, of water, of
    original images, not ultrafast, of many phases.
    """
    groups: list[list[Row]] = []
    for row in rows:
        home = next((g for g in groups if belong_together(g[0].stack, row.stack)), None)
        if home is None:
            groups.append([row])
        else:
            home.append(row)
    found = [DynamicSeries(tuple(group), timeline_of(group, fingerprint)) for group in groups]
    return sorted(found, key=_merit, reverse=True)


def belong_together(a: Stack, b: Stack) -> bool:
    """Whether two volumes may be phases of one dynamic series."""
    return is_same_grid(a, b) and is_same_sequence(a.series, b.series)


def is_same_grid(a: Stack, b: Stack) -> bool:
    """Tell whether two volumes lie on one grid.

    No corner lies farther apart than ``SAME_GRID_MM``.
    """
    return a.grid is not None and b.grid is not None and a.grid.is_close(b.grid, tolerance_mm=SAME_GRID_MM)


def _merit(series: DynamicSeries) -> tuple[bool, int, bool, bool, int, int]:
    """Rank series: dynamic, water, original, not ultrafast, many phases, many voxels."""
    facts = series.first.series
    return (
        series.is_dynamic,
        TISSUE_RANK[tissue(facts)],
        not is_derived(facts),
        not series.is_ultrafast,
        len(series.rows),
        int(np.prod(series.grid.shape)),
    )


def two_sides(series: Sequence[DynamicSeries]) -> dict[Side, DynamicSeries]:
    """Find two dynamic series of one sequence that show one breast each.

    Gives both sides, or empty.
    """
    dynamic = [one for one in series if one.is_dynamic]
    for a, b in combinations(dynamic, 2):
        if not _is_one_protocol(a, b) or overlap(a.grid, b.grid) > MAX_OVERLAP:
            continue
        apart = float(a.grid.centre_mm[0] - b.grid.centre_mm[0])
        if abs(apart) >= MIN_APART_MM or {_named_side(a), _named_side(b)} == set(Side):
            # +x is the left of the patient, whatever the headers call it.
            left, right = (a, b) if apart > 0 else (b, a)
            return {Side.LEFT: left, Side.RIGHT: right}
    return {}


def _is_one_protocol(a: DynamicSeries, b: DynamicSeries) -> bool:
    """Whether two series were made in the same way."""
    p, q = a.first.series, b.first.series
    return is_same_kind(p, q) and has_same_settings(p, q)


def _named_side(series: DynamicSeries) -> Side | None:
    """Read the side from Laterality or the description."""
    facts = series.first.series
    if facts.laterality in {"L", "R"}:
        return Side.LEFT if facts.laterality == "L" else Side.RIGHT
    words = facts.description.upper().replace("_", " ")
    is_left, is_right = _LEFT.search(words) is not None, _RIGHT.search(words) is not None
    return None if is_left == is_right else Side.LEFT if is_left else Side.RIGHT


def is_second_reconstruction(a: DynamicSeries, b: DynamicSeries) -> bool:
    """Tell whether two series on different grids show the same moments.

    All phases of the shorter one begin with a phase of the other.
    """
    starts = [_starts(one) for one in sorted((a, b), key=lambda one: len(one.rows))]
    if not all(starts):
        return False
    return all(any(abs(s - other) < SAME_MOMENT_S for other in starts[1]) for s in starts[0])


def _starts(series: DynamicSeries) -> list[float]:
    """Give when the phases were acquired, in seconds since the year 1; none where that is not known."""
    start = series.first.clock.acquired_s
    times = series.timeline.times_s if series.timeline is not None else None
    return [] if start is None or times is None else [start + time for time in times]


def as_found(timeline: Timeline, reason: str) -> PhaseProposal:
    """Propose phases as the headers give them."""
    return PhaseProposal(keys_of(timeline.rows), reason)


def keys_of(rows: Iterable[Row]) -> tuple[str, ...]:
    """Keys of rows."""
    return tuple(row.key for row in rows)
