"""The publication's whole set of figures and tables, made from any cohort, each beside what was printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from deeptepp import __version__
from deeptepp.domain.cohort import SCORE, TIER, Cohort, Endpoint
from deeptepp.errors import UnreadableCohort
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.clinical_reference import clinical_items
from deeptepp.report.cohort_outcomes import outcome_items
from deeptepp.report.cohort_patients import patient_items
from deeptepp.report.cohort_prognosis import adjusted_item, known_in
from deeptepp.report.cohort_scores import UNTIERED, score_items
from deeptepp.report.cohort_screening import screening_item
from deeptepp.report.cohort_subgroups import subgroup_item
from deeptepp.report.cohort_survival import survival_items
from deeptepp.report.cohort_treatment import treatment_items
from deeptepp.report.cohort_validation import validation_items
from deeptepp.report.report_item import ReportItem, ReportPart
from deeptepp.report.report_page import write_report
from deeptepp.scoring.tiers import with_tiers

SUITES = ("table2", "table_s2")
"""Suites of experiments that the report shows."""

EXPERIMENT = "MRI+MV+CP"
"""The published experiment that a bundle of images and clinical facts is the twin of."""


def write_cohort_report(
    cohort: Cohort, bundle: ModelBundle, out: Path, *, name: str, experiments: Path | None = None
) -> list[Path]:
    """Write the report of a cohort.

    Parameters
    ----------
    cohort : Cohort
        Patients; their scores, where they have some, are those of the bundle's network.
    bundle : ModelBundle
        Brings the cut-offs and what was measured on it.
    out : Path
        Folder to write.
    name : str
        What the cohort is called; no identifier of a patient.
    experiments : Path, optional
        Folder with the results of ``deeptepp evaluate``, one JSON for each suite.

    Returns
    -------
    list of Path
        The page, then the CSV files.

    Raises
    ------
    UnreadableCohort
        A file of results is no JSON of a suite.
    """
    tiered = with_tiers(cohort, bundle.tiers)
    suites = read_suites(experiments)
    # Tiers of a network that learnt from simulated patients are simulated, whoever has them.
    is_simulated = tiered.is_simulated or (bundle.is_simulated and bool(known_in(tiered, SCORE).any()))
    marked = Cohort(tiered.columns, is_simulated=is_simulated)
    return write_report(
        cohort_parts(marked, bundle, suites),
        out,
        title=f"{name}: the published analyses",
        facts=_facts(tiered, bundle, experiments),
        simulated=is_simulated,
    )


def cohort_parts(
    cohort: Cohort, bundle: ModelBundle, suites: Mapping[str, Mapping[str, Any]]
) -> tuple[ReportPart, ...]:
    """Make all items of a report.

    Parameters
    ----------
    cohort : Cohort
        Patients with the column ``TIER``.
    bundle : ModelBundle
        Brings the cut-offs and what was measured on it.
    suites : mapping of str to mapping
        Results of experiments by name of the suite.

    Returns
    -------
    tuple of ReportPart
        Patients, score, validation, treatment, prognosis.
    """
    has_tiers = np.isin(np.asarray(cohort[TIER]).astype(str), ["Low", "Moderate", "High"]).any()
    prognosis = [adjusted_item(cohort, endpoint) for endpoint in Endpoint]
    subgroups = [subgroup_item(cohort, endpoint) for endpoint in Endpoint]
    treatment = _in_order([*outcome_items(cohort, of_treatment=True), *treatment_items(cohort)])
    tiered = [*_in_order(outcome_items(cohort, of_treatment=False)), *prognosis, *subgroups]
    if not has_tiers:
        treatment, tiered = [_without_tiers(item) for item in treatment], [_without_tiers(item) for item in tiered]
    validation = validation_items(cohort)
    if not known_in(cohort, SCORE).any():
        validation += clinical_items(cohort, bundle)
    return (
        ReportPart("Patients", (*patient_items(cohort), *survival_items(cohort))),
        ReportPart("Score", tuple(score_items(cohort, bundle, suites, EXPERIMENT))),
        ReportPart("Validation", tuple(validation)),
        ReportPart("Treatment by tier", tuple(treatment)),
        ReportPart("Prognosis", (*tiered, screening_item(cohort, Endpoint.RFS))),
    )


def read_suites(folder: Path | None) -> dict[str, Mapping[str, Any]]:
    """Read the results of experiments.

    Parameters
    ----------
    folder : Path or None
        Holds ``<suite>.json``; None for no results.

    Returns
    -------
    dict of str to mapping
        By name of the suite; what is not there is left out.

    Raises
    ------
    UnreadableCohort
        A file is no JSON of a suite.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for suite in SUITES if folder is not None else ():
        path = Path(folder or ".") / f"{suite}.json"
        if not path.is_file():
            continue
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            found[suite] = {**content, "suite": content["suite"], "experiments": list(content["experiments"])}
        except (ValueError, KeyError, TypeError) as error:
            raise UnreadableCohort(reason=f"{path.name} does not hold the results of a suite") from error
    return found


def _in_order(items: list[ReportItem]) -> list[ReportItem]:
    """Sort by the number of the figure: those of the text first."""
    return sorted(items, key=lambda item: (item.number.startswith("Figure S"), item.number))


def _without_tiers(item: ReportItem) -> ReportItem:
    """Say that an item needs tiers."""
    return ReportItem(item.key, item.number, item.title, reason=UNTIERED)


def _facts(cohort: Cohort, bundle: ModelBundle, experiments: Path | None) -> list[tuple[str, str]]:
    """Tell what the report rests on."""
    kind = "simulated" if cohort.is_simulated else "real"
    events = [
        f"{int(np.asarray(cohort[endpoint.event]).astype(bool).sum())} {endpoint.value.upper()}"
        for endpoint in Endpoint
    ]
    return [
        ("Patients", f"{len(cohort)}, {kind}; {int(known_in(cohort, SCORE).sum())} with a score"),
        ("Events", ", ".join(events)),
        ("Model", f"{bundle.name}, {'simulated' if bundle.is_simulated else 'real'} training patients"),
        ("Model, SHA-256", bundle.sha256[:16]),
        ("Experiments", "none given" if experiments is None else "from deeptepp evaluate"),
        ("Made by", f"deeptepp {__version__} report cohort"),
    ]
