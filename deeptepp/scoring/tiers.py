"""Where a score stands in the reference cohort, and what the tiers of a cohort are made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import SCORE, TIER, Cohort
from deeptepp.domain.risk import Tier, TierScheme


def percentile(score: float, reference: Cohort) -> float | None:
    """Share of the reference cohort with a lower score.

    ``score``: risk score in [0, 1]; ``reference``: cohort with a ``score`` column of out-of-fold scores, NaN where
    a patient was not scored. Returns percent in [0, 100], ties counted half, None when nobody was scored.
    """
    scores = np.asarray(reference[SCORE], dtype=float)
    scores = scores[np.isfinite(scores)]
    if len(scores) == 0:
        return None
    return float(100.0 * ((scores < score).mean() + 0.5 * (scores == score).mean()))


class TierSource(StrEnum):
    """What the tiers of a cohort are made of."""

    GIVEN = "given"
    """The column of the table, as it is."""
    CUT_OFFS = "cut-offs"
    """The cut-offs on the score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenTiers:
    """Tiers that a table brings, held against cut-offs on its scores.

    ``n_differ``: those of them whom the cut-offs put into another tier; ``runs_against_score``: patients of the
    highest tier have lower scores than those of the lowest: they may be exchanged.
    """

    n: int
    n_compared: int
    n_differ: int
    runs_against_score: bool
    n_scored_only: int
    n_tiered_only: int


def given_tiers(cohort: Cohort, tiers: TierScheme) -> GivenTiers | None:
    """Hold the tiers that a cohort brings against cut-offs on its scores.

    Returns None where the cohort brings no tier.
    """
    given = _given(cohort)
    has_tier = given != ""
    if not has_tier.any():
        return None
    scores = _scores(cohort)
    is_scored = np.isfinite(scores)
    both = has_tier & is_scored
    by_score = _by_score(scores, tiers)
    return GivenTiers(
        n=int(has_tier.sum()),
        n_compared=int(both.sum()),
        n_differ=int((both & (given != by_score)).sum()),
        runs_against_score=_runs_against(given[both], scores[both]),
        n_scored_only=int((is_scored & ~has_tier).sum()),
        n_tiered_only=int((has_tier & ~is_scored).sum()),
    )


def with_tiers(cohort: Cohort, tiers: TierScheme, source: TierSource | None = None) -> Cohort:
    """Patients of a cohort their tiers, all of them from one source.

    ``cohort``: with the column ``SCORE``, ``TIER``, both or neither; ``source``: where left out, the tiers that
    the cohort brings, and the cut-offs where it brings none. The result is with the column ``TIER``, empty for a
    patient of whom the source knows nothing.
    """
    given = _given(cohort)
    chosen = source or (TierSource.GIVEN if (given != "").any() else TierSource.CUT_OFFS)
    names = given if chosen is TierSource.GIVEN else _by_score(_scores(cohort), tiers)
    return cohort.with_columns(**{TIER: names})


def _given(cohort: Cohort) -> npt.NDArray[np.object_]:
    """Tiers of the table, (n,); empty where there is none."""
    if TIER not in cohort:
        return np.full(len(cohort), "", dtype=object)
    known = {tier.value for tier in Tier}
    cells = [str(cell) for cell in cohort[TIER].tolist()]
    return np.array([cell if cell in known else "" for cell in cells], dtype=object)


def _scores(cohort: Cohort) -> npt.NDArray[np.float64]:
    """Scores, (n,); NaN where there is none."""
    if SCORE not in cohort:
        return np.full(len(cohort), np.nan)
    return np.asarray(cohort[SCORE], dtype=np.float64)


def _by_score(scores: npt.NDArray[np.float64], tiers: TierScheme) -> npt.NDArray[np.object_]:
    """Tiers by the cut-offs, (n,); empty where there is no score."""
    names = ["" if np.isnan(score) else tiers.tier_of(float(score)).value for score in scores]
    return np.array(names, dtype=object)


def _runs_against(given: npt.NDArray[np.object_], scores: npt.NDArray[np.float64]) -> bool:
    """Whether the median score falls from the lowest given tier to the highest."""
    medians = [float(np.median(scores[given == tier.value])) for tier in Tier if (given == tier.value).any()]
    return len(medians) > 1 and medians[-1] < medians[0]
