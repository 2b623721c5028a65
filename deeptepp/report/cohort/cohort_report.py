"""The publication's whole set of figures and tables, made from any cohort, each beside what was printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deeptepp import __version__
from deeptepp.domain.cohort import SCORE, TIER, Cohort, Endpoint
from deeptepp.domain.experiment_suites import SUITE_LIST
from deeptepp.domain.provenance import Model, Provenance, provenance_of
from deeptepp.domain.risk import Tier
from deeptepp.errors import UnreadableCohort
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.cohort.all_patients import survival_items
from deeptepp.report.cohort.clinical_reference import clinical_items
from deeptepp.report.cohort.cohort_curves import fact_items
from deeptepp.report.cohort.cohort_outcomes import outcome_items
from deeptepp.report.cohort.cohort_patients import patient_items
from deeptepp.report.cohort.cohort_prognosis import adjusted_item, known_in
from deeptepp.report.cohort.cohort_scores import UNTIERED, score_items
from deeptepp.report.cohort.cohort_screening import screening_item
from deeptepp.report.cohort.cohort_subgroups import subgroup_item
from deeptepp.report.cohort.cohort_treatment import treatment_items
from deeptepp.report.cohort.cohort_validation import validation_items
from deeptepp.report.cohort.given_tiers import source_of, tier_notes
from deeptepp.report.look.stamps import marked_cohort, stamp_all, stamp_item
from deeptepp.report.report_item import ReportItem, ReportPart
from deeptepp.report.report_page import ReportPage, model_facts, write_report
from deeptepp.scoring.tiers import TierSource, with_tiers
from deeptepp.wording.sentence import glued, joined, sentence

SUITES = tuple(name for name, suite in SUITE_LIST.items() if suite.is_published)
"""Suites of experiments that the report shows."""

EXPERIMENT = "MRI+MV+CP"
"""The published experiment that a bundle of images and clinical facts is the twin of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortReport:
    """What the report of a cohort is asked to be.

    ``name``: what the cohort is called, no identifier of a patient; ``experiments``: folder with the results of
    ``deeptepp evaluate``, one JSON for each suite; ``tiers``: what tiers are made of, None for those given by the
    table, and the cut-offs where it gives none.
    """

    name: str
    experiments: Path | None = None
    tiers: TierSource | None = None
    is_reference: bool = False


def write_cohort_report(
    cohort: Cohort, bundle: ModelBundle, out: Path, *, name: str, experiments: Path | None = None
) -> list[Path]:
    """Write the report of a cohort.

    Parameters
    ----------
    cohort : Cohort
        Patients, with scores and tiers or without.
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
    return write_report(cohort_page(cohort, bundle, CohortReport(name=name, experiments=experiments)), out)


def cohort_page(cohort: Cohort, bundle: ModelBundle, asked: CohortReport) -> ReportPage:
    """Make the report of a cohort.

    ``cohort``: patients, with scores and tiers or without; ``bundle``: brings the cut-offs and what was measured
    on it. Returns parts, facts and mark. Raises UnreadableCohort: a file of results is no JSON of a suite.
    """
    source = source_of(cohort, bundle.tiers, asked.tiers)
    notes = tier_notes(cohort, bundle.tiers, source)
    provenance = provenance_of(cohort, Model(bundle.sha256, bundle.is_simulated), is_reference=asked.is_reference)
    tiered = with_tiers(cohort, bundle.tiers, source)
    parts = cohort_parts(
        tiered, bundle, read_suites(asked.experiments), provenance=provenance, source=source, tier_notes=notes
    )
    return ReportPage(
        parts=parts,
        title=sentence("{name}: the published analyses", name=asked.name),
        facts=_facts(tiered, bundle, asked.experiments, provenance, notes),
        mark=provenance.mark,
    )


def cohort_parts(
    cohort: Cohort,
    bundle: ModelBundle,
    suites: Mapping[str, Mapping[str, Any]],
    *,
    provenance: Provenance | None = None,
    source: TierSource = TierSource.CUT_OFFS,
    tier_notes: tuple[str, ...] = (),
) -> tuple[ReportPart, ...]:
    """Make all items of a report.

    ``bundle``: brings the cut-offs and what was measured on it; ``provenance``: where patients and scores come
    from, told from the cohort when left out; ``tier_notes``: what must be known of given tiers. Returns patients,
    survival by fact, score, validation, treatment, prognosis.
    """
    model = Model(bundle.sha256, bundle.is_simulated)
    origin = provenance or provenance_of(cohort, model)
    # What shows neither score nor tier bears the mark of the patients alone.
    bare, marked = marked_cohort(cohort, origin.patients_mark), marked_cohort(cohort, origin.mark)
    treatment, tiered = _tier_items(marked)
    scores = score_items(marked, bundle, suites, EXPERIMENT, source=source, tier_notes=tier_notes)
    screened = stamp_item(screening_item(bare, Endpoint.RFS), origin.patients_mark)
    patients = [*patient_items(bare), *survival_items(bare)]
    return (
        ReportPart("Patients", stamp_all(patients, origin.patients_mark)),
        ReportPart("Survival by fact", stamp_all(fact_items(bare), origin.patients_mark)),
        ReportPart("Score", stamp_all(scores, origin.mark)),
        ReportPart("Validation", _validation(marked, bundle, origin)),
        ReportPart("Treatment by tier", stamp_all(treatment, origin.mark)),
        ReportPart("Prognosis", (*stamp_all(tiered, origin.mark), screened)),
    )


def _tier_items(cohort: Cohort) -> tuple[list[ReportItem], list[ReportItem]]:
    """Make what compares treatments inside tiers, and what compares tiers."""
    prognosis = [adjusted_item(cohort, endpoint) for endpoint in cohort.endpoints]
    subgroups = [subgroup_item(cohort, endpoint) for endpoint in cohort.endpoints]
    treatment = _in_order([*outcome_items(cohort, of_treatment=True), *treatment_items(cohort)])
    tiered = [*_in_order(outcome_items(cohort, of_treatment=False)), *prognosis, *subgroups]
    if np.isin(np.asarray(cohort[TIER]).astype(str), [tier.value for tier in Tier]).any():
        return treatment, tiered
    return [_without_tiers(item) for item in treatment], [_without_tiers(item) for item in tiered]


def _validation(cohort: Cohort, bundle: ModelBundle, origin: Provenance) -> tuple[ReportItem, ...]:
    """Validate the score; beside it, where there is none, the clinical facts alone."""
    items = stamp_all(validation_items(cohort), origin.mark)
    if known_in(cohort, SCORE).any():
        return items
    return (*items, *clinical_items(cohort, bundle))


def read_suites(folder: Path | None) -> dict[str, Mapping[str, Any]]:
    """Read the results of experiments.

    ``folder``: holds ``<suite>.json``, None for no results. The result is by name of the suite, what is not there
    is left out. Raises UnreadableCohort: a file is no JSON of a suite.
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
    """That an item needs tiers."""
    return ReportItem(item.key, item.number, item.title, reason=UNTIERED)


def _facts(
    cohort: Cohort, bundle: ModelBundle, experiments: Path | None, provenance: Provenance, notes: tuple[str, ...]
) -> list[tuple[str, str]]:
    """What the report rests on."""
    events = [
        glued("{} {}", int(np.asarray(cohort[endpoint.event]).astype(bool).sum()), endpoint.value.upper())
        for endpoint in cohort.endpoints
    ]
    return [
        (
            "Patients",
            sentence(
                "{cohort}, {patients}; {int} with a score",
                cohort=len(cohort),
                patients=provenance.patients,
                int=int(known_in(cohort, SCORE).sum()),
            ),
        ),
        ("Patients and scores", provenance.sentence),
        *([("Tiers", joined(" ", notes))] if notes else []),
        ("Events", joined(", ", events)),
        *model_facts(bundle),
        ("Experiments", "none given" if experiments is None else "from deeptepp evaluate"),
        ("Made by", f"deeptepp {__version__} report cohort"),
    ]
