"""The house is measured by its syntax, and a maintainer's task touches few files, each held by a test."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import house
import pytest

ROOT = Path(house.ROOT)
_TABLE = tomllib.loads(house.TASKS.read_text(encoding="utf-8"))
TASKS, STEPS = _TABLE["task"], _TABLE["step"]
MOST = 3


def _tests_in(path: Path) -> set[str]:
    """Names of the tests of a file."""
    return {
        node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)
    }


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task["name"])
def test_the_files_and_the_tests_of_a_task_are_there(task):
    assert [name for name in task["files"] if not (ROOT / name).is_file()] == []
    named = [test.partition("::") for test in task["tests"]]
    assert named
    assert [name for file, _, name in named if name not in _tests_in(ROOT / file)] == []


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task["name"])
def test_a_task_touches_at_most_three_files(task):
    assert 1 <= len(task["files"]) <= MOST


def test_a_step_was_found_within_two_files_or_the_map_was_mended():
    assert len(STEPS) == 15
    for step in STEPS:
        assert [file for file in step["opened"] if not (ROOT / file).is_file()] == []
        assert len(step["opened"]) == 2
        assert step["held"] or step["mended"]


def test_every_line_is_counted_as_what_stands_on_it():
    text = '"""A file."""\n\nimport os\nfrom a import (\n    b,\n)\n\n# Why.\nX = 1  # beside\n"""What X is."""\n'
    assert house.lines_of(text, list(ast.walk(ast.parse(text)))) == house.Lines(
        code=1, imports=4, docstrings=2, comments=1
    )


def test_rooms_floors_and_arrows_are_those_of_the_imports(tmp_path):
    folder = tmp_path / "deeptepp"
    (folder / "low").mkdir(parents=True)
    for name, text in {
        "__init__": "",
        "low/__init__": "",
        "low/a": "",
        "top": "from deeptepp.low.a import b",
    }.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    found = house.measure(tmp_path)
    assert (found.files, found.arrows, found.circles) == (2, 1, 0)
    assert found.folders["deeptepp"] == house.Folder(2, 2, 1, house.Lines(imports=1))
    (folder / "low" / "a.py").write_text("def f():\n    import deeptepp.top\n", encoding="utf-8")
    assert house.measure(tmp_path).folders["deeptepp"].floors is None
    only_typed = "if TYPE_CHECKING:\n    import deeptepp.top\n"
    (folder / "low" / "a.py").write_text(only_typed, encoding="utf-8")
    assert house.measure(tmp_path).folders["deeptepp"].floors == 2


def test_no_name_of_a_file_stands_twice():
    assert house.twice(path.stem for path in (ROOT / "deeptepp").rglob("*.py") if path.stem != "__init__") == {}


def test_no_name_of_a_class_stands_twice():
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "deeptepp").rglob("*.py")]
    assert house.twice(name for tree in trees for name in house.classes_of(tree)) == {}


def _named_in(tree: ast.Module) -> set[str]:
    """Names that code uses, as a name, an attribute, an argument or a text."""
    nodes = list(ast.walk(tree))
    return (
        {node.id for node in nodes if isinstance(node, ast.Name)}
        | {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        | {str(node.arg) for node in nodes if isinstance(node, ast.keyword)}
        | {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    )


def test_no_function_or_class_of_the_package_is_left_unused():
    """What is written and not put in its list, such as a backbone or an estimator, is found here."""
    paths = [
        ROOT / "app.py",
        *(path for folder in ("deeptepp", "pages") for path in (ROOT / folder).rglob("*.py")),
    ]
    trees = {path: ast.parse(path.read_text("utf-8")) for path in paths}
    named = set().union(*map(_named_in, trees.values()))
    kinds = (ast.FunctionDef, ast.ClassDef)
    # Commands are found by their decorator, steps of a migration by Alembic.
    defined = {
        (path.relative_to(ROOT).as_posix(), node.name)
        for path, tree in trees.items()
        for node in tree.body
        if isinstance(node, kinds) and not node.name.startswith("__")
        if isinstance(node, ast.ClassDef) or not node.decorator_list
    }
    unused = {(path, name) for path, name in defined if name not in named and "/migrations/" not in path}
    assert sorted(unused) == []
