from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import tiny_bundle

from deeptepp.domain.cohort import SCORE, SCORE_MODEL, Cohort
from deeptepp.errors import OtherScores
from deeptepp.model.bundle import load_bundle
from deeptepp.report.centres.drift_report import drift_page, drift_shifts, quantity_name
from deeptepp.simulate.simulated_cohort import simulate_cohort
from deeptepp.stats.patients.distribution_shift import ShiftVerdict


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return load_bundle(tiny_bundle.make_tiny_bundle(tmp_path_factory.mktemp("bundle")))


@cache
def scored(seed: int) -> Cohort:
    cohort = simulate_cohort(seed=seed)
    score = 1 / (1 + np.exp(2 - np.asarray(cohort["latent_risk"], dtype=float)))
    return cohort.with_columns(score=score)


def verdicts(reference: Cohort, incoming: Cohort) -> dict[str, ShiftVerdict]:
    return {each.name: each.verdict for each in drift_shifts(reference, incoming)}


def test_two_cohorts_of_one_population_show_no_shift():
    assert ShiftVerdict.SHIFT not in verdicts(scored(1), scored(2)).values()


def test_a_number_a_category_a_flag_and_the_score_are_seen_to_shift():
    incoming, rng = scored(2), np.random.default_rng(0)
    changed = rng.random(len(incoming)) < 0.4
    incoming = incoming.with_columns(
        age_years=incoming["age_years"] + 10,
        node_stage=np.where(changed, "N3", incoming["node_stage"]).astype(object),
        er_positive=np.where(changed, np.nan, incoming["er_positive"].astype(float)),
        score=np.sqrt(incoming[SCORE]),
    )
    found = verdicts(scored(1), incoming)
    shifted = {name for name, verdict in found.items() if verdict is ShiftVerdict.SHIFT}
    asked = {quantity_name(name) for name in ("age_years", "node_stage", "er_positive", SCORE, "large")}
    assert asked <= shifted


def test_a_column_that_one_table_lacks_is_named_with_its_reason():
    incoming = Cohort({k: v for k, v in scored(2).columns.items() if k != "ki67_pct"}, is_simulated=True)
    found = {each.name: each for each in drift_shifts(scored(1), incoming)}
    ki67 = found[quantity_name("ki67_pct")]
    assert ki67.verdict is ShiftVerdict.NOT_COMPARED
    assert "came in" in ki67.reason


def test_unknown_numbers_are_a_quantity_of_their_own():
    size = scored(2)["tumour_size_mm"].copy()
    size[:200] = np.nan
    found = verdicts(scored(1), scored(2).with_columns(tumour_size_mm=size))
    name = quantity_name("tumour_size_mm")
    assert found[f"{name}: known or unknown"] is ShiftVerdict.SHIFT
    assert found[name] is ShiftVerdict.NOT_SEEN


def test_few_patients_are_too_few_to_tell_and_the_page_says_so(bundle):
    few = bundle.reference.where(np.arange(60) < 8)
    page = drift_page(bundle, few)
    assert "too few to tell" in dict(page.facts)["Verdict"]
    assert page.mark


def test_scores_of_another_model_are_refused_and_unnamed_ones_are_said_to_be(bundle):
    named = bundle.reference.with_columns(**{SCORE_MODEL: np.full(60, bundle.sha256[:12], dtype=object)})
    assert dict(drift_page(bundle, named).facts)["Scores"].startswith("named")
    assert "does not say" in dict(drift_page(bundle, bundle.reference).facts)["Scores"]
    with pytest.raises(OtherScores):
        drift_page(replace(bundle, sha256="0" * 64), named)


def test_no_subject_stands_on_the_page(bundle):
    page = drift_page(bundle, bundle.reference)
    written = [cell for item in page.items for table in item.tables for row in table.rows for cell in row]
    assert not any("tiny-" in cell for cell in written)
