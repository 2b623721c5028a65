"""What card and checklists are filled in from: one run, its data and what was measured, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deeptepp.domain.cohort import ARM, RFS_MONTHS, Cohort
from deeptepp.domain.risk import TierScheme
from deeptepp.stats.event_rule import why_not_measured
from deeptepp.train.settings import BY_CENTRE

TITLES = {
    "cross_validation": "Cross-validation (out-of-fold)",
    "holdout": "Held out",
    "fold_1": "Fold 1 of the cross-validation",
    "cohort_3": "Cohort 3 (T+P)",
}
"""Title of each group of patients."""

NOT_ESTIMABLE = "not estimable"
"""For a number that the data do not determine."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunFacts:
    """Everything that is known of a run when its bundle is made.

    ``name``: name of the bundle. ``is_simulated``: whether the patients are simulated. ``metrics``: from
    ``train.measure.metrics.measure`` and ``train.measure.breakdown.break_down``. ``description``: content of
    ``dataset.json``; its table ``study`` says what only the centre knows. ``network``: ``settings`` of the network
    and ``n_parameters``. ``provenance``: code version, command, digest of the data; device, precision and wall
    time where they are known. ``arms``: patients per arm. ``follow_up_months``: median, shortest and longest
    follow-up.
    """

    name: str
    is_simulated: bool
    metrics: Mapping[str, Any]
    tiers: TierScheme
    training: Mapping[str, Any]
    description: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    arms: Mapping[str, int] = field(default_factory=dict)
    follow_up_months: tuple[float, float, float] | None = None

    @property
    def groups(self) -> dict[str, Mapping[str, Any]]:
        """Measured groups of patients by key."""
        return {key: self.metrics[key] for key in TITLES if key in self.metrics}

    @property
    def mosaic_px(self) -> int:
        """Edge of the mosaic that the network sees, pixels."""
        return int(self.training["tile_px"]) * math.isqrt(int(self.training["n_slices"]))

    @property
    def predicted(self) -> str:
        """What the score is meant to rank, after "patients with"."""
        words = {
            "rfs_event": "an event of recurrence-free survival during follow-up",
            "rfs_event_by_tau": "an event of recurrence-free survival within "
            f"{float(self.training.get('tau_months', 60)):g} months of surgery",
            "her2_positive": "a HER2-positive tumour",
        }
        return words.get(str(self.training["label"]), str(self.training["label"]))

    def study(self, key: str) -> str:
        """Give what the centre wrote of its study, empty where it wrote nothing."""
        told = self.description.get("study", {})
        return str(told.get(key, "")) if isinstance(told, Mapping) else ""


def arms_of(cohort: Cohort) -> dict[str, int]:
    """Count patients per arm.

    Returns: in the order of the names.
    """
    names, counts = np.unique(np.asarray(cohort[ARM]).astype(str), return_counts=True)
    return {str(name): int(n) for name, n in zip(names, counts, strict=True)}


def follow_up_of(cohort: Cohort) -> tuple[float, float, float] | None:
    """Give median, shortest and longest follow-up.

    Returns: months; None where follow-up is missing.
    """
    months = np.asarray(cohort[RFS_MONTHS], dtype=np.float64)
    if not len(months) or not np.isfinite(months).all():
        return None
    return float(np.median(months)), float(months.min()), float(months.max())


def estimate(value: float | None, low: float | None, high: float | None, *, decimals: int = 3) -> str:
    """Write an estimate with its interval.

    ``value``, ``low``, ``high``: None where the data do not determine it. ``decimals``: digits after the point.
    Returns: like ``0.772 (0.706-0.838)``.
    """
    if value is None:
        return NOT_ESTIMABLE
    if low is None or high is None:
        return f"{value:.{decimals}f} (interval not estimable)"
    between = "-" if low >= 0 else " to "
    return f"{value:.{decimals}f} ({low:.{decimals}f}{between}{high:.{decimals}f})"


def estimate_alone(value: float | None) -> str:
    """Write a number that has no interval with three decimals, or that it is not estimable."""
    return NOT_ESTIMABLE if value is None else f"{value:.3f}"


def triple(found: Mapping[str, Any] | None) -> str:
    """Write a measured number with its interval and two decimals."""
    return estimate(found["value"], found["low"], found["high"], decimals=2) if found else NOT_ESTIMABLE


def few_in(group: Mapping[str, Any]) -> str:
    """Say why the AUC of a group rests on too few patients to be given; empty where it does not.

    ``group``: measured, with ``auc``, ``n`` and ``n_events``. Returns: empty too where there is no AUC.
    """
    if group["auc"] is None:
        return ""
    return why_not_measured(int(group.get("n_known", group["n"])), int(group["n_events"]))


def measured_auc(group: Mapping[str, Any]) -> str:
    """Write the AUC of a group, or why it is not given.

    ``group``: measured, with ``auc`` and its limits, ``n`` and ``n_events``. Returns: like ``0.772
    (0.706-0.838)``.
    """
    few = few_in(group)
    return f"not given: {few}" if few else estimate(group["auc"], group["auc_low"], group["auc_high"])


def share(part: Mapping[str, Any] | None) -> str:
    """Write a share as k of n with its interval.

    ``part``: with ``value``, ``low``, ``high``, ``k`` and ``n``. Returns: like ``29/31, 0.935 (0.793-0.982)``; a
    dash where it was not measured.
    """
    if not part:
        return "-"
    return f"{part['k']}/{part['n']}, {estimate(part['value'], part['low'], part['high'])}"


def folds_of(training: Mapping[str, Any]) -> str:
    """Say how many folds a run has, by its settings."""
    return "a fold a centre" if training["protocol"] == BY_CENTRE else f"{training['n_folds']} folds"


def rows_of(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Write a table in Markdown.

    ``heads``: names of the columns. ``rows``: cells; a bar inside a cell is escaped.
    """
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
