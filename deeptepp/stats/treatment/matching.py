"""Greedy 1:1 matching on a logit, without replacement, within a caliper.

Index patients choose from the largest logit down (ties in the order of the data); each takes the nearest patient
of the reference group who is still free. All patients are put in order of their logit (stable); the candidates are
the first free one to the left and to the right, and the left one wins where both are equally far.

References
----------
Rosenbaum PR, Rubin DB. Am Stat 1985;39:33-38.
Austin PC. Pharm Stat 2011;10:150-161 (a caliper of 0.2 standard deviations of the logit).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.errors import OutOfRange
from deeptepp.stats.design import as_text
from deeptepp.wording.sentence import sentence

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class MatchedPairs:
    """Who was matched with whom.

    ``index``, ``reference`` (m,): rows of the patients of each pair, in the order of the rows of the index
    patients. ``distances`` (m,): absolute difference of their logits. ``caliper``: largest distance allowed; None
    where there was no limit. ``sd_logit``: standard deviation (n - 1) of the logit over all patients of both
    groups. ``n_index``, ``n_reference``: patients before matching. ``n_unmatched``: index patients without a
    partner.
    """

    index: Ints
    reference: Ints
    distances: Floats
    caliper: float | None
    sd_logit: float
    n_index: int
    n_reference: int
    n_unmatched: int
    method: str

    @property
    def n_pairs(self) -> int:
        """Number of pairs."""
        return len(self.index)

    def is_matched(self, n: int) -> Bools:
        """Mark the matched among n patients, (n,)."""
        chosen = np.zeros(n, dtype=bool)
        chosen[self.index] = chosen[self.reference] = True
        return chosen


def match_pairs(
    logit: npt.ArrayLike,
    is_index: npt.ArrayLike,
    *,
    caliper_sd: float | None = 0.2,
    exact: npt.ArrayLike | None = None,
) -> MatchedPairs:
    """Match each index patient with one of the reference group.

    ``logit`` (n,): log odds of the index treatment, finite; rounded, so that equal patients tie. ``is_index``
    (n,): True where the index treatment was received. ``caliper_sd``: largest distance of a pair, in standard
    deviations of the logit over all n patients; None for no limit. ``exact`` (n,): stratum of each patient;
    partners share it. Returns: no pairs where nobody has a partner.
    """
    values, treated = np.asarray(logit, dtype=np.float64), np.asarray(is_index, dtype=bool)
    if (
        values.shape != treated.shape
        or values.ndim != 1
        or (exact is not None and np.shape(exact) != values.shape)
    ):
        msg = "logit, is_index and exact must be one column each, of one length"
        raise ValueError(msg)
    if not np.isfinite(values).all():
        raise OutOfRange(field="logit", value="missing or infinite", limit="finite numbers")
    if caliper_sd is not None and not caliper_sd >= 0:
        raise OutOfRange(field="caliper_sd", value=caliper_sd, limit="[0, inf)")
    # The caliper in standard deviations of the logit over both arms.
    sd = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    caliper = None if caliper_sd is None else caliper_sd * sd
    partner = np.full(len(values), -1, dtype=np.int64)
    for rows in _strata(exact, len(values)):
        partner[rows] = _partners(values[rows], treated[rows], caliper, rows)
    index = np.flatnonzero(partner >= 0)
    n_index = int(treated.sum())
    return MatchedPairs(
        index=index,
        reference=partner[index],
        distances=np.abs(values[index] - values[partner[index]]),
        caliper=caliper,
        sd_logit=sd,
        n_index=n_index,
        n_reference=len(treated) - n_index,
        n_unmatched=n_index - len(index),
        method=_method(caliper_sd, exact is not None),
    )


def _method(caliper_sd: float | None, is_exact: bool) -> str:
    """Name the matching."""
    within = (
        sentence("no caliper") if caliper_sd is None else sentence("caliper {n:g} SD of the logit", n=caliper_sd)
    )
    words = (
        "greedy nearest neighbour 1:1 without replacement, largest logit first, {within}, inside strata"
        if is_exact
        else "greedy nearest neighbour 1:1 without replacement, largest logit first, {within}"
    )
    return sentence(words, within=within)


def _strata(exact: npt.ArrayLike | None, n: int) -> list[Ints]:
    """Rows of each stratum, ascending."""
    if exact is None:
        return [np.arange(n)]
    _, codes = np.unique(np.array(as_text(exact), dtype=str), return_inverse=True)
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


def _partners(logit: Floats, treated: Bools, caliper: float | None, rows: Ints) -> Ints:
    """Row of the partner of each patient of one stratum, (m,); -1 for none."""
    order = np.argsort(logit, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(1, len(order) + 1)
    sorted_logit = [-np.inf, *logit[order].tolist(), np.inf]
    is_free = [True, *(~treated[order]).tolist(), True]  # the ends are always free, and infinitely far
    # Each place points towards the next free one; pointers are shortened as they are followed.
    left = [i if free else i - 1 for i, free in enumerate(is_free)]
    right = [i if free else i + 1 for i, free in enumerate(is_free)]
    partner = np.full(len(order), -1, dtype=np.int64)
    limit = np.finfo(np.float64).max if caliper is None else caliper
    chooses = np.flatnonzero(treated)
    for patient in chooses[np.argsort(-logit[chooses], kind="stable")].tolist():
        here = int(place[patient])
        before, after = _follow(left, here), _follow(right, here)
        down, up = sorted_logit[here] - sorted_logit[before], sorted_logit[after] - sorted_logit[here]
        nearest, distance = (before, down) if down <= up else (after, up)
        if distance <= limit:
            partner[patient] = rows[order[nearest - 1]]
            left[nearest], right[nearest] = nearest - 1, nearest + 1
    return partner


def _follow(pointers: list[int], start: int) -> int:
    """Follow the pointers to a place that points to itself, and let all on the way point there."""
    end = start
    while pointers[end] != end:
        end = pointers[end]
    while pointers[start] != end:
        pointers[start], start = end, pointers[start]
    return end
