"""The steps to a model of one's own: the command line takes them, and page and document say the same."""

import csv
import re
import shlex
import tomllib

import archives_on_disk
import foreign_tables
import own_model_doc
import pytest
from openpyxl import Workbook
from typer.main import get_command
from typer.testing import CliRunner

from deeptepp.cli import app
from deeptepp.dicom.write import write_study
from deeptepp.model.bundle import load_bundle
from deeptepp.train.settings import read_settings
from deeptepp.ui.own_model.own_model_steps import STEPS

COMMANDS = [line for step in STEPS if not step.file for line in step.commands.splitlines()]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with what the steps before have left."""
    for name in ("patients.csv", "hospital.xlsx", "columns.toml"):
        (tmp_path / name).touch()
    (tmp_path / "MAMA-MIA").mkdir()
    (tmp_path / "own" / "dataset").mkdir(parents=True)
    (tmp_path / "own" / "run" / "own-model").mkdir(parents=True)
    for step in STEPS:
        if step.file:
            (tmp_path / step.file).write_text(step.commands)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def parsed(command, words, parent=None):
    """Parse a command as the command line does, without running it; gives the context of the last part."""
    context = command.make_context(words[0], words[1:], parent=parent)
    rest = [*context._protected_args, *context.args] if hasattr(command, "commands") else []
    return parsed(command.commands[rest[0]], rest, context) if rest else context


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("deeptepp ")])
def test_the_command_line_takes_the_commands_of_the_steps(folder, line):
    assert parsed(get_command(app), shlex.split(line)).params


def test_a_command_with_a_wrong_option_would_be_noticed(folder):
    with pytest.raises(Exception, match="No such option"):
        parsed(get_command(app), shlex.split("deeptepp train own.toml --fast"))


def test_the_steps_hand_on_what_they_made(folder):
    settings = read_settings(folder / "own.toml")
    assert settings.dataset == folder / "own" / "dataset"
    assert settings.output / settings.name == folder / "own" / "run" / "own-model"
    assert f"verify {(settings.output / settings.name).relative_to(folder)}" in "\n".join(COMMANDS)
    assert any(line.startswith("DEEPTEPP_ARTIFACTS=own/run/own-model ") for line in COMMANDS)


def test_the_document_says_what_the_page_says():
    assert own_model_doc.PAGE.read_text(encoding="utf-8") == own_model_doc.own_model_doc(), (
        "write it again: python tests/own_model_doc.py"
    )


def fenced(kind):
    """Blocks of the page, as a reader copies them."""
    return re.findall(rf"```{kind}\n(.*?)```", own_model_doc.PAGE.read_text(encoding="utf-8"), flags=re.S)


def first_try():
    """The settings of the page with every line that begins with # in place of the one above of its name."""
    lines = dict(
        line.split(" = ", 1) for line in fenced("toml")[0].splitlines() if " = " in line and line[0] != "#"
    )
    offered = re.findall(r"^# (\w+) = (.+)$", fenced("toml")[0], flags=re.M)
    return "\n".join(f"{key} = {value}" for key, value in (lines | dict(offered)).items())


def test_the_first_try_of_the_page_is_settings_and_keeps_where_things_are(folder):
    tried = tomllib.loads(first_try())
    (folder / "own.toml").write_text(first_try())
    assert read_settings(folder / "own.toml").epochs == 1
    assert {"dataset", "output", "name"} <= {
        key for key in tried if f'{key} = "{tried[key]}"' in fenced("toml")[0]
    }


def run(line):
    """Run a command of the page and give what it printed."""
    result = CliRunner().invoke(app, shlex.split(line)[1:])
    assert result.exit_code == 0, f"{line}\n{result.output}"
    return result.output


def own_patients(folder):
    """A cohort of own patients with their studies: as our table, and as a hospital would write it."""
    everyone = foreign_tables.simulated()
    event = everyone["rfs_event"] & (everyone["arm"] != "T+P")
    free = ~everyone["rfs_event"] & (everyone["arm"] != "T+P")
    # Five folds need seven of either after a fifth was held out.
    patients = everyone.where((event & (event.cumsum() <= 8)) | (free & (free.cumsum() <= 8)))
    german = foreign_tables.german_rows(patients)
    for i, row in enumerate(german):
        write_study(archives_on_disk.of_patient(i), folder / f"study-{i}", description="dyn", patient_key="SIM")
        row["study"] = f"study-{i}"
    book = Workbook()
    for cells in (list(german[0]), *(list(row.values()) for row in german)):
        book.active.append(cells)
    book.save(folder / "hospital.xlsx")
    return patients


def fill_in(path, patients):
    """Put patients in place of the examples of the template, without scores and tiers."""
    lines = path.read_text(encoding="utf-8").splitlines()
    (header,) = [line for line in lines if line.startswith("subject,")]
    names = [name for name in header.split(",") if name not in ("score", "tier") and name in patients]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*names, "study"])
        for i in range(len(patients)):
            writer.writerow([*(_cell(patients[name][i]) for name in names), f"study-{i}"])


def _cell(value):
    return int(value) if str(value) in ("True", "False") else value


@pytest.mark.long
def test_a_bundle_is_made_by_the_commands_of_the_page_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    archives_on_disk.write_mama_mia(tmp_path / "MAMA-MIA", n_patients=14)
    patients = own_patients(tmp_path)
    (tmp_path / "own.toml").write_text(first_try())
    commands = [line for block in fenced("sh") for line in block.splitlines() if line.startswith("deeptepp ")]
    assert len(commands) >= 9
    for line in commands:
        run(line)
        if "template" in line:
            fill_in(tmp_path / "patients.csv", patients)
    bundle = load_bundle(tmp_path / "own" / "run" / "own-model")
    assert len(bundle.reference) == 14
