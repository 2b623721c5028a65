"""The minutes of a tumour board as PDF: every page marked, every note in a font that has its characters."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any

from deeptepp.domain.board import BoardCase, Entry
from deeptepp.domain.risk import RESEARCH_USE_ONLY, SIMULATED_COHORT
from deeptepp.report.minutes import (
    AGREEMENTS,
    FLAGS,
    decision_of,
    influence_of,
    result_of,
    shown_flags,
    summary_of,
    time_of,
)
from deeptepp.report.theme import TIER_COLOURS, TIER_GLYPHS

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

_CHINESE_FONT = "STSong-Light"

_MARGIN_MM, _PICTURE_MM = 16, 24
_GREY, _LINE, _NOTE = "#5b666d", "#c9d2d7", "#0b5e70"


def minutes_pdf(cases: Sequence[BoardCase], *, written_utc: datetime) -> bytes:
    """Write the minutes.

    Parameters
    ----------
    cases : sequence of BoardCase
        The meeting; scores that the board has not seen stay hidden.
    written_utc : datetime
        Time zone UTC.

    Returns
    -------
    bytes
        A PDF, A4. Same cases and time give the same bytes.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import SimpleDocTemplate

    pdfmetrics.registerFont(UnicodeCIDFont(_CHINESE_FONT))
    marks = "RESEARCH USE ONLY"
    if any(case.is_simulated for case in cases):
        marks += f"  ·  {SIMULATED_COHORT}"
    stream = io.BytesIO()
    document = SimpleDocTemplate(
        stream,
        pagesize=A4,
        leftMargin=_MARGIN_MM * mm,
        rightMargin=_MARGIN_MM * mm,
        topMargin=(_MARGIN_MM + 9) * mm,
        bottomMargin=(_MARGIN_MM + 6) * mm,
        title="Minutes of the tumour board",
        author="DeepTEPP",
        invariant=1,
    )
    page = _page(marks, f"Written {written_utc:%Y-%m-%d %H:%M} UTC")
    document.build(_story(cases), onFirstPage=page, onLaterPages=page)
    return stream.getvalue()


def marked_up(text: str) -> str:
    """Escape a text for a paragraph, and set what the Latin font does not have in the Chinese one.

    Parameters
    ----------
    text : str
        Written by a user.

    Returns
    -------
    str
        Markup of reportlab.

    Examples
    --------
    >>> marked_up("T+P < T")
    'T+P &lt; T'
    >>> marked_up("见 MR")
    '<font name="STSong-Light">见</font> MR'
    """
    runs = re.split(f"({_OTHER_SCRIPT}+)", text)
    marked = (
        f'<font name="{_CHINESE_FONT}">{escape(run)}</font>' if i % 2 else escape(run)
        for i, run in enumerate(runs)
    )
    return "".join(marked).replace("\n", "<br/>")


_OTHER_SCRIPT = r"[^\x00-\xff\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026\u20ac\u2212]"
"""Characters outside of Windows-1252, which the built-in Latin fonts have; minus is written as a hyphen."""


def _page(marks: str, written: str) -> Callable[[Any, Any], None]:
    """Make what stands at the top and the bottom of every page."""

    def draw(canvas: Any, document: Any) -> None:  # noqa: ANN401  reportlab has no types
        from reportlab.lib.pagesizes import A4
        from reportlab.lib.units import mm

        width, height = A4
        canvas.saveState()
        canvas.setFont("Helvetica-Bold", 9)
        canvas.drawString(_MARGIN_MM * mm, height - 13 * mm, marks)
        canvas.setFont("Helvetica", 7.5)
        canvas.drawString(_MARGIN_MM * mm, 12 * mm, RESEARCH_USE_ONLY)
        canvas.drawString(_MARGIN_MM * mm, 8.5 * mm, written)
        canvas.drawRightString(width - _MARGIN_MM * mm, 8.5 * mm, f"Page {document.page}")
        canvas.restoreState()

    return draw


def _story(cases: Sequence[BoardCase]) -> list[Flowable]:
    """Lay out title, counts and cases."""
    from reportlab.platypus import KeepTogether, Paragraph, Spacer

    story: list[Flowable] = [
        Paragraph("Minutes of the tumour board", _style("title", 16, bold=True)),
        Spacer(1, 5),
    ]
    story += [Paragraph(marked_up(sentence), _style("count", 9.5)) for sentence in influence_of(cases).sentences()]
    story.append(Spacer(1, 8))
    if not cases:
        story.append(Paragraph("There is no case on the board.", _style("empty", 9.5)))
    for case in cases:
        story.append(KeepTogether([_case(case), Spacer(1, 7)]))
    return story


def _case(case: BoardCase) -> Flowable:
    """Lay out one case: picture, facts and result beside it, then the record."""
    from reportlab.lib.units import mm
    from reportlab.platypus import Image, Paragraph, Spacer, Table

    side = _PICTURE_MM * mm
    picture: Flowable = Spacer(side, side)
    if case.thumbnail_png:
        picture = Image(io.BytesIO(case.thumbnail_png), width=side, height=side)
    body, quiet = _style("body", 9.5), _style("quiet", 8, colour=_GREY)
    flags = ", ".join(FLAGS[flag] for flag in shown_flags(case)) or "no flags"
    lines = [
        Paragraph(f"<b>{marked_up(case.label)}</b>", _style("label", 12)),
        Paragraph(marked_up(summary_of(case.profile).replace("\u2212", "-")), body),
        Paragraph(f"{_result(case)} <font color='{_GREY}'>({escape(flags)})</font>", body),
        *_record(case),
        Paragraph(
            f"On the board since {case.created_utc:%Y-%m-%d %H:%M} UTC, model {case.bundle_sha256[:12]}", quiet
        ),
    ]
    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEABOVE", (0, 0), (-1, 0), 0.6, _LINE)]
    return Table([[picture, lines]], colWidths=[side + 10, None], style=style)


def _result(case: BoardCase) -> str:
    """Write score, tier and percentile with the shape of the tier."""
    written, tier, place = result_of(case)
    if not case.is_shown or case.tier is None:
        return f"Score: {escape(written)}"
    shape = f"<font name='ZapfDingbats' color='{TIER_COLOURS[case.tier]}'>{TIER_GLYPHS[case.tier]}</font>"
    return f"Score {escape(written)}, {shape} <b>{escape(tier)}</b>, {escape(place)} of the reference cohort"


def _record(case: BoardCase) -> list[Flowable]:
    """Write the decisions before and after."""
    before, after = case.before, case.after
    if before:
        first = f"{escape(decision_of(before))} ({time_of(before)} UTC)"
    else:
        first = "no decision was recorded before it was shown." if case.was_skipped else "not decided yet."
    story = [*_decision("Before the score", first, before)]
    if after:
        view = f"; the board's view of the tier: {AGREEMENTS[after.agreement].lower()}" if after.agreement else ""
        second = f"{escape(decision_of(after))}{view} ({time_of(after)} UTC)"
    else:
        second = "not decided yet."
    return [*story, *_decision("With the score in sight", second, after)] if case.is_shown else story


def _decision(title: str, text: str, entry: Entry | None) -> list[Flowable]:
    """Write one decision, its note, and who recorded it."""
    from reportlab.platypus import Paragraph

    story: list[Flowable] = [Paragraph(f"<b>{title}:</b> {text}", _style("body", 9.5))]
    if entry and (entry.note or entry.role):
        said = " ".join(part for part in (entry.note, f"({entry.role})" if entry.role else "") if part)
        story.append(Paragraph(marked_up(said), _style("note", 9.5, colour=_NOTE, breaks_anywhere=True)))
    return story


def _style(
    name: str, size: float, *, bold: bool = False, colour: str = "#1c2b33", breaks_anywhere: bool = False
) -> Any:  # noqa: ANN401  reportlab has no types
    """Make the style of a paragraph; notes also break between Chinese characters."""
    from reportlab.lib.styles import ParagraphStyle

    font = "Helvetica-Bold" if bold else "Helvetica"
    wrap = "CJK" if breaks_anywhere else None
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=size * 1.38, textColor=colour, wordWrap=wrap)
