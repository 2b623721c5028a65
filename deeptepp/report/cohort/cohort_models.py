"""The models compared: figure S3A, Table 2 and Table S2 of the publication, from the results of experiments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deeptepp.domain.published import BACKBONE_AUC, TABLE_2, TABLE_2_READING, PublishedRow, PublishedSet
from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.figures.roc_figure import RocLine, roc_figure
from deeptepp.report.figures.suite_figures import suite_figures
from deeptepp.report.format import auc_ci, percent
from deeptepp.report.report_item import Beside, ReportItem
from deeptepp.report.text_table import Table
from deeptepp.wording.sentence import glued, sentence

Suite = Mapping[str, Any]
"""JSON of one suite of experiments, as ``deeptepp evaluate`` writes it."""

_SETS = {PublishedSet.CROSS_VALIDATION: "cross-validation", PublishedSet.TESTING: "testing set"}
_OUR_SETS = {
    "cross_validation": "cross-validation, out-of-fold",
    "holdout": "held out",
    "fold_1": "fold 1",
    "cohort_3": "cohort 3 (Tras+pert)",
}
_NOT_RUN = "the results of this suite of experiments were not given (--experiments)"


def models_item(suite: Suite | None, score: RocLine | None, *, simulated: bool = False) -> ReportItem:
    """Show the ROC curves of all models.

    ``score``: the score of the cohort, which stands alone without them, None where it has no curve.
    """
    title = "ROC curves of the models"
    figure = suite_figures(suite).get("figure-s3a") if suite else None
    notes: tuple[str, ...] = ()
    if figure is None:
        if score is None:
            return ReportItem("figure-s3a", "Figure S3A", title, reason=_NOT_RUN)
        figure = roc_figure([score], title=title, simulated=simulated)
        notes = (sentence("The score of the cohort stands alone: {not_run}.", not_run=_NOT_RUN),)
    rows = [(row.model, f"{row.auc:.2f}") for row in TABLE_2 if row.patients is PublishedSet.CROSS_VALIDATION]
    table = Table("AUC, cross-validation", ("Model", "Printed"), tuple(rows), "No interval was printed.")
    return ReportItem(
        "figure-s3a",
        "Figure S3A",
        title,
        (figure,),
        beside=Beside(table, TABLE_2_READING[4:5], "Figure S3A, Table 2"),
        notes=notes,
        mark=_mark(suite),
    )


def table_2_item(suite: Suite | None, bundle: ModelBundle, experiment: str) -> ReportItem:
    """Set out the models of Table 2.

    ``suite``: results of the suite ``table2``, the bundle stands alone without them. Returns our models beside the
    printed rows, as printed and as they must be read.
    """
    measured = [(each["name"], each["metrics"]) for each in suite["experiments"]] if suite else []
    rows = [row for name, groups in measured for row in _measured_rows(name, groups)]
    kind = glued(", {}", SIMULATED_COHORT) if bundle.is_simulated else ""
    rows += _measured_rows(glued("{} ({}){}", bundle.name, experiment, kind), bundle.metrics)
    header = ("Model", "Patients", "n", "Events", "AUC (95 % CI)", "ACC", "SPEC", "SENS")
    printed = tuple(_printed_row(row) for row in TABLE_2)
    note = "ACC, SPEC and SENS where the network is undecided (0.5 before recalibration), Wilson intervals."
    notes = () if suite else (sentence("Models other than this bundle: {not_run}.", not_run=_NOT_RUN),)
    columns = ("Model", "Patients", "AUC", "ACC", "SPEC as printed", "SENS as printed", "SPEC / SENS to be read")
    return ReportItem(
        key="table-2",
        number="Table 2",
        title="Models compared",
        tables=(Table("Models here", header, tuple(rows), note), Table("As printed", columns, printed)),
        beside=Beside(
            Table(
                "AUC of the whole model",
                ("Patients", "Printed"),
                tuple((_SETS[row.patients], f"{row.auc:.2f}") for row in TABLE_2 if row.experiment == experiment),
            ),
            TABLE_2_READING,
            "Table 2",
        ),
        notes=notes,
        mark=SIMULATED_COHORT if bundle.is_simulated else _mark(suite),
    )


def backbones_item(suite: Suite | None, bundle: ModelBundle) -> ReportItem:
    """Set out the networks of Table S2.

    ``suite``: results of the suite ``table_s2``, the network of the bundle stands alone without them. Returns AUC
    of each network beside the printed one.
    """
    title = "Networks compared"
    kind = glued(", {}", SIMULATED_COHORT) if bundle.is_simulated else ""
    measured = [(f"{bundle.name}{kind}", bundle.metrics)]
    if suite:
        measured = [(each["name"], each["metrics"]) for each in suite["experiments"]]
    rows = tuple(row for name, groups in measured for row in _measured_rows(name, groups))
    header = ("Network", "Patients", "n", "Events", "AUC (95 % CI)", "ACC", "SPEC", "SENS")
    printed = tuple(
        (name, *("not given" if value is None else f"{value:.2f}" for value in values.values()))
        for name, values in BACKBONE_AUC.items()
    )
    figure = suite_figures(suite).get("backbones") if suite else None
    return ReportItem(
        key="table-s2",
        number="Table S2",
        title=title,
        figures=() if figure is None else (figure,),
        tables=(Table("Networks here", header, rows),),
        beside=Beside(
            Table("AUC", ("Network", "CV", "T"), printed),
            ("The AUC of the first four networks are not labelled as cross-validation or testing.",),
            "Results; Table S2 itself is not at hand",
        ),
        notes=()
        if suite
        else (sentence("Networks other than that of this bundle: {not_run}.", not_run=_NOT_RUN),),
        mark=SIMULATED_COHORT if bundle.is_simulated else _mark(suite),
    )


def _mark(suite: Suite | None) -> str:
    """Mark of the patients whom a suite was measured in, whoever is in the cohort of the report."""
    return SIMULATED_COHORT if suite and suite.get("is_simulated") else ""


def _measured_rows(name: str, groups: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Lay out a model in each group of patients that it was measured in."""
    rows = []
    for key, words in _OUR_SETS.items():
        group = groups.get(key)
        if not isinstance(group, Mapping) or group.get("auc") is None:
            continue
        point = group.get("at_half") or group
        auc = auc_ci(group["auc"], group.get("auc_low"), group.get("auc_high"))
        shares = (_share(point.get(what)) for what in ("accuracy", "specificity", "sensitivity"))
        rows.append((name, words, str(group["n"]), str(group["n_events"]), auc, *shares))
    return rows


def _share(found: Mapping[str, Any] | None) -> str:
    """Write a share as the publication does."""
    return "" if not found else percent(found.get("value"))


def _printed_row(row: PublishedRow) -> tuple[str, ...]:
    """Lay out a printed row."""
    read = f"{row.corrected_specificity_pct:.2f} / {row.corrected_sensitivity_pct:.2f}"
    return (
        row.model,
        _SETS[row.patients],
        f"{row.auc:.2f}",
        f"{row.accuracy_pct:.2f}",
        f"{row.specificity_pct:.2f}",
        f"{row.sensitivity_pct:.2f}",
        sentence("{read} (swapped)", read=read) if row.are_columns_swapped else read,
    )
