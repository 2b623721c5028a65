"""A folder that cannot be trained on is refused with the table that `deeptepp prepare` prints."""

from dataclasses import replace

import numpy as np
import pytest

from deeptepp.datasets.problems import problems_in
from deeptepp.errors import BadSetting, CohortRefused
from deeptepp.train.data.dataset import Dataset
from deeptepp.train.runs.readiness import training_problems
from deeptepp.train.runs.run import run_trial, train_bundle


def changed(dataset: Dataset, **columns) -> Dataset:
    cohort = dataset.cohort.with_columns(**columns)
    return Dataset(cohort, dataset.rois, dataset.roi_settings, dataset.sha256, dataset.description)


def rules(problems):
    return {problem.rule: problem for problem in problems if problem.is_refusal}


def test_a_sound_folder_is_not_refused(make_dataset, quick_settings):
    assert rules(training_problems(make_dataset(30, scored_only_every=7), quick_settings())) == {}


def test_training_refuses_with_every_reason_before_it_writes_anything(make_dataset, quick_settings, write_folder):
    dataset, settings = make_dataset(12), quick_settings(n_folds=5)
    months = np.array(dataset.cohort["rfs_months"])
    months[2] = -4.0
    arm = dataset.cohort["arm"].astype(object)
    arm[3] = "placebo"
    write_folder(changed(dataset, rfs_months=months, arm=arm), settings.dataset)
    with pytest.raises(CohortRefused) as caught:
        train_bundle(settings)
    found = rules(problems_in(caught.value))
    assert set(found) == {"cohort.negative-months", "cohort.unknown-arm", "cohort.too-few-events"}
    assert found["cohort.negative-months"].rows == (3,)
    assert found["cohort.unknown-arm"].rows == (4,)
    assert not (settings.output / settings.name).exists()
    assert not (settings.output / "state" / "run.json").exists()


def test_facts_are_asked_for_only_where_the_network_is_given_them(make_dataset, quick_settings):
    dataset = make_dataset(30)
    bare = changed(dataset, node_stage=np.full(30, None))
    assert "clinical.unknown-for-all" in rules(training_problems(bare, quick_settings()))
    assert rules(training_problems(bare, quick_settings(inputs="mri"))) == {}


def test_follow_up_is_not_asked_for_to_learn_her2(make_dataset, quick_settings):
    her2 = (np.arange(30) % 2).astype(float)
    dataset = changed(make_dataset(30), her2_positive=her2, rfs_months=np.full(30, np.nan))
    assert "cohort.absent-months" in rules(training_problems(dataset, quick_settings()))
    assert rules(training_problems(dataset, quick_settings(label="her2_positive"))) == {}


def test_the_paper_protocol_holds_nobody_out(make_dataset, quick_settings):
    dataset = make_dataset(18)
    half = {"n_folds": 5, "holdout_fraction": 0.5}
    assert "cohort.too-few-events" in rules(training_problems(dataset, quick_settings(**half)))
    assert rules(training_problems(dataset, quick_settings(**half, protocol="paper"))) == {}


def test_a_trial_of_one_class_is_refused(make_dataset, quick_settings, tmp_path):
    dataset = changed(make_dataset(12), rfs_event=np.zeros(12, dtype=bool))
    with pytest.raises(CohortRefused, match=r"cohort\.no-events"):
        run_trial(quick_settings(), folder=tmp_path / "state", dataset=dataset)


def test_gaps_of_a_public_collection_are_counted_and_those_of_a_centre_refused(make_dataset, quick_settings):
    dataset = changed(make_dataset(30), arm=np.full(30, "unknown", dtype=object))
    assert set(rules(training_problems(dataset, quick_settings()))) == {"cohort.unknown-arm"}
    public = replace(dataset, description={**dataset.description, "collection": {"name": "mama-mia"}})
    assert rules(training_problems(public, quick_settings())) == {}


def test_no_model_that_serves_is_made_of_her2_status(quick_settings):
    with pytest.raises(BadSetting, match="her2_positive"):
        train_bundle(quick_settings(label="her2_positive"))
