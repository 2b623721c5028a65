"""Every term of the glossary is used, every piece of jargon has one, and the page of terms is the glossary."""

import ast
import re
from pathlib import Path

import pytest
from terms_page import PAGE, terms_page

from deeptepp.report.glossary import GLOSSARY, terms_in
from deeptepp.report.report_item import ReportItem
from deeptepp.report.text_table import Table
from deeptepp.ui.parts import terms
from deeptepp.wording.catalogue import Language, catalogue

ROOT = Path(__file__).parents[3]
JARGON = re.compile(
    r"\b(RMST|Firth|Peto|E50|E90|Emax|ICI|SMD|[Cc]aliper|Youden|[Pp]ropensity"
    r"|Integrated gradients|integrated gradients"
    r"|Greenwood|Brier|NNT|C-index|Uno|[Ll]andmark|[Ll]og-rank|[Oo]ptimism|[Cc]alibration slope"
    r"|[Cc]alibration-in-the-large|[Ss]eparation|type I error|2-means|AUC|Kaplan-Meier|[Nn]et benefit|Cox)\b"
)


def said_on_screens():
    """The English of the catalogue, which is all that screens say."""
    yield from catalogue(Language.CHINESE)


def said_in_reports():
    """Every text of reports and statistics but its docstrings, and the documents."""
    for path in (path for layer in ("report", "stats") for path in (ROOT / "deeptepp" / layer).rglob("*.py")):
        if path.name != "glossary.py":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
    yield from (path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md") if path != PAGE)


def test_every_piece_of_jargon_on_a_screen_is_explained():
    unexplained = [text for text in said_on_screens() if JARGON.search(text) and not terms_in([text])]
    assert unexplained == []


def test_every_term_is_used_somewhere():
    own = {text for term in GLOSSARY for text in (term.name, term.meaning)}
    whole = "\n".join(text for text in (*said_on_screens(), *said_in_reports()) if text not in own)
    assert [term.name for term in GLOSSARY if not term.is_in(whole)] == []


def test_terms_stand_by_the_alphabet_once_each_in_few_words():
    names = [term.name for term in GLOSSARY]
    assert names == sorted(names, key=str.lower)
    assert len(set(names)) == len(names)
    assert max(len(term.meaning) for term in GLOSSARY) < 160


def test_the_page_of_terms_is_the_glossary():
    assert PAGE.read_text(encoding="utf-8") == terms_page(), "run python tests/terms_page.py"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Score test of a slope of the coefficient over Kaplan-Meier time", ["Kaplan-Meier"]),
        ("Difference in restricted mean (RMST), months", ["RMST"]),
        ("HR: Cox, penalised where an arm has no event", ["Cox model", "Firth", "Hazard ratio"]),
        ("Uniform views of a tumour", ["Views"]),
        ("Reviews and crimes", []),
        ("ICI, E50, E90, Emax: mean, median ...", ["E50, E90, Emax", "ICI"]),
    ],
)
def test_a_text_brings_its_terms_and_no_others(text, names):
    assert [term.name for term in terms_in([text])] == names
    assert (terms.help_on(text) is None) == (not names)


def test_a_result_brings_the_terms_of_its_tables_and_notes():
    table = Table(
        "Balance", ("Fact", "SMD before", "SMD after"), (("Age", "0.3", "0.1"),), "Matched with a caliper."
    )
    item = ReportItem("x", "X", "Overall survival", tables=(table,), notes=("Log-rank test.",))
    assert {term.name for term in terms_in(terms._texts(item))} == {"SMD", "Caliper", "Log-rank", "OS"}
