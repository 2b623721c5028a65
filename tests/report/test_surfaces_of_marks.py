"""Every surface of a cohort takes its mark from where patients and scores come from: figures, tables, pages."""

import csv
import re
from dataclasses import replace

import numpy as np
import pytest
import tiny_bundle

from deeptepp.domain.cohort import SCORE, SCORE_MODEL, SUBJECT, Cohort, Endpoint
from deeptepp.domain.provenance import MARKS, SIMULATED_MODEL
from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.model.bundle import load_bundle
from deeptepp.report.cohort import cohort_outcomes
from deeptepp.report.cohort.cohort_report import CohortReport, cohort_page
from deeptepp.report.laboratory import laboratory_views
from deeptepp.report.laboratory.laboratory_report import recipe_page
from deeptepp.report.laboratory.recipe import CohortChoice, Recipe
from deeptepp.report.look.marks import MARK_NAME
from deeptepp.report.report_page import write_report

BESIDE = ("table-2", "table-s2", "figure-s3a")
"""Items that show what was measured on the bundle, whoever is in the cohort."""

UNSCORED_PARTS = ("Patients", "Survival by fact")


@pytest.fixture(autouse=True)
def without_resampling(monkeypatch):
    """No figure rests on the optimism, which takes 200 resamples."""
    monkeypatch.setattr(laboratory_views, "optimism_or_reason", lambda _view: (None, "left out here"))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return load_bundle(tiny_bundle.make_tiny_bundle(tmp_path_factory.mktemp("bundle")))


def cohort(bundle, *, is_simulated, scores):
    """The tiny cohort as somebody's own, with few facts."""
    columns = dict(tiny_bundle.tiny_cohort().columns)
    columns[SUBJECT] = np.array([f"P{i}" for i in range(len(columns[SUBJECT]))], dtype=object)
    for name in ("age_years", "tumour_size_mm", "node_stage", "pr_positive"):
        del columns[name]
    if scores == "none":
        del columns[SCORE], columns["tier"]
    if scores == "model":
        columns[SCORE_MODEL] = np.array([bundle.sha256] * len(columns[SUBJECT]), dtype=object)
    return Cohort(columns, is_simulated)


def marks_of(figure):
    """What a figure says in its picture and in its words."""
    drawn = {re.sub("<[^>]+>", "", note.text) for note in figure.layout.annotations if note.name == MARK_NAME}
    alt = figure.layout.meta["alt"]
    said = {mark for mark in MARKS if alt.startswith(f"{mark}. ")}
    assert drawn == said
    assert not (said and any(mark in alt.removeprefix(f"{next(iter(said))}. ") for mark in MARKS))
    return drawn


def check(item, mark):
    for figure in item.figures:
        assert marks_of(figure) == ({mark} if mark else set()), item.key
    assert item.mark == mark or not item.is_made, item.key


@pytest.mark.parametrize(
    ("is_simulated", "scores", "model_is_simulated", "mark"),
    [
        (False, "elsewhere", True, ""),
        (False, "model", True, SIMULATED_MODEL),
        (True, "elsewhere", False, SIMULATED_COHORT),
    ],
)
def test_pages_of_scores(bundle, is_simulated, scores, model_is_simulated, mark, tmp_path, monkeypatch):
    if mark != SIMULATED_MODEL:
        # Of figures that one function makes for both endpoints, one case shows them all, the others half.
        of_rfs = tuple(each for each in cohort_outcomes.COMPARISONS if each.endpoint is Endpoint.RFS)
        monkeypatch.setattr(cohort_outcomes, "COMPARISONS", of_rfs)
    model = replace(bundle, is_simulated=model_is_simulated)
    patients = cohort(bundle, is_simulated=is_simulated, scores=scores)
    page = cohort_page(patients, model, CohortReport(name="Centre"))
    assert page.mark == mark
    of_patients = SIMULATED_COHORT if is_simulated else ""
    for part in page.parts:
        for item in part.items:
            unscored = part.title in UNSCORED_PARTS or item.key == "table-s3"
            if item.key not in BESIDE:
                check(item, of_patients if unscored else mark)
    recipe = replace(Recipe.as_published(bundle.tiers), cohort=CohortChoice.UPLOADED, curves_by="Tier")
    replayed = recipe_page(patients, model, recipe)
    assert replayed.mark == mark
    for item in replayed.items:
        check(item, mark)
    written = write_report(replayed, tmp_path)
    heading = re.search(r'<header class="marks".*?</header>', written[0].read_text(), re.DOTALL).group()
    assert [each for each in MARKS if each in heading] == ([mark] if mark else [])
    for path in written[1:]:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
        assert all((row[-1] == mark) if mark else (row[-1] not in MARKS) for row in rows[1:]), path.name


def test_real_patients_without_scores_bear_no_mark_but_where_a_simulated_model_predicts(bundle):
    page = cohort_page(cohort(bundle, is_simulated=False, scores="none"), bundle, CohortReport(name="Centre"))
    assert page.mark == ""
    for item in page.items:
        if item.key not in BESIDE:
            check(item, SIMULATED_MODEL if item.key.startswith("clinical-") else item.mark)
            assert item.mark in ("", SIMULATED_MODEL)
    recipe = replace(Recipe.as_published(bundle.tiers), cohort=CohortChoice.UPLOADED)
    curves = recipe_page(cohort(bundle, is_simulated=False, scores="none"), bundle, recipe)
    assert [item.key for item in curves.items] == ["curves-rfs-all-patients"]
    assert not marks_of(next(curves.items).figures[0])
