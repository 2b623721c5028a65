"""Bring the catalogues of translations up to date with the code: ``make catalogue``.

A message is the first argument of the functions in ``SAYING``, the message of an error, or stands in a constant
that is annotated with ``Words``. What is new is added without a translation. Nothing is taken out, since
tables may make a message of parts; ``tests/wording`` names what is left over.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
SOURCES = ("deeptepp", "pages")

SAYING = ("t", "sentence", "joined", "glued", "fill_in", "filled_markup")
"""Functions whose first argument is a message."""

_COUNTING = ("plural", "count", "counted")
"""Functions that count a noun, their second argument."""

_HEADER = """\
msgid ""
msgstr ""
"Language: zh_Hans\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
_TAG = re.compile(r"<[^>]*>|&\w+;")
_WORD = re.compile(r"[^\W\d_]")


def messages() -> set[str]:
    """Extract every message of the code."""
    found = {text for node in _nodes() for text in _said_by(node)}
    return {text.replace("\u00a0", " ") for text in found if _is_worded(text)}


def constants() -> set[str]:
    """Every text that the code holds, as Python joins it: a message may stand in any table."""
    texts = {each.value for each in _nodes() if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    return {text.replace("\u00a0", " ") for text in texts}


def _nodes() -> Iterator[ast.AST]:
    """Walk the syntax trees of all sources."""
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def _said_by(node: ast.AST) -> Iterator[str]:
    """Give the messages that a piece of code holds itself."""
    if isinstance(node, ast.Call):
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if name in _COUNTING and len(node.args) > 1:
            for noun in _texts(node.args[1]):
                several = (
                    [*_texts(node.args[2])] if len(node.args) > 2 else [noun if noun.endswith("s") else f"{noun}s"]
                )
                yield from (f"{{n}} {form}" for form in (noun, *several))
        if name in SAYING and node.args:
            yield from _texts(node.args[0])
    elif isinstance(node, ast.Assign) and [getattr(one, "id", "") for one in node.targets] == ["template"]:
        yield from _texts(node.value)
    elif isinstance(node, ast.AnnAssign) and node.value and "Words" in ast.unparse(node.annotation):
        yield from _texts(node.value, deep=True)


def _texts(node: ast.AST, *, deep: bool = False) -> Iterator[str]:
    """Give the texts that an argument can be: a literal or both sides of a choice; deep, all values in it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body, deep=deep)
        yield from _texts(node.orelse, deep=deep)
    elif deep:
        values = node.values if isinstance(node, ast.Dict) else ast.iter_child_nodes(node)
        for value in values:
            yield from _texts(value, deep=True)


def _is_worded(text: str) -> bool:
    """Tell whether there is anything to say beside facts and tags."""
    try:
        literal = "".join(part for part, *_ in Formatter().parse(text))
    except ValueError:
        literal = text
    return _WORD.search(_TAG.sub("", literal)) is not None


def catalogue_text(said: dict[str, str]) -> str:
    """Write a catalogue, messages by the alphabet, so that the same messages give the same file."""
    catalog = Catalog(locale="zh", domain="deeptepp")
    for english in sorted(said):
        catalog.add(english, said[english]).flags.clear()
    file = io.BytesIO()
    write_po(file, catalog, width=112, omit_header=True)
    return _HEADER + file.getvalue().decode("utf-8")


def read(path: Path) -> dict[str, str]:
    """Read the messages of a catalogue with their translations."""
    with path.open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id}


def main() -> None:
    """Add what is new to every catalogue; fail where a translation is missing."""
    wanted = messages()
    missing: list[str] = []
    for path in sorted((ROOT / "deeptepp" / "wording" / "locale").rglob("*.po")):
        known = read(path)
        path.write_text(catalogue_text(dict.fromkeys(wanted, "") | known), encoding="utf-8")
        missing += [text for text in wanted if not known.get(text)]
    sys.exit("\n".join(["Without a translation:", *sorted(missing)]) if missing else 0)


if __name__ == "__main__":
    main()
