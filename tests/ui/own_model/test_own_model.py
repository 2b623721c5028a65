"""The steps to a model of one's own: the command line takes them, and page and document say the same."""

import shlex

import own_model_doc
import pytest
from typer.main import get_command

from deeptepp.cli import app
from deeptepp.train.settings import read_settings
from deeptepp.ui.own_model.own_model_steps import STEPS

COMMANDS = [line for step in STEPS if not step.file for line in step.commands.splitlines()]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with what the steps before have left."""
    (tmp_path / "patients.csv").write_text("subject,study\n")
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
