"""Cohorts on the command line: exit status, what is printed, and what is written."""

import json

import foreign_tables
import public_tables
import pytest
import tiny_bundle
from typer.testing import CliRunner

from deeptepp.cli import app
from deeptepp.report.laboratory.recipe import Recipe
from deeptepp.tables import read_cohort


def run(*arguments):
    return CliRunner().invoke(app, ["cohort", *(str(a) for a in arguments)])


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "cohort.csv"
    assert run("template", "--out", path).exit_code == 0
    return path


def spoil(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_template_is_printed_or_written_and_never_over_a_file(table):
    printed = run("template")
    assert printed.stdout == table.read_text()
    assert "rfs_months" in printed.stdout
    assert run("template", "--out", table).exit_code == 2


def test_check_counts_patients_events_follow_up_and_gaps(table):
    result = run("check", table)
    assert result.exit_code == 0, result.output
    for line in (
        "3 patients",
        "RFS: known for 3, 1 event, median follow-up",
        "none, High: 1 of 1 with known RFS, 1 patient",
        "T+P, unknown: 0 of 1 with known RFS",
        "ki67_pct: 1 (33%)",
        "0 refusal(s)",
    ):
        assert line in result.stdout


def test_check_refuses_with_one_and_the_rule_and_its_rows_as_json_too(table):
    spoil(table, "EXAMPLE-2,none,18.5", "EXAMPLE-2,none,2019-05-04")
    row = next(i for i, line in enumerate(table.read_text().splitlines(), start=1) if line.startswith("EXAMPLE-2"))
    result = run("check", table, "--json")
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    assert answer["outcome"] == "refused"
    problems = {problem["rule"]: problem for problem in answer["problems"]}
    assert problems["manifest.date"]["rows"] == [row]
    assert answer["overview"]["n"] == 3
    plain = run("check", table)
    assert plain.exit_code == 1
    assert "refusal  [manifest.date]" in plain.stdout
    assert "EXAMPLE" not in plain.stdout


def test_gaps_are_refused_unless_they_are_allowed(table):
    spoil(table, "EXAMPLE-1,T,64.2,0,", "EXAMPLE-1,T,,,")
    assert run("check", table).exit_code == 1
    result = run("check", table, "--allow-gaps")
    assert result.exit_code == 0
    assert "RFS: known for 2" in result.stdout


def test_a_table_in_other_columns_is_mapped_checked_and_reported(tmp_path):
    rows = foreign_tables.german_rows(foreign_tables.simulated(120))
    table, mapping = tmp_path / "export.csv", tmp_path / "mapping.toml"
    table.write_bytes(foreign_tables.as_csv(rows).encode("cp1252"))
    plain = run("check", table)
    assert plain.exit_code == 1
    assert "other names than ours: Pat.-Nr., OP-Datum" in " ".join(plain.stdout.split())
    assert "deeptepp cohort map" in plain.stdout
    guessed = run("map", table, "--out", mapping)
    assert guessed.exit_code == 0, guessed.output
    assert "Herceptin = T" in guessed.stdout
    assert run("map", table, "--out", mapping).exit_code == 2
    checked = run("check", table, "--mapping", mapping, "--json")
    assert checked.exit_code == 0, checked.output
    assert json.loads(checked.stdout)["overview"]["n"] == 120
    assert not any(word in plain.output + guessed.output + checked.output for word in ("Mustermann", "K0001"))


@pytest.mark.parametrize("command", [("cohort", "check"), ("report", "cohort"), ("report", "recipe")])
def test_a_question_is_refused_with_its_option_wherever_a_cohort_is_read(command, tmp_path):
    lines = [f"P{i},T,{400 + i},{i % 3 == 0:d},{420 + i},0" for i in range(30)]
    table = tmp_path / "weeks.csv"
    table.write_text("\n".join(["subject,arm,rfs_months,rfs_event,os_months,os_event", *lines]))
    recipe = tmp_path / "recipe.json"
    recipe.write_text(Recipe.as_published(tiny_bundle.TIERS).to_json())
    place = {"recipe": (recipe, "--cohort", table)}.get(command[1], (table,))
    rest = () if command[0] == "cohort" else ("--out", tmp_path / "report")
    asked = CliRunner().invoke(app, [*command, *map(str, place), *map(str, rest)])
    assert asked.exit_code == 1, asked.output
    assert "--unit rfs_months=weeks" in asked.stdout
    assert not (tmp_path / "report").exists()
    wrong = CliRunner().invoke(app, [*command, *map(str, place), *map(str, rest), "--unit", "rfs_months=inches"])
    assert wrong.exit_code == 2


@pytest.mark.parametrize("name", public_tables.WRITERS)
def test_a_public_table_is_recognised_with_the_command_that_imports_it(name, tmp_path):
    path = public_tables.write_public(name, tmp_path, {}, {})
    result = run("check", path)
    assert result.exit_code == 1
    assert f"deeptepp cohort import {name}" in " ".join(result.stdout.split())


@pytest.mark.parametrize("content", ["", "Dear Jane Doe\n", "Doe Jane,MRN1\nRoe Mary,MRN2\n"])
def test_what_is_no_table_is_refused_without_a_name(tmp_path, content):
    (tmp_path / "cohort.csv").write_text(content)
    result = run("check", tmp_path / "cohort.csv")
    assert result.exit_code == 1
    assert not any(word in result.output for word in ("Doe", "MRN", "Traceback"))


def test_a_parquet_file_that_is_none_is_refused_by_its_rule(tmp_path):
    (tmp_path / "cohort.parquet").write_text("hello")
    result = run("check", tmp_path / "cohort.parquet", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["findings"][0]["rule"] == "cohort.unreadable"


@pytest.mark.parametrize("name", public_tables.WRITERS)
def test_import_writes_the_cohort_and_what_is_to_be_known_of_it(name, tmp_path):
    path = public_tables.write_public(name, tmp_path, {}, {})
    out = tmp_path / "new" / "kept.parquet"
    result = run("import", name, path, "--out", out)
    assert result.exit_code == 0, result.output
    for words in ("Licence: ", "Cite: ", "Images: ", "2 patients", "[public.definition]"):
        assert words in result.stdout
    cohort = read_cohort(out)
    assert len(cohort) == 2
    about = json.loads(out.with_suffix(".json").read_text())
    assert about["source"]["name"] == name
    assert about["n_patients"] == 2
    assert "public.arm" in {problem["rule"] for problem in about["problems"]}
    assert run("check", out, "--allow-gaps").exit_code == 0


def test_import_keeps_the_patients_who_are_asked_for(tmp_path):
    neoadjuvant = {"Received Neoadjuvant Therapy or Not": 1}
    path = public_tables.write_public("duke", tmp_path, {}, {"HER2": 0}, neoadjuvant)
    counts = []
    for option in ([], ["--her2-positive"], ["--paper-like"]):
        result = run("import", "duke", path, "--out", tmp_path / "kept.parquet", "--json", *option)
        assert result.exit_code == 0, result.output
        counts.append(json.loads(result.stdout)["overview"]["n"])
    assert counts == [3, 2, 1]


def test_wrong_usage_of_import_leaves_with_two_and_another_table_with_one(tmp_path):
    path = public_tables.write_public("metabric", tmp_path, {})
    out = tmp_path / "kept.parquet"
    assert run("import", "tcga", path, "--out", out).exit_code == 2
    assert run("import", "metabric", tmp_path / "nowhere.csv", "--out", out).exit_code == 2
    assert run("import", "metabric", path, "--out", tmp_path / "kept.csv").exit_code == 2
    assert run("import", "metabric", path, "--out", out, "--paper-like").exit_code == 2
    assert run("import", "metabric", path).exit_code == 2
    result = run("import", "duke", path, "--out", out, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["findings"][0]["rule"] == "cohort.unreadable"
    assert not out.exists()


def test_sources_name_licence_and_images_of_every_public_cohort():
    result = run("sources")
    assert result.exit_code == 0
    for words in ("duke", "ispy1", "mama-mia", "metabric", "10.7937/TCIA.e3sv-re93", "ODbL", "images from"):
        assert words in result.stdout
    listed = json.loads(run("sources", "--json").stdout)["sources"]
    assert [each["name"] for each in listed] == ["duke", "ispy1", "ispy2", "mama-mia", "metabric"]
