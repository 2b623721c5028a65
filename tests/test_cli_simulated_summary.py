"""The table of simulated cohorts from the command line."""

from typer.testing import CliRunner

from deeptepp.cli import app


def test_the_summary_is_written_and_names_no_machine(tmp_path):
    out = tmp_path / "results" / "cohort.md"
    result = CliRunner().invoke(app, ["simulate", "summary", "--draws", "2", "--out", str(out)])
    assert result.exit_code == 0, result.output
    page = out.read_text(encoding="utf-8")
    assert "2 draws of the preset `paper`" in page
    assert "--out cohort.md" in page
    assert str(tmp_path) not in page


def test_an_unknown_preset_leaves_with_one_and_writes_nothing(tmp_path):
    out = tmp_path / "cohort.md"
    result = CliRunner().invoke(
        app, ["simulate", "summary", "--draws", "2", "--preset", "papers", "--out", str(out)]
    )
    assert result.exit_code == 1
    assert "refused" in result.output
    assert not out.exists()
