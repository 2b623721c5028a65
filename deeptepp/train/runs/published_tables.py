"""Our numbers beside the published ones, as printed and as they must be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from deeptepp.domain.published import (
    BACKBONE_AUC,
    CONTRAST_P,
    TABLE_2,
    TABLE_2_READING,
    TRASTUZUMAB_AUC,
    PublishedRow,
    PublishedSet,
)
from deeptepp.train.measure.facts import estimate, rows_of

Content = Mapping[str, Any]

_WARNING = (
    "The published numbers are of 607 real patients who are not available; ours are of the cohort named above. "
    "They stand side by side to be read, not to be compared."
)

_READINGS = {
    "holdout": ("strict", "patients held out, by patients: the honest reading"),
    "cross_validation": ("paper", "all patients cross-validated, by patients"),
    "fold_1": ("paper", "fold 1 called the testing set, by patients"),
}


def published_p(content: Content) -> dict[tuple[str, str], str]:
    """Give the printed p values by experiment and our group of patients.

    Returns: the testing set stands for whoever was held out, or for fold 1.
    """
    groups = {PublishedSet.CROSS_VALIDATION: "cross_validation", PublishedSet.TESTING: _testing_group(content)}
    return {(name, groups[patients]): p for (name, patients), p in CONTRAST_P.items()}


def beside_published(content: Content) -> str:
    """Lay out what the paper prints for the same experiments.

    ``content``: of a suite, as ``run_suite`` gives it. Returns: Markdown; empty for suites that the paper has no
    numbers for.
    """
    tables: dict[str, Callable[[Content], str]] = {
        "table2": _table_2,
        "table_s2": _table_s2,
        "protocol": _protocol,
    }
    table = tables.get(content["suite"])
    return "" if table is None else table(content)


def _table_2(content: Content) -> str:
    """Lay out Table 2 as printed and corrected, with ours at the same cut-off of 0.5."""
    ours = {each["name"]: each["metrics"] for each in content["experiments"]}
    groups = {PublishedSet.CROSS_VALIDATION: "cross_validation", PublishedSet.TESTING: _testing_group(content)}
    rows = [_row_2(row, ours.get(row.experiment, {}).get(groups[row.patients])) for row in TABLE_2]
    heads = (
        "model",
        "set",
        "AUC ours",
        "AUC published",
        "yes/no at 0.5 ours",
        "yes/no by published counts",
        "ACC / SENS / SPEC at 0.5 ours, %",
        "published, corrected, %",
        "counts SENS, SPEC",
        "as printed ACC / SPEC / SENS, %",
        "remark",
    )
    reading = "\n".join(f"- {sentence}" for sentence in TABLE_2_READING)
    arms = _trastuzumab(content)
    return f"{_WARNING}\n\n{rows_of(heads, rows)}\n\nHow the published table is read here:\n\n{reading}\n\n{arms}"


def _row_2(row: PublishedRow, ours: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Write one published row with ours."""
    area = hard = point = "-"
    if ours:
        area = estimate(ours["auc"], ours["auc_low"], ours["auc_high"])
        hard = _decimals(ours["at_half"].get("auc_hard_labels"))
        names = ("accuracy", "sensitivity", "specificity")
        point = " / ".join(_percent(ours["at_half"][name]["value"]) for name in names)
    remarks = [row.note]
    if row.are_columns_swapped:
        remarks.append("SPEC and SENS swapped back")
    if row.is_auc_of_hard_labels:
        remarks.append("AUC is that of yes/no labels")
    if row.counts_views:
        remarks.append("counts views")
    corrected = (row.accuracy_pct, row.corrected_sensitivity_pct, row.corrected_specificity_pct)
    printed = (row.accuracy_pct, row.specificity_pct, row.sensitivity_pct)
    return (
        row.model,
        row.patients.value,
        area,
        f"{row.auc:.2f}",
        hard,
        f"{row.balanced_accuracy:.3f}",
        point,
        " / ".join(f"{value:.2f}" for value in corrected),
        f"{row.n_true_positive}/{row.n_events}, {row.n_true_negative}/{row.n_free}",
        " / ".join(f"{value:.2f}" for value in printed),
        "; ".join(remark for remark in remarks if remark),
    )


def _trastuzumab(content: Content) -> str:
    """Lay out the AUC by trastuzumab beside that of Figure S3B."""
    published = {"T": TRASTUZUMAB_AUC["treated"], "none": TRASTUZUMAB_AUC["untreated"]}
    rows = [
        (
            line["label"],
            str(line["n"]),
            str(line["n_events"]),
            estimate(line["auc"], line["low"], line["high"]),
            f"{published[line['arm']]:.2f}",
        )
        for line in content["roc"]["by_trastuzumab"].get("MRI+MV+CP", [])
    ]
    heads = ("DeepTEPP, out-of-fold", "n", "events", "AUC ours (95 % CI)", "AUC published (Figure S3B)")
    return rows_of(heads, rows) if rows else ""


def _table_s2(content: Content) -> str:
    """Lay out the areas that the text gives of the backbones."""
    rows = []
    for each in content["experiments"]:
        printed: Mapping[PublishedSet, float | None] = BACKBONE_AUC[each["title"]]
        ours = [
            estimate(found["auc"], found["auc_low"], found["auc_high"]) if found else "-"
            for found in (each["metrics"].get(key) for key in ("cross_validation", _testing_group(content)))
        ]
        rows.append((each["title"], *ours, *(_decimals(printed[part], 2) for part in PublishedSet)))
    heads = ("network", "AUC ours, cross-validation", "AUC ours, testing", "AUC published, CV", "AUC published, T")
    label = "The text gives one area for each of the first four networks and does not say of which set."
    return f"{_WARNING} {label}\n\n{rows_of(heads, rows)}"


def _protocol(content: Content) -> str:
    """Lay out what the paper's protocol and way of counting add to the area, step by step."""
    ours = {each["name"]: each["metrics"] for each in content["experiments"]}
    readings: list[tuple[str, Mapping[str, Any] | None]] = [
        (words, ours.get(name, {}).get(group)) for group, (name, words) in _READINGS.items()
    ]
    leaking = ours.get("paper-views", {})
    readings.append(("only positives resliced, fold 1, by patients", leaking.get("fold_1")))
    readings.append(("only positives resliced, fold 1, by views", leaking.get("fold_1", {}).get("views")))
    honest = readings[0][1]
    rows = [
        (words, estimate(found["auc"], found.get("auc_low"), found.get("auc_high")), _more_than(found, honest))
        for words, found in readings
        if found
    ]
    return rows_of(("reading", "AUC (95 % CI)", "more than the honest reading"), rows) if rows else ""


def _more_than(found: Mapping[str, Any], honest: Mapping[str, Any] | None) -> str:
    """Write how much a reading gives on top of the honest one."""
    if honest is None or honest is found or found["auc"] is None or honest["auc"] is None:
        return "-"
    return f"{found['auc'] - honest['auc']:+.3f}"


def _testing_group(content: Content) -> str:
    """Name our group that stands where the paper has its testing set."""
    seen = {group for each in content["experiments"] for group in each["metrics"]}
    return "holdout" if "holdout" in seen else "fold_1"


def _decimals(value: float | None, n: int = 3) -> str:
    """Write a number, or a dash."""
    return "-" if value is None else f"{value:.{n}f}"


def _percent(value: float | None) -> str:
    """Write a share in percent, or a dash."""
    return "-" if value is None else f"{100 * value:.2f}"
