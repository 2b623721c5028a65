"""Figures of the paper as printed, read from ``published.toml``; shown beside ours and never mixed with them.

Percentages of outcomes are survival, not risk. What conflicts is explained in ``published_caveats``.

References
----------
Tong et al., Eur Radiol 2024, doi 10.1007/s00330-024-10609-7.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any, TypeVar

from deeptepp.domain.cohort import Arm, Endpoint
from deeptepp.domain.published_caveats import CAVEATS, Caveat
from deeptepp.domain.risk import Tier

T = TypeVar("T")


class PublishedSet(StrEnum):
    """Patients of a published row."""

    CROSS_VALIDATION = "CV"
    TESTING = "T"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRow:
    """One row of Table 2 as printed, %, with the counts that reproduce its sensitivity and specificity.

    ``experiment`` is our name of the same kind; ``counts_views`` where views were counted in place of patients;
    what else does not add up is the ``note``.
    """

    model: str
    experiment: str
    patients: PublishedSet
    auc: float
    accuracy_pct: float
    specificity_pct: float
    sensitivity_pct: float
    n_true_positive: int
    n_events: int
    n_true_negative: int
    n_free: int
    are_columns_swapped: bool = False
    counts_views: bool = False
    note: str = ""

    @property
    def corrected_sensitivity_pct(self) -> float:
        """The printed sensitivity, taken from the other column where they were swapped, %."""
        return self.specificity_pct if self.are_columns_swapped else self.sensitivity_pct

    @property
    def corrected_specificity_pct(self) -> float:
        """The printed specificity, taken from the other column where they were swapped, %."""
        return self.sensitivity_pct if self.are_columns_swapped else self.specificity_pct

    @property
    def balanced_accuracy(self) -> float:
        """Mean of sensitivity and specificity by the counts: the AUC of hard labels."""
        return (self.n_true_positive / self.n_events + self.n_true_negative / self.n_free) / 2

    @property
    def is_auc_of_hard_labels(self) -> bool:
        """Whether the printed AUC is the balanced accuracy, to its two decimals."""
        return abs(self.balanced_accuracy - self.auc) <= 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFlow:
    """From all patients operated on to the three cohorts, with the criteria in the order of the text."""

    n_operated: int
    n_included: int
    n_by_arm: dict[Arm, int]
    eligibility: tuple[str, ...]
    exclusions: tuple[str, ...]
    caveats: tuple[Caveat, ...]

    @property
    def n_left_out(self) -> int:
        """Patients operated on but not included."""
        return self.n_operated - self.n_included


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedEvents:
    """Table S1, as the text gives it: relapses by kind, and deaths from breast cancer."""

    n: int
    n_relapses: int
    relapses_pct: float
    n_locoregional: int
    n_contralateral: int
    n_distant: int
    n_breast_cancer_deaths: int
    caveats: tuple[Caveat, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """The caveats as sentences."""
        return tuple(CAVEATS[caveat] for caveat in self.caveats)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFollowUp:
    """Length of follow-up; how it was estimated is not said."""

    median_months: float
    shortest_months: float
    longest_months: float
    caveats: tuple[Caveat, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCurve:
    """One survival curve of a comparison, read at its horizon, %, with the tiers and treatments in its group."""

    label: str
    tiers: tuple[Tier, ...]
    arms: tuple[Arm, ...]
    survival_pct: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedComparison:
    """Two or three curves that one log-rank test compares; ``key`` is the same for both endpoints.

    ``p_value`` is an upper bound where ``is_p_below``; ``is_matched`` after propensity matching by stage and
    follow-up time; ``where`` names the figure of the paper.
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
    caveats: tuple[Caveat, ...]

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
    """One hazard ratio of the multivariable Cox models, 95 % interval, adjusted for stage and treatment."""

    endpoint: Endpoint
    tier: Tier
    reference: Tier
    value: float
    low: float
    high: float
    p_below: float
    caveats: tuple[Caveat, ...]
    where: str = "Results, Prognostic value of DeepTEPP"

    @property
    def notes(self) -> tuple[str, ...]:
        """The caveats as sentences."""
        return tuple(CAVEATS[caveat] for caveat in self.caveats)


_KINDS: dict[str, type[StrEnum]] = {
    "patients": PublishedSet,
    "endpoint": Endpoint,
    "tier": Tier,
    "tiers": Tier,
    "reference": Tier,
    "arms": Arm,
    "n_by_arm": Arm,
    "caveats": Caveat,
}
"""What names in the file stand for."""


def _read(kind: type[T], row: Mapping[str, Any]) -> T:
    """One value of the file."""
    return kind(**{name: _value(name, value) for name, value in row.items()})


def _value(name: str, value: Any) -> Any:  # noqa: ANN401
    """One cell of the file, names as what they stand for."""
    kind = _KINDS.get(name, lambda each: each)
    if name == "curves":
        return tuple(_read(PublishedCurve, each) for each in value)
    if isinstance(value, dict):
        return {kind(key): each for key, each in value.items()}
    return tuple(kind(each) for each in value) if isinstance(value, list) else kind(value)


_DATA = tomllib.loads(files("deeptepp.domain").joinpath("published.toml").read_text(encoding="utf-8"))

TABLE_2 = tuple(_read(PublishedRow, row) for row in _DATA["table_2"])
"""Table 2, as printed, with its counts."""

COMPARISONS = tuple(_read(PublishedComparison, row) for row in _DATA["comparisons"])
"""Every survival comparison of the main text."""

HAZARD_RATIOS = tuple(_read(PublishedHazardRatio, row) for row in _DATA["hazard_ratios"])
"""Multivariable Cox models, Results."""

FLOW = _read(PublishedFlow, _DATA["flow"])
EVENTS = _read(PublishedEvents, _DATA["events"])
FOLLOW_UP = _read(PublishedFollowUp, _DATA["follow_up"])

TIER_COUNTS: dict[Tier, int] = {Tier(tier): n for tier, n in _DATA["tiers"]["n_by_tier"].items()}
"""Patients by tier."""

TIER_PCT: dict[Tier, float] = {Tier(tier): pct for tier, pct in _DATA["tiers"]["pct_by_tier"].items()}
"""The same as printed, %."""

N_UNTREATED_LOW: int = _DATA["tiers"]["n_untreated_low"]
"""Low patients without anti-HER2 therapy: the only number by tier and arm that is given."""

BACKBONE_AUC: dict[str, dict[PublishedSet, float | None]] = {
    name: {patients: auc.get(patients) for patients in PublishedSet} for name, auc in _DATA["backbone_auc"].items()
}
"""AUC of Table S2 by our name of the network, None where the text gives none."""

CONTRAST_P: dict[tuple[str, PublishedSet], str] = {
    (name, patients): values[patients] for patients in PublishedSet for name, values in _DATA["contrast_p"].items()
}
"""Printed p values of DeepTEPP against each other model; the test is not named and nothing was adjusted."""

TRASTUZUMAB_AUC: dict[str, float] = _DATA["trastuzumab_auc"]
"""AUC of DeepTEPP by trastuzumab, Figure S3B; both cannot lie above a pooled 0.88 in an ordinary way."""

TABLE_2_READING: tuple[str, ...] = tuple(_DATA["table_2_reading"])
"""How Table 2 must be read, one sentence each."""


def comparison_of(key: str, endpoint: Endpoint) -> PublishedComparison | None:
    """Published comparison of a key and endpoint; None where the paper gives none."""
    return next((each for each in COMPARISONS if (each.key, each.endpoint) == (key, endpoint)), None)
