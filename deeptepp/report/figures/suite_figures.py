"""The figures of the experiments, drawn from the JSON that ``deeptepp evaluate`` writes for each suite."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from deeptepp.domain.cohort import Arm
from deeptepp.errors import NotEstimable
from deeptepp.report.figures.calibration_figure import calibration_figure
from deeptepp.report.figures.forest_figure import forest_figure
from deeptepp.report.figures.forest_marks import ForestAxis
from deeptepp.report.figures.forest_rows import ForestBlock, ForestRow
from deeptepp.report.figures.roc_figure import RocLine, roc_figure
from deeptepp.report.look.theme import OTHER_COLOURS
from deeptepp.stats.estimate import Estimate
from deeptepp.wording.sentence import glued, sentence

WHOLE = "MRI+MV+CP"
"""Name of the experiment with all of the model."""

_GROUPS = {
    "cross_validation": "cross-validation, out-of-fold",
    "holdout": "held-out patients",
    "fold_1": "fold 1, the paper's testing set",
}
"""Groups of patients that are drawn, as they are called in titles."""

_AUC_LIMITS, _CORRELATION_LIMITS = (0.3, 1.0), (-0.2, 1.0)

Content = Mapping[str, Any]
Draw = Callable[[Content], go.Figure]
Column = tuple[ForestAxis, Callable[[Content], Estimate]]
"""An axis, and how its estimates are read from a group of patients."""


def suite_figures(content: Content) -> dict[str, go.Figure]:
    """Draw all figures of one suite.

    ``content``: the suite's JSON: ``suite``, ``is_simulated``, ``experiments`` with their ``metrics``, and
    ``roc``. The result is by the name of the picture, a figure that the results do not allow is left out.
    """
    drawn = {}
    suite = str(content.get("suite"))
    for name, draw in _FIGURES.get(suite, {}).items():
        try:
            drawn[name] = draw(content)
        except NotEstimable:
            continue
    return drawn


def roc_lines(lines: Sequence[Content]) -> list[RocLine]:
    """Read curves as a suite keeps them.

    ``lines``: with ``label``, ``arm``, ``false_positive_rate``, ``sensitivity``, ``auc``, ``low``, ``high``, ``n``
    and ``n_events``.
    """
    return [
        RocLine(
            line["label"],
            np.asarray(line["false_positive_rate"], dtype=np.float64),
            np.asarray(line["sensitivity"], dtype=np.float64),
            line["auc"],
            line["low"],
            line["high"],
            line["n"],
            line["n_events"],
            Arm(line["arm"]) if line.get("arm") else None,
        )
        for line in lines
    ]


def _by_model(group: str, what: str) -> Draw:
    """Draw the curves of all experiments in one group of patients."""

    def draw(content: Content) -> go.Figure:
        lines = content["roc"]["by_model"].get(group, ())
        return roc_figure(
            roc_lines(lines), title=glued("{}, {}", what, _GROUPS[group]), simulated=bool(content["is_simulated"])
        )

    return draw


def _by_trastuzumab(content: Content) -> go.Figure:
    """Draw the curves of the whole model without and with trastuzumab."""
    lines = content["roc"]["by_trastuzumab"].get(WHOLE, ())
    return roc_figure(
        roc_lines(lines),
        title=sentence("By trastuzumab, {groups}", groups=_GROUPS["cross_validation"]),
        simulated=bool(content["is_simulated"]),
    )


def _calibration(content: Content) -> go.Figure:
    """Draw the calibration of the whole model."""
    found = [each for each in content["experiments"] if each["name"] == WHOLE]
    if not found:
        raise NotEstimable(what="Calibration", reason="the whole model was not run")
    patients = found[0]["patients"]
    chosen = (np.asarray(patients["fold"]) >= 0) & np.asarray(patients["is_known"], dtype=bool)
    slope = found[0]["metrics"]["cross_validation"].get("calibration", {}).get("slope")
    facts = (
        [
            sentence(
                "slope {slope:.2f} ({slope_2:.2f}–{slope_3:.2f})",
                slope=slope["value"],
                slope_2=slope["low"],
                slope_3=slope["high"],
            )
        ]
        if slope
        else []
    )
    return calibration_figure(
        np.asarray(patients["scores"], dtype=np.float64)[chosen],
        np.asarray(patients["event"], dtype=bool)[chosen],
        title=sentence("Calibration, {groups}", groups=_GROUPS["cross_validation"]),
        facts=facts,
        simulated=bool(content["is_simulated"]),
    )


def _forest(title: str, axes: Sequence[Column]) -> Draw:
    """Draw one row per experiment, out-of-fold; an axis without any value is left out."""

    def draw(content: Content) -> go.Figure:
        groups = [each["metrics"]["cross_validation"] for each in content["experiments"]]
        shown = [(axis, read) for axis, read in axes if any(read(group).value is not None for group in groups)]
        rows = tuple(
            # The first experiment is what the others are compared with.
            ForestRow(
                each["title"][:1].upper() + each["title"][1:],
                tuple(read(group) for _, read in shown),
                colour=OTHER_COLOURS[0 if place == 0 else 2],
            )
            for place, (each, group) in enumerate(zip(content["experiments"], groups, strict=True))
        )
        return forest_figure(
            [ForestBlock("", rows)] if shown else [],
            title=glued("{}, {}", title, _GROUPS["cross_validation"]),
            axes=[axis for axis, _ in shown],
            simulated=bool(content["is_simulated"]),
        )

    return draw


def _estimate(group: Content, found: Content, *keys: str) -> Estimate:
    """Value and limits under these names, with the patients and events of their group."""
    value, low, high = (found.get(key) for key in keys)
    return Estimate(value=value, low=low, high=high, n=group["n"], n_events=group["n_events"], method="")


def _auc(group: Content) -> Estimate:
    """AUC at patient level with DeLong's interval."""
    return _estimate(group, group, "auc", "auc_low", "auc_high")


def _auc_of_views(group: Content) -> Estimate:
    """AUC counted by views, its interval by drawing patients."""
    return _estimate(group, group.get("views") or {}, "auc", "auc_low", "auc_high")


def _correlation(group: Content) -> Estimate:
    """Correlation of score and simulated truth."""
    return _estimate(group, (group.get("correlation") or {}).get("score") or {}, "value", "low", "high")


_AUC = (ForestAxis("AUC", "AUC", 0.5, _AUC_LIMITS), _auc)
_TRUTH = (ForestAxis("Correlation with the truth", "correlation", None, _CORRELATION_LIMITS), _correlation)
_OF_PATIENTS = (ForestAxis("AUC, patients", "AUC, patients", 0.5, _AUC_LIMITS), _auc)
_OF_VIEWS = (ForestAxis("AUC, views as patients", "AUC, views as patients", 0.5, _AUC_LIMITS), _auc_of_views)

_FIGURES: dict[str, dict[str, Draw]] = {
    "table2": {
        "figure-s3a": _by_model("cross_validation", "Five models"),
        "figure-s3a-holdout": _by_model("holdout", "Five models"),
        "figure-s3b": _by_trastuzumab,
        "calibration": _calibration,
    },
    "table_s2": {"backbones": _by_model("cross_validation", "Five backbones")},
    "ablations": {"ablations": _forest("Ablations", (_AUC, _TRUTH))},
    "permutation": {"permutation-control": _forest("Permuted labels", (_OF_PATIENTS, _OF_VIEWS))},
    "protocol": {"protocol": _forest("Protocols", (_AUC, _TRUTH))},
}
"""Pictures of each suite by name."""
