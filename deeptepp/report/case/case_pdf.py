"""The result of one case as a PDF: what the screen says, on paper, with the marks on every page.

A refusal is a result: its PDF says which rule refused, what was found and what is needed.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from deeptepp.domain.lesion import Lesion, LesionOrigin
from deeptepp.domain.risk import (
    OUTSIDE_INTENDED_USE,
    SIMULATED_COHORT,
    Assessment,
    Finding,
    Severity,
    Tier,
)
from deeptepp.domain.score_receipt import RECEIPT_LABELS, Receipt
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.case_one_page import created_at
from deeptepp.report.case.case_pdf_outcomes import outcome_story
from deeptepp.report.case.copied_text import moved_sentence
from deeptepp.report.case.other_estimates import other_estimates
from deeptepp.report.case.result_reading import PATIENTS
from deeptepp.report.format import count, percent, percentile
from deeptepp.report.format import score as written_score
from deeptepp.report.look.theme import TIER_COLOURS, TIER_GLYPHS
from deeptepp.report.names import FACTS, SIDES, by_heading, name_of
from deeptepp.report.pdf.pdf_curves import scale_drawing
from deeptepp.report.pdf.pdf_page import (
    GREY,
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
from deeptepp.report.speech import ENGLISH
from deeptepp.wording.catalogue import Language
from deeptepp.wording.sentence import Verbatim, Words, glued, joined, sentence

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

_WIDTH = TEXT_WIDTH_MM * POINTS_PER_MM
_PICTURE = 44 * POINTS_PER_MM

_SEVERITIES: dict[Severity, Words] = {
    Severity.REFUSAL: "Refused",
    Severity.WARNING: "Warning",
    Severity.NOTE: "Note",
}
"""How findings are called."""

_ORIGINS: dict[LesionOrigin, Words] = {
    LesionOrigin.DETECTOR: "outlined by the software",
    LesionOrigin.READER: "outlined in a box that a reader drew",
    LesionOrigin.EXPERT: "outlined by an expert, in a file that came with the images",
}
"""Who outlined the tumour."""


def case_pdf(
    assessment: Assessment,
    bundle: ModelBundle | None,
    *,
    label: str = "",
    picture_png: bytes = b"",
    language: Language = Language.ENGLISH,
) -> bytes:
    """Write the result of one case.

    ``bundle``: gives cut-offs and reference cohort, None where there was no model; ``label``: of the case, see
    ``domain.labels``, may be empty; ``picture_png``: the tumour in its slice, none where empty. Returns a PDF, A4,
    without an identifier. Same result and picture give the same bytes.
    """
    with written_in(language):
        story = [_title(assessment, label), *_top(assessment, bundle, picture_png), *_findings(assessment)]
        story += [*_tumour(assessment), *_facts(assessment)]
        if bundle is not None:
            story += _others(assessment, bundle)
        story += _receipt(assessment)
        if bundle is not None and assessment.tier is not None:  # curves are those of the tier of the score
            story += outcome_story(assessment.tier, bundle, width=_WIDTH)
        marks = [SIMULATED_COHORT] * assessment.is_simulated + [OUTSIDE_INTENDED_USE] * assessment.is_override
        return build_pdf(
            story,
            title=sentence("DeepTEPP result"),
            marks=marks,
            foot=_foot(assessment.receipt),
            created_utc=created_at(assessment),
        )


def _foot(receipt: Receipt | None) -> str:
    """Name the version, the time and the receipt at the foot of each page."""
    if receipt is None:
        return "DeepTEPP"
    return sentence(
        "DeepTEPP {version}, {created}, receipt {digest}",
        version=receipt.code_version,
        created=receipt.created_utc,
        digest=receipt.id,
    )


def _title(assessment: Assessment, label: str) -> Flowable:
    """Write what it is, and of which case."""
    from reportlab.platypus import Paragraph

    text = "DeepTEPP result" if assessment.score else "DeepTEPP: not scored"
    return Paragraph(
        marked_up(glued("{}: {}", Verbatim(label), text) if label else text), style("title", 17, bold=True)
    )


def _top(assessment: Assessment, bundle: ModelBundle | None, picture_png: bytes) -> list[Flowable]:
    """Lay out the score beside the picture."""
    from reportlab.platypus import Image, Paragraph, Spacer, Table

    said = _score(assessment, bundle) if assessment.score else [words(_REFUSED)]
    if not picture_png:
        return [Spacer(1, 6), *said]
    picture = [
        Image(io.BytesIO(picture_png), width=_PICTURE, height=_PICTURE),
        Paragraph(marked_up(_CAPTION), style("p", 7.5, colour=GREY)),
    ]
    rules = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
    widths = [_WIDTH - _PICTURE - 8, _PICTURE + 8]
    return [Spacer(1, 6), Table([[said, picture]], colWidths=widths, style=rules, hAlign="LEFT")]


_CAPTION: Words = "The tumour: 64 mm of its middle slice, her left on the right; the line is the outline."
"""Of the picture."""

_REFUSED: Words = (
    "This case is outside of what the score was made for, or could not be read. The rules below say why."
)
"""In place of a score."""


def _score(assessment: Assessment, bundle: ModelBundle | None) -> list[Flowable]:
    """Write score, tier with its shape and cut-offs, place and stability."""
    from reportlab.platypus import Paragraph, Spacer

    score, tier = assessment.score, assessment.tier
    if score is None:
        return []
    number = written_score(score.probability)
    story: list[Flowable] = [
        Paragraph(marked_up(number), style("number", 30, bold=True)),
        words("Risk score, 0 to 1", quiet=True),
    ]
    if tier is not None:
        sign = shape(TIER_GLYPHS[tier], TIER_COLOURS[tier])
        story.append(
            Paragraph(
                f"{sign} <b>{marked_up(ENGLISH.tier_words(assessment.tier_name, is_alone=True))}</b>",
                style("tier", 14),
            )
        )
    if bundle is None:
        return story
    edges = (0.0, bundle.tiers.low_below, bundle.tiers.high_from, 1.0)
    width = _WIDTH - _PICTURE - 20
    story += [Spacer(1, 4), scale_drawing(score.probability, edges, [TIER_COLOURS[t] for t in Tier], width=width)]
    return [*story, *(words(said) for said in _said_of_score(assessment, bundle))]


def _said_of_score(assessment: Assessment, bundle: ModelBundle) -> list[str]:
    """Where the score stands, what the cut-offs are, and how far it moves."""
    score, tiers = assessment.score, bundle.tiers
    if score is None:
        return []
    said = []
    if assessment.percentile is not None:
        kind = PATIENTS[bundle.is_simulated]
        place = percentile(assessment.percentile)
        said.append(
            sentence(
                "The score is {place} of the {n} {kind} of the reference cohort.",
                place=place,
                n=len(bundle.reference),
                kind=kind,
            )
        )
    least, most = (f(score.per_view.values(), default=score.probability) for f in (min, max))
    said.append(
        sentence(
            "Low below {low_below:.3f}, High from {high_from:.3f}. Scores of the tumour from {least:.2f} to "
            "{most:.2f} in {views}.",
            low_below=tiers.low_below,
            high_from=tiers.high_from,
            least=least,
            most=most,
            views=count(len(score.per_view), "view"),
        )
    )
    said.append(moved_sentence(assessment))
    if assessment.tier_name.is_stable is False:
        whose = tiers.tier_of(score.probability)
        said.append(
            sentence(
                "Curves and estimates of this report are those of the tier of the score, {whose}.", whose=whose
            )
        )
    return said


def _findings(assessment: Assessment) -> list[Flowable]:
    """Write every rule that spoke, refusals first."""
    order = list(_SEVERITIES)
    findings = sorted(assessment.findings, key=lambda finding: order.index(finding.severity))
    story: list[Flowable] = []
    for title_text, some in by_heading(assessment, findings):
        rows = [(_SEVERITIES[f.severity], glued("{}\n{}", f.message, _measured(f))) for f in some]
        widths = [_WIDTH * 0.12, _WIDTH * 0.88]
        story += [heading(title_text), *rows_table(("", "What was found"), rows, widths=widths)]
    return story


def _measured(finding: Finding) -> str:
    """Write the rule with what was found, what is needed and where it comes from."""
    parts = [sentence("Rule {rule}", rule=finding.rule)]
    parts += [] if finding.value is None else [sentence("found: {value}", value=name_of(finding.value))]
    parts += [] if finding.limit is None else [sentence("needed: {value}", value=name_of(finding.limit))]
    return joined(" · ", [*parts, *([finding.source] if finding.source else [])])


def _tumour(assessment: Assessment) -> list[Flowable]:
    """Write size and origin of the tumour, and the phase."""
    lesion, facts = assessment.lesion, {}
    if lesion is not None:
        facts["Tumour"] = _size(lesion)
        if lesion.origin is LesionOrigin.DETECTOR:
            facts["Confidence of the detector"] = percent(lesion.confidence, decimals=0)
    if assessment.phase is not None:
        facts["Phase"] = assessment.phase.reason
    return [heading("Images"), facts_table(facts, width=_WIDTH)] if facts else []


def _size(lesion: Lesion) -> str:
    """Write side, longest diameter, volume, and who outlined it."""
    size = sentence(
        "{longest_diameter_mm:.1f} mm longest, {volume_ml:.2f} ml",
        longest_diameter_mm=lesion.longest_diameter_mm,
        volume_ml=lesion.volume_ml,
    )
    return glued("{}, {}, {}", SIDES[lesion.side], size, _ORIGINS[lesion.origin])


def _facts(assessment: Assessment) -> list[Flowable]:
    """Write the clinical facts; what was not entered is called unknown."""
    facts = {label: ENGLISH.fact(name, getattr(assessment.profile, name)) for name, label in FACTS.items()}
    return [heading("Clinical facts as entered"), facts_table(facts, width=_WIDTH, n_columns=2)]


def _others(assessment: Assessment, bundle: ModelBundle) -> list[Flowable]:
    """Set estimates of others beside the tier."""
    found = other_estimates(assessment, bundle.reference)
    if not found:
        return []
    rows = [
        (glued("{}: {}", each.name, each.value), glued("{}\n{}", each.said, each.patients), each.concord.value)
        for each in found
    ]
    header = ("Estimate", "Meaning and source", "Agreement")
    widths = [_WIDTH * share for share in (0.24, 0.56, 0.2)]
    return [heading("Comparison with other estimates"), *rows_table(header, rows, widths=widths)]


def _receipt(assessment: Assessment) -> list[Flowable]:
    """Write what reproduces the number."""
    from reportlab.platypus import KeepTogether

    if assessment.receipt is None:
        return []
    facts = {RECEIPT_LABELS[name]: value for name, value in assessment.receipt.short.items()}
    title = heading("Receipt: what is needed to reproduce the number")
    return [KeepTogether([title, facts_table(facts, width=_WIDTH)])]
