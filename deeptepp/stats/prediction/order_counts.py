"""Counting pairs in order without looking at every pair: how many of the first k values lie below a limit.

The values are parted by one binary digit after the other, from the highest; for every query only the two ends of a
range are carried along. All queries are answered together, in O((n + q) log n).

References
----------
Claude F, Navarro G, Ordonez A. Inf Syst 2015;47:15-32 (wavelet matrix).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def sums_below(
    ranks: Ints, weights: npt.NDArray[Any], n_first: npt.NDArray[Any], limits: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """Sum the weights of those among the first entries whose rank lies below a limit.

    ``ranks`` (n,): whole numbers >= 0. ``weights`` (n,): weight of each entry; whole weights give exact counts.
    ``n_first`` (q,): how many entries each query looks at, in [0, n]. ``limits`` (q,): entries with rank < limit
    are summed, limit >= 0. Returns (q,): one sum for each query.
    """
    sums = np.zeros(len(limits), dtype=weights.dtype)
    if not len(ranks) or not len(limits):
        return sums
    first, last = np.zeros(len(limits), dtype=np.int64), np.asarray(n_first, dtype=np.int64)
    n_digits = max(int(ranks.max()), int(limits.max())).bit_length()
    for digit in reversed(range(n_digits)):
        # Radix partition by this digit: the low half counts for each limit that has it set.
        is_low = (ranks >> digit) & 1 == 0
        n_low = np.concatenate([[0], np.cumsum(is_low)])
        low_sum = np.concatenate([[0], np.cumsum(np.where(is_low, weights, 0))])
        goes_high = (limits >> digit) & 1 == 1
        sums += np.where(goes_high, low_sum[last] - low_sum[first], 0).astype(weights.dtype)
        first, last = (np.where(goes_high, n_low[-1] + end - n_low[end], n_low[end]) for end in (first, last))
        # Low half first, order kept within the halves.
        order = np.concatenate([np.flatnonzero(is_low), np.flatnonzero(~is_low)])
        ranks, weights = ranks[order], weights[order]
    return sums


def sums_around(
    ranks: Ints, weights: npt.NDArray[Any], n_first: npt.NDArray[Any], own: npt.NDArray[Any]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """Sum the weights of the first entries below, at and above a rank.

    ``ranks`` (n,): whole numbers >= 0. ``weights`` (n,): weight of each entry. ``n_first`` (q,): how many entries
    each query looks at. ``own`` (q,): the rank to compare with.
    """
    both = sums_below(ranks, weights, np.tile(n_first, 2), np.concatenate([own, own + 1]))
    below, not_above = both[: len(own)], both[len(own) :]
    total = np.concatenate([[0], np.cumsum(weights)])[np.asarray(n_first, dtype=np.int64)]
    return below, not_above - below, total - not_above
