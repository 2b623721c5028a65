"""The log-rank test where groups are too small for its chi-square distribution.

A group of one patient whose event comes early is expected to have a hundredth of an event and has one: chi-square
makes that p = 0.000001, although it happens to one such patient in a few. Permuting the groups asks how often.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.stats.survival.logrank import log_rank, log_rank_statistic

N_PERMUTATIONS = 1999
"""Permutations; the smallest p-value is one in one more."""

_TIE = 1e-9
"""Statistics that differ by less than this share are equal."""


def log_rank_by_permutation(
    groups: Sequence[FollowUp], *, n_permutations: int = N_PERMUTATIONS, seed: int = 0
) -> float:
    """Test whether groups share one survival curve, by dealing the patients to the groups anew.

    ``groups``: two or more groups. ``n_permutations``: how often they are dealt. Returns: two-sided p-value, the
    observed deal counted as one of them; exchangeable follow-up is assumed, censoring included. Raises
    ``NotEstimable``: fewer than two groups have patients, or no event was seen.

    References
    ----------
    Heinze G, Gnant M, Schemper M. Exact log-rank tests for unequal follow-up. Biometrics 2003;59:1151-1157.
    """
    observed = log_rank(groups)
    if observed.p_value is None:
        raise NotEstimable(what="The permutation test", reason=observed.reason)
    months = np.concatenate([group.months for group in groups])
    event = np.concatenate([group.event for group in groups])
    ends = np.cumsum([group.n for group in groups])[:-1]
    rng = np.random.default_rng(seed)
    n_as_large = 0
    for _ in range(n_permutations):
        # Patients dealt anew to groups of the same sizes.
        parts = np.split(rng.permutation(len(months)), ends)
        dealt = log_rank_statistic([FollowUp(months[part], event[part]) for part in parts])
        n_as_large += dealt >= observed.statistic * (1 - _TIE)
    return (1 + n_as_large) / (1 + n_permutations)
