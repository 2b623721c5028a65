"""Measure how the package is built, today and at an earlier revision: rooms, lines, names, tasks of a maintainer.

    python scripts/house.py [--against REV] [--out docs/results/house.md]

Lines are counted by the syntax tree. The tasks with the files that each touches stand in ``house.toml`` beside
this script; a test checks them.
"""

from __future__ import annotations

import argparse
import ast
import io
import subprocess
import sys
import tarfile
import tempfile
import tokenize
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PACKAGE = "deeptepp"
TASKS = Path(__file__).with_name("house.toml")
LARGE = 10
"""Folders with fewer rooms are left out of the table."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one file or of many, by what stands on them; blank lines count nowhere."""

    code: int = 0
    imports: int = 0
    docstrings: int = 0
    comments: int = 0

    def __add__(self, other: Lines) -> Lines:
        return Lines(
            self.code + other.code,
            self.imports + other.imports,
            self.docstrings + other.docstrings,
            self.comments + other.comments,
        )


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder: its rooms are the files and folders in it, an arrow is one room that imports another."""

    rooms: int
    floors: int | None
    arrows: int
    lines: Lines


@dataclass(frozen=True, slots=True)
class House:
    """A package as it stands at one revision."""

    folders: Mapping[str, Folder]
    files: int
    arrows: int
    circles: int
    lines: Lines
    file_names: Mapping[str, int]
    class_names: Mapping[str, int]
    examples: int
    documented: int


def main() -> None:
    """Measure, compare where asked, and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", metavar="REV", help="Earlier revision to stand beside today's files.")
    parser.add_argument("--out", type=Path, help="Markdown file to write; the screen if absent.")
    asked = parser.parse_args()
    houses = {"now": measure(ROOT)}
    if asked.against:
        with tempfile.TemporaryDirectory() as folder:
            houses = {asked.against: measure(_checked_out(asked.against, Path(folder)))} | houses
    text = page(houses, tomllib.loads(TASKS.read_text(encoding="utf-8")))
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


def _checked_out(revision: str, folder: Path) -> Path:
    """Unpack the package of a revision."""
    command = ["git", "archive", revision, PACKAGE]
    packed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def measure(root: Path) -> House:
    """Measure the package in a checkout."""
    texts = {path.relative_to(root): path.read_text("utf-8") for path in sorted((root / PACKAGE).rglob("*.py"))}
    trees = {path: ast.parse(text) for path, text in texts.items()}
    nodes = {path: list(ast.walk(tree)) for path, tree in trees.items()}
    only_typed = {path: _only_typed(each) for path, each in nodes.items()}
    lines = {path: lines_of(texts[path], each) for path, each in nodes.items()}
    modules = {_module(path): path for path in texts}
    run = {path: [node for node in each if id(node) not in only_typed[path]] for path, each in nodes.items()}
    arrows = {arrow for path, each in run.items() for arrow in _arrows(path, each, modules)}
    folders = {path.parent for path in texts}
    docstrings = [text for each in nodes.values() for text in _docstrings(each)]
    return House(
        folders={folder.as_posix(): _folder(folder, lines, arrows) for folder in sorted(folders)},
        files=len([path for path in texts if path.stem != "__init__"]),
        arrows=len(arrows),
        circles=_floors(texts, arrows) is None,
        lines=sum(lines.values(), Lines()),
        file_names=twice(path.stem for path in texts if path.stem != "__init__"),
        class_names=twice(name for tree in trees.values() for name in classes_of(tree)),
        examples=sum(">>> " in text for text in docstrings),
        documented=len(docstrings),
    )


def classes_of(tree: ast.Module) -> Iterator[str]:
    """Give the names of the classes at the top of a file."""
    return (node.name for node in tree.body if isinstance(node, ast.ClassDef))


def lines_of(text: str, nodes: list[ast.AST]) -> Lines:
    """Count the lines of one file; a string that stands alone documents what is before it."""
    imports = _covered(nodes, lambda node: isinstance(node, (ast.Import, ast.ImportFrom)))
    docstrings = _covered(nodes, _is_docstring)
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    comments = {
        token.start[0]
        for token in tokens
        if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#")
    }
    written = {n for n, line in enumerate(text.splitlines(), start=1) if line.strip()}
    code = written - imports - docstrings - comments
    return Lines(len(code), len(imports), len(docstrings), len(comments))


def _covered(nodes: list[ast.AST], is_meant: Any) -> set[int]:  # noqa: ANN401  a predicate of nodes
    """Give the lines that the nodes which are meant stand on."""
    meant = [node for node in nodes if is_meant(node)]
    return {n for node in meant for n in range(node.lineno, node.end_lineno + 1)}


def _is_docstring(node: ast.AST) -> bool:
    """Tell whether a statement is a string alone."""
    return (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    )


def _docstrings(nodes: list[ast.AST]) -> Iterator[str]:
    """Give the docstrings of a file, its classes and its functions."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    texts = (ast.get_docstring(node) for node in nodes if isinstance(node, kinds))
    return filter(None, texts)


def _module(path: Path) -> str:
    """Name the module of a file."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _only_typed(nodes: list[ast.AST]) -> set[int]:
    """Give the nodes under ``if TYPE_CHECKING:``, which never run; import-linter leaves them out as well."""
    asked = [node for node in nodes if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    return {id(node) for each in asked for statement in each.body for node in ast.walk(statement)}


def _arrows(path: Path, nodes: list[ast.AST], modules: Mapping[str, Path]) -> Iterator[tuple[Path, Path]]:
    """Give the files that a file imports, also inside of functions."""
    for node in nodes:
        names = []
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{each.name}" for each in node.names]
        for name in names:
            target = modules.get(name) or modules.get(name.rpartition(".")[0])
            if target not in (None, path):
                yield path, target


def _folder(folder: Path, lines: Mapping[Path, Lines], arrows: set[tuple[Path, Path]]) -> Folder:
    """Measure one folder."""
    inside = [path for path in lines if folder in path.parents]
    rooms = {_room(path, folder) for path in inside} - {"__init__"}
    between = {
        (_room(a, folder), _room(b, folder)) for a, b in arrows if folder in a.parents and folder in b.parents
    }
    between = {(a, b) for a, b in between if a != b and "__init__" not in (a, b)}
    return Folder(
        len(rooms), _floors(rooms, between), len(between), sum((lines[path] for path in inside), Lines())
    )


def _room(path: Path, folder: Path) -> str:
    """Name the room of a folder that a file stands in."""
    return path.relative_to(folder).parts[0].removesuffix(".py")


def _floors(rooms: Any, arrows: set[tuple[Any, Any]]) -> int | None:  # noqa: ANN401  names or paths
    """Count the floors, the longest way down the arrows; None where they run in a circle."""
    below = defaultdict(set)
    for a, b in arrows:
        below[a].add(b)
    try:
        order = TopologicalSorter({room: below[room] for room in rooms}).static_order()
        height: dict[Any, int] = {}
        for room in order:
            height[room] = 1 + max((height[each] for each in below[room]), default=0)
    except CycleError:
        return None
    return max(height.values(), default=0)


def twice(names: Iterator[str]) -> dict[str, int]:
    """Give the names that stand more than once."""
    return {name: n for name, n in sorted(Counter(names).items()) if n > 1}


def page(houses: Mapping[str, House], table: Mapping[str, Any]) -> str:
    """Write everything as Markdown."""
    command = "python scripts/house.py" + "".join(f" --against {name}" for name in houses if name != "now")
    parts = [f"# The house\n\nMade by `{command} --out docs/results/house.md`.\n\n## In all\n"]
    parts.append(_rows(["", *houses], [[name, *map(tell, houses.values())] for name, tell in _IN_ALL.items()]))
    parts.append("\n## Names that stand twice\n")
    names = {"files": "file_names", "classes": "class_names"}
    cells = [
        [kind, *(_named(getattr(house, field)) for house in houses.values())] for kind, field in names.items()
    ]
    parts.append(_rows(["", *houses], cells))
    parts.append(f"\n## Folders of {LARGE} rooms or more\n\nRooms / floors / arrows; code + docstring lines.\n")
    parts.append(_rows(["folder", *houses], _folder_rows(houses)))
    parts.append("\n## Files to touch for ten tasks\n\nTests and documents apart.\n")
    tasks = [_task(task) for task in table["task"]]
    parts.append(_rows(["task", "before", "now", "files now", "red where one is forgotten"], tasks))
    parts.append("\n## Fifteen steps found by a reader without a hint\n")
    steps = [
        [
            step["name"],
            *(f"`{file}`" for file in step["opened"]),
            "yes" if step["held"] else "no",
            step.get("mended", ""),
        ]
        for step in table["step"]
    ]
    parts.append(_rows(["step", "opened first", "opened second", "held the step", "mended"], steps))
    parts.append("\n## Tests\n")
    parts.append(_rows(["", *table["tests"]["columns"]], table["tests"]["rows"]))
    return "\n".join(parts) + "\n"


_IN_ALL = {
    "files": lambda house: f"{house.files:,}",
    "imports of one file by another": lambda house: f"{house.arrows:,}",
    "circles": lambda house: "some" if house.circles else "none",
    "code lines": lambda house: f"{house.lines.code:,}",
    "import lines": lambda house: f"{house.lines.imports:,}",
    "docstring lines": lambda house: f"{house.lines.docstrings:,}",
    "comment lines": lambda house: f"{house.lines.comments:,}",
    "comments per 100 lines of code": lambda house: f"{100 * house.lines.comments / house.lines.code:.2f}",
    "docstrings": lambda house: f"{house.documented:,}",
    "of these with examples": lambda house: f"{house.examples:,}",
}
"""Rows of the first table."""


def _folder_rows(houses: Mapping[str, House]) -> list[list[str]]:
    """Give a row for each folder that is large at one revision."""
    names = sorted(
        {name for house in houses.values() for name, each in house.folders.items() if each.rooms >= LARGE}
    )
    return [[f"`{name}`", *(_told(house.folders.get(name)) for house in houses.values())] for name in names]


def _told(folder: Folder | None) -> str:
    """Write one folder."""
    if folder is None:
        return ""
    floors = "circle" if folder.floors is None else folder.floors
    return f"{folder.rooms} / {floors} / {folder.arrows}; {folder.lines.code:,} + {folder.lines.docstrings:,}"


def _named(names: Mapping[str, int]) -> str:
    """Count names and list them."""
    return f"{len(names)}: {', '.join(names)}" if names else "0"


def _task(task: Mapping[str, Any]) -> list[str]:
    """Write one task of a maintainer."""
    files = ", ".join(f"`{name}`" for name in task["files"])
    tests = ", ".join(f"`{name}`" for name in task["tests"])
    return [task["name"], str(len(task["before"])), str(len(task["files"])), files, tests]


def _rows(header: list[str], rows: list[list[str]]) -> str:
    """Write a table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


if __name__ == "__main__":
    main()
