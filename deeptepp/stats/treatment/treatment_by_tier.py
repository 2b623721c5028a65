"""The treatment question asked in each tier, and whether the tiers differ in the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from deeptepp.domain.cohort import Cohort, Endpoint, FollowUp
from deeptepp.domain.risk import Tier
from deeptepp.stats.estimate import ChiSquareTest, chi_square_test
from deeptepp.stats.hazards.mantel_haenszel import SubgroupAnalysis, subgroup_analysis
from deeptepp.stats.treatment.treatment_effect import TreatmentContrast, contrast_treatments
from deeptepp.stats.treatment.treatment_question import Matching, TreatmentQuestion


@dataclass(frozen=True, slots=True, eq=False)
class TierContrasts:
    """One contrast for each tier, and whether they differ.

    ``contrasts``: in the order of the tiers asked for. ``subgroups``: both sides inside each tier and over all;
    None where nobody is compared. ``interaction``: whether the hazard ratio differs between the tiers that are
    reportable; no p-value unless there are two.
    """

    contrasts: tuple[TreatmentContrast, ...]
    subgroups: SubgroupAnalysis | None
    interaction: ChiSquareTest


def contrast_by_tier(
    cohort: Cohort,
    question: TreatmentQuestion,
    *,
    tiers: Sequence[Tier] = tuple(Tier),
    endpoint: Endpoint = Endpoint.RFS,
    matching: Matching = Matching.DEFAULT,
    caliper_sd: float | None = 0.2,
    covariates: Sequence[str] | None = None,
    level: float = 0.95,
) -> TierContrasts:
    """Compare two treatments inside each tier, and test whether the tiers differ in it.

    ``tiers``: tiers, one contrast each. ``matching``: how the patients are made alike. Returns: each contrast with
    the test of interaction on its badge.
    """
    contrasts = [
        contrast_treatments(
            cohort,
            question,
            tiers=(tier,),
            endpoint=endpoint,
            matching=matching,
            caliper_sd=caliper_sd,
            covariates=covariates,
            level=level,
        )
        for tier in tiers
    ]
    subgroups = _subgroups(contrasts, [tier.value for tier in tiers], level)
    interaction = _interaction(contrasts, level)
    marked = (replace(c, badge=replace(c.badge, interaction=interaction)) for c in contrasts)
    return TierContrasts(tuple(marked), subgroups, interaction)


def _subgroups(
    contrasts: Sequence[TreatmentContrast], labels: Sequence[str], level: float
) -> SubgroupAnalysis | None:
    """Put the patients of all contrasts side by side."""
    sides = [side.follow_up for contrast in contrasts for side in (contrast.index, contrast.reference)]
    follow_up = FollowUp(
        np.concatenate([side.months for side in sides]), np.concatenate([side.event for side in sides])
    )
    if follow_up.n == 0:
        return None
    is_index = np.concatenate([np.full(side.n, i % 2 == 0) for i, side in enumerate(sides)])
    names = np.concatenate([np.full(side.n, labels[i // 2], dtype=object) for i, side in enumerate(sides)])
    return subgroup_analysis(follow_up, is_index, names, level=level)


def _interaction(contrasts: Sequence[TreatmentContrast], level: float) -> ChiSquareTest:
    """Test whether the tiers with a ratio differ in it."""
    method = "heterogeneity of one-step hazard ratios across tiers"
    told = [contrast for contrast in contrasts if contrast.is_reportable]
    subgroups = _subgroups(told, [str(place) for place in range(len(told))], level) if len(told) > 1 else None
    if subgroups is None:
        return chi_square_test(0.0, 0, method, reason="fewer than two tiers can be compared")
    return replace(subgroups.heterogeneity, method=method)
