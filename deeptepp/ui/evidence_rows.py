"""Rows of the tables of the evidence page, made from the metrics of a bundle."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from deeptepp.report.format import auc_ci, percent_ci
from deeptepp.ui.curves import FEW_EVENTS
from deeptepp.ui.language import t
from deeptepp.ui.words import MEASURED_ON


def metric_rows(metrics: Mapping[str, Any]) -> list[dict[str, str]]:
    """Lay out discrimination by group of patients.

    Parameters
    ----------
    metrics : mapping
        Of a bundle; groups without an AUC are left out.

    Returns
    -------
    list of dict of str to str
        One row per group, ready to show.
    """
    return [
        {
            t("Patients"): t(MEASURED_ON.get(key, key.replace("_", " "))),
            t("n"): str(group.get("n", "")),
            t("Events"): str(group.get("n_events", "")),
            t("AUC (95 % CI)"): _auc(group),
            t("Sensitivity (95 % CI)"): share_text(group.get("sensitivity")),
            t("Specificity (95 % CI)"): share_text(group.get("specificity")),
        }
        for key, group in groups_of(metrics).items()
    ]


def groups_of(metrics: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Give the measured groups of patients.

    Parameters
    ----------
    metrics : mapping
        Of a bundle.

    Returns
    -------
    dict of str to mapping
        By key.
    """
    return {key: group for key, group in metrics.items() if isinstance(group, Mapping) and "auc" in group}


def operating_rows(metrics: Mapping[str, Any]) -> list[dict[str, str]]:
    """Lay out what the score does at both cut-offs.

    Parameters
    ----------
    metrics : mapping
        Of a bundle.

    Returns
    -------
    list of dict of str to str
        One row per group and cut-off; none where only one cut-off was measured.
    """
    return [
        {
            t("Patients"): t(MEASURED_ON.get(key, key.replace("_", " "))),
            t("Cut-off"): name(point["threshold"]),
            t("Sensitivity (95 % CI)"): share_text(point["sensitivity"]),
            t("Specificity (95 % CI)"): share_text(point["specificity"]),
            t("Accuracy (95 % CI)"): share_text(point["accuracy"]),
        }
        for key, group in groups_of(metrics).items()
        for name, point in (
            (_of_tiers, group.get("at_cut_off")),
            (_undecided, group.get("at_half")),
        )
        if point
    ]


def _of_tiers(threshold: float) -> str:
    """Name the cut-off between Low and Moderate."""
    return t("{cut:.3f}, of the tiers", cut=threshold)


def _undecided(threshold: float) -> str:
    """Name the cut-off at which the network gives both classes the same."""
    return t("{cut:.3g}, where the network is undecided", cut=threshold)


def subgroup_rows(metrics: Mapping[str, Any]) -> list[dict[str, str]]:
    """Lay out the AUC of subgroups.

    Parameters
    ----------
    metrics : mapping
        Of a bundle.

    Returns
    -------
    list of dict of str to str
        One row per subgroup, with the reason where there is no AUC.
    """
    return [
        {
            t("Factor"): t(row["factor"]),
            t("Group"): t(row["group"]),
            t("n"): str(row["n"]),
            t("Events"): str(row["n_events"]),
            t("AUC (95 % CI)"): auc_ci(row["auc"], row["auc_low"], row["auc_high"]),
            t("Note"): t(row["auc_reason"]),
        }
        for row in metrics.get("subgroups", ())
    ]


def _auc(group: Mapping[str, Any]) -> str:
    """Write an AUC with its interval, and that few events stand behind it."""
    few = t(", few events") if group.get("n_events", FEW_EVENTS) < FEW_EVENTS else ""
    return auc_ci(group["auc"], group.get("auc_low"), group.get("auc_high")) + few


def split_table(text: str) -> tuple[str, list[dict[str, str]]]:
    """Take the table out of a document, which the page lays out better at small widths than Markdown does.

    Parameters
    ----------
    text : str
        Markdown with at most one table.

    Returns
    -------
    tuple of str and list of dict of str to str
        The rest of the text, and one row per line of the table; none where there is no table or one with ragged
        rows, which then stays in the text.
    """
    lines = text.splitlines()
    table = [line for line in lines if line.startswith("| ")]
    cells = [[cell.replace("\\|", "|") for cell in re.split(r"(?<!\\) \| ", line.strip()[2:-2])] for line in table]
    if len(cells) < 3 or len({len(row) for row in cells}) > 1:
        return text, []
    rest = "\n".join(line for line in lines if not line.startswith("| "))
    return rest, [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


def share_text(share: Mapping[str, Any] | None) -> str:
    """Write a share as k of n with its interval.

    Parameters
    ----------
    share : mapping or None
        With ``value``, ``low``, ``high``, ``k`` and ``n``.

    Returns
    -------
    str
        Empty where it was not measured.
    """
    if not share:
        return ""
    interval = percent_ci(share["value"], share["low"], share["high"])
    return t("{k} of {n}, {share}", k=share["k"], n=share["n"], share=interval)
