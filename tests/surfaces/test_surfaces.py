"""Every surface that prints a tier, a score, a count or a mark says the same of eight cases."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from pdf_text import pages
from result_surfaces import LABEL, PAGE, SURFACES, cases, collected, page, tier_code

from deeptepp.report.case.case_one_page import case_one_page
from deeptepp.report.case.copied_text import three_lines

ROOT = Path(__file__).parents[2] / "deeptepp"
NAMES = [case.name for case in cases()]


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("name", NAMES)
def test_every_surface_agrees(surface, name):
    truth = next(case for case in cases() if case.name == name).truth
    said = collected()[name][surface]
    assert (said.tier, said.score) == (truth.tier, truth.score)
    # A surface may show the tier of the score alone; what it shows must be right.
    for told, right in ((said.counts, truth.counts), (said.by_five, truth.by_five)):
        assert not told or set(told.split(", ")) <= set(right.split(", "))
    if said.marks:
        assert set(said.marks.split(", ")) <= set(truth.marks.split(", "))
    if said.marks and "research" in said.marks:
        assert said.marks == truth.marks


def test_the_page_of_surfaces_is_the_one_that_they_give():
    assert PAGE.read_text(encoding="utf-8") == page()


def test_where_no_interval_can_be_given_it_is_said():
    (case,) = (case for case in cases() if case.name == "no interval")
    assert "CI not estimable" in three_lines(case.answer, case.bundle)
    assert "CI not estimable" in pages(case_one_page(case.answer, case.bundle, label=LABEL))[0]


def test_the_code_of_an_unstable_tier_in_dicom_is_not_that_of_a_stable_one():
    coded = {case.name: tier_code(case) for case in cases() if case.name in ("stable", "unstable", "override")}
    assert coded == {"stable": "TIER_HIGH", "unstable": "TIER_MODERATE_HIGH", "override": "TIER_LOW"}


CURVES, COLOURS, COUNTS = "curves of a tier", "colour or shape", "figures of a cohort"
ALLOWED = {
    "cli/studies.py": "whether there is a tier",
    "ui/case/my_cases.py": "a coloured shape beside the tiers as they are said, and a filter",
    "report/figures/bar_figure.py": CURVES,
    "report/board/board_counts.py": COUNTS,
    "report/board/board_words.py": "whether there is a tier",
    "report/case/case_card.py": COLOURS,
    "report/case/case_one_page.py": COLOURS,
    "report/case/case_pdf.py": COLOURS,
    "report/case/case_pdf_outcomes.py": CURVES,
    "report/cohort/cohort_overview.py": COUNTS,
    "report/cohort/cohort_prognosis.py": COUNTS,
    "report/case/document.py": "the value beside tier_text",
    "report/board/minutes_pdf.py": COLOURS,
    "report/case/other_estimates.py": "compared with the tier of the score",
    "report/case/result_reading.py": CURVES,
    "ui/board/board_case.py": CURVES,
    "ui/board/board_rows.py": COLOURS,
    "ui/case/case_beside.py": "whether there is a tier",
    "ui/case/case_result.py": CURVES,
    "ui/result/case_treatment.py": CURVES,
    "ui/result/result_views.py": CURVES,
    "ui/result/score_card.py": COLOURS,
    "ui/result/tier_glance.py": CURVES,
    "dicom/results/measurements.py": "the code beside tier_text",
}
"""Files of the outer layers that may read ``.tier``, and what for; what is printed comes from ``TierName``."""


def reads(path):
    """Where a file reads ``something.tier``, and where such a value is put into a text."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr == "tier":
            yield node


def test_nothing_prints_the_tier_of_a_case_by_itself():
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in ("report", "ui", "cli", "dicom")
        for path in (ROOT / folder).rglob("*.py")
        if any(reads(path))
    }
    assert sorted(found - set(ALLOWED)) == []


@pytest.mark.parametrize("folder", ["report", "ui", "cli", "dicom"])
def test_no_text_takes_in_the_tier_of_an_assessment(folder):
    """``f"{assessment.tier} ..."`` and ``label(assessment.tier)`` are how an unstable tier became a plain one."""
    wrong = []
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            inside = []
            if isinstance(node, ast.FormattedValue):
                inside = [node.value]
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("label", "str", "t", "name_of"):
                inside = [*node.args, *(word.value for word in node.keywords)]
            wrong += [
                f"{path.name}:{node.lineno}"
                for part in inside
                if isinstance(part, ast.Attribute)
                and part.attr == "tier"
                and getattr(part.value, "id", "") in ("assessment", "answer", "case")
            ]
    assert wrong == []
