"""What trials come to: which endings are faults, and the table of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from mutations.trial import Trial


class Row(NamedTuple):
    """One trial in short."""

    seed: int
    kind: str
    container: str
    words: str
    what: str
    end: str
    detail: str
    rule: str
    hits_pixels: bool


def row_of(made: Trial) -> Row:
    """Shorten a trial."""
    change, outcome = made.change, made.outcome
    return Row(
        made.seed,
        made.kind,
        made.container,
        change.words,
        change.what,
        outcome.end,
        outcome.detail,
        outcome.rule,
        change.hits_pixels,
    )


def faults(rows: Sequence[Row]) -> list[Row]:
    """List the trials that ended as none may."""
    return [row for row in rows if row.end not in ("as it is", "refused", "fewer phases, announced")]


def table(rows: Sequence[Row], seed: int) -> str:
    """Write the table."""
    del seed
    return "".join(f"{n:5d} {end}\n" for end, n in Counter(row.end for row in rows).most_common())
