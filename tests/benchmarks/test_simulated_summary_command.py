"""The table of simulated cohorts from the command line."""

from simulated_summary.__main__ import main


def test_the_summary_is_written_and_names_no_machine(tmp_path):
    out = tmp_path / "results" / "cohort.md"
    assert main(["--draws", "2", "--out", str(out)]) == 0
    page = out.read_text(encoding="utf-8")
    assert "2 draws of the preset `paper`" in page
    assert "--out cohort.md" in page
    assert str(tmp_path) not in page


def test_an_unknown_preset_leaves_with_one_and_writes_nothing(tmp_path, capsys):
    out = tmp_path / "cohort.md"
    assert main(["--draws", "2", "--preset", "papers", "--out", str(out)]) == 1
    assert "refused" in capsys.readouterr().err
    assert not out.exists()
