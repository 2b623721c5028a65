"""What every surface of a result says: tier, score, counts and marks of eight cases, read back and side by side.

``python tests/result_surfaces.py`` writes ``docs/results/surfaces.md``; a test compares the file and the surfaces.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from unittest import mock

import numpy as np
import scored_phantom
import tiny_bundle
from pdf_text import pages
from screens import words_on
from streamlit.testing.v1 import AppTest

from deeptepp.cli.studies import _lines
from deeptepp.domain.board import BoardCase, Choice, Entry, Moment
from deeptepp.domain.clinical import ClinicalProfile, Her2Status, NodeStage
from deeptepp.domain.cohort import RFS_EVENT, TIER, Cohort, Endpoint
from deeptepp.domain.risk import Assessment, Finding, Outcome, RiskScore, Severity, Stability, Tier
from deeptepp.model.bundle import ModelBundle, load_bundle
from deeptepp.report.board.minutes import minutes_table
from deeptepp.report.board.minutes_pdf import minutes_pdf
from deeptepp.report.case import case_card as card
from deeptepp.report.case.answer_to_keep import flags_of
from deeptepp.report.case.case_one_page import case_one_page
from deeptepp.report.case.case_pdf import case_pdf
from deeptepp.report.case.copied_text import three_lines
from deeptepp.report.case.document import assessment_to_dict
from deeptepp.report.figures.score_figure import score_distribution_figure
from deeptepp.report.text_table import table_csv
from deeptepp.stats.survival.group_comparison import compare_groups
from deeptepp.ui.board.board_case import _assessment
from deeptepp.ui.board.board_rows import flags_html, tier_html

PAGE = Path(__file__).parents[1] / "docs" / "results" / "surfaces.md"
LABEL = "Case 7"
_TIERS = r"(?:Low|Moderate|High)(?:/(?:Low|Moderate|High))*"
_NAMED = rf"{_TIERS}(?: risk tier)?(?:, unstable|, stability not measured)?"
"""The words of a tier, as any surface may write them."""

_MARKS = {
    "research": "RESEARCH USE ONLY",
    "simulated": "SIMULATED",
    "outside": "OUTSIDE INTENDED USE",
}


@dataclass(frozen=True)
class Said:
    """What one surface says of one case; None where that is none of its matters."""

    tier: str | None
    score: str | None
    counts: str | None
    marks: str | None
    by_five: str | None = None


@dataclass(frozen=True)
class Case:
    """One of the eight cases with the model that scored it."""

    name: str
    answer: Assessment
    bundle: ModelBundle

    @property
    def truth(self) -> Said:
        """What every surface must say."""
        answer = self.answer
        marks = ["research"] + ["simulated"] * answer.is_simulated + ["outside"] * answer.is_override
        score = f"{answer.score.probability:.3f}" if answer.score else "not scored"
        found = [self._counts(tier) for tier in answer.tier_name.tiers]
        counts, by_five = ([pair[i] for pair in found] for i in (0, 1))
        return Said(
            answer.tier_text or "not scored", score, ", ".join(counts), ", ".join(marks), ", ".join(by_five)
        )

    def _counts(self, tier: Tier) -> tuple[str, str]:
        """Patients and events of one tier, in all and by five years."""
        curve = compare_groups(self.bundle.reference, TIER, [tier.value], Endpoint.RFS).curves[0]
        at = curve.at(60.0)
        return f"{tier} {curve.n}/{curve.n_events}", f"{tier} {at.n}/{at.n_events}"


# The eight cases.


def _moved(score: float, *others: float) -> Stability:
    values = {(3.0 * i, 0.0, 0.0): value for i, value in enumerate((score, *others))}
    seen = {tiny_bundle.TIERS.tier_of(value) for value in values.values()}
    return Stability(values, tuple(tier for tier in Tier if tier in seen))


def _scored(score: float, *others: float, **changes: object) -> Assessment:
    profile = ClinicalProfile(her2_status=Her2Status.POSITIVE, node_stage=NodeStage.N1, tumour_size_mm=24.0)
    return replace(
        scored_phantom.assessed(),
        profile=profile,
        score=RiskScore(score, {"axial": score}),
        tier=tiny_bundle.TIERS.tier_of(score),
        stability=_moved(score, *others),
        **({"is_simulated": True} | changes),
    )


def _without_events(reference: Cohort, tier: Tier, n_kept: int) -> Cohort:
    """Let all but a few events of one tier be no events."""
    event = np.array(reference[RFS_EVENT], dtype=bool)
    of_tier = np.flatnonzero((reference[TIER] == tier.value) & event)
    event[of_tier[n_kept:]] = False
    return reference.with_columns(**{RFS_EVENT: event})


@cache
def cases() -> tuple[Case, ...]:
    """Stable, unstable, refused, override, simulated, real, no interval, few events."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = load_bundle(tiny_bundle.make_tiny_bundle(Path(folder) / "tiny"))
    rule = Finding("eligibility.her2", Severity.REFUSAL, "The tumour is HER2-negative.", "negative", "positive")
    real = replace(
        bundle, sha256="3" * 64, is_simulated=False, reference=replace(bundle.reference, is_simulated=False)
    )
    plain = _scored(0.712, 0.69, 0.741)
    nothing = {"score": None, "tier": None, "percentile": None, "stability": None}
    refused = replace(plain, outcome=Outcome.REFUSED, findings=(rule,), is_simulated=False, **nothing)
    return (
        Case("stable", plain, bundle),
        Case("unstable", _scored(0.612, 0.583, 0.64), bundle),
        Case("refused", refused, real),
        Case("override", replace(_scored(0.312, 0.3), findings=(rule,), is_override=True), bundle),
        Case("simulated", _scored(0.512, 0.52), bundle),
        Case("real", _scored(0.523, 0.41, is_simulated=False), real),
        Case(
            "no interval",
            _scored(0.821, 0.8),
            replace(bundle, sha256="1" * 64, reference=_without_events(bundle.reference, Tier.HIGH, 0)),
        ),
        Case(
            "few events",
            _scored(0.431, 0.377, 0.45),
            replace(bundle, sha256="2" * 64, reference=_without_events(bundle.reference, Tier.MODERATE, 2)),
        ),
    )


# Reading the surfaces back.


def _first(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return found[1] if found else None


def _plain_tier(named: str | None) -> str:
    return "not scored" if named is None else named.replace(" risk tier", "")


def _marks(text: str) -> str:
    upper = text.upper()
    return ", ".join(name for name, words in _MARKS.items() if words in upper)


def _unmarked(text: str) -> str:
    """Take HTML away."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).replace("\u00a0", " ")


def _script() -> None:
    import streamlit as st

    from deeptepp.ui.result.score_card import score_card
    from deeptepp.ui.result.tier_glance import tier_glance

    shown = st.session_state["shown"]
    if shown.answer.score is None:
        st.title("Not scored")
    else:
        score_card(shown.answer, shown.bundle)
        tier_glance(shown.answer.tier, shown.bundle)


def _screen(case: Case) -> Said:
    at = AppTest.from_function(_script, default_timeout=60)
    at.session_state["shown"] = case
    at.run()
    assert not at.exception
    html = words_on(at)
    text = _unmarked(html)
    row = re.search(r'<tr[^>]*><th scope="row">.*?</tr>', html)
    tier = _first(r'class="shape">.</span>([^<]+)</div>', html)
    counts = None
    if row:
        n, events = re.findall(r"<td>(\d+)</td>", row[0])[-2:]
        named = _first(r"caption>(\w+) tier", html)
        counts = f"{named} {n}/{events}"
    score = _first(r'class="number">([\d.]+)<', html) or "not scored"
    # The masthead of every page holds the marks of research and of a simulated model.
    marks = "outside" if "OUTSIDE INTENDED USE" in text else ""
    return Said(_plain_tier(tier), score, counts, marks if case.answer.is_override else None)


def _text(case: Case) -> Said:
    text = three_lines(case.answer, case.bundle, label=LABEL)
    if not text:
        return Said("not scored", "not scored", None, None)
    rows = re.findall(r"survival of the (\w+) tier: .*?; patients: (\d+), events by then: (\d+)\.", text)
    return Said(
        _plain_tier(_first(rf"tier ({_NAMED}) \(", text)),
        _first(r"score ([\d.]+) \(", text),
        None,
        _marks(text),
        ", ".join(f"{tier} {n}/{events}" for tier, n, events in rows),
    )


def _one_page(case: Case) -> Said:
    (page,) = pages(case_one_page(case.answer, case.bundle, label=LABEL))
    rows = re.findall(r"(Low|Moderate|High) Recurrence-free survival .*? (\d+) (\d+) \1 Overall", page)
    counts = ", ".join(f"{tier} {n}/{events}" for tier, n, events in rows)
    return Said(*_of_page(page), counts, _marks(page.partition("Not a medical device")[0]))


def _of_page(page: str) -> tuple[str, str]:
    """Read score and tier at the top of a page."""
    if "not scored" in page:
        return "not scored", "not scored"
    tier = _first(rf"Risk score, 0 to 1 .? ?({_NAMED})", page)
    return _plain_tier(tier), _first(r"([\d.]+) Risk score, 0 to 1", page) or "?"


def _full_report(case: Case) -> Said:
    with mock.patch("deeptepp.report.case.case_pdf.outcome_story", return_value=[]):
        page = pages(case_pdf(case.answer, case.bundle, label=LABEL))[0]
    return Said(*_of_page(page), None, _marks(page.partition("Not a medical device")[0]))


@cache
def _reading() -> object:
    with tempfile.TemporaryDirectory() as folder:
        return scored_phantom.read_phantom(Path(folder))


def _structured_report(case: Case) -> Said:
    with mock.patch.object(scored_phantom, "TIERS", case.bundle.tiers):
        made = scored_phantom.objects_of(_reading(), case.answer)["measurements"].dataset
    codes = list(_codes(made))
    tier = next((meaning for name, meaning in codes if name == "TIER"), None)
    marks = " ".join(meaning for name, meaning in codes if name == "MARK")
    score = next((number for name, number in _numbers(made) if name == "Risk score"), None)
    return Said(_plain_tier(tier), "not scored" if score is None else f"{score:.3f}", None, _marks(marks))


def tier_code(case: Case) -> str:
    """Give the code of the tier in the structured report."""
    made = scored_phantom.objects_of(_reading(), case.answer)["measurements"].dataset
    (code,) = scored_phantom.leaves(made)["TIER"]
    return code


def _codes(dataset: object) -> Iterator[tuple[str, str]]:
    for item in dataset.get("ContentSequence", []):
        if item.ValueType == "CODE":
            name, value = item.ConceptNameCodeSequence[0], item.ConceptCodeSequence[0]
            yield name.get("CodeValue", ""), value.CodeMeaning
        yield from _codes(item)


def _numbers(dataset: object) -> Iterator[tuple[str, float]]:
    for item in dataset.get("ContentSequence", []):
        if item.ValueType == "NUM":
            meaning = item.ConceptNameCodeSequence[0].CodeMeaning
            yield meaning.partition(",")[0], float(item.MeasuredValueSequence[0].NumericValue)
        yield from _numbers(item)


def _card(case: Case) -> Said:
    with mock.patch.object(card, "_write") as write:
        card.case_card(case.answer, case.bundle)
    lines = [call.args[2] for call in write.call_args_list]
    tier = next((line for line in lines if re.fullmatch(_NAMED, line)), None)
    score = next((line for line in lines if re.fullmatch(r"[01]\.\d+", line)), "not scored")
    return Said(_plain_tier(tier), score, None, _marks(lines[0]))


def _json(case: Case) -> Said:
    told = assessment_to_dict(case.answer, case.bundle)
    score = "not scored" if told["score"] is None else f"{told['score']:.3f}"
    return Said(told["tier_text"] or "not scored", score, None, _marks(" ".join(told["marks"])))


def _command_line(case: Case) -> Said:
    text = "\n".join(_lines(case.answer))
    tier, score = _first(rf"tier ({_NAMED})(?:\n|$)", text), _first(r"Risk score ([\d.]+)", text)
    score = "not scored" if score is None else f"{float(score):.3f}"
    return Said(_plain_tier(tier), score, None, _marks(text))


def _figure(case: Case) -> Said:
    score = case.answer.score.probability if case.answer.score else None
    figure = score_distribution_figure(
        case.bundle.reference["score"],
        case.bundle.tiers,
        score,
        tier_name=case.answer.tier_name,
        simulated=case.answer.is_simulated,
    )
    alt = figure.layout.meta["alt"].replace("\u00a0", " ")
    said = re.search(rf"This patient: ([\d.]+), ({_NAMED}), ", alt)
    drawn = " ".join(str(note.text) for note in figure.layout.annotations)
    marks = "simulated" if "SIMULATED COHORT" in drawn else ""
    if said is None:
        return Said("not scored", "not scored", None, None)
    assert f"{said[1]}, {said[2]}" in drawn
    return Said(_plain_tier(said[2]), said[1], None, marks if case.answer.is_simulated else None)


def board_case(case: Case) -> BoardCase:
    """Put a case on a board that has decided and seen the score."""
    at = datetime(2026, 11, 29, tzinfo=UTC)
    return BoardCase(
        id="0" * 16,
        created_utc=at,
        profile=case.answer.profile,
        assessment=assessment_to_dict(case.answer, case.bundle),
        bundle_sha256=case.bundle.sha256,
        label=LABEL,
        flags=flags_of(case.answer),
        is_simulated=case.answer.is_simulated,
        entries=(
            Entry(moment=Moment.BEFORE, choice=Choice.T, recorded_utc=at),
            Entry(moment=Moment.SHOWN, recorded_utc=at),
        ),
    )


def _board_row(case: Case) -> Said:
    html, flags = tier_html(board_case(case)), _unmarked(flags_html(board_case(case)))
    tier = _first(r'class="shape">.</span>([^<]+)</div>', html)
    return Said(_plain_tier(tier), _first(r"<b>([\d.]+)</b>", html) or "not scored", None, _board_marks(flags))


def _board_marks(flags: str) -> str:
    found = {"simulated": "Simulated", "outside": "Outside intended use"}
    return ", ".join(["research", *(name for name, word in found.items() if word.lower() in flags.lower())])


def _board_card(case: Case) -> Said:
    if case.answer.score is None:
        return Said("not scored", "not scored", None, None)
    stored = _assessment(board_case(case))
    return Said(stored.tier_text, f"{stored.score.probability:.3f}", None, None)


def _minutes_csv(case: Case) -> Said:
    table = minutes_table([board_case(case)])
    assert LABEL in table_csv(table)
    row = dict(zip(table.header, table.rows[0], strict=True))
    score = row["Score"]
    return Said(_plain_tier(row["Tier"] or None), score, None, _board_marks(f"{row['Marks']} {row['Flags']}"))


def _minutes_pdf(case: Case) -> Said:
    page = " ".join(pages(minutes_pdf([board_case(case)], written_utc=datetime(2026, 11, 29, tzinfo=UTC))))
    if "not scored" in page.lower():
        return Said("not scored", "not scored", None, _board_marks(page))
    said = re.search(rf"Score ([\d.]+) ?, .? ?({_NAMED}) ?, ", page)
    return Said(_plain_tier(said[2] if said else None), said[1] if said else "?", None, _board_marks(page))


SURFACES: dict[str, Callable[[Case], Said]] = {
    "Screen": _screen,
    "Copied text": _text,
    "One page (PDF)": _one_page,
    "Full report (PDF)": _full_report,
    "DICOM SR": _structured_report,
    "DICOM card": _card,
    "JSON": _json,
    "Command line": _command_line,
    "Figure of scores": _figure,
    "Board, row": _board_row,
    "Board, case": _board_card,
    "Minutes (CSV)": _minutes_csv,
    "Minutes (PDF)": _minutes_pdf,
}
"""Every surface that prints a tier, a score, a count or a mark of a case."""


@cache
def collected() -> dict[str, dict[str, Said]]:
    """Read every surface of every case, by their names."""
    return {case.name: {name: read(case) for name, read in SURFACES.items()} for case in cases()}


def page() -> str:
    """Write the table."""
    lines = [
        "# What every surface says of a result",
        "",
        "Eight cases, read back from every surface that prints a tier, a score, a count or a mark. A dash: that",
        "is no matter of this surface. Counts: patients and recurrences or deaths of each tier that the score",
        "falls in, in all and by five years. Written by `python tests/result_surfaces.py`; a test compares, and",
        "asserts that all agree.",
    ]
    for case in cases():
        lines += [
            "",
            f"## {case.name.capitalize()}",
            "",
            "| surface | tier | score | counts | by 5 years | marks |",
        ]
        lines.append("| --- | --- | --- | --- | --- | --- |")
        for name, said in {"**must say**": case.truth, **collected()[case.name]}.items():
            cells = (said.tier, said.score, said.counts, said.by_five, said.marks)
            lines.append(f"| {name} | {' | '.join(cell or '-' for cell in cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
