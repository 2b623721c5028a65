"""Published survival, tests and hazard ratios as printed, with where they stand and what conflicts.

Shown beside ours and never mixed with them, nor fitted to. Percentages are survival, not risk. Areas under ROC
curves and their tests stand in ``published``; patients, events and follow-up in ``published_cohort``.

References
----------
Tong et al., Eur Radiol 2024, doi 10.1007/s00330-024-10609-7, Results and Discussion.
Prat et al., Lancet Oncol 2020;21:1455-1464 (HER2DX, as cited there).
"""

from __future__ import annotations

from dataclasses import dataclass

from deeptepp.domain.cohort import Arm, Endpoint
from deeptepp.domain.published_caveats import CAVEATS, Caveat
from deeptepp.domain.risk import Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCurve:
    """One survival curve of a comparison, read at its horizon.

    Parameters
    ----------
    label : str
        Name of the group.
    tiers : tuple of Tier
        Tiers in the group.
    arms : tuple of Arm
        Treatments in the group.
    survival_pct : float
        As printed, %.
    """

    label: str
    tiers: tuple[Tier, ...]
    arms: tuple[Arm, ...]
    survival_pct: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedComparison:
    """Curves that one log-rank test compares.

    Parameters
    ----------
    key : str
        Stable name, the same for both endpoints.
    title : str
        What is compared.
    endpoint : Endpoint
        Recurrence-free or overall survival.
    horizon_months : int
        Where the curves are read.
    curves : tuple of PublishedCurve
        Two or three groups.
    p_value : float
        As printed; an upper bound where ``is_p_below``.
    is_p_below : bool
        Printed as smaller than ``p_value``.
    is_matched : bool
        After propensity matching by stage and follow-up time.
    where : str
        Figure of the paper that shows the curves.
    caveats : tuple of Caveat
        What conflicts; sentences in ``CAVEATS``.
    """

    key: str
    title: str
    endpoint: Endpoint
    horizon_months: int
    curves: tuple[PublishedCurve, ...]
    p_value: float
    is_p_below: bool = False
    is_matched: bool = False
    where: str
    caveats: tuple[Caveat, ...] = ()

    @property
    def p_text(self) -> str:
        """The p value as printed."""
        sign = "<" if self.is_p_below else "="
        return f"{sign} {self.p_value:.{3 if self.p_value >= 0.001 else 4}f}"

    @property
    def notes(self) -> tuple[str, ...]:
        """The caveats as sentences."""
        return tuple(CAVEATS[caveat] for caveat in self.caveats)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedHazardRatio:
    """One hazard ratio of the multivariable Cox models.

    Parameters
    ----------
    endpoint : Endpoint
        Recurrence-free or overall survival.
    tier, reference : Tier
        Index and reference group.
    value, low, high : float
        As printed; 95 % interval.
    p_below : float
        Printed upper bound of p.
    adjusted_for : tuple of str
        Other terms of the model.
    where : str
        Place in the paper.
    caveats : tuple of Caveat
        What conflicts.
    """

    endpoint: Endpoint
    tier: Tier
    reference: Tier
    value: float
    low: float
    high: float
    p_below: float = 0.0001
    adjusted_for: tuple[str, ...] = ("tumour stage", "anti-HER2 treatment")
    where: str = "Results, Prognostic value of DeepTEPP"
    caveats: tuple[Caveat, ...] = (Caveat.RATIO_AND_CURVES,)

    @property
    def notes(self) -> tuple[str, ...]:
        """The caveats as sentences."""
        return tuple(CAVEATS[caveat] for caveat in self.caveats)


_LOW, _UPPER, _ALL = (Tier.LOW,), (Tier.MODERATE, Tier.HIGH), tuple(Arm)
_TREATED = (Arm.T, Arm.TP)
_RFS, _OS = Endpoint.RFS, Endpoint.OS


def _treated_or_not(tiers: tuple[Tier, ...], untreated: float, treated: float) -> tuple[PublishedCurve, ...]:
    """Give the curves without and with anti-HER2 therapy."""
    return (
        PublishedCurve(label="no anti-HER2 therapy", tiers=tiers, arms=(Arm.NONE,), survival_pct=untreated),
        PublishedCurve(label="anti-HER2 therapy", tiers=tiers, arms=_TREATED, survival_pct=treated),
    )


def _single_or_dual(tier: Tier, single: float, dual: float) -> tuple[PublishedCurve, ...]:
    """Give the matched curves of T and T+P."""
    return (
        PublishedCurve(label="T", tiers=(tier,), arms=(Arm.T,), survival_pct=single),
        PublishedCurve(label="T+P", tiers=(tier,), arms=(Arm.TP,), survival_pct=dual),
    )


def _by_tier(arms: tuple[Arm, ...], *survival_pct: float) -> tuple[PublishedCurve, ...]:
    """Give the curves of Low, Moderate and High."""
    return tuple(
        PublishedCurve(label=tier.value, tiers=(tier,), arms=arms, survival_pct=value)
        for tier, value in zip(Tier, survival_pct, strict=True)
    )


_OPEN = (Caveat.NOT_RANDOMISED, Caveat.TIER_BY_ARM)
_MATCHED = (Caveat.MATCHED_ON_OUTCOME, Caveat.MATCHED_NUMBERS, Caveat.DATES)

COMPARISONS = (
    PublishedComparison(
        key="low-treated",
        title="Low: anti-HER2 therapy against none",
        endpoint=_RFS,
        horizon_months=60,
        curves=_treated_or_not(_LOW, 98.9, 97.4),
        p_value=0.144,
        where="Figure 3A",
        caveats=(Caveat.LOW_P_VALUE, *_OPEN),
    ),
    PublishedComparison(
        key="low-treated",
        title="Low: anti-HER2 therapy against none",
        endpoint=_OS,
        horizon_months=60,
        curves=_treated_or_not(_LOW, 98.9, 98.6),
        p_value=0.931,
        where="Figure S4A",
        caveats=_OPEN,
    ),
    PublishedComparison(
        key="upper-treated",
        title="Moderate and High: anti-HER2 therapy against none",
        endpoint=_RFS,
        horizon_months=60,
        curves=_treated_or_not(_UPPER, 64.0, 75.0),
        p_value=0.048,
        where="Figure 3B",
        caveats=(Caveat.TIERS_TAKEN_TOGETHER, *_OPEN),
    ),
    PublishedComparison(
        key="upper-treated",
        title="Moderate and High: anti-HER2 therapy against none",
        endpoint=_OS,
        horizon_months=60,
        curves=_treated_or_not(_UPPER, 72.9, 91.5),
        p_value=0.001,
        where="Figure S4B",
        caveats=_OPEN,
    ),
    PublishedComparison(
        key="moderate-dual",
        title="Moderate, matched: T+P against T",
        endpoint=_RFS,
        horizon_months=24,
        curves=_single_or_dual(Tier.MODERATE, 89.7, 95.4),
        p_value=0.125,
        is_matched=True,
        where="Figure 3C",
        caveats=_MATCHED,
    ),
    PublishedComparison(
        key="moderate-dual",
        title="Moderate, matched: T+P against T",
        endpoint=_OS,
        horizon_months=24,
        curves=_single_or_dual(Tier.MODERATE, 96.6, 100.0),
        p_value=0.746,
        is_matched=True,
        where="Figure S4C",
        caveats=_MATCHED,
    ),
    PublishedComparison(
        key="high-dual",
        title="High, matched: T+P against T",
        endpoint=_RFS,
        horizon_months=24,
        curves=_single_or_dual(Tier.HIGH, 67.7, 100.0),
        p_value=0.045,
        is_matched=True,
        where="Figure 3D",
        caveats=_MATCHED,
    ),
    PublishedComparison(
        key="tiers-all",
        title="Tiers, all patients",
        endpoint=_RFS,
        horizon_months=60,
        curves=_by_tier(_ALL, 98.0, 80.3, 63.3),
        p_value=0.0001,
        is_p_below=True,
        where="Figure 4A",
        caveats=(Caveat.CURVES_AND_COUNTS, Caveat.POOLED_FOLLOW_UP),
    ),
    PublishedComparison(
        key="tiers-all",
        title="Tiers, all patients",
        endpoint=_OS,
        horizon_months=60,
        curves=_by_tier(_ALL, 98.7, 90.8, 80.5),
        p_value=0.0001,
        is_p_below=True,
        where="Figure S5A",
        caveats=(Caveat.CURVES_AND_COUNTS, Caveat.POOLED_FOLLOW_UP),
    ),
    PublishedComparison(
        key="tiers-treated",
        title="Tiers, anti-HER2 therapy",
        endpoint=_RFS,
        horizon_months=60,
        curves=_by_tier(_TREATED, 97.4, 81.4, 67.5),
        p_value=0.0001,
        is_p_below=True,
        where="Figure 4B",
        caveats=(Caveat.CURVES_AND_COUNTS,),
    ),
    PublishedComparison(
        key="tiers-treated",
        title="Tiers, anti-HER2 therapy",
        endpoint=_OS,
        horizon_months=60,
        curves=_by_tier(_TREATED, 98.6, 94.0, 88.1),
        p_value=0.0003,
        where="Figure S5B",
        caveats=(Caveat.CURVES_AND_COUNTS,),
    ),
    PublishedComparison(
        key="tiers-untreated",
        title="Tiers, no anti-HER2 therapy",
        endpoint=_RFS,
        horizon_months=60,
        curves=_by_tier((Arm.NONE,), 98.9, 77.0, 53.8),
        p_value=0.0001,
        is_p_below=True,
        where="Figure 4C",
        caveats=(Caveat.CURVES_AND_COUNTS, Caveat.TIER_BY_ARM),
    ),
    PublishedComparison(
        key="tiers-untreated",
        title="Tiers, no anti-HER2 therapy",
        endpoint=_OS,
        horizon_months=60,
        curves=_by_tier((Arm.NONE,), 98.9, 81.3, 65.3),
        p_value=0.0001,
        is_p_below=True,
        where="Figure S5C",
        caveats=(Caveat.CURVES_AND_COUNTS, Caveat.TIER_BY_ARM),
    ),
)
"""Every survival comparison of the main text. Overall survival of matched High patients is not given."""

HAZARD_RATIOS = (
    PublishedHazardRatio(endpoint=_RFS, tier=Tier.MODERATE, reference=Tier.LOW, value=12.22, low=5.37, high=27.79),
    PublishedHazardRatio(endpoint=_RFS, tier=Tier.HIGH, reference=Tier.LOW, value=28.04, low=12.87, high=61.07),
    PublishedHazardRatio(endpoint=_OS, tier=Tier.MODERATE, reference=Tier.LOW, value=8.29, low=2.72, high=25.24),
    PublishedHazardRatio(endpoint=_OS, tier=Tier.HIGH, reference=Tier.LOW, value=11.17, low=3.82, high=32.67),
)
"""Multivariable Cox models, Results."""

HER2DX_DISEASE_FREE_PCT = {Tier.LOW: 93.5, Tier.MODERATE: 86.7, Tier.HIGH: 81.1}
"""Five-year disease-free survival by HER2DX group, %, as the Discussion cites it: other patients and score."""


def comparison_of(key: str, endpoint: Endpoint) -> PublishedComparison | None:
    """Find a published comparison.

    Parameters
    ----------
    key : str
        Its ``key``.
    endpoint : Endpoint
        Recurrence-free or overall survival.

    Returns
    -------
    PublishedComparison or None
        None where the paper gives none.
    """
    return next((each for each in COMPARISONS if (each.key, each.endpoint) == (key, endpoint)), None)
