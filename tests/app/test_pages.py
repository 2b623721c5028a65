"""Every page opens alone and through the router, says what it is, and lets nobody in who must sign in."""

from __future__ import annotations

import ast
import re
import shutil
from dataclasses import replace

import pytest
import streamlit as st
from screens import ROOT, words_on
from streamlit.testing.v1 import AppTest

from deeptepp.domain.people import PERMISSIONS, Role
from deeptepp.model.bundle import load_bundle, save_bundle
from deeptepp.service.sign_in_sessions import default_sign_ins
from deeptepp.ui.words.page_list import PAGES

TITLES = {name: page.title for name, page in PAGES.items()}


@pytest.fixture
def through_router():
    def open_(name: str) -> AppTest:
        at = AppTest.from_file(str(ROOT / "deeptepp" / "ui" / "router.py"), default_timeout=60).run()
        return at.switch_page(f"../../pages/{name}.py")

    return open_


def _titles(at: AppTest) -> list[str]:
    return [title.value for title in at.title]


def test_the_list_of_pages_has_every_file_and_the_readme_names_no_other_page():
    assert set(PAGES) == {path.stem for path in (ROOT / "pages").glob("*.py")}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"^Its pages, in English and Simplified Chinese: (.*?)\n\n", readme, flags=re.M | re.S)
    assert set(re.findall(r"\*\*(.*?)\*\*", listed)) <= {page.title for page in PAGES.values()}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_alone(open_page, page):
    at = open_page(page).run()
    assert not at.exception
    assert _titles(at) == [TITLES[page]]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_through_the_router(through_router, page):
    at = through_router(page).run()
    assert not at.exception
    assert _titles(at) == [TITLES[page]]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_research_use_only_and_simulated(open_page, page):
    text = words_on(open_page(page).run())
    assert "RESEARCH USE ONLY" in text
    assert "SIMULATED COHORT" in text


@pytest.mark.parametrize("page", PAGES)
def test_a_visitor_who_has_not_signed_in_sees_nothing(open_page, sign_in, page):
    at = open_page(page).run()
    assert not at.exception
    assert _titles(at) == []
    assert "Sign in" in words_on(at)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_for_the_roles_that_its_action_is_for_and_no_other(open_page, sign_in, page, role):
    sign_in(role)
    at = open_page(page).run()
    assert not at.exception
    is_open = role in PERMISSIONS[PAGES[page].action]
    assert _titles(at) == [TITLES[page]] * is_open
    assert ("Not for your role" in words_on(at)) is not is_open


def test_a_page_closes_with_the_sign_in(open_page, sign_in):
    digest = sign_in(Role.CLINICIAN)
    at = open_page("board").run()
    assert _titles(at) == [TITLES["board"]]
    default_sign_ins().end(digest)
    assert _titles(at.run()) == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_a_bundle_says_so_by_its_rule(open_page, page, tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPTEPP_ARTIFACTS", str(tmp_path / "none"))
    at = open_page(page).run()
    assert not at.exception
    assert "SIMULATED COHORT" not in words_on(at)
    # How to make a model is shown most of all to who has none; the audit trail needs none.
    assert ("bundle.missing" in words_on(at)) is (page not in ("own_model", "audit"))


def test_a_page_with_a_corrupted_bundle_says_so_by_its_rule(open_page, bundle_folder, tmp_path, monkeypatch):
    shutil.copytree(bundle_folder, tmp_path / "bad")
    with (tmp_path / "bad" / "weights.safetensors").open("r+b") as weights:
        weights.seek(-1, 2)
        weights.write(b"\x7f")
    monkeypatch.setenv("DEEPTEPP_ARTIFACTS", str(tmp_path / "bad"))
    at = open_page("case").run()
    assert "bundle.checksum" in words_on(at)
    assert _titles(at) == []


def _evidence(open_page, tab: str) -> AppTest:
    """Open one tab of the evidence page."""
    at = open_page("evidence")
    at.session_state["evidence-tab"] = tab
    at.run()
    assert not at.exception
    return at


def test_the_evidence_page_shows_card_tiers_and_checksums(open_page):
    assert "Random weights for tests" in words_on(_evidence(open_page, "Model card"))
    tables = [table.value.to_string() for table in _evidence(open_page, "What was measured").table]
    assert any("below 0.400" in table for table in tables)
    assert "weights.safetensors" in words_on(_evidence(open_page, "Files and checksums"))


def test_the_evidence_page_draws_no_more_than_the_part_that_is_open(open_page):
    assert "weights.safetensors" not in words_on(open_page("evidence").run())


def test_the_evidence_page_says_that_a_bundle_came_without_checklists(open_page):
    assert "came without reporting checklists" in words_on(_evidence(open_page, "Reporting checklists"))


def test_the_evidence_page_shows_the_documents_of_the_bundle(open_page, bundle_folder, tmp_path, monkeypatch):
    documents = {
        "TRIPOD-AI.md": "# TRIPOD+AI: tiny\n\n| item |\n| --- |\n| 1 |\n",
        "CLAIM.md": "# CLAIM 2024: tiny\n",
    }
    save_bundle(replace(load_bundle(bundle_folder), documents=documents), tmp_path / "with-documents")
    monkeypatch.setenv("DEEPTEPP_ARTIFACTS", str(tmp_path / "with-documents"))
    st.cache_resource.clear()
    at = _evidence(open_page, "Reporting checklists")
    assert [expander.label for expander in at.expander][-3:] == [
        "TRIPOD+AI: tiny",
        "CLAIM 2024: tiny",
        "Terms",
    ]
    assert "came without reporting checklists" not in words_on(at)


@pytest.mark.parametrize("tab", ["Model card", "What was measured"])
def test_the_evidence_page_follows_a_model_that_is_exchanged_while_the_server_runs(
    open_page, bundle_folder, tmp_path, monkeypatch, tab
):
    before = _evidence(open_page, tab)
    old = load_bundle(bundle_folder)
    tiers = replace(old.tiers, low_below=0.123)
    save_bundle(replace(old, card="# The model that came later", tiers=tiers), tmp_path / "later")
    monkeypatch.setenv("DEEPTEPP_ARTIFACTS", str(tmp_path / "later"))
    after = _evidence(open_page, tab)
    new = "The model that came later" if tab == "Model card" else "below 0.123"
    assert [new in _all_text(at) for at in (before, after, _evidence(open_page, tab))] == [False, True, True]


def _all_text(at: AppTest) -> str:
    """Give the words and tables of a page."""
    return words_on(at) + "".join(table.value.to_string() for table in at.table)


def test_the_evidence_page_sets_the_published_columns_right(open_page):
    at = _evidence(open_page, "Beside the publication")
    tables = "\n".join(table.value.to_string() for table in at.table)
    assert "63 of 69, 91.3 %" in tables
    assert "60 relapses in all three cohorts" in words_on(at)


@pytest.mark.parametrize("page", PAGES)
def test_pages_stay_thin(page):
    tree = ast.parse((ROOT / "pages" / f"{page}.py").read_text(encoding="utf-8"))
    imported = {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {
        alias.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names
    }
    assert not imported & {"numpy", "pandas", "torch", "plotly", "pydicom", "SimpleITK"}
    # Nothing runs but imports before it is known who may see the page.
    *before, last = tree.body
    assert [node for node in before if not isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef))] == []
    assert ast.unparse(last).startswith(f"show_page('{page}', ")


def test_no_page_folder_lies_beside_the_router():
    assert not (ROOT / "deeptepp" / "ui" / "pages").exists()


def test_the_app_module_stays_small():
    assert len((ROOT / "app.py").read_text(encoding="utf-8").splitlines()) <= 60
