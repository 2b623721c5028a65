"""How rows of the series table, and ways to take them as phases, are called on every surface.

Sizes are written across, down, through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from deeptepp.domain.study import PhaseProposal, SeriesSummary
from deeptepp.wording.sentence import glued, joined, sentence

PRE, NOT_USED = "pre-contrast", "not used"
"""Roles of the series table; the others are ``post-contrast 1``, ``post-contrast 2`` ..."""

_KEY = re.compile(r"(s(?:\d+\.)?)(\d+)")
"""A key of the series table: what it shares with its neighbours, and its number among them."""

_LEAST_RUN = 3
"""Keys in a row from which only the first and the last are named."""


def phase_index(role: str) -> int | None:
    """Index of the phase that a row is proposed for.

    Returns None for a row that is not used.

    >>> phase_index("pre-contrast"), phase_index("post-contrast 3"), phase_index("not used")
    (0, 3, None)
    """
    if role == PRE:
        return 0
    number = role.removeprefix("post-contrast ")
    return int(number) if number.isdecimal() else None


def proposed_keys(series: Iterable[SeriesSummary]) -> tuple[str, ...]:
    """Rows that are taken for phases, pre-contrast first.

    Returns their keys in order of the phases, whatever the order of the table.
    """
    found = [(index, one.key) for one in series if (index := phase_index(one.role)) is not None]
    return tuple(key for _, key in sorted(found))


def rows_named(keys: Sequence[str], series: Sequence[SeriesSummary]) -> tuple[SeriesSummary, ...]:
    """Rows that keys stand for.

    ``keys``: of rows, or of series of several volumes. The result is in the order of the keys, then of the table.
    """
    return tuple(one for key in keys for one in series if one.key == key or one.key.startswith(glued("{}.", key)))


def proposal_name(proposal: PhaseProposal, series: Sequence[SeriesSummary]) -> str:
    """Name a way to take rows as phases by what it is made of.

    Returns for example ``pre + 5 post-contrast, 1.8 x 1.8 x 2.0 mm, s2.1 to s2.6``.
    """
    rows = rows_named(proposal.keys, series)
    keys = [one.key for one in rows] or list(proposal.keys)
    parts = [sentence("pre + {keys} post-contrast", keys=len(keys) - 1)]
    if rows and rows[0].spacing_mm is not None:
        parts.append(" x ".join(f"{mm:.1f}" for mm in reversed(rows[0].spacing_mm)) + " mm")
    parts.append(key_ranges(keys))
    name = glued("{}, {}, {}", *parts) if len(parts) == 3 else glued("{}, {}", *parts)
    return name if proposal.side is None else sentence("{side} breast: {name}", side=proposal.side, name=name)


def pace_name(proposal: PhaseProposal, series: Sequence[SeriesSummary]) -> str:
    """How many phases a dynamic series has and how fast they follow each other.

    Returns for example ``12 phases, 6 s apart``, without the pace where the times are not known or do not ascend.
    """
    rows = rows_named(proposal.keys, series)
    count = sentence("{n} phases", n=len(rows) or len(proposal.keys))
    times_s = [one.acquisition_time_s for one in rows[1:] if one.acquisition_time_s is not None]
    steps_s = [b - a for a, b in pairwise(times_s)]
    if len(times_s) < len(rows) - 1 or not steps_s or min(steps_s) <= 0:
        return count
    return sentence("{count}, {median:.0f} s apart", count=count, median=median(steps_s))


def key_ranges(keys: Sequence[str]) -> str:
    """Write keys, those that follow each other as a range.

    ``keys``: of the series table, in any order. The result is as short as it can be said without doubt.

    >>> key_ranges(["s1", "s2.1", "s2.2", "s2.3", "s2.5"])
    's1, s2.1 to s2.3, s2.5'
    """
    runs: list[list[str]] = []
    for key in keys:
        if runs and _follows(runs[-1][-1], key):
            runs[-1].append(key)
        else:
            runs.append([key])
    said = [glued("{} to {}", run[0], run[-1]) if len(run) >= _LEAST_RUN else joined(", ", run) for run in runs]
    return joined(", ", said)


def _follows(before: str, after: str) -> bool:
    """Whether a key is the next one of the same series, or of the next series."""
    a, b = _KEY.fullmatch(before), _KEY.fullmatch(after)
    return a is not None and b is not None and a[1] == b[1] and int(b[2]) == int(a[2]) + 1
