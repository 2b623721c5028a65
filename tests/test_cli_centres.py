"""Models compared, recalibrated and watched on the command line: the page, exit status, what is written."""

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sphere_dataset
import tiny_bundle
from typer.testing import CliRunner

from deeptepp.cli import app
from deeptepp.domain.cohort import RFS_EVENT, SCORE, SCORE_MODEL, TIER, Cohort
from deeptepp.domain.risk import SIMULATED_COHORT, TierScheme
from deeptepp.model.bundle import load_bundle, save_bundle
from deeptepp.simulate.simulated_cohort import simulate_cohort
from deeptepp.tables import to_frame, write_cohort
from deeptepp.train.data.dataset import read_dataset
from deeptepp.views.planes import ViewSettings

PAGE = Path(__file__).parents[1] / "docs" / "many_centres.md"
BUNDLE = Path("artifacts/deeptepp-sim")


def run(*arguments):
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with all that the page names: a bundle, and tables of scores."""
    where = tmp_path_factory.mktemp("centres")
    (where / BUNDLE).parent.mkdir()
    bundle = load_bundle(tiny_bundle.make_tiny_bundle(where / BUNDLE))
    reference = bundle.reference
    write_cohort(reference.with_columns(**{SCORE: np.sqrt(reference[SCORE])}), where / "other.parquet")
    patients = simulate_cohort(seed=1)
    scores = 1 / (1 + np.exp(-np.asarray(patients["latent_risk"], dtype=float)))
    named = np.full(len(patients), bundle.sha256, dtype=object)
    write_cohort(patients.with_columns(**{SCORE: scores, SCORE_MODEL: named}), where / "followed.parquet")
    # What a run over many studies writes: no treatment, no follow-up, columns of a flattened document.
    facts = {"receipt.bundle_sha256": named, SCORE: scores, "profile.age_years": patients["age_years"]}
    frame = to_frame(patients)[["subject"]].assign(**facts, is_simulated=True).iloc[:100]
    frame.assign(findings=[["age"]] * 100, key="k").to_parquet(where / "incoming.parquet")
    return where


def test_every_command_of_the_page_runs_as_it_stands(folder, monkeypatch):
    monkeypatch.chdir(folder)
    block = re.search(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]
    commands = [shlex.split(line)[1:] for line in block.splitlines()]
    assert {each[0] for each in commands} == {"compare", "drift", "recalibrate", "verify"}
    for command in commands:
        done = run(*command)
        assert done.exit_code == 0, done.output
    assert (folder / "compared" / "index.html").exists()
    assert (folder / "drifted" / "csv" / "drift.csv").exists()
    assert load_bundle(folder / "ours").provenance["parent"] == "tiny"


def test_json_has_the_mark_and_every_table_and_no_subject(folder):
    done = run("drift", folder / BUNDLE, folder / "incoming.parquet", "--json")
    told = json.loads(done.stdout)
    assert told["mark"] == SIMULATED_COHORT
    assert told["facts"]["Incoming"].startswith("100")
    assert {"Quantity", "Verdict", "p (Holm)"} <= set(told["tables"]["drift"][0])
    compared = run("compare", folder / BUNDLE, folder / "other.parquet", "--json")
    assert set(json.loads(compared.stdout)["tables"]) >= {"agreement", "tiers"}
    assert "tiny-0" not in done.stdout + compared.stdout


def test_scores_that_are_not_said_to_be_of_the_bundle_recalibrate_nothing(folder, tmp_path):
    for table in ("other.parquet", "incoming.parquet"):
        done = run("recalibrate", folder / BUNDLE, folder / table, "--out", tmp_path / "new")
        assert done.exit_code == 1
        assert not (tmp_path / "new").exists()
    assert (
        "cohort.other-scores"
        in run("recalibrate", folder / BUNDLE, folder / "other.parquet", "--out", tmp_path / "new").output
    )


def test_too_few_events_are_refused_by_name_and_nothing_is_written(folder, tmp_path):
    bundle, patients = load_bundle(folder / BUNDLE), simulate_cohort(seed=1)
    few = patients.where(np.cumsum(np.asarray(patients[RFS_EVENT])) < 5)
    named = {SCORE: np.linspace(0.1, 0.9, len(few)), SCORE_MODEL: np.full(len(few), bundle.sha256, dtype=object)}
    write_cohort(few.with_columns(**named), tmp_path / "few.parquet")
    done = run("recalibrate", folder / BUNDLE, tmp_path / "few.parquet", "--out", tmp_path / "new")
    assert (done.exit_code, "cohort.too-few-events" in done.output) == (1, True)
    assert not (tmp_path / "new").exists()


def test_a_bundle_is_never_written_over_another(folder):
    done = run("recalibrate", folder / BUNDLE, folder / "followed.parquet", "--out", folder / BUNDLE)
    assert (done.exit_code, "files.folder-in-use" in done.output) == (1, True)
    assert load_bundle(folder / BUNDLE).name == "tiny"


def test_patients_of_two_centres_under_one_number_are_refused(folder, tmp_path):
    other = load_bundle(folder / BUNDLE).reference
    turned = Cohort({**other.columns, "rfs_months": other["rfs_months"][::-1]}, is_simulated=True)
    write_cohort(turned, tmp_path / "turned.parquet")
    done = run("compare", folder / BUNDLE, tmp_path / "turned.parquet")
    assert (done.exit_code, "cohort.other-patients" in done.output) == (1, True)


@pytest.fixture(scope="module")
def patients(tmp_path_factory):
    """Two bundles with other cut-offs, and a dataset of the sixty patients cut as theirs are."""
    where = tmp_path_factory.mktemp("patients")
    reference = tiny_bundle.tiny_cohort()
    facts = {name: column for name, column in reference.columns.items() if name not in (SCORE, TIER)}
    rois = sphere_dataset.rois_of(reference[RFS_EVENT], np.random.default_rng(0))
    dataset = sphere_dataset.dataset_of(Cohort(facts, is_simulated=True), rois)
    sphere_dataset.write_dataset(dataset, where / "dataset")
    write_cohort(reference, where / "scores.parquet")
    views = ViewSettings(names=("axial",), fov_mm=56.0, n_slices=4, tile_px=8)
    tiny = load_bundle(tiny_bundle.make_tiny_bundle(where / "whole"))
    for name, low in (("a", 0.45), ("b", 0.5)):
        tiers = TierScheme(low_below=low, high_from=0.55, method="made up for tests")
        made = replace(tiny, name=name, roi=dataset.roi_settings, views=views, tiers=tiers, sha256="")
        save_bundle(made, where / name)
    return where


def test_two_bundles_are_compared_on_the_patients_of_a_dataset(patients):
    command = ("compare", patients / "a", patients / "b", "--dataset", patients / "dataset")
    done = run(*command, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["mark"] == SIMULATED_COHORT
    assert told["facts"]["Patients of both"].startswith("60 scored in both; 0 in A alone")
    # The networks are the same, so that only the tiers differ.
    (moved,) = [row for row in told["tables"]["agreement"] if "ean difference" in str(row)]
    assert "0.000" in str(moved)
    assert "tiny-0" not in done.output
    table = patients / "scores.parquet"
    beside = run("compare", patients / "a", table, "--dataset", patients / "dataset", "--json")
    assert json.loads(beside.stdout)["facts"]["B"] == "a table of scores"


def test_a_dataset_is_scored_before_its_bundle_is_recalibrated_and_nobody_changes_tier(patients, tmp_path):
    done = run("recalibrate", patients / "a", patients / "dataset", "--out", tmp_path / "ours")
    assert done.exit_code == 0, done.output
    ours, parent = load_bundle(tmp_path / "ours"), load_bundle(patients / "a")
    assert ours.provenance["parent_sha256"] == parent.sha256
    assert ours.provenance["patients_on_site"] == 60
    again = run("compare", patients / "a", tmp_path / "ours", "--dataset", patients / "dataset")
    assert "60 (100.0 %) keep their tier" in again.stdout


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (("compare", "a", "whole", "--dataset", "dataset"), "settings.bad-value"),
        (("recalibrate", "whole", "dataset", "--out", "new"), "settings.bad-value"),
        (("recalibrate", "a", "dataset", "--out", "new", "--unit", "rfs_months=weeks"), "they go with a table"),
        (("compare", "scores.parquet", "scores.parquet", "--dataset", "dataset"), "both sides are tables"),
    ],
)
def test_a_dataset_that_cannot_be_scored_or_would_not_be_is_refused(patients, monkeypatch, words, rule):
    monkeypatch.chdir(patients)
    done = run(*words)
    assert done.exit_code != 0
    assert rule in " ".join(done.output.split())
    assert not Path("new").exists()


def test_patients_who_trained_a_bundle_neither_compare_nor_recalibrate_it(patients, tmp_path):
    own = read_dataset(patients / "dataset").sha256
    bundle = load_bundle(patients / "a")
    save_bundle(replace(bundle, provenance={"dataset_sha256": own}, sha256=""), tmp_path / "own")
    for words in (("compare", tmp_path / "own", patients / "b", "--dataset"), ("recalibrate", tmp_path / "own")):
        done = run(
            *words, patients / "dataset", *(("--out", tmp_path / "new") if words[0] == "recalibrate" else ())
        )
        assert (done.exit_code, "of other patients" in " ".join(done.output.split())) == (1, True)
