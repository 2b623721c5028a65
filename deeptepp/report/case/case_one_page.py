"""The result of one case on one page: whose it is, the tumour, the score, what it rests on, and a line to sign."""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING

from deeptepp.domain.cohort import TIER, Endpoint
from deeptepp.domain.risk import OUTSIDE_INTENDED_USE, SIMULATED_COHORT, Assessment, Severity, Tier
from deeptepp.errors import NotEstimable
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.case_changes import lesion_words
from deeptepp.report.case.copied_text import moved_sentence
from deeptepp.report.case.result_reading import PATIENTS
from deeptepp.report.format import percentile
from deeptepp.report.format import score as written_score
from deeptepp.report.look.theme import TIER_COLOURS, TIER_GLYPHS
from deeptepp.report.names import FACTS, by_heading
from deeptepp.report.pdf.pdf_curves import scale_drawing
from deeptepp.report.pdf.pdf_page import (
    GREY,
    LINE,
    POINTS_PER_MM,
    TEXT_WIDTH_MM,
    build_pdf,
    heading,
    marked_up,
    shape,
    style,
    words,
    written_in,
)
from deeptepp.report.pdf.pdf_tables import facts_table, rows_table
from deeptepp.report.speech import ENGLISH, Speech
from deeptepp.report.survival_tables import HORIZONS_MONTHS, survival_text
from deeptepp.stats.survival.group_comparison import compare_groups
from deeptepp.wording.sentence import Verbatim

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

_WIDTH = TEXT_WIDTH_MM * POINTS_PER_MM
_HEIGHT = 232 * POINTS_PER_MM
"""Of the text on A4 between the marks and the foot."""

_PICTURE = 40 * POINTS_PER_MM
_N_FINDINGS = 7
"""Findings on the page; how many more there are is said."""


def case_one_page(
    assessment: Assessment,
    bundle: ModelBundle | None,
    *,
    label: str = "",
    picture_png: bytes = b"",
    speech: Speech = ENGLISH,
) -> bytes:
    """Write the result of one case on one page.

    ``bundle``: gives cut-offs and reference cohort, None where there was no model; ``label``: of the case, see
    ``domain.labels``, may be empty; ``picture_png``: the tumour in its slice, none where empty. Returns a PDF of
    one page, A4. Same result, label and picture give the same bytes.
    """
    from reportlab.platypus import KeepInFrame

    with written_in(speech.language):
        story = [*_title(assessment, label, speech), *_top(assessment, bundle, picture_png, speech)]
        story += _facts(assessment, speech)
        if bundle is not None:
            story += _survival(assessment, bundle, speech)
        story += [*_findings(assessment, speech), *_receipt(assessment, speech), *_signature(speech)]
        marks = [SIMULATED_COHORT] * assessment.is_simulated + [OUTSIDE_INTENDED_USE] * assessment.is_override
        receipt = assessment.receipt
        return build_pdf(
            [KeepInFrame(_WIDTH, _HEIGHT, story, mode="shrink", hAlign="LEFT", vAlign="TOP")],
            title=f"DeepTEPP, {label or speech.t('Case without a label')}",
            marks=marks,
            foot=f"DeepTEPP {receipt.code_version}, {receipt.created_utc}" if receipt else "DeepTEPP",
            created_utc=created_at(assessment),
        )


def created_at(assessment: Assessment) -> datetime | None:
    """Give when a result was made.

    The result is from its receipt, None where nothing could be read, and so nothing was computed.
    """
    return datetime.fromisoformat(assessment.receipt.created_utc) if assessment.receipt else None


def _title(assessment: Assessment, label: str, speech: Speech) -> list[Flowable]:
    """Write whose result it is."""
    from reportlab.platypus import Paragraph

    t = speech.t
    kind = t("DeepTEPP result") if assessment.score else t("DeepTEPP: not scored")
    day = f", {assessment.receipt.created_utc[:10]}" if assessment.receipt else ""
    return [
        Paragraph(marked_up(Verbatim(label) or t("Case without a label")), style("title", 17, bold=True)),
        Paragraph(marked_up(f"{kind}{day}"), style("kind", 9.5, colour=GREY)),
    ]


def _top(assessment: Assessment, bundle: ModelBundle | None, picture_png: bytes, speech: Speech) -> list[Flowable]:
    """Lay out the score beside the picture of the tumour."""
    from reportlab.platypus import Image, Paragraph, Spacer, Table

    said = _score(assessment, bundle, speech)
    if not picture_png:
        return [Spacer(1, 5), *said]
    small = style("p", 7.5, colour=GREY, breaks_anywhere=True)
    caption = speech.t(
        "64 mm of the middle slice, her left on the right; the line is the outline that was scored."
    )
    picture = [
        Image(io.BytesIO(picture_png), width=_PICTURE, height=_PICTURE),
        Paragraph(marked_up(lesion_words(assessment.lesion, speech)), style("size", 9, bold=True)),
        Paragraph(marked_up(caption), small),
    ]
    rules = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
    widths = [_WIDTH - _PICTURE - 26, _PICTURE + 26]
    return [Spacer(1, 5), Table([[said, picture]], colWidths=widths, style=rules, hAlign="LEFT")]


def _score(assessment: Assessment, bundle: ModelBundle | None, speech: Speech) -> list[Flowable]:
    """Write score, tier with its shape, range over shifts, place and cut-offs."""
    from reportlab.platypus import Paragraph, Spacer

    t, score, colour = speech.t, assessment.score, assessment.tier
    if score is None:
        said = (
            "This case is outside of what the score was made for, or could not be read. The rules below say why."
        )
        return [words(t(said))]
    story: list[Flowable] = [
        Paragraph(marked_up(written_score(score.probability)), style("number", 28, bold=True)),
        words(t("Risk score, 0 to 1"), quiet=True),
    ]
    if colour is not None:
        sign = shape(TIER_GLYPHS[colour], TIER_COLOURS[colour])
        named = marked_up(speech.tier_words(assessment.tier_name, is_alone=True))
        story.append(Paragraph(f"{sign} <b>{named}</b>", style("tier", 13)))
    story.append(words(moved_sentence(assessment, speech)))
    if bundle is None:
        return story
    edges = (0.0, bundle.tiers.low_below, bundle.tiers.high_from, 1.0)
    scale = scale_drawing(
        score.probability, edges, [TIER_COLOURS[each] for each in Tier], width=_WIDTH - _PICTURE - 40
    )
    said = t("Low below {low:.3f}, High from {high:.3f}.", low=edges[1], high=edges[2])
    return [*story, Spacer(1, 3), scale, words(f"{said} {_place(assessment, bundle, speech)}")]


def _place(assessment: Assessment, bundle: ModelBundle, speech: Speech) -> str:
    """Where the score stands in the reference cohort."""
    if assessment.percentile is None:
        return ""
    return speech.t(
        "The score is {place} of the {n} {kind} of the reference cohort.",
        place=speech.say(percentile(assessment.percentile)),
        n=len(bundle.reference),
        kind=speech.t(PATIENTS[bundle.reference.is_simulated]),
    )


def _facts(assessment: Assessment, speech: Speech) -> list[Flowable]:
    """Write the facts that are known, and name those that are not."""
    t, profile = speech.t, assessment.profile
    known = {name: label for name, label in FACTS.items() if getattr(profile, name) is not None}
    facts = {t(label): speech.fact(name, getattr(profile, name)) for name, label in known.items()}
    unknown = [t(label) for name, label in FACTS.items() if name not in known]
    story: list[Flowable] = [heading(t("Clinical facts as entered"))]
    story += [facts_table(facts, width=_WIDTH, n_columns=2)] if facts else []
    story += [words(t("Unknown: {facts}.", facts=", ".join(unknown)), quiet=True)] if unknown else []
    return story


def _survival(assessment: Assessment, bundle: ModelBundle, speech: Speech) -> list[Flowable]:
    """Write the survival of the tiers that the score falls in, with patients, events and interval."""
    t = speech.t
    rows: list[tuple[str, ...]] = []
    for tier in assessment.tier_name.tiers:
        if tier.value not in bundle.reference[TIER]:
            rows.append((speech.name(tier), t("no patient of this tier"), "", "", "", ""))
            continue
        rows += [
            (speech.name(tier), *_estimates(tier, endpoint, bundle, speech))
            for endpoint in bundle.reference.endpoints
        ]
    if not rows:
        return []
    years = [t("{years} years (95 % CI)", years=f"{months / 12:.0f}") for months in HORIZONS_MONTHS]
    header = (t("Tier"), t("End point"), *years, t("Patients"), t("Events"))
    kind = t(PATIENTS[bundle.reference.is_simulated])
    note = t("These numbers describe groups; they do not say what will happen to one patient.")
    widths = [_WIDTH * share for share in (0.12, 0.28, 0.21, 0.21, 0.09, 0.09)]
    told = heading(t("What happened to {kind} of the reference cohort", kind=kind))
    return [told, *rows_table(header, rows, widths=widths, notes=note)]


def _estimates(tier: Tier, endpoint: Endpoint, bundle: ModelBundle, speech: Speech) -> tuple[str, ...]:
    """One row of survival: end point, two and five years, patients, events."""
    try:
        curve = compare_groups(bundle.reference, TIER, [tier.value], endpoint).curves[0]
    except NotEstimable:
        return (speech.name(endpoint), speech.t("no follow-up"), "", "", "")
    at = [speech.say(survival_text(curve.at(months))) for months in HORIZONS_MONTHS]
    return (speech.name(endpoint), *at, str(curve.n), str(curve.n_events))


def _findings(assessment: Assessment, speech: Speech) -> list[Flowable]:
    """Write the rules that refused or warned; notes are in the full report."""
    from reportlab.platypus import Paragraph

    t = speech.t
    order = [Severity.REFUSAL, Severity.WARNING]
    weighty = sorted(
        (f for f in assessment.findings if f.severity in order), key=lambda f: order.index(f.severity)
    )
    n_more = len(assessment.findings) - len(weighty[:_N_FINDINGS])
    look = style("finding", 8.5, breaks_anywhere=speech != ENGLISH)
    story: list[Flowable] = []
    for title, some in by_heading(assessment, weighty[:_N_FINDINGS]):
        story.append(heading(t(title)))
        for finding in some:
            rule = f"<font color='{GREY}' size='7.5'>{marked_up(t('Rule {rule}', rule=finding.rule))}</font>"
            story.append(Paragraph(f"\u2022 {marked_up(speech.say(finding.message))} {rule}", look))
    if n_more:
        story.append(words(t("More findings and notes in the full report: {n}.", n=n_more), quiet=True))
    return story


def _receipt(assessment: Assessment, speech: Speech) -> list[Flowable]:
    """Write what reproduces the number."""
    receipt, t = assessment.receipt, speech.t
    if receipt is None:
        return []
    facts = {
        t("Model"): f"{receipt.bundle_name}, {receipt.bundle_sha256[:12]}",
        t("Receipt, SHA-256"): receipt.sha256,
        t("All inputs, SHA-256"): receipt.inputs_sha256,
        t("Computed (UTC)"): receipt.created_utc,
    }
    return [heading(t("Receipt: what is needed to reproduce the number")), facts_table(facts, width=_WIDTH)]


def _signature(speech: Speech) -> list[Flowable]:
    """Draw a line to sign: role, date, signature."""
    from reportlab.platypus import Paragraph, Spacer, Table

    t = speech.t
    small = style("sign", 8, colour=GREY)
    names = [Paragraph(marked_up(t(each)), small) for each in ("Role", "Date", "Signature")]
    rules: list[tuple[object, ...]] = [("LINEABOVE", (i, 0), (i, 0), 0.7, LINE) for i in (0, 2, 4)]
    rules += [("LEFTPADDING", (0, 0), (-1, -1), 0), ("TOPPADDING", (0, 0), (-1, -1), 2)]
    gap, width = 12, (_WIDTH - 24) / 3
    cells = [names[0], "", names[1], "", names[2]]
    return [Spacer(1, 34), Table([cells], colWidths=[width, gap, width, gap, width], style=rules, hAlign="LEFT")]
