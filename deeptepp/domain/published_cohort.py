"""Published patients, events and follow-up: the flow chart, the tiers and Table S1 as far as the text gives them.

The counts of Table 1 stand in ``simulate/published_facts.py``, which deals them out.

References
----------
Tong et al., Eur Radiol 2024, doi 10.1007/s00330-024-10609-7, Materials and methods, Results, Figure 1.
"""

from __future__ import annotations

from dataclasses import dataclass

from deeptepp.domain.cohort import Arm
from deeptepp.domain.published_caveats import CAVEATS, Caveat
from deeptepp.domain.risk import Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFlow:
    """From all patients operated on to the three cohorts.

    Parameters
    ----------
    n_operated : int
        Consecutive patients with breast cancer.
    n_included : int
        Patients in the study.
    n_by_arm : dict of Arm to int
        The three cohorts.
    eligibility, exclusions : tuple of str
        Criteria in the order of the text. How many patients each one left out is not given in the text.
    caveats : tuple of Caveat
        What conflicts.
    """

    n_operated: int
    n_included: int
    n_by_arm: dict[Arm, int]
    eligibility: tuple[str, ...]
    exclusions: tuple[str, ...]
    caveats: tuple[Caveat, ...] = ()

    @property
    def n_left_out(self) -> int:
        """Patients operated on but not included."""
        return self.n_operated - self.n_included


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedEvents:
    """Table S1, as the text gives it.

    Parameters
    ----------
    n : int
        Patients.
    n_relapses : int
        Relapses of any kind.
    relapses_pct : float
        As printed, %.
    n_locoregional, n_contralateral, n_distant : int
        By kind.
    n_breast_cancer_deaths : int
        Deaths from breast cancer; other deaths are not given.
    caveats : tuple of Caveat
        What conflicts.
    """

    n: int
    n_relapses: int
    relapses_pct: float
    n_locoregional: int
    n_contralateral: int
    n_distant: int
    n_breast_cancer_deaths: int
    caveats: tuple[Caveat, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """The caveats as sentences."""
        return tuple(CAVEATS[caveat] for caveat in self.caveats)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFollowUp:
    """Length of follow-up; how it was estimated is not said.

    Parameters
    ----------
    median_months, shortest_months, longest_months : float
        As printed.
    caveats : tuple of Caveat
        What conflicts.
    """

    median_months: float
    shortest_months: float
    longest_months: float
    caveats: tuple[Caveat, ...] = ()


FLOW = PublishedFlow(
    n_operated=7024,
    n_included=726,
    n_by_arm={Arm.NONE: 139, Arm.T: 468, Arm.TP: 119},
    eligibility=(
        "female",
        "complete breast MR before any invasive procedure",
        "histologically proven invasive breast cancer",
        "HER2 positive: IHC 3+ or FISH, ASCO/CAP 2018",
        "complete clinical-pathological features",
        "complete follow-up",
    ),
    exclusions=(
        "biopsy or surgery before MR",
        "primary systemic treatment",
        "stage IV at diagnosis",
        "no assessable tumour in the breast",
    ),
    caveats=(Caveat.DATES,),
)
"""Operations from January 2009 to December 2017 in one centre."""

TIER_COUNTS = {Tier.LOW: 439, Tier.MODERATE: 144, Tier.HIGH: 143}
"""Patients by tier; 60.5, 19.8 and 19.7 %."""

TIER_PCT = {Tier.LOW: 60.5, Tier.MODERATE: 19.8, Tier.HIGH: 19.7}
"""The same as printed, %."""

N_UPPER_TIERS = 287
"""Moderate and High together; printed with 39.5 %."""

N_UNTREATED_LOW = 88
"""Low patients without anti-HER2 therapy: the only number by tier and arm that is given."""

EVENTS = PublishedEvents(
    n=726,
    n_relapses=60,
    relapses_pct=8.26,
    n_locoregional=15,
    n_contralateral=13,
    n_distant=32,
    n_breast_cancer_deaths=13,
    caveats=(Caveat.EVENTS_AND_RELAPSES, Caveat.TWO_DEFINITIONS, Caveat.CURVES_AND_COUNTS),
)
"""Materials and methods; Table S1 itself is not at hand."""

FOLLOW_UP = PublishedFollowUp(
    median_months=64.2, shortest_months=14.0, longest_months=124.0, caveats=(Caveat.DATES,)
)
"""Materials and methods."""
