"""Experiments beside each other: paired contrasts of their AUC, and their curves for the figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import ARM, Arm
from deeptepp.errors import NotEstimable
from deeptepp.stats.multiplicity import holm
from deeptepp.stats.prediction.auc_comparison import compare_auc
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.train.measure.metrics import Scored, groups_of

_DECIMALS = 6
"""Of the points of a curve; areas keep all."""


def compare_all(scored: Mapping[str, Scored], against: Mapping[str, str]) -> list[dict[str, Any]]:
    """Compare experiments with their references on the same patients, by paired DeLong.

    ``scored``: experiments by name; all of the same patients. ``against``: name of the reference of each; empty
    for none. Returns: per group of the reference and experiment: the difference of the AUC (reference less
    experiment) with its interval, z, p and p after Holm over the contrasts of that group; or the reason for its
    absence.
    """
    found: list[dict[str, Any]] = []
    for name, reference in against.items():
        if reference in scored:
            first, second = scored[reference], scored[name]
            found += [
                {"name": name, "against": reference, "group": group, **_contrast(first, second, chosen)}
                for group, chosen in groups_of(first.split).items()
            ]
    for group in {each["group"] for each in found}:
        family = [each for each in found if each["group"] == group and each.get("p") is not None]
        for each, adjusted in zip(family, holm([each["p"] for each in family]), strict=True):
            each |= {"p_holm": float(adjusted), "n_contrasts": len(family)}
    return found


def _contrast(first: Scored, second: Scored, chosen: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Compare two scores of the same patients, whose label both know."""
    known = chosen & first.labels.is_known & second.labels.is_known
    events = first.labels.event[known]
    try:
        found = compare_auc(first.scores[known], second.scores[known], events)
    except NotEstimable as error:
        return {"p": None, "reason": str(error), "n": len(events), "n_events": int(events.sum())}
    return {
        "difference": found.difference,
        "low": found.low,
        "high": found.high,
        "z": found.z,
        "p": found.p_value,
        "n": found.n,
        "n_events": found.n_events,
        "method": found.method,
    }


def roc_lines(scored: Mapping[str, Scored], titles: Mapping[str, str]) -> dict[str, Any]:
    """Give the curves of the figures.

    Returns: ``by_model``: per group a list of curves, one for each experiment (Figure S3A). ``by_trastuzumab``:
    per experiment the curves of patients without and with trastuzumab, out-of-fold (Figure S3B). A curve holds
    ``label``, ``false_positive_rate``, ``sensitivity``, ``auc``, ``low``, ``high``, ``n``, ``n_events`` and
    ``arm``, which is None for a model.
    """
    by_model: dict[str, list[dict[str, Any]]] = {}
    for name, each in scored.items():
        for group, chosen in groups_of(each.split).items():
            by_model.setdefault(group, []).extend(_line(each, chosen, label=titles[name], name=name))
    by_trastuzumab = {name: _by_trastuzumab(each, name) for name, each in scored.items()}
    return {"by_model": by_model, "by_trastuzumab": by_trastuzumab}


def _by_trastuzumab(each: Scored, name: str) -> list[dict[str, Any]]:
    """Out-of-fold curves of both arms of cohorts 1 and 2."""
    arm = np.asarray(each.cohort[ARM])
    labels = {Arm.NONE: "no trastuzumab", Arm.T: "trastuzumab"}
    lines = []
    for member, label in labels.items():
        chosen = each.split.in_folds & (arm == member.value)
        lines += _line(each, chosen, label=label, name=name, arm=member)
    return lines


def _line(
    each: Scored, chosen: npt.NDArray[np.bool_], *, label: str, name: str, arm: Arm | None = None
) -> list[dict[str, Any]]:
    """One curve, or none where a class is absent."""
    known = chosen & each.labels.is_known
    try:
        curve = roc_auc(each.scores[known], each.labels.event[known])
    except NotEstimable:
        return []
    return [
        {
            "name": name,
            "label": label,
            "arm": None if arm is None else arm.value,
            "false_positive_rate": np.round(1 - curve.specificity, _DECIMALS).tolist(),
            "sensitivity": np.round(curve.sensitivity, _DECIMALS).tolist(),
            "auc": curve.auc,
            "low": curve.low,
            "high": curve.high,
            "n": curve.n,
            "n_events": curve.n_events,
        }
    ]
