from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import tiny_bundle

from deeptepp.domain.cohort import RFS_EVENT, SCORE, TIER, Cohort
from deeptepp.errors import BadSetting, NotEstimable, TooFewEvents
from deeptepp.model.bundle import load_bundle, save_bundle
from deeptepp.simulate.simulated_cohort import simulate_cohort
from deeptepp.train.runs.on_site import MIN_FOR_SLOPE, fit_on_site, recalibrated_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return load_bundle(tiny_bundle.make_tiny_bundle(tmp_path_factory.mktemp("bundle")))


@cache
def followed(n_cohorts: int = 1, seed: int = 0) -> Cohort:
    """Patients of a centre, 726 a cohort, whose scores are too high and twice as far apart."""
    drawn = [simulate_cohort(seed=seed + i) for i in range(n_cohorts)]
    columns = {name: np.concatenate([each[name] for each in drawn]) for name in drawn[0].columns}
    columns["subject"] = np.arange(726 * n_cohorts).astype(str)
    columns["score"] = 1 / (1 + np.exp(-2 * np.asarray(columns["latent_risk"], dtype=float)))
    return Cohort(columns, is_simulated=True)


def test_after_the_fit_scores_are_right_on_the_whole_and_before_they_are_not():
    found = fit_on_site(followed(), 60)
    assert found.method == "intercept"
    assert found.line.slope == 1
    assert found.before.intercept.high < 0
    assert found.after.intercept.value == pytest.approx(0, abs=1e-6)
    assert found.after.intercept.low < 0 < found.after.intercept.high


def test_the_slope_is_fitted_where_events_allow_it():
    found = fit_on_site(followed(3), 60)
    assert found.n_events >= MIN_FOR_SLOPE
    assert found.method == "intercept and slope"
    assert found.after.slope.value == pytest.approx(1, abs=1e-6)
    assert found.line.slope == pytest.approx(found.before.slope.value)


def test_fewer_than_ten_events_and_no_follow_up_are_refused_by_name():
    cohort = followed()
    with pytest.raises(TooFewEvents, match="at least 10"):
        fit_on_site(cohort.where(np.cumsum(np.asarray(cohort[RFS_EVENT])) < 9), 60)
    with pytest.raises(TooFewEvents):
        fit_on_site(cohort.with_columns(rfs_months=np.full(726, np.nan)), 60)
    with pytest.raises((NotEstimable, TooFewEvents)):
        fit_on_site(cohort, 600)


def test_nobody_changes_tier_and_the_order_of_patients_stays(bundle):
    made = recalibrated_bundle(bundle, followed(), name="here")
    before, after = bundle.reference, made.reference
    assert np.array_equal(np.argsort(before[SCORE]), np.argsort(after[SCORE]))
    assert [made.tiers.tier_of(score).value for score in after[SCORE]] == before[TIER].tolist()
    assert np.abs(after[SCORE] - before[SCORE]).max() > 0.1


def test_the_new_bundle_names_its_parent_and_reads_back_as_it_was_written(bundle, tmp_path):
    saved = save_bundle(recalibrated_bundle(bundle, followed(), name="here"), tmp_path / "here")
    read = load_bundle(tmp_path / "here")
    assert read.provenance["parent_sha256"] == bundle.sha256
    assert (read.on_site, read.tiers, read.sha256) == (saved.on_site, saved.tiers, saved.sha256)
    step = read.metrics["on_site"][0]
    assert (step["parent"], step["patients_on_site"]) == ("tiny", 726)
    assert step["before"]["intercept"]["high"] < 0 < step["after"]["intercept"]["high"]
    assert "SIMULATED COHORT" in read.card
    assert bundle.sha256[:16] in read.card
    assert bundle.card in read.card
    assert "nobody changes tier" in read.card


def test_a_second_recalibration_keeps_the_first_in_its_lineage_and_its_scores(bundle):
    once = recalibrated_bundle(bundle, followed(), name="once")
    cohort = followed(seed=3)
    again = recalibrated_bundle(once, cohort.with_columns(score=once.on_site(cohort[SCORE])), name="twice")
    assert [step["parent"] for step in again.metrics["on_site"]] == ["tiny", "once"]
    found = again.metrics["on_site"][1]["line"]
    assert again.on_site.intercept == pytest.approx(once.on_site.intercept + found["intercept"])


def test_what_was_measured_of_the_calibration_of_the_parent_is_left_out(bundle):
    parent = replace(bundle, metrics={"holdout": {"auc": 0.8, "calibration": {"slope": 1}}, "subgroups": []})
    made = recalibrated_bundle(parent, followed(), name="here")
    assert made.metrics["holdout"] == {"auc": 0.8}


def test_a_bundle_of_her2_status_is_not_recalibrated_on_outcomes(bundle):
    with pytest.raises(BadSetting, match="her2_positive"):
        recalibrated_bundle(replace(bundle, training={"label": "her2_positive"}), followed(), name="here")
