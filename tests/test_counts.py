"""Every count is written with its word: one patient, two patients, and never 1.13e+03 events."""

import ast
import re
from pathlib import Path

import pytest

from deeptepp.report.format import count, fixed

ROOT = Path(__file__).parents[1]
FOLDERS = ("report", "ui", "cli")
COUNTED = (
    r"(patients|events|recurrences|deaths|cases|scores|figures|tables|files|images|slices|views|resamples|facts)"
)
OF_MANY = re.compile(rf"^[\s\u00a0]{COUNTED}\b")


def files():
    return sorted(path for folder in FOLDERS for path in (ROOT / "deeptepp" / folder).rglob("*.py"))


def bare_plurals(source):
    """Where an f-string puts a number before a plural word, so that one would be written ``1 patients``."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.JoinedStr):
            continue
        for before, after in zip(node.values, node.values[1:], strict=False):
            follows = isinstance(after, ast.Constant) and OF_MANY.match(str(after.value))
            if isinstance(before, ast.FormattedValue) and follows and not is_fixed(before):
                yield node.lineno, ast.unparse(node)


def is_fixed(field):
    """A constant in capitals is a number that never is one, and counts are two numbers."""
    return isinstance(field.value, ast.Name) and (field.value.id.isupper() or field.value.id == "counts")


def exponents(source):
    """Where an f-string may write a number with an exponent, next to a word that is counted."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            spec = "".join(str(part.value) for part in node.format_spec.values if isinstance(part, ast.Constant))
            if re.fullmatch(r"[+,]?\.?\d*[geGE]", spec) and re.search(
                r"\bn_|count|events|wanted|size", ast.unparse(node.value)
            ):
                yield node.lineno, ast.unparse(node)


def test_the_finder_finds():
    assert list(bare_plurals('f"{n} patients, {m} events"'))
    assert not list(bare_plurals("f\"{count(n, 'patient')} of {n}\""))
    assert list(exponents('f"{each.n_events:.3g}"'))


@pytest.mark.parametrize("path", files(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_number_stands_before_a_bare_plural_or_gets_an_exponent(path):
    source = path.read_text(encoding="utf-8")
    assert [*bare_plurals(source), *exponents(source)] == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(1130.0, "1130"), (12.345, "12.3"), (0.00001234, "0.0000123"), (3.0, "3"), (1e6, "1000000")],
)
def test_a_number_is_written_without_an_exponent(value, text):
    assert fixed(value, 3) == text


def test_one_is_one():
    assert count(1, "patient") == "1\u00a0patient"
