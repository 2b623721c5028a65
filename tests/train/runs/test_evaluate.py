"""``deeptepp evaluate`` on files."""

import json
from dataclasses import replace

import pytest
import tiny_bundle
import tomli_w
from typer.testing import CliRunner

from deeptepp.cli import app
from deeptepp.errors import BadSetting
from deeptepp.model.bundle import load_bundle, save_bundle
from deeptepp.train.runs import suites
from deeptepp.train.runs.evaluate import evaluate_suites
from deeptepp.train.runs.suites import Experiment, Method
from deeptepp.views.planes import ViewSettings


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture
def quick_suites(monkeypatch):
    """Two suites of regressions, which take no time."""
    line = Experiment(name="CP-logistic", title="regression", method=Method.LOGISTIC)
    monkeypatch.setitem(suites.SUITES, "table2", (line,))
    monkeypatch.setitem(suites.SUITES, "permutation", (replace(line, changes={"permute_labels": True}),))
    for name in set(suites.SUITES) - {"table2", "permutation"}:
        monkeypatch.delitem(suites.SUITES, name)


@pytest.fixture
def settings(make_dataset, quick_settings, write_folder):
    settings = quick_settings()
    write_folder(make_dataset(100, scored_only_every=10), settings.dataset)
    path = settings.dataset.parent / "made-up.toml"
    path.write_text(tomli_w.dumps(settings.to_mapping()))
    return path, settings


@pytest.mark.usefixtures("quick_suites")
def test_the_command_runs_a_suite_and_writes_its_table_and_json(settings, tmp_path):
    path, base = settings
    result = run("evaluate", path, "--suite", "table2", "--out", tmp_path / "tables")
    assert result.exit_code == 0, result.output
    text = (tmp_path / "tables" / "table2.md").read_text()
    assert "`deeptepp evaluate made-up.toml --suite table2`" in text
    assert str(tmp_path) not in text
    content = json.loads((base.output / "experiments" / "table2.json").read_text())
    assert [each["name"] for each in content["experiments"]] == ["CP-logistic"]


@pytest.mark.usefixtures("quick_suites")
def test_all_writes_every_suite_and_only_those_that_know_the_named(settings, tmp_path):
    _, base = settings
    written = evaluate_suites(base, "all", out=tmp_path / "tables", command="x")
    assert [path.stem for path in written] == ["table2", "permutation"]
    assert len(evaluate_suites(base, "all", out=tmp_path / "tables", command="x", only=["CP-logistic"])) == 2
    with pytest.raises(BadSetting, match="nobody"):
        evaluate_suites(base, "all", out=tmp_path / "tables", command="x", only=["nobody"])


@pytest.mark.usefixtures("quick_suites")
def test_another_seed_is_run_in_a_folder_of_its_own_and_stands_beside_the_first(settings, tmp_path):
    path, base = settings
    result = run("evaluate", path, "--seed", 7, "--seed", base.seed, "--out", tmp_path / "tables")
    assert result.exit_code == 0, result.output
    text = (tmp_path / "tables" / "table2.md").read_text()
    assert f"AUC, seed {base.seed} (95 % CI) | AUC, seed 7 (95 % CI) | mean (range)" in text
    other = json.loads((base.output / "experiments" / "seed-7" / "table2.json").read_text())
    assert other["base"]["seed"] == 7


def test_an_unknown_suite_is_refused_by_its_rule(settings, tmp_path):
    result = run("evaluate", settings[0], "--suite", "table9", "--out", tmp_path)
    assert result.exit_code == 1
    assert "settings.bad-value" in result.output


def test_a_bundle_is_validated_on_the_patients_of_a_folder(settings, make_dataset, tmp_path):
    made = load_bundle(tiny_bundle.make_tiny_bundle(tmp_path / "made"))
    views = ViewSettings(names=("axial", "sagittal"), fov_mm=56.0, n_slices=4, tile_px=8)
    save_bundle(replace(made, roi=make_dataset(2).roi_settings, views=views), tmp_path / "bundle")
    folder = settings[1].dataset
    result = run("evaluate", tmp_path / "bundle", "--dataset", folder, "--json", "--out", tmp_path / "tables")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["groups"]["all"]["n"] == 100
    assert "| all | 100 | 34 |" in (tmp_path / "tables" / "external-tiny.md").read_text()


def test_a_bundle_without_other_patients_is_refused(tmp_path):
    result = run("evaluate", tiny_bundle.make_tiny_bundle(tmp_path / "bundle"))
    assert result.exit_code == 1
    assert "--dataset" in result.output
