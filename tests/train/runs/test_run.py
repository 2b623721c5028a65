import json
import tomllib
from dataclasses import replace

import numpy as np
import pytest
import torch

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.errors import BadSetting, JobCancelled, MissingColumn
from deeptepp.model.bundle import load_bundle, verify_bundle
from deeptepp.model.predict import score_views
from deeptepp.train.data.dataset import Dataset, read_dataset
from deeptepp.train.data.patient_split import split_patients
from deeptepp.train.fit import crossval
from deeptepp.train.fit.journal import Journal
from deeptepp.train.fit.loop import choose_engine
from deeptepp.train.measure.breakdown import break_down
from deeptepp.train.measure.metrics import Scored
from deeptepp.train.runs.run import run_trial, train_bundle
from deeptepp.train.settings import TrainSettings
from deeptepp.views.mosaic import build_views


@pytest.fixture
def run_settings(make_dataset, quick_settings, write_folder):
    settings = quick_settings(epochs=6, learning_rate=0.02, name="made-up")
    write_folder(make_dataset(44, scored_only_every=11), settings.dataset)
    return settings


def profile_of(dataset: Dataset, patient: int) -> ClinicalProfile:
    names = ("tumour_size_mm", "node_stage", "er_positive", "pr_positive", "ki67_pct")
    return ClinicalProfile.from_mapping({name: dataset.cohort[name].tolist()[patient] for name in names})


def test_a_run_makes_a_bundle_that_scores_as_it_was_measured(run_settings):
    told = []
    folder = train_bundle(run_settings, progress=told.append)
    verify_bundle(folder)
    bundle, dataset = load_bundle(folder), read_dataset(run_settings.dataset)

    assert bundle.is_simulated
    assert "SIMULATED COHORT" in bundle.card
    assert "| device, precision | cpu, fp32 |" in bundle.card
    assert "Monotone fusion" in bundle.card
    assert min(bundle.effects.effects) > 0
    assert set(bundle.documents) == {"TRIPOD-AI.md", "CLAIM.md"}
    assert TrainSettings.from_mapping(bundle.training).epochs == run_settings.epochs
    assert any(sentence.startswith("fold 1: epoch 1 of 6, loss") for sentence in told)

    reference = bundle.reference
    assert len(reference) == 44
    assert np.isfinite(reference["score"]).all()
    assert set(reference["set"]) == {"training", "holdout", "cohort-3"}
    assert [bundle.tiers.tier_of(score) for score in reference["score"]] == reference["tier"].tolist()
    for part in ("holdout", "cohort-3"):
        patient = int(np.flatnonzero(reference["set"] == part)[0])
        stack = build_views(dataset.roi(patient), bundle.views)
        served = score_views(bundle, stack, profile_of(dataset, patient)).probability
        assert served == pytest.approx(reference["score"][patient], abs=1e-6)

    metrics = bundle.metrics
    assert metrics["cross_validation"]["auc"] > 0.9
    assert metrics["cross_validation"]["correlation_with_latent_risk"] > 0.6
    assert metrics["holdout"]["n"] + metrics["cross_validation"]["n"] + metrics["cohort_3"]["n"] == 44
    log = run_settings.output / "state" / "progress.jsonl"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert sum(line["event"] == "epoch" for line in lines) == 3 * 6
    assert all(line["seconds"] > 0 for line in lines if line["event"] == "epoch")


def test_a_run_that_was_stopped_goes_on_to_the_same_bundle(run_settings, tmp_path):
    run_settings = replace(run_settings, fusion="published")
    whole = load_bundle(train_bundle(replace(run_settings, output=tmp_path / "whole", epochs=3)))
    stopped = replace(run_settings, output=tmp_path / "stopped", epochs=3)

    def stop_in_fold_two(sentence: str) -> None:
        if sentence.startswith("fold 2: epoch 2"):
            raise JobCancelled

    with pytest.raises(JobCancelled):
        train_bundle(stopped, progress=stop_in_fold_two)
    told = []
    resumed = load_bundle(train_bundle(stopped, progress=told.append))
    assert not any(sentence.startswith(("fold 1: epoch", "fold 2: epoch 2")) for sentence in told)
    assert np.array_equal(resumed.reference["score"], whole.reference["score"])
    expected = whole.net.state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in resumed.net.state_dict().items())
    assert resumed.tiers == whole.tiers


def test_an_output_folder_of_another_run_is_refused(run_settings):
    def stop(_sentence: str) -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        train_bundle(run_settings, progress=stop)
    with pytest.raises(BadSetting, match="a run of other learning_rate"):
        train_bundle(replace(run_settings, learning_rate=0.5))


def test_no_fit_ever_reads_a_patient_outside_of_its_training_fold(make_dataset, quick_settings, tmp_path):
    dataset, settings = make_dataset(40, scored_only_every=7), quick_settings(epochs=1)
    labels = crossval.Labels(np.asarray(dataset.cohort["rfs_event"]), np.ones(40, dtype=bool))
    split = split_patients(labels, dataset.is_scored_only, settings)
    for fold in (0, 1, None):
        allowed = split.training(fold)
        read = set()

        class Watched(Dataset):
            def roi(self, patient: int):
                read.add(patient)  # noqa: B023  used within this turn of the loop
                return super().roi(patient)

        # The facts and images of all others are spoilt as well, so that touching them would show.
        sizes = np.where(allowed, dataset.cohort["tumour_size_mm"], np.nan)
        cohort = dataset.cohort.with_columns(tumour_size_mm=sizes)
        watched = Watched(cohort, dataset.rois, dataset.roi_settings, dataset.sha256, {})
        trial = crossval.Trial(
            dataset=watched,
            labels=labels,
            split=split,
            settings=settings,
            engine=choose_engine(settings),
            folder=tmp_path,
            journal=Journal(tmp_path),
        )
        fitted = crossval.fit_fold(trial, fold)
        assert read
        assert read <= set(np.flatnonzero(allowed).tolist())
        assert not any(fitted.schema.had_missing)


def test_facts_that_nobody_knows_together_are_refused_before_anything_is_trained(
    make_dataset, quick_settings, tmp_path
):
    dataset = make_dataset(40)
    is_even = np.arange(40) % 2 == 0
    columns = dict(dataset.cohort.columns)
    for name, is_known in (("tumour_size_mm", is_even), ("er_positive", ~is_even)):
        columns[name] = np.where(is_known, columns[name].astype(object), None)
    dataset = replace(dataset, cohort=replace(dataset.cohort, columns=columns))
    told = []
    with pytest.raises(MissingColumn, match="every clinical fact is known"):
        run_trial(quick_settings(), folder=tmp_path / "state", dataset=dataset, progress=told.append)
    assert not any("epoch" in sentence for sentence in told)


def test_without_a_refit_the_folds_score_the_others_together(run_settings, tmp_path):
    settings = replace(run_settings, epochs=1, fusion="published")
    run = run_trial(settings, folder=tmp_path / "state", with_refit=False)
    assert run.refit is None
    assert run.view_scores.shape == (44, 9)
    assert np.isfinite(run.view_scores).all()
    assert np.array_equal(run.scores, run.view_scores.mean(axis=1))
    stored = [json.loads((tmp_path / f"state/fold-{k}/scores.json").read_text()) for k in (1, 2)]
    by_fold = [dict(zip(each["patients"], each["probabilities"], strict=True)) for each in stored]
    for patient in range(44):
        found = [each[patient] for each in by_fold if patient in each]
        assert len(found) == (1 if run.split.in_folds[patient] else 2)
        assert run.view_scores[patient] == pytest.approx(np.mean(found, axis=0), abs=1e-15)

    refitted = run_trial(settings, folder=tmp_path / "state")
    in_folds = run.split.in_folds
    assert np.array_equal(refitted.view_scores[in_folds], run.view_scores[in_folds])
    assert not np.array_equal(refitted.view_scores[~in_folds], run.view_scores[~in_folds])


def test_images_alone_train_without_clinical_facts(run_settings):
    folder = train_bundle(replace(run_settings, inputs="mri", head="light", epochs=4, mv_mode="none"))
    bundle = load_bundle(folder)
    assert bundle.clinical.length == 0
    assert tomllib.loads((folder / "training.toml").read_text())["inputs"] == "mri"


def test_every_centre_left_out_has_its_row_with_an_interval(make_dataset, smallest_settings, tmp_path):
    dataset = make_dataset(48)
    centre = np.array(["north", "south"] * 24, dtype=object)
    dataset = replace(dataset, cohort=dataset.cohort.with_columns(source=centre))
    settings = smallest_settings(protocol="leave-one-centre-out", epochs=1, inputs="cp", n_folds=5)
    run = run_trial(settings, folder=tmp_path / "state", dataset=dataset, with_refit=False)
    assert run.split.n_folds == 2
    scored = Scored(dataset.cohort, run.labels, run.split, run.scores, None)
    rows = [row for row in break_down(scored)["subgroups"] if row["factor"] == "Centre"]
    assert [(row["group"], row["n"]) for row in rows] == [("north", 24), ("south", 24)]
    assert all(row["auc_low"] < row["auc"] < row["auc_high"] for row in rows)
