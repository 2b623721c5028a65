"""Log-rank tests of every pair of groups, with p values adjusted for their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.stats.multiplicity import benjamini_hochberg, bonferroni, holm
from deeptepp.stats.survival.logrank import LogRankTest, log_rank


@dataclass(frozen=True, slots=True)
class PairwiseLogRank:
    """Two of several groups.

    Parameters
    ----------
    first, second : str
        Names of the groups.
    test : LogRankTest
        Of these two, its p value not adjusted.
    p_holm, p_benjamini_hochberg, p_bonferroni : float or None
        Adjusted for all pairs, those that could not be tested with a p of 1; None where this pair has none.
    """

    first: str
    second: str
    test: LogRankTest
    p_holm: float | None
    p_benjamini_hochberg: float | None
    p_bonferroni: float | None


def log_rank_pairwise(
    groups: Sequence[FollowUp], labels: Sequence[str], *, rho: float = 0.0
) -> tuple[PairwiseLogRank, ...]:
    """Test every pair of groups.

    Parameters
    ----------
    groups : sequence of FollowUp
        Two or more groups; those without patients are left out.
    labels : sequence of str
        Their names.
    rho : float
        As in ``log_rank``.

    Returns
    -------
    tuple of PairwiseLogRank
        In the order of the groups.

    Raises
    ------
    NotEstimable
        Fewer than two groups have patients.
    """
    filled = [(label, group) for label, group in zip(labels, groups, strict=True) if group.n]
    if len(filled) < 2:
        raise NotEstimable(what="The log-rank test", reason="fewer than two groups have patients")
    pairs = list(combinations(filled, 2))
    tests = [log_rank([first, second], rho=rho) for (_, first), (_, second) in pairs]
    # A pair that could not be tested was looked at all the same, so that it counts with a p of 1.
    raw = [1.0 if test.p_value is None else test.p_value for test in tests]
    adjusted = zip(holm(raw), benjamini_hochberg(raw), bonferroni(raw), strict=True)
    found = []
    for ((first, _), (second, _)), test in zip(pairs, tests, strict=True):
        family = next(adjusted)
        values = (None, None, None) if test.p_value is None else tuple(float(p) for p in family)
        found.append(PairwiseLogRank(first, second, test, *values))
    return tuple(found)
