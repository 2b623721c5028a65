"""Each step of the method and each of its terms is found where the documents say."""

import ast
import io
import re
import tokenize
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_PLACE = r"`(deeptepp/[\w/.]+)`(?:: `([\w.]+)`)?"


def _tables(name: str, heading: str = "") -> list[list[str]]:
    """Rows of the tables of a document from a heading to the next."""
    text = (ROOT / "docs" / name).read_text("utf-8")
    part = text.partition(f"## {heading}\n")[2].partition("\n## ")[0] if heading else text
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in part.splitlines() if line.startswith("| ")
    ]
    return [row for row in rows if "`" in row[-1] + row[-2]]


STEPS = _tables("method_index.md", "The method, step by step")
TERMS = [row for row in _tables("method_index.md") if row not in STEPS]


@cache
def _tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text("utf-8"))


def _names_in(path: str) -> set[str]:
    """Functions and classes of a file, methods with their class."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    top = [node for node in _tree(path).body if isinstance(node, kinds)]
    inside = {f"{node.name}.{each.name}" for node in top for each in node.body if isinstance(each, kinds)}
    return {node.name for node in top} | inside


@cache
def _said(path: str) -> str:
    """Docstrings, comments and names of a file, as one line of lower case."""
    nodes = list(ast.walk(_tree(path)))
    alone = [node.value for node in nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
    named = [node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    stream = io.StringIO((ROOT / path).read_text("utf-8"))
    comments = [each.string for each in tokenize.generate_tokens(stream.readline) if each.type == tokenize.COMMENT]
    texts = [str(each.value) for each in alone] + [name.replace("_", " ") for name in named] + comments
    return " ".join(" ".join(texts).split()).lower()


def _has(path: str, name: str) -> bool:
    return (ROOT / path).is_file() and (not name or name in _names_in(path))


@pytest.mark.parametrize("row", STEPS, ids=lambda row: row[0])
def test_a_step_of_the_method_is_a_function_of_the_file_that_the_map_names(row):
    places = re.findall(_PLACE, " ".join(row[1:]))
    assert 1 <= len(places) <= 2
    assert [place for place in places if not _has(*place)] == []


@pytest.mark.parametrize("row", TERMS, ids=lambda row: row[0])
def test_a_term_stands_in_the_file_that_computes_it(row):
    ((path, name),) = re.findall(_PLACE, row[2])
    assert _has(path, name)
    assert row[1].lower() in _said(path)


def test_the_map_and_the_index_hold_the_whole_method():
    assert len(STEPS) >= 20
    assert len(TERMS) >= 60
    assert [row[0] for row in TERMS if TERMS.count(row) > 1] == []
