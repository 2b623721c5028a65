"""The figures of the experiments, drawn from the JSON that ``deeptepp evaluate`` writes for each suite."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from deeptepp.domain.cohort import Arm
from deeptepp.errors import NotEstimable
from deeptepp.report.figures.calibration_figure import calibration_figure
from deeptepp.report.figures.forest_figure import Estimate, Panel, forest_figure
from deeptepp.report.figures.roc_figure import RocLine, roc_figure
from deeptepp.report.format import count
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
Column = tuple[str, Callable[[Content], Estimate], float | None]
"""Name of a panel, how its estimates are read from a group of patients, and the value of its dashed line."""


def suite_figures(content: Content) -> dict[str, go.Figure]:
    """Draw all figures of one suite.

    Parameters
    ----------
    content : mapping
        The suite's JSON: ``suite``, ``is_simulated``, ``experiments`` with their ``metrics``, and ``roc``.

    Returns
    -------
    dict of str to plotly.graph_objects.Figure
        By the name of the picture; a figure that the results do not allow is left out.
    """
    drawn = {}
    for name, draw in _FIGURES.get(str(content.get("suite")), {}).items():
        try:
            drawn[name] = draw(content)
        except NotEstimable:
            continue
    return drawn


def roc_lines(lines: Sequence[Content]) -> list[RocLine]:
    """Read curves as a suite keeps them.

    Parameters
    ----------
    lines : sequence of mapping
        With ``label``, ``arm``, ``false_positive_rate``, ``sensitivity``, ``auc``, ``low``, ``high``, ``n`` and
        ``n_events``.

    Returns
    -------
    list of RocLine
        Ready to be drawn.
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


def _forest(title: str, panels: Sequence[Column]) -> Draw:
    """Draw one row per experiment, out-of-fold, with the correlation where the truth is known."""

    def draw(content: Content) -> go.Figure:
        groups = [each["metrics"]["cross_validation"] for each in content["experiments"]]
        columns = [
            Panel(
                name,
                tuple(read(group) for group in groups),
                reference,
                _CORRELATION_LIMITS if reference is None else _AUC_LIMITS,
            )
            for name, read, reference in panels
        ]
        shown = [panel for panel in columns if any(each.value is not None for each in panel.estimates)]
        return forest_figure(
            [_short(each["title"]) for each in content["experiments"]],
            shown,
            title=glued("{}, {}", title, _GROUPS["cross_validation"]),
            notes=[glued("{}, {}", count(g["n"], "patient"), count(g["n_events"], "event")) for g in groups],
            simulated=bool(content["is_simulated"]),
        )

    return draw


def _short(title: str) -> str:
    """Begin the name of a row with a capital."""
    return title[:1].upper() + title[1:]


def _auc(group: Content) -> Estimate:
    """Read the AUC at patient level with DeLong's interval."""
    return Estimate(group.get("auc"), group.get("auc_low"), group.get("auc_high"))


def _auc_of_views(group: Content) -> Estimate:
    """Read the AUC counted by views, its interval by drawing patients."""
    views = group.get("views") or {}
    return Estimate(views.get("auc"), views.get("auc_low"), views.get("auc_high"))


def _correlation(group: Content) -> Estimate:
    """Read the correlation of score and simulated truth."""
    found = (group.get("correlation") or {}).get("score") or {}
    return Estimate(found.get("value"), found.get("low"), found.get("high"))


_AUC_PANEL = ("AUC", _auc, 0.5)
_TRUTH_PANEL = ("Correlation with the truth", _correlation, None)

_FIGURES: dict[str, dict[str, Draw]] = {
    "table2": {
        "figure-s3a": _by_model("cross_validation", "Five models"),
        "figure-s3a-holdout": _by_model("holdout", "Five models"),
        "figure-s3b": _by_trastuzumab,
        "calibration": _calibration,
    },
    "table_s2": {"backbones": _by_model("cross_validation", "Five backbones")},
    "ablations": {"ablations": _forest("Ablations", (_AUC_PANEL, _TRUTH_PANEL))},
    "permutation": {
        "permutation-control": _forest(
            "Permuted labels", (("AUC, patients", _auc, 0.5), ("AUC, views as patients", _auc_of_views, 0.5))
        )
    },
    "protocol": {"protocol": _forest("Protocols", (_AUC_PANEL, _TRUTH_PANEL))},
}
"""Pictures of each suite by name."""
