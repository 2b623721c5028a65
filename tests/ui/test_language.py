"""Every sentence of the screens has its Chinese, with the same facts in it, and no Chinese is left over."""

import ast
import string
from pathlib import Path

import pytest

from deeptepp import errors
from deeptepp.domain import published, published_caveats
from deeptepp.ui import evidence_experiments, evidence_measured, evidence_published, evidence_refusals, words
from deeptepp.ui.language import Language, catalogue, t

ROOT = Path(__file__).parents[2]
CHINESE = catalogue(Language.CHINESE)
SCREENS = [*(ROOT / "deeptepp" / "ui").glob("*.py"), *(ROOT / "pages").glob("*.py")]


def calls(name):
    """Every call of a function on the screens."""
    for path in SCREENS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield node


def literals(node):
    """The texts that an argument can be, both sides of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return literals(node.body) | literals(node.orelse)
    return set()


def said_by_calls():
    return {text for call in calls("t") if call.args for text in literals(call.args[0])}


def counted_by_calls():
    nouns = {text for call in calls("plural") for text in literals(call.args[1])}
    return {f"{{n}} {form}" for noun in nouns for form in (noun, noun if noun.endswith("s") else f"{noun}s")}


def said_by_tables():
    """Texts that reach ``t`` by way of a name."""
    mappings = (
        words.STEPS,
        words.LABELS,
        words.FIELDS,
        words.HELP,
        words.MEASURED_ON,
        evidence_refusals.GROUPS,
        published_caveats.CAVEATS,
    )
    texts = {text for mapping in mappings for text in mapping.values()}
    texts |= {
        words.UNKNOWN,
        evidence_published.MULTI_VIEW,
        evidence_refusals.OTHERWISE,
        evidence_refusals.INELIGIBLE,
    }
    texts |= {message for message, _ in evidence_refusals.refusals().values()}
    texts |= {text for suite in evidence_experiments.SUITES for text in (suite.title, suite.asks)}
    texts |= {*published.TABLE_2_READING, evidence_measured._RANK, evidence_measured._PROBABILITY}
    return texts


def fields_of(text):
    return sorted(f"{name}!{spec}" for _, name, spec, _ in string.Formatter().parse(text) if name is not None)


def constants():
    """Every text that the package holds, joined as Python joins it."""
    found = set()
    for path in (ROOT / "deeptepp").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def test_every_sentence_has_a_translation():
    missing = (said_by_calls() | counted_by_calls() | said_by_tables()) - set(CHINESE)
    assert sorted(missing) == []


def test_a_translation_fills_in_the_same_facts():
    wrong = [text for text, said in CHINESE.items() if fields_of(text) != fields_of(said)]
    assert wrong == []


def test_no_translation_is_left_over():
    assert sorted(set(CHINESE) - constants() - counted_by_calls()) == []


def test_no_translation_is_empty():
    assert [text for text, said in CHINESE.items() if not said.strip()] == []


def test_english_outside_of_a_page():
    assert t("Unknown") == "Unknown"
    assert t("{n} of {m}", n=1, m=2) == "1 of 2"
    assert catalogue(Language.ENGLISH) == {}


@pytest.mark.parametrize("kind", [errors.NoDicomFound, errors.ArchiveTooLarge])
def test_an_error_can_be_said_with_its_facts(kind):
    facts = {"value": 3, "limit": 2}
    assert t(kind.template, **facts) == str(kind(**facts))
