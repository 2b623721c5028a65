"""The model of clinical facts alone: it finds its truth, and says everywhere that it is not the score."""

from dataclasses import replace

import numpy as np
import pytest
from clinical_patients import bundle_of, patients

from deeptepp.domain.cohort import Cohort
from deeptepp.errors import NotEstimable
from deeptepp.report.cohort.clinical_reference import CAPTION, clinical_items, fit_clinical_reference

FACTS = ("tumour_size_mm", "node_stage", "er_positive", "pr_positive")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return bundle_of(tmp_path_factory.mktemp("bundle"), patients(4000, seed=1)[0])


def test_the_risks_that_made_the_patients_are_found(bundle):
    strangers, risk = patients(300, seed=2)
    assert fit_clinical_reference(bundle).risks(strangers) == pytest.approx(risk, abs=0.06)


def test_an_unknown_fact_is_imputed_as_the_networks_and_nobody_without_facts_gets_a_risk(bundle):
    strangers, _ = patients(3, seed=3)
    gaps = strangers.with_columns(
        tumour_size_mm=np.array([15.0, np.nan, np.nan]),
        node_stage=np.array(["N0", "N0", None], dtype=object),
        er_positive=np.array([1.0, 1.0, np.nan]),
        pr_positive=np.array([1.0, 1.0, np.nan]),
    )
    small, imputed, nothing = fit_clinical_reference(bundle).risks(gaps)
    # The mean size is T2, one step above T1, and a step multiplies the odds by e.
    assert imputed / (1 - imputed) == pytest.approx(np.e * small / (1 - small), rel=0.15)
    assert np.isnan(nothing)


def test_only_patients_whom_the_network_learnt_from_are_fitted(bundle, tmp_path):
    learnt, _ = patients(4000, seed=1)
    other = learnt.with_columns(rfs_event=~np.asarray(learnt["rfs_event"]), subject=np.arange(4000).astype(str))
    both = Cohort(
        {name: np.concatenate([learnt[name], other[name]]) for name in learnt.columns}, is_simulated=True
    )
    both = both.with_columns(set=np.repeat(np.array(["training", "holdout"], dtype=object), 4000))
    found, same = fit_clinical_reference(bundle_of(tmp_path, both)), fit_clinical_reference(bundle)
    strangers, _ = patients(50, seed=4)
    assert found.fit.n == 4000
    assert found.risks(strangers) == pytest.approx(same.risks(strangers), abs=1e-6)


def test_a_real_cohort_is_validated_and_everything_says_that_it_is_not_the_score(bundle):
    items = clinical_items(patients(400, seed=5, is_simulated=False)[0], bundle)
    made = {item.key: item for item in items}
    assert {"clinical-model", "clinical-missing", "clinical-discrimination", "clinical-calibration"} <= set(made)
    assert {"clinical-recalibration", "clinical-decision-curve", "adequacy"} <= set(made)
    for item in items[:-1]:
        assert item.is_made, item.reason
        assert item.title.endswith(CAPTION)
        for table in item.tables:
            assert "not the DeepTEPP score" in table.title
            assert "SIMULATED MODEL" in table.note
        for figure in item.figures:
            assert CAPTION.split(",")[0] in figure.layout.meta["alt"]
            assert figure.layout.meta["alt"].startswith("REAL PATIENTS, SIMULATED MODEL")
            assert "SIMULATED MODEL" in (item.tables[0].note if item.tables else item.notes[0])
    values = {row[0]: row[1] for row in made["clinical-calibration"].tables[0].rows}
    low, high = values["Observed / expected"].split("(")[1].rstrip(")").split("–")
    assert float(low) < 1 < float(high)


def test_a_real_model_of_real_patients_is_not_called_simulated(tmp_path):
    real = bundle_of(tmp_path, patients(2000, seed=6, is_simulated=False)[0], is_simulated=False)
    items = clinical_items(patients(300, seed=7, is_simulated=False)[0], real)
    said = " ".join(table.note for item in items for table in item.tables)
    assert "SIMULATED" not in said
    assert "not the DeepTEPP score" in said


def test_gaps_are_counted_with_their_events(bundle):
    cohort, _ = patients(200, seed=8)
    months, node = cohort["rfs_months"].copy(), cohort["node_stage"].copy()
    months[:5], node[10:40] = np.nan, None
    items = {
        each.key: each for each in clinical_items(cohort.with_columns(rfs_months=months, node_stage=node), bundle)
    }
    rows = {row[0]: row for row in items["clinical-missing"].tables[0].rows}
    assert rows["Recurrence-free survival"][1].startswith("5 (")
    assert rows["Lymph nodes"][1].startswith("30 (")
    assert rows["Lymph nodes"][3] == f"{int(cohort['rfs_event'][10:40].sum())} of 30"
    assert "mean of the reference cohort" in rows["Lymph nodes"][4]
    assert items["clinical-missing"].tables[0].note.count("195 (97.5") == 1


def test_what_cannot_be_fitted_is_a_reason(bundle, tmp_path):
    her2 = replace(bundle, training={"label": "her2_positive"})
    with pytest.raises(NotEstimable, match="HER2 status"):
        fit_clinical_reference(her2)
    cohort, _ = patients(40, seed=9)
    (item,) = clinical_items(cohort, her2)
    assert not item.is_made
    assert "HER2 status" in item.reason
    bare = Cohort({k: v for k, v in cohort.columns.items() if k not in FACTS}, is_simulated=False)
    (item,) = clinical_items(bare, bundle)
    assert "one of the clinical facts" in item.reason
    assert item.title.endswith(CAPTION)
