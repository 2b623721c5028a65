"""Rows of the tables of the evidence page, made from the metrics of a bundle."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from deeptepp.domain.cohort import ARM, Arm
from deeptepp.domain.risk import Tier
from deeptepp.model.bundle import parted_by
from deeptepp.report.format import auc_ci, percent, percent_ci, signed_ci
from deeptepp.stats.event_rule import MIN_EVENTS, why_not_measured
from deeptepp.ui.words.language import say, t
from deeptepp.ui.words.screen_words import MEASURED_ON, label


def metric_rows(metrics: Mapping[str, Any]) -> list[dict[str, str]]:
    """Lay out discrimination by group of patients.

    ``metrics``: of a bundle, groups without an AUC are left out.
    """
    return [
        {
            t("Patients"): t(MEASURED_ON.get(key, key.replace("_", " "))),
            t("n"): str(group.get("n", "")),
            t("Events"): str(group.get("n_events", "")),
            t("AUC (95 % CI)"): auc_text(group),
            t("Sensitivity (95 % CI)"): share_text(group.get("sensitivity")),
            t("Specificity (95 % CI)"): share_text(group.get("specificity")),
        }
        for key, group in groups_of(metrics).items()
    ]


def groups_of(metrics: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Measured groups of patients."""
    return {key: group for key, group in metrics.items() if isinstance(group, Mapping) and "auc" in group}


def operating_rows(metrics: Mapping[str, Any]) -> list[dict[str, str]]:
    """Lay out what the score does at both cut-offs.

    Returns one row per group and cut-off, none where only one cut-off was measured.
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


def external_rows(found: Mapping[str, Any]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Lay out what other patients came to: discrimination and calibration, and tiers, by group.

    ``found``: one entry of the measures ``external`` of a bundle.
    """
    measured, tiers = [], []
    for name, group in found["groups"].items():
        named = {
            t("Patients"): _group_name(name, group),
            t("n"): str(group["n"]),
            t("Events"): str(group["n_events"]),
        }
        line = _calibration_in(group)
        measured.append(
            named
            | {t("AUC (95 % CI)"): auc_text(group)}
            | {f"{t(title)} (95 % CI)": _of_line(line.get(key)) for title, key in _CALIBRATION.items()}
        )
        n = max(1, group["n"])
        shares = {tier: f"{k} ({percent(k / n)})" for tier, k in group["tiers"].items()}
        tiers.append(
            named
            | {label(Tier(tier)): text for tier, text in shares.items()}
            | {t("Sensitivity (95 % CI)"): share_text(group["sensitivity"])}
            | {t("Specificity (95 % CI)"): share_text(group["specificity"])}
        )
    return measured, tiers


def outcome_rows(outcomes: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Lay out what followed in each tier of other patients."""
    return [
        {
            t("Tier"): label(Tier(row["tier"])),
            t("n"): str(row["n"]),
            t("Events"): str(row["n_events"]),
            t("RFS at 60 months (95 % CI)"): say(row["rfs_reason"])
            if row["rfs"] is None
            else percent_ci(row["rfs"], row["rfs_low"], row["rfs_high"]),
            t("At risk"): "" if row["n_at_risk"] is None else str(row["n_at_risk"]),
        }
        for row in outcomes
    ]


_CALIBRATION: dict[str, str] = {
    "Observed / expected": "observed_to_expected",
    "Calibration-in-the-large": "intercept",
    "Calibration slope": "slope",
}
"""Title of each number of calibration, and its key."""


def off_on_the_whole(found: Mapping[str, Any]) -> str:
    """Name the groups of other patients whose observed / expected has an interval without 1, empty for none."""
    names = []
    for name, group in found["groups"].items():
        ratio = _calibration_in(group).get("observed_to_expected") or {}
        low, high = ratio.get("low"), ratio.get("high")
        if low is not None and high is not None and not low <= 1 <= high:
            names.append(_group_name(name, group))
    return ", ".join(names)


def _calibration_in(group: Mapping[str, Any]) -> Mapping[str, Any]:
    """Numbers of calibration that are shown of a group: none of too few events, as of the AUC."""
    found: Mapping[str, Any] = group.get("calibration_balancing_undone", group["calibration"])
    return {} if why_few(group) else found


def _group_name(name: str, group: Mapping[str, Any]) -> str:
    """Name a group of other patients: everybody, a treatment, or a scan protocol."""
    if name == "all":
        return t("All")
    return label(Arm(name)) if parted_by(group) == ARM else t("Scan protocol {name}", name=name)


def _of_line(found: Mapping[str, Any] | None) -> str:
    """Write a number of calibration with its interval."""
    return say(signed_ci(found["value"], found["low"], found["high"])) if found else t("not estimable")


def _of_tiers(threshold: float) -> str:
    """Name the cut-off between Low and Moderate."""
    return t("{cut:.3f}, of the tiers", cut=threshold)


def _undecided(threshold: float) -> str:
    """Name the cut-off at which the network gives both classes the same."""
    return t("{cut:.3g}, where the network is undecided", cut=threshold)


def subgroup_rows(metrics: Mapping[str, Any]) -> list[dict[str, str]]:
    """Lay out the AUC of subgroups."""
    return [
        {
            t("Factor"): say(row["factor"]),
            t("Group"): say(row["group"]),
            t("n"): str(row["n"]),
            t("Events"): str(row["n_events"]),
            t("AUC (95 % CI)"): auc_text(row),
            t("Note"): "" if why_few(row) else say(row["auc_reason"]),
        }
        for row in metrics.get("subgroups", ())
    ]


def auc_text(group: Mapping[str, Any]) -> str:
    """Write an AUC with its interval, or that too few patients stand behind it."""
    few = why_few(group)
    return (
        t("not given: {reason}", reason=say(few))
        if few
        else auc_ci(group["auc"], group.get("auc_low"), group.get("auc_high"))
    )


def why_few(group: Mapping[str, Any]) -> str:
    """Why an AUC that was measured is not shown; empty where it is, or where none was measured."""
    if group.get("auc") is None or "n_events" not in group:
        return ""
    return why_not_measured(int(group.get("n_known", group["n"])), int(group["n_events"]))


def without_few_events(text: str) -> str:
    """Take numbers that rest on too few events out of a document that a model came with.

    ``text``: Markdown of a model card or a checklist, which marks such numbers as of few events or without an
    interval.
    """
    lines = [_BARE_NUMBER.sub("-", line) if "; few events" in line else line for line in text.split("\n")]
    return _FEW_AUC.sub(rf"\g<name>not given: fewer than {MIN_EVENTS} events", "\n".join(lines))


_FEW_AUC = re.compile(
    r"(?P<name>AUC )?\d\.\d+ \([^()|]*\); few events"
    r"|(?<=AUC )\d\.\d+ \(interval not estimable\)"
)
"""An AUC in a document that is marked as of few events, or that has no interval."""

_BARE_NUMBER = re.compile(r"(?<=\| )\d\.\d+(?= \|)")
"""A cell of a table that holds a number and no interval."""


def split_table(text: str) -> tuple[str, list[dict[str, str]]]:
    """Take the table out of a document, which the page lays out better at small widths than Markdown does.

    Returns the rest of the text, and one row per line of the table, none where there is no table or one with
    ragged rows, which then stays in the text.
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

    The result is empty where it was not measured, counts alone where they are of fewer than ``MIN_EVENTS``
    patients.
    """
    if not share:
        return ""
    if share["n"] < MIN_EVENTS:
        return t("{k} of {n}, too few for a share", k=share["k"], n=share["n"])
    interval = percent_ci(share["value"], share["low"], share["high"])
    return t("{k} of {n}, {share}", k=share["k"], n=share["n"], share=interval)
