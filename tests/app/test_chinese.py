"""No page, figure, PDF or minutes in Chinese has an English sentence on it, names of methods and units aside."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from pdf_text import runs
from result_surfaces import cases as results
from screens import run_until, session_of
from streamlit.testing.v1.element_tree import Block, Element

from deeptepp.report.board.minutes_html import minutes_page
from deeptepp.report.board.minutes_pdf import minutes_pdf
from deeptepp.report.case.case_one_page import case_one_page
from deeptepp.report.case.case_pdf import case_pdf
from deeptepp.report.speech import Speech
from deeptepp.simulate.protocols import RUIJIN
from deeptepp.simulate.simulated_study import simulate_study
from deeptepp.store.cases import Board, board_address
from deeptepp.ui.background.session import Screen
from deeptepp.ui.board import board_demo
from deeptepp.ui.case import case_reading
from deeptepp.ui.evidence.evidence_page import TABS
from deeptepp.ui.result.result_views import View
from deeptepp.ui.tiers.tiers_page import PARTS
from deeptepp.ui.words import figure_words, language
from deeptepp.wording.catalogue import Language, translate

COARSE = replace(RUIJIN, name="coarse", matrix=160, n_slices=52, slice_mm=2.1)

NAMES = (
    "RESEARCH USE ONLY|SIMULATED COHORT|SIMULATED MODEL|REAL PATIENTS, SIMULATED MODEL|OUTSIDE INTENDED USE",
    "Cox-Snell|Kaplan-Meier|Mantel-Haenszel|Benjamini-Hochberg|Clopper-Pearson|Wilcoxon rank-sum",
    "made up for tests|Random weights for tests",
    "It is not known whether she is a patient of this kind.|The tumour is HER2-negative.",
    "et al|J Clin Oncol|N Engl J Med|Breast Cancer Res Treat|Lancet Oncol|ASCO/CAP|St Gallen",
)
"""What is written in English in a Chinese text: marks, names of methods, citations, and what tests made up."""

_TABLE = "| --- |"
"""Only documents of a bundle and of the experiments have it: files with a checksum, shown as they were written."""

_NAME = re.compile("|".join(NAMES))
_CODE = re.compile(r"<style.*?</style>|<script.*?</script>|<[^>]+>|`[^`]*`|```.*?```|https?://\S+", re.DOTALL)
_SENTENCE = re.compile(r"[A-Za-z]{2,}(?:[ ,:]+[A-Za-z][a-z]+){2,}")
"""Three English words in a row."""


def english_in(texts):
    """English sentences in texts, with what stands around them."""
    found = set()
    for text in (text for text in texts if _TABLE not in text):
        plain = _NAME.sub(" ", _CODE.sub(" ", text.replace("\u00a0", " ")))
        found |= {plain[max(0, each.start() - 20) : each.end() + 60] for each in _SENTENCE.finditer(plain)}
    return sorted(found)


def _texts_of(value):
    """Every text inside JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        # The names of traces are for the code: every hover text leaves them out.
        for name, each in value.items():
            if name != "name":
                yield from _texts_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts_of(each)


def _fields_of(message):
    """Every text of what is sent to the browser; figures are JSON in it."""
    for field, value in message.ListFields():
        if field.name in {
            "id",
            "url",
            "key",
            "config",
            "form_id",
            "data",
            "element_id",
            "language",
            "js_content",
            "css_content",
        }:
            continue
        values = value if field.is_repeated and not hasattr(value, "items") else [value]
        for each in values:
            if isinstance(each, str):
                if field.name in {"spec", "json"}:
                    yield from _texts_of(json.loads(each))
                else:
                    yield each
            elif hasattr(each, "ListFields"):
                yield from _fields_of(each)


def texts_on(at):
    """Every text of a page: words, labels, help, figures with their alternative texts, tables."""

    def walk(node):
        if isinstance(node, Block):
            if node.proto is not None and hasattr(node.proto, "ListFields"):
                yield from _fields_of(node.proto)
            for child in node.children.values():
                yield from walk(child)
        elif isinstance(node, Element) and node.type != "code":
            yield from _fields_of(node.proto)
            if node.type in {"arrow_data_frame", "arrow_table"}:
                value = node.value
                yield from map(str, value.columns)
                yield from (cell for column in value for cell in value[column] if isinstance(cell, str))

    yield from walk(at.main)
    yield from walk(at.sidebar)


def shown(at):
    assert not at.exception
    return english_in(texts_on(at))


def nothing_of(found):
    assert not found, "\n".join(sorted(set(found)))


@pytest.fixture
def chinese(open_page, monkeypatch):
    # Labels of choices are also asked for outside of a page run, where the language of a visitor is not known.
    for module in (language, figure_words):
        monkeypatch.setattr(module, "current_language", lambda: Language.CHINESE)

    def open_(name):
        at = open_page(name)
        at.session_state["deeptepp-language"] = "zh"
        return at.run()

    return open_


@pytest.mark.parametrize("tab", TABS)
def test_evidence(chinese, tab):
    at = chinese("evidence")
    at.session_state["evidence-tab"] = translate(tab, Language.CHINESE)
    nothing_of(shown(at.run()))


@pytest.mark.parametrize("tab", PARTS)
def test_the_laboratory(chinese, tab):
    at = chinese("tiers")
    at.session_state["tiers-tab"] = translate(tab, Language.CHINESE)
    nothing_of(shown(at.run()))


def test_own_model(chinese):
    nothing_of(shown(chinese("own_model")))


def test_a_case_from_its_start_to_its_result(chinese, monkeypatch):
    study = simulate_study(latent_risk=0.5, tumour_size_mm=24.0, rng=np.random.default_rng(3), protocol=COARSE)
    monkeypatch.setattr(case_reading, "demo_study", lambda: study)
    at = chinese("case")
    found = [*shown(at)]
    at.button(key="case-demo").click().run()
    run_until(at, Screen.IMAGES)
    found += shown(at)
    at.button(key=f"case-submit-{session_of(at).case.id}").click().run()
    run_until(at, Screen.RESULT)
    for view in View:
        at.session_state["result-view"] = view
        found += shown(at.run())
    nothing_of(found)


def test_the_board_and_its_minutes(chinese, monkeypatch, installation):
    monkeypatch.setattr(board_demo, "demo_pictures", lambda *_: (b"", ()))
    at = chinese("board")
    at.button(key="board-demo").click().run()
    found = [*shown(at)]
    board = Board(board_address())
    kept = board.cases()
    at.button(key=f"board-open-{kept[0].id}").click().run()
    found += shown(at)
    board.close()
    now = datetime.now(UTC)
    found += english_in([minutes_page(kept, written_utc=now, language=Language.CHINESE)])
    found += english_in(runs(minutes_pdf(kept, written_utc=now, language=Language.CHINESE)))
    nothing_of(found)


@pytest.mark.parametrize("case", results(), ids=lambda case: case.name)
def test_the_files_of_a_result(case):
    full = runs(case_pdf(case.answer, case.bundle, label="Case 7", language=Language.CHINESE))
    one = runs(case_one_page(case.answer, case.bundle, label="Case 7", speech=Speech(Language.CHINESE)))
    nothing_of(english_in([*full, *one]))
