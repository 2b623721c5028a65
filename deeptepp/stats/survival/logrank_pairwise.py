"""Log-rank tests of every pair of groups, with p values adjusted for their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.stats.multiplicity import holm
from deeptepp.stats.survival.logrank import LogRankTest, log_rank


@dataclass(frozen=True, slots=True)
class PairwiseLogRank:
    """Two of several groups: their test, and its p value by Holm's rule for all pairs, None without a test."""

    first: str
    second: str
    test: LogRankTest
    p_holm: float | None


def log_rank_pairwise(
    groups: Sequence[FollowUp], labels: Sequence[str], *, rho: float = 0.0
) -> tuple[PairwiseLogRank, ...]:
    """Test every pair of the groups with patients; ``NotEstimable`` for fewer than two, ``rho`` as in log_rank."""
    filled = [(label, group) for label, group in zip(labels, groups, strict=True) if group.n]
    if len(filled) < 2:
        raise NotEstimable(what="The log-rank test", reason="fewer than two groups have patients")
    pairs = list(combinations(filled, 2))
    tests = [log_rank([first, second], rho=rho) for (_, first), (_, second) in pairs]
    # A pair that could not be tested was looked at all the same, so that it counts with a p of 1.
    adjusted = holm([1.0 if test.p_value is None else test.p_value for test in tests]).tolist()
    return tuple(
        PairwiseLogRank(first, second, test, None if test.p_value is None else p)
        for ((first, _), (second, _)), test, p in zip(pairs, tests, adjusted, strict=True)
    )
