"""Every command that the documentation shows can be given: options, targets, files; the marked blocks run."""

import re
import shlex
from functools import cache
from itertools import takewhile
from pathlib import Path

import foreign_tables
import public_tables
import pytest
import typer
from typer.testing import CliRunner

from deeptepp.cli import app

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", flags=re.S | re.M)
MARKED = re.compile(r"<!-- run(: long)? -->\n```sh\n(.*?)```", flags=re.S)
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
OURS = {path.name for path in ROOT.iterdir()} - {"runs", "data", "build", "dist"}
"""First parts of paths that are files of the repository."""


def commands_of(block: str) -> list[list[str]]:
    """Words of each command of a block, without what is set before it."""
    joined = block.replace("\\\n", " ")
    lines = [shlex.shlex(line, posix=True, punctuation_chars="|&;>") for line in joined.splitlines()]
    commands = []
    for line in lines:
        line.whitespace_split = True
        words = list(takewhile(lambda word: word not in {"|", "&&", ";", ">"}, line))
        commands.append(words[len(list(takewhile(lambda word: re.match(r"[A-Z_]+=", word), words))) :])
    return [words for words in commands if words]


SHOWN = {
    path: [
        words
        for language, block in BLOCK.findall(path.read_text(encoding="utf-8"))
        if language in {"", "sh", "bash", "console"}
        and re.search(r"^(\S+=\S* )*(deeptepp|make|python|streamlit|scripts/\S+) ", block, flags=re.M)
        for words in commands_of(block)
    ]
    for path in PAGES
}
INLINE = sorted(
    {
        " ".join(span.split())
        for path in PAGES
        for span in re.findall(r"`(deeptepp [a-z][^`]*)`", path.read_text(encoding="utf-8"))
    }
)
RUN = [
    pytest.param(block, id=path.stem, marks=[pytest.mark.long] if is_long else [])
    for path in PAGES
    for is_long, block in MARKED.findall(path.read_text(encoding="utf-8"))
]


WHOLE_PAGES = {
    "api": "tests/api/test_api_docs.py",
    "make_it_yours": "tests/ui/own_model/test_own_model.py",
    "many_centres": "tests/test_cli_centres.py",
}
"""Pages whose commands another test runs as they stand."""

ELSEWHERE = {
    "deeptepp app": "tests/scripts/test_wheel.py",
    "deeptepp backup": "tests/test_cli_keeping.py",
    "deeptepp detect": "tests/test_cli.py",
    "deeptepp drift": "tests/test_cli_centres.py",
    "deeptepp evaluate artifacts/deeptepp-sim": "tests/train/runs/test_evaluate.py",
    "deeptepp prepare patients.csv": "tests/datasets/test_prepare.py",
    "deeptepp prepare-breastdcedl": "tests/datasets/public/test_breastdcedl.py",
    "deeptepp pull": "tests/test_cli.py",
    "deeptepp replay": "tests/test_cli_receipts.py",
    "deeptepp report cohort cohort.csv": "tests/test_cli_report.py",
    "deeptepp report recipe": "tests/test_cli_report.py",
    "deeptepp retention": "tests/test_cli_keeping.py",
    "deeptepp score phases.nii.gz": "tests/test_cli_nifti.py",
    "deeptepp score study.zip": "tests/test_cli.py",
    "deeptepp score-cohort": "tests/batch/test_score_cohort.py",
    "deeptepp send": "tests/test_cli.py",
    "deeptepp series": "tests/test_cli.py",
    "deeptepp verify receipts": "tests/test_cli_receipts.py",
    "make site": "tests/test_site.py",
    "make up": "tests/scripts/test_up.py",
    "make wheel": "tests/scripts/test_wheel.py",
    "python tests/golden/check_oracle.py": "tests/golden/test_oracle.py",
    "scripts/try_wheel.sh": "tests/scripts/test_wheel.py",
}
"""Commands that another test runs on files of its own, by how they begin."""

NOT_RUN = {
    "deeptepp evaluate docs/examples/experiments.toml": "many networks: hours of two cores",
    "deeptepp simulate cohort": "hundreds of examinations; tests/simulate/test_simulated_dataset.py makes a few",
    "deeptepp train docs/examples/train.toml": "an hour; tests/train/runs/test_run.py trains small ones",
    "make app": "installs packages; then it is `deeptepp app`",
    "make down": "ends what `make up` started; tests/scripts/test_up.py asks what it would do",
    "make test": "runs the tests themselves",
    "python -m pytest": "a test of its own",
    "python benchmarks/breastdcedl.py": "half an hour, on data that are not shipped",
    "python scripts/outputs.py": "minutes; tests/scripts/test_outputs.py compares what it writes",
    "streamlit run app.py": "what `deeptepp app` runs",
}
"""Commands that no test runs, by how they begin, and why."""


def _named(command: str, names: dict[str, str]) -> str:
    """The longest beginning of a command that is among the names, empty where none is."""
    return max((name for name in names if f"{command} ".startswith(f"{name} ")), key=len, default="")


def _to_run() -> dict[str, list[list[str]]]:
    """Commands by page that are neither run elsewhere, nor in a marked block that takes long, nor too long."""
    marked = [
        words
        for page in PAGES
        for is_long, block in MARKED.findall(page.read_text("utf-8"))
        for words in commands_of(block)
        if is_long
    ]
    left = {
        page.stem: [
            words for words in commands if words not in marked and not _named(" ".join(words), ELSEWHERE | NOT_RUN)
        ]
        for page, commands in SHOWN.items()
        if page.stem not in WHOLE_PAGES
    }
    return {page: commands for page, commands in left.items() if commands}


@pytest.fixture
def folder(tmp_path):
    """A folder in which the files of the repository lie, and in which others may be made."""
    for name in OURS:
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


@cache
def _group():
    return typer.main.get_command(app)


def _command(words):
    """Find the command that words name, and what is left for it."""
    command, rest = _group(), words
    while hasattr(command, "commands"):
        assert rest[0] in command.commands, f"no command {rest[0]}"
        command, rest = command.commands[rest[0]], rest[1:]
    return command, rest


def _check_deeptepp(words):
    """Parse words as the command line does; a file that only a user has is made when it is missed."""
    command, rest = _command(words)
    while True:
        try:
            command.make_context("deeptepp", list(rest))
        except typer.BadParameter as error:
            missed = re.search(r"(dir|file|path) '(.*)' does not exist", str(error))
            if not missed or missed[2].split("/")[0] in OURS:
                raise
            Path(missed[2]).parent.mkdir(parents=True, exist_ok=True)
            Path(missed[2]).mkdir() if missed[1] == "dir" else Path(missed[2]).touch()
        else:
            return


def _check_make(words):
    """Find targets and variables in the Makefile."""
    for word in words:
        name, is_set, _ = word.partition("=")
        assert re.search(rf"\$\({name}\)|^{name} \?=" if is_set else rf"^{name}:", MAKEFILE, flags=re.M), word


def _check(words):
    if words[0] == "deeptepp":
        _check_deeptepp(words[1:])
    if words[0] == "make":
        _check_make(words[1:])
    named = [word for before, word in zip(["", *words], words, strict=False) if before not in {"--out", "-o"}]
    ours = [path for path in named if "/" in path and path.split("/")[0] in OURS]
    assert [path for path in ours if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(
    "page", [path for path, commands in SHOWN.items() if commands], ids=lambda path: path.stem
)
def test_a_command_that_is_shown_can_be_given(page, folder, monkeypatch):
    monkeypatch.chdir(folder)
    wrong = {}
    for words in SHOWN[page]:
        try:
            _check(words)
        except (AssertionError, typer.BadParameter, typer._click.exceptions.UsageError) as error:
            wrong[" ".join(words)] = str(error)
    assert wrong == {}


def test_a_command_that_is_named_in_a_sentence_exists_with_its_options():
    for span in INLINE:
        command, rest = _command(shlex.split(span)[1:])
        known = {name for each in command.params for name in each.opts}
        assert [word for word in re.findall(r"--[\w-]+", " ".join(rest)) if word not in known] == [], span


@pytest.mark.parametrize("block", RUN)
def test_a_block_that_is_marked_to_run_runs(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "artifacts").symlink_to(ROOT / "artifacts")
    commands = commands_of(block)
    assert commands
    for words in commands:
        assert words[0] == "deeptepp"
        done = CliRunner().invoke(app, words[1:])
        assert done.exit_code == 0, (words, done.output)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[pytest.mark.long] if any(words[1] == "report" for words in commands) else [])
        for page, commands in _to_run().items()
    ],
)
def test_a_command_that_no_other_test_runs_runs_as_it_is_shown(page, tmp_path, monkeypatch):
    """Where it cannot, it belongs into ``ELSEWHERE`` with its test, or into ``NOT_RUN`` with the reason."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "artifacts").symlink_to(ROOT / "artifacts")
    foreign_tables.as_workbook(foreign_tables.german_rows(foreign_tables.simulated(40)), tmp_path / "export.xlsx")
    (tmp_path / "FOLDER").mkdir()
    for name in ("duke", "metabric"):
        public_tables.write_public(name, tmp_path / "FOLDER", {}, {})
    for words in _to_run()[page]:
        done = CliRunner().invoke(app, words[1:])
        assert (words[0], done.exit_code) == ("deeptepp", 0), (words, done.output)


@pytest.mark.parametrize(("begins", "test"), ELSEWHERE.items())
def test_the_test_of_a_command_gives_it_with_the_options_that_are_shown(begins, test):
    text = (ROOT / test).read_text(encoding="utf-8")
    shown = [
        " ".join(words) for page, commands in SHOWN.items() if page.stem not in WHOLE_PAGES for words in commands
    ]
    its = [each for each in shown if _named(each, ELSEWHERE) == begins]
    named = {begins.split()[-1 if begins.startswith("python") else min(1, begins.count(" "))]}
    options = {word for each in its for word in re.findall(r"(?<= )--[a-z-]+", each)}
    assert {word for word in options | {Path(word).stem for word in named} if word not in text} == set()


def test_every_list_of_commands_names_only_what_is_shown():
    shown = [" ".join(words) for commands in SHOWN.values() for words in commands]
    lists = ELSEWHERE | NOT_RUN
    assert {name for name in lists if not any(_named(each, lists) == name for each in shown)} == set()
    told = " ".join(NOT_RUN.values())
    assert [path for path in re.findall(r"tests/\S+\.py", told) if not (ROOT / path).is_file()] == []
    assert [test for test in WHOLE_PAGES.values() if not (ROOT / test).is_file()] == []


@pytest.mark.parametrize(
    "shown", ["deeptepp scores x", "deeptepp score s.zip --of x", "deeptepp train docs/none.toml", "make nothing"]
)
def test_a_command_that_does_not_exist_is_found(shown, folder, monkeypatch):
    monkeypatch.chdir(folder)
    with pytest.raises((AssertionError, typer._click.exceptions.UsageError)):
        _check(shown.split())


def test_the_documentation_shows_many_commands_and_runs_some():
    assert sum(map(len, SHOWN.values())) > 50
    assert len(RUN) >= 3
