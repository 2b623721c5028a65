"""Reports on the command line: exit status, and what is written."""

import json

import pytest
import tiny_bundle
from typer.testing import CliRunner

from deeptepp.cli import app
from deeptepp.tables import write_cohort


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return tiny_bundle.make_tiny_bundle(tmp_path_factory.mktemp("bundle"))


def run(*arguments):
    return CliRunner().invoke(app, ["report", "cohort", *(str(a) for a in arguments)])


def test_a_parquet_cohort_becomes_a_page_and_tables(tmp_path, bundle):
    write_cohort(tiny_bundle.tiny_cohort(), tmp_path / "cohort.parquet")
    result = run(tmp_path / "cohort.parquet", "--bundle", bundle, "--out", tmp_path / "report", "--name", "Tiny")
    assert result.exit_code == 0, result.output
    assert "index.html" in result.stdout
    assert "Tiny" in (tmp_path / "report" / "index.html").read_text()
    assert (tmp_path / "report" / "csv" / "table-1.csv").exists()


def test_a_table_of_ones_own_becomes_a_report_too(tmp_path, bundle):
    template = CliRunner().invoke(app, ["cohort", "template", "--out", str(tmp_path / "own.csv")])
    assert template.exit_code == 0
    result = run(tmp_path / "own.csv", "--bundle", bundle, "--out", tmp_path / "report")
    assert result.exit_code == 0, result.output


def test_a_broken_table_is_refused_with_its_rules_and_leaves_nothing(tmp_path, bundle):
    (tmp_path / "own.csv").write_text("subject,arm\na,T\n")
    result = run(tmp_path / "own.csv", "--bundle", bundle, "--out", tmp_path / "report")
    assert result.exit_code == 1
    assert "manifest.missing-column" in result.output
    assert not (tmp_path / "report").exists()


def test_a_cohort_that_is_no_parquet_is_refused(tmp_path, bundle):
    (tmp_path / "c.parquet").write_bytes(b"not parquet")
    result = run(tmp_path / "c.parquet", "--bundle", bundle, "--out", tmp_path / "report")
    assert result.exit_code == 1
    assert "cohort.unreadable" in result.output


def test_a_cohort_that_is_not_there_is_wrong_usage(tmp_path):
    assert run(tmp_path / "none.parquet", "--out", tmp_path / "report").exit_code == 2


def follow(*arguments):
    return CliRunner().invoke(app, ["report", "recipe", *(str(a) for a in arguments)])


def recipe_file(folder, **more):
    recipe = {"schema": "deeptepp-recipe-1", "low_below": 0.3, "high_from": 0.6} | more
    path = folder / "recipe.json"
    path.write_text(json.dumps(recipe))
    return path


def test_a_recipe_is_followed_in_the_patients_of_the_bundle(tmp_path, bundle):
    result = follow(recipe_file(tmp_path), "--bundle", bundle, "--out", tmp_path / "report")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "report" / "index.html").read_text()
    assert "Low below 0.3000, High from 0.6000" in page
    assert "SIMULATED COHORT" in page
    assert (tmp_path / "report" / "csv" / "tiers.csv").exists()
    again = follow(tmp_path / "report" / "recipe.json", "--bundle", bundle, "--out", tmp_path / "again")
    assert again.exit_code == 0, again.output
    tables = sorted(path.name for path in (tmp_path / "report" / "csv").iterdir())
    for name in tables:
        assert (tmp_path / "report" / "csv" / name).read_bytes() == (
            tmp_path / "again" / "csv" / name
        ).read_bytes()


def test_a_recipe_is_followed_in_a_cohort_of_ones_own(tmp_path, bundle):
    write_cohort(tiny_bundle.tiny_cohort(), tmp_path / "c.parquet")
    recipe = recipe_file(tmp_path, cohort="uploaded")
    assert follow(recipe, "--bundle", bundle, "--out", tmp_path / "report").exit_code == 2
    options = ("--cohort", tmp_path / "c.parquet", "--bundle", bundle, "--out", tmp_path / "report")
    assert follow(recipe, *options).exit_code == 0


def test_a_recipe_with_an_unknown_key_is_refused_and_writes_nothing(tmp_path, bundle):
    result = follow(recipe_file(tmp_path, colour="red"), "--bundle", bundle, "--out", tmp_path / "report")
    assert result.exit_code == 1
    assert "recipe.unknown-key" in result.output
    assert not (tmp_path / "report").exists()
