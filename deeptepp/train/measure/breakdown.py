"""The same scores seen closer: by subgroup, by tier with what followed, and against the best that was possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import ARM, LATENT_RISK, PROTOCOL, SOURCE, Arm, Cohort
from deeptepp.domain.risk import Tier, TierScheme
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.event_rule import MIN_EVENTS
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.stats.survival.kaplan_meier import kaplan_meier
from deeptepp.train.measure.metrics import Scored
from deeptepp.wording.sentence import Words

Bools = npt.NDArray[np.bool_]

HORIZON_MONTHS = 60.0
"""Time at which the curves of the tiers are read, as in the publication."""

FEW_EVENTS = MIN_EVENTS
"""Below this many events an AUC is marked as carrying little information, and no surface prints it."""

IMAGE_RISK = "image_risk"
"""What the simulated images show of the biology; only in simulated cohorts."""

UNKNOWN = "unknown"
"""Group of the patients of whom a fact is missing."""

ARM_WORDS: dict[str, Words] = {
    Arm.NONE.value: "no anti-HER2 treatment",
    Arm.T.value: "trastuzumab",
    Arm.TP.value: "T+P",
}
"""Name of each treatment."""


def break_down(scored: Scored) -> dict[str, Any]:
    """Measure subgroups, what followed in each tier, and the ceiling of a simulated cohort.

    ``scored``: all patients of the run. Returns: ``subgroups`` of the cross-validation, each with n, events and
    AUC or the reason for its absence; ``tier_outcomes`` of all patients, with recurrence-free survival at five
    years; ``ceiling`` only where the truth is simulated. Ready for JSON.
    """
    found: dict[str, Any] = {"subgroups": _subgroups(scored)}
    if scored.tiers is not None:
        found["tier_outcomes"] = tier_outcomes(scored.cohort, scored.scores, scored.labels.event, scored.tiers)
    if LATENT_RISK in scored.cohort:
        found["ceiling"] = _ceiling(scored)
    return found


def _subgroups(scored: Scored) -> list[dict[str, Any]]:
    """Measure the AUC of every subgroup, out-of-fold."""
    chosen = scored.split.in_folds & scored.labels.is_known
    rows: list[dict[str, Any]] = []
    for factor, (column, name_of) in _FACTORS.items():
        if column not in scored.cohort:
            continue
        names = np.array([name_of(value) for value in scored.cohort[column]], dtype=object)
        rows += [
            {"factor": factor, "group": group} | _auc(scored, chosen & (names == group))
            for group in _ordered(names[chosen])
        ]
    return rows


def _ordered(names: npt.NDArray[Any]) -> list[str]:
    """Name the groups that have patients, the unknown last."""
    return sorted({str(name) for name in names}, key=lambda name: (name == UNKNOWN, name))


def _auc(scored: Scored, chosen: Bools) -> dict[str, Any]:
    """N, events, AUC and interval of some patients, or why there is none."""
    events, scores = scored.labels.event[chosen], scored.scores[chosen]
    counts = {"n": int(chosen.sum()), "n_events": int(events.sum())}
    try:
        curve = roc_auc(scores, events)
    except NotEstimable:
        reason = "no patient has an event" if not events.any() else "every patient has an event"
        return counts | {"auc": None, "auc_low": None, "auc_high": None, "auc_reason": reason}
    reason = curve.reason or ("few events" if counts["n_events"] < FEW_EVENTS else "")
    return counts | {"auc": curve.auc, "auc_low": curve.low, "auc_high": curve.high, "auc_reason": reason}


def tier_outcomes(
    cohort: Cohort, scores: npt.NDArray[np.float64], event: Bools, tiers: TierScheme
) -> list[dict[str, Any]]:
    """Read the recurrence-free survival of each tier at five years; ``scores``, ``event`` (n,): by patient."""
    names = np.array([tiers.tier_of(float(score)) for score in scores], dtype=object)
    rows = []
    for tier in Tier:
        chosen = names == tier
        row = {"tier": tier.value, "n": int(chosen.sum()), "n_events": int(event[chosen].sum())}
        rows.append(row | _survival(cohort.where(chosen)))
    return rows


def _survival(cohort: Cohort) -> dict[str, Any]:
    """Estimate recurrence-free survival at the horizon, with a log-log interval, or say why not."""
    empty = {"rfs": None, "rfs_low": None, "rfs_high": None, "n_at_risk": None}
    if not len(cohort):
        return empty | {"rfs_reason": "no patients"}
    try:
        estimate = kaplan_meier(cohort.follow_up()).at(HORIZON_MONTHS)
    except OutOfRange:
        return empty | {"rfs_reason": "follow-up is missing"}
    if estimate.is_beyond_follow_up:
        return empty | {"rfs_reason": "nobody was followed for five years"}
    return {
        "rfs": estimate.value,
        "rfs_low": estimate.low,
        "rfs_high": estimate.high,
        "n_at_risk": estimate.n_at_risk,
        "rfs_reason": estimate.reason,
    }


def _ceiling(scored: Scored) -> dict[str, Any]:
    """How well the simulated biology itself would do, and how much of it the images show."""
    chosen = scored.split.in_folds & scored.labels.is_known
    truth = np.asarray(scored.cohort[LATENT_RISK], dtype=np.float64)
    events = scored.labels.event[chosen]
    found: dict[str, Any] = {"n": int(chosen.sum()), "n_events": int(events.sum())}
    try:
        curve = roc_auc(truth[chosen], events)
        found |= {"truth_auc": curve.auc, "truth_auc_low": curve.low, "truth_auc_high": curve.high}
    except NotEstimable:
        found |= {"truth_auc": None, "truth_auc_low": None, "truth_auc_high": None}
    if IMAGE_RISK in scored.cohort and chosen.sum() > 2:
        shown = np.asarray(scored.cohort[IMAGE_RISK], dtype=np.float64)[chosen]
        found["image_correlation"] = float(np.corrcoef(shown, truth[chosen])[0, 1])
    return found


def _is_missing(value: object) -> bool:
    """Whether a fact was not determined."""
    return value is None or str(value) in ("", "None", "nan", "<NA>")


_AGES: tuple[Words, Words] = ("50 years or less", "over 50 years")
_SIZES: tuple[Words, Words, Words] = ("20 mm or less", "over 20 to 50 mm", "over 50 mm")


def _band(limits: tuple[float, ...], names: tuple[str, ...]) -> Callable[[object], str]:
    """Name the band that a measurement lies in; the limits belong to the band below."""

    def name_of(value: object) -> str:
        if _is_missing(value):
            return UNKNOWN
        place = sum(float(str(value)) > limit for limit in limits)
        return names[place]

    return name_of


def _sign(value: object) -> str:
    """Name a receptor status."""
    return UNKNOWN if _is_missing(value) else "positive" if bool(value) else "negative"


def _nodes(value: object) -> str:
    """Name the nodal status."""
    return UNKNOWN if _is_missing(value) else "negative" if str(value) == "N0" else "positive"


def _arm(value: object) -> str:
    """Name a treatment."""
    return ARM_WORDS.get(str(value), UNKNOWN)


def _text(value: object) -> str:
    """Name a category by itself."""
    return UNKNOWN if _is_missing(value) else str(value)


_FACTORS: dict[str, tuple[str, Callable[[object], str]]] = {
    "Treatment": (ARM, _arm),
    "Age": ("age_years", _band((50.0,), _AGES)),
    "Oestrogen receptor": ("er_positive", _sign),
    "Tumour size": ("tumour_size_mm", _band((20.0, 50.0), _SIZES)),
    "Nodes": ("node_stage", _nodes),
    "Scan protocol": (PROTOCOL, _text),
    "Centre": (SOURCE, _text),
}
"""Title of each factor, its column and how its values are named."""
