"""The scripts of the browser hold no sentence: every word comes from the page, and all they name are there."""

import re
from pathlib import Path

import pytest

from deeptepp.ui.viewer import slice_viewer, study_drop
from deeptepp.ui.words import browser_words, language
from deeptepp.wording.catalogue import Language

UI = Path(slice_viewer.__file__).parents[1]
SCRIPTS = sorted(UI.rglob("*.js"))
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
TEXT = re.compile(r'"([^"\n]*)"|`([^`]*)`')
FIELD = re.compile(r"\$\{[^}]*\}")
SENTENCE = re.compile(r"[A-Za-z]{3,} [A-Za-z]{2,}|^[A-Z][a-z]{3,}$|\w[.?!]$")
OF_BROWSERS = {
    "Connection error",
    "Close",
    "ArrowUp",
    "ArrowDown",
    "ArrowLeft",
    "ArrowRight",
    "Enter",
    "Escape",
    "Home",
}


def markup(name):
    return (UI / "viewer" / f"{name}.html").read_text(encoding="utf-8")


PARTS = (
    (browser_words.VIEWER, markup("slice_viewer"), (*slice_viewer._SCRIPTS, "slice_viewer")),
    (browser_words.DROP, markup("study_drop"), (*study_drop._SCRIPTS, "study_drop")),
)


def texts_of(path):
    code = COMMENT.sub("", path.read_text(encoding="utf-8"))
    return [FIELD.sub("", one or other).strip() for one, other in TEXT.findall(code)]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_holds_no_sentence(path):
    spoken = [text for text in texts_of(path) if SENTENCE.search(text) and text not in OF_BROWSERS]
    styles = re.compile(r"^(no-store|sans-serif|rgba?\(|application/)|px ")
    assert [text for text in spoken if not styles.search(text) and text != "Content-Type"] == []


@pytest.mark.parametrize(("words", "html", "names"), PARTS, ids=["viewer", "drop"])
def test_every_word_that_is_named_is_there_and_none_is_left_over(words, html, names):
    named = set(re.findall(r'data-(?:say|tip|aria)="(\w+)"', html))
    code = "\n".join((UI / "viewer" / f"{name}.js").read_text(encoding="utf-8") for name in names)
    assert named <= set(words)
    assert set(re.findall(r'[. (]say\("(\w+)"', code)) <= set(words)
    assert {word for word in words if f'"{word}"' not in code} <= named
    assert re.findall(r">\s*[A-Za-z]{2,}[^<]*<", html) == []
    assert re.findall(r'(?:title|aria-label)="', html) == []


def test_facts_of_a_word_are_filled_in_by_the_scripts():
    for words, _, names in PARTS:
        code = "\n".join((UI / "viewer" / f"{name}.js").read_text(encoding="utf-8") for name in names)
        facts = {fact for text in words.values() for fact in re.findall(r"\{(\w+)\}", text)}
        assert [fact for fact in facts if not re.search(rf"\b{fact}\b", code)] == []


def test_a_visitor_who_reads_chinese_gets_every_word_in_chinese(monkeypatch):
    for module in (language, browser_words):
        monkeypatch.setattr(module, "current_language", lambda: Language.CHINESE)
    words = browser_words.DROP | browser_words.VIEWER
    said = {**browser_words.said_words(words), **dict(browser_words.said_keys())}
    english = [
        text
        for text in said.values()
        if re.search(r"[A-Za-z]{4,}", re.sub(r"\{.*?\}|Shift|Home|Enter|DICOM|NIfTI|PACS", "", text))
    ]
    assert english == []
    refusals = browser_words.DROP_REFUSALS | browser_words.VIEWER_REFUSALS
    assert set(browser_words.said_refusals(refusals)) == set(refusals)
    assert all(re.search(r"[一-鿿]", text) for text in browser_words.said_refusals(refusals).values())
