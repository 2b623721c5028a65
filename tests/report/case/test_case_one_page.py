"""The result on one page: whose it is, the tier as every surface says it, a line to sign, and its real date."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import scored_phantom
from pdf_text import pages
from result_surfaces import cases

from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.risk import Finding, Severity
from deeptepp.errors import NoDicomFound
from deeptepp.report.board.minutes_pdf import minutes_pdf
from deeptepp.report.case.case_changes import changes_between, score_change
from deeptepp.report.case.case_files import file_name
from deeptepp.report.case.case_one_page import case_one_page
from deeptepp.report.case.case_pdf import case_pdf
from deeptepp.report.speech import Speech
from deeptepp.scoring.case import refuse
from deeptepp.wording.catalogue import Language

CASES = {case.name: case for case in cases()}
STABLE, UNSTABLE = CASES["stable"], CASES["unstable"]


def page_of(case, **options):
    (page,) = pages(case_one_page(case.answer, case.bundle, **options))
    return page


def test_it_says_whose_it_is_and_has_a_line_to_sign():
    page = page_of(STABLE, label="Case 7")
    assert page.startswith("RESEARCH USE ONLY · SIMULATED COHORT")
    for words in ("Case 7", "DeepTEPP result, 2026-01-02", "Role", "Date", "Signature", "Lymph nodes N1 (1 to 3)"):
        assert words in page
    assert STABLE.answer.receipt.inputs_sha256 in page
    assert "Case without a label" in page_of(STABLE)


def test_an_unstable_tier_brings_the_range_and_the_survival_of_both_tiers():
    page = page_of(UNSTABLE)
    assert "Moderate/High, unstable" in page
    assert "Score 0.583 to 0.640 with the outline moved 6 mm." in page
    assert "Moderate Recurrence-free survival" in page
    assert "High Recurrence-free survival" in page


@pytest.mark.parametrize("n", [0, 30])
def test_it_is_one_page_however_much_was_found(n):
    findings = tuple(Finding(f"rule.{i}", Severity.WARNING, "What was found. " * 12) for i in range(n))
    page = page_of(replace(STABLE, answer=replace(STABLE.answer, findings=findings)), label="W" * 60)
    assert ("More findings and notes in the full report: 23." in page) == (n == 30)


def test_a_refusal_is_a_page_too():
    page = page_of(CASES["refused"], label="Case 7")
    assert "DeepTEPP: not scored" in page
    assert "Rule eligibility.her2" in page
    (page,) = pages(case_one_page(refuse(NoDicomFound(value=3)), None))
    assert "Rule dicom.none-found" in page


def test_it_speaks_the_language_of_the_screen_and_keeps_the_english_marks():
    pdf = case_one_page(UNSTABLE.answer, UNSTABLE.bundle, label="Case 7", speech=Speech(Language.CHINESE))
    assert b"STSong-Light" in pdf
    (page,) = pages(pdf)
    assert "RESEARCH USE ONLY" in page.replace("\x00", "")
    assert "SIMULATED COHORT" in page
    assert not {"Signature", "unstable", "Recurrence-free", "Keep in mind"} & set(page.split())


def test_every_pdf_bears_the_time_at_which_its_content_was_made_and_never_the_year_2000():
    made = {
        "one page": case_one_page(STABLE.answer, STABLE.bundle),
        "full report": case_pdf(CASES["refused"].answer, CASES["refused"].bundle),
    }
    for pdf in made.values():
        assert b"/CreationDate (D:20260102030405+00'00')" in pdf
    minutes = minutes_pdf([], written_utc=datetime(2026, 11, 29, 8, 5, tzinfo=UTC))
    assert b"/CreationDate (D:20261129080500+00'00')" in minutes
    for pdf in (*made.values(), minutes, case_one_page(refuse(NoDicomFound(value=3)), None)):
        assert b"D:2000" not in pdf
    assert made["one page"] == case_one_page(STABLE.answer, STABLE.bundle)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Case 7 / left", "deeptepp-Case-7-left-2026-01-02-one-page.pdf"),
        ("../x", "deeptepp-x-2026-01-02-one-page.pdf"),
        ("病例七", "deeptepp-病例七-2026-01-02-one-page.pdf"),
        ("", "deeptepp-case-2026-01-02-one-page.pdf"),
    ],
)
def test_files_are_named_after_the_case_and_the_day(label, name):
    assert file_name(label, STABLE.answer, "one-page.pdf") == name


def test_old_and_new_score_are_told_with_what_changed():
    before = STABLE.answer
    after = replace(UNSTABLE.answer, profile=replace(before.profile, tumour_size_mm=12.5, er_positive=False))
    assert [str(each) for each in changes_between(before, after)] == [
        "Tumour size (mm): 24 → 12.5",
        "Oestrogen receptor (ER): Unknown → Negative",
    ]
    assert str(score_change(before, after)) == "Score: 0.712 High → 0.612 Moderate/High, unstable"
    assert changes_between(before, before) == ()


def test_another_outline_is_a_change_even_where_its_size_is_the_same():
    before = STABLE.answer
    affine = before.lesion.grid.affine.copy()
    affine[:3, 3] += (9.0, 0.0, 0.0)
    moved = Lesion(before.lesion.mask, Grid(before.lesion.grid.shape, affine), before.lesion.confidence)
    (change,) = changes_between(before, replace(before, lesion=moved))
    assert change.what == "Tumour outline"
    (change,) = changes_between(before, replace(before, lesion=scored_phantom.ball(radius_mm=4.0)))
    assert change.what == "Tumour"
    assert np.isclose(float(change.before.split(", ")[1].removesuffix(" mm")), 12, atol=2)
