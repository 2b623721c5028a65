"""Models compared, recalibrated and watched on the command line: the page, exit status, what is written."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import tiny_bundle
from typer.testing import CliRunner

from deeptepp.cli import app
from deeptepp.domain.cohort import RFS_EVENT, SCORE, SCORE_MODEL, Cohort
from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.model.bundle import load_bundle
from deeptepp.simulate.simulated_cohort import simulate_cohort
from deeptepp.tables import to_frame, write_cohort

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
