"""Nothing that the product says tells anybody what to do, or turns an unsure answer into a sure one."""

import ast
import re
from pathlib import Path

import pytest

from deeptepp.wording.catalogue import LOCALE, Language, catalogue

ROOT = Path(__file__).parents[1]
TREATMENT = r"(trastuzumab|pertuzumab|anti-HER2|chemotherapy|treatment|therapy)"
FORBIDDEN = {
    "no benefit": r"\bno (significant )?benefit|\bwithout benefit|does not benefit|无获益|无益|没有获益",
    "directive": rf"should (not )?(receive|get|be (given|treated|offered|spared))"
    rf"|(can|may|could) be (omitted|spared)|(omit|withhold|give|offer|recommend|prefer) (her )?{TREATMENT}"
    rf"|we recommend|is (not )?indicated|(candidate|eligible) for {TREATMENT}|(de-?)?escalat(e|ion)"
    rf"|应(接受|给予|省略)|建议(使用|给予|省略)",
}
"""Patterns, by what is wrong with them."""

DISCLAIMED = ("withholding treatment", "giving or withholding")
"""The sentence that says what the product is not for names these on purpose."""


def texts_in_code(path):
    """Every text of a module but its docstrings, joined as Python joins it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
            yield node.value
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "#" for part in node.values)


def said():
    """Everything the product says, with the file that says it."""
    for folder in ("deeptepp", "pages"):
        for path in (ROOT / folder).rglob("*.py"):
            for text in texts_in_code(path):
                yield path, text
    for english, other in catalogue(Language.CHINESE).items():
        yield LOCALE, english
        yield LOCALE, other
    for path in (*(ROOT / "deeptepp").rglob("*.js"), ROOT / "README.md", *(ROOT / "artifacts").rglob("*.md")):
        yield path, path.read_text(encoding="utf-8")


def wrong_in(text, pattern):
    """What a pattern finds outside of the sentence that says what the product is not for."""
    for words in DISCLAIMED:
        text = text.replace(words, "")
    return [match.group() for match in re.finditer(pattern, text, re.IGNORECASE)]


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_nothing_said_is(kind):
    found = [(path.name, each) for path, text in said() for each in wrong_in(text, FORBIDDEN[kind])]
    assert found == []


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("no benefit", "T+P showed no benefit in the Low tier."),
        ("directive", "Pertuzumab can be omitted in the Low tier."),
        ("directive", "She should receive trastuzumab."),
        ("directive", "Consider de-escalation."),
    ],
)
def test_the_patterns_find_what_they_are_for(kind, sentence):
    assert wrong_in(sentence, FORBIDDEN[kind])
