"""What every PDF shares: A4, marks at the top of each page, what they mean at its foot, fonts and paragraphs."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any

from deeptepp.domain.risk import NOT_A_DEVICE, RESEARCH_USE, RESEARCH_USE_ONLY
from deeptepp.wording.catalogue import Language, fill_in, translate

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

MARGIN_MM = 16
"""To the left and right of everything."""

TEXT_WIDTH_MM = 210 - 2 * MARGIN_MM
POINTS_PER_MM = 72 / 25.4
"""Width of the text on A4."""

GREY, LINE, NOTE, INK = "#5b666d", "#c9d2d7", "#0b5e70", "#1c2b33"
"""Colours of quiet words, rules, what was written by hand, and text."""

_CHINESE_FONT = "STSong-Light"

_OTHER_SCRIPT = r"[^\x00-\xff\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026\u20ac\u2212]"
"""Characters outside of Windows-1252, which the built-in Latin fonts have; minus is written as a hyphen."""


_language: ContextVar[Language] = ContextVar("language of the paper", default=Language.ENGLISH)


@contextmanager
def written_in(language: Language) -> Iterator[None]:
    """Write the paragraphs, tables and drawings that are made meanwhile in a language."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def said(text: str) -> str:
    """Say a text in the language of the paper."""
    return translate(text, _language.get())


def build_pdf(
    story: Sequence[Flowable], *, title: str, marks: Sequence[str], foot: str, created_utc: datetime | None
) -> bytes:
    """Lay out a document.

    ``marks``: at the top of every page, in capitals, RESEARCH USE ONLY stands before them; ``foot``: at the bottom
    of every page, below what research use means; ``created_utc``: when what it shows was made, in its metadata,
    without it the metadata have no date. Returns a PDF, A4. The same content and time give the same bytes.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.platypus import SimpleDocTemplate

    stream = io.BytesIO()
    document = SimpleDocTemplate(
        stream,
        pagesize=A4,
        leftMargin=MARGIN_MM * mm,
        rightMargin=MARGIN_MM * mm,
        topMargin=(MARGIN_MM + 9) * mm,
        bottomMargin=(MARGIN_MM + 6) * mm,
        title=said(title),
        author="DeepTEPP",
        invariant=1,
    )
    page = _page("  ·  ".join(said(mark) for mark in (RESEARCH_USE, *marks)), said(foot), _language.get())

    def first(canvas: Any, document: Any) -> None:  # noqa: ANN401  reportlab has no types
        _date(canvas, created_utc)
        page(canvas, document)

    document.build(list(story), onFirstPage=first, onLaterPages=page)
    return stream.getvalue()


def _date(canvas: Any, created_utc: datetime | None) -> None:  # noqa: ANN401  reportlab has no types
    """Write when the content was made into the metadata, where the library would write the year 2000."""
    if created_utc is None:
        # Empty: the library writes the entry in any case.
        canvas.setDateFormatter(lambda *_: "")
        return
    moment = created_utc.astimezone(UTC)
    canvas.setDateFormatter(lambda *_: f"D:{moment:%Y%m%d%H%M%S}+00'00'")


def marked_up(text: str) -> str:
    """Escape a text for a paragraph, and set what the Latin font does not have in the Chinese one.

    Returns markup of reportlab, the sign of minus is written as a hyphen, which every font has.

    >>> marked_up("T+P < T")
    'T+P &lt; T'
    >>> marked_up("见 MR")
    '<font name="STSong-Light">见</font> MR'
    """
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    pdfmetrics.registerFont(UnicodeCIDFont(_CHINESE_FONT))
    runs = re.split(f"({_OTHER_SCRIPT}+)", said(text).replace("\u2212", "-"))
    marked = (
        f'<font name="{_CHINESE_FONT}">{escape(run)}</font>' if i % 2 else escape(run)
        for i, run in enumerate(runs)
    )
    return "".join(marked).replace("\n", "<br/>")


def filled_markup(template: str, /, **parts: str) -> str:
    """Say a template that holds tags, and fill in what is marked up already."""
    runs = re.split(f"({_OTHER_SCRIPT}+)", fill_in(template, _language.get()))
    marked = (f'<font name="{_CHINESE_FONT}">{run}</font>' if i % 2 else run for i, run in enumerate(runs))
    return "".join(marked).format(**parts)


def shape(glyph: str, colour: str) -> str:
    """Coloured shape, as the font of shapes has it."""
    # The font of shapes has no open circle but a shadowed one.
    known = "\u274d" if glyph == "○" else glyph
    return f'<font name="ZapfDingbats" color="{colour}">{known}</font>'


def style(name: str, size: float, *, bold: bool = False, colour: str = INK, breaks_anywhere: bool = False) -> Any:  # noqa: ANN401  reportlab has no types
    """Make the style of a paragraph.

    ``breaks_anywhere``: lines also break between Chinese characters. Returns leading is 1.38 of the size.
    """
    from reportlab.lib.styles import ParagraphStyle

    font = "Helvetica-Bold" if bold else "Helvetica"
    wrap = "CJK" if breaks_anywhere or _language.get() is Language.CHINESE else None
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=size * 1.38, textColor=colour, wordWrap=wrap)


def font_of(text: str, *, bold: bool = False) -> str:
    """Name the font that has the characters of a text."""
    if re.search(_OTHER_SCRIPT, text):
        return _CHINESE_FONT
    return "Helvetica-Bold" if bold else "Helvetica"


def title(text: str) -> Flowable:
    """Write the title of a part."""
    from reportlab.platypus import Paragraph

    return Paragraph(marked_up(text), style("part", 13, bold=True))


def heading(text: str) -> Flowable:
    """Write a heading that stays with what follows.

    Returns a paragraph with room above it.
    """
    from reportlab.platypus import Paragraph

    look = style("heading", 10.5, bold=True)
    look.spaceBefore, look.spaceAfter, look.keepWithNext = 8, 2, 1
    return Paragraph(marked_up(text), look)


def words(text: str, *, bold: bool = False, quiet: bool = False) -> Flowable:
    """Write a paragraph."""
    from reportlab.platypus import Paragraph

    look = style("words", 8 if quiet else 9, bold=bold, colour=GREY if quiet else INK)
    return Paragraph(marked_up(text), look)


def _page(marks: str, foot: str, language: Language) -> Callable[[Any, Any], None]:
    """Make what stands at the top and the bottom of every page."""
    research = RESEARCH_USE_ONLY
    if language is not Language.ENGLISH:
        research = f"{said(RESEARCH_USE)}  {said(NOT_A_DEVICE)}"

    def draw(canvas: Any, document: Any) -> None:  # noqa: ANN401  reportlab has no types
        from reportlab.lib.pagesizes import A4
        from reportlab.lib.units import mm
        from reportlab.platypus import Paragraph

        width, height = A4
        canvas.saveState()
        for text, size, y in ((marks, 9, height - 13 * mm), (research, 7.5, 12 * mm), (foot, 7.5, 8.5 * mm)):
            line = Paragraph(marked_up(text), style("frame", size, bold=y > height / 2))
            _, tall = line.wrap(width - 2 * MARGIN_MM * mm, size * 1.38)
            line.drawOn(canvas, MARGIN_MM * mm, y - tall + size)
        canvas.setFont("Helvetica" if language is Language.ENGLISH else _CHINESE_FONT, 7.5)
        page = fill_in("Page {page}", language, page=document.page)
        canvas.drawRightString(width - MARGIN_MM * mm, 8.5 * mm, page)
        canvas.restoreState()

    return draw
