"""The minutes of a tumour board as PDF: every page marked, every note in a font that has its characters."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from deeptepp.domain.board import AGREEMENTS, BoardCase, Entry, Moment
from deeptepp.domain.meeting import Meeting
from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.report.board.board_words import (
    FLAGS,
    decision_of,
    history_of,
    remarks_on,
    result_of,
    shown_flags,
    signed,
    summary_of,
    time_of,
)
from deeptepp.report.board.minutes import attendance_of, influence_of, minutes_title
from deeptepp.report.look.theme import TIER_COLOURS, TIER_GLYPHS
from deeptepp.report.pdf.pdf_page import (
    GREY,
    LINE,
    NOTE,
    build_pdf,
    filled_markup,
    marked_up,
    shape,
    style,
    written_in,
)
from deeptepp.wording.catalogue import Language
from deeptepp.wording.sentence import Verbatim, glued, joined, sentence

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

_PICTURE_MM = 24


def minutes_pdf(
    cases: Sequence[BoardCase],
    meeting: Meeting | None = None,
    *,
    written_utc: datetime,
    language: Language = Language.ENGLISH,
) -> bytes:
    """Write minutes.

    ``meeting``: whose minutes, without it, of everything; ``written_utc``: time zone UTC. Returns a PDF, A4. Same
    cases and time give the same bytes.
    """
    with written_in(language):
        return build_pdf(
            _story(cases, meeting),
            title=minutes_title(meeting),
            marks=[SIMULATED_COHORT] if any(case.is_simulated for case in cases) else [],
            created_utc=written_utc,
            foot=sentence("Written {written:%Y-%m-%d %H:%M} UTC", written=written_utc),
        )


def _story(cases: Sequence[BoardCase], meeting: Meeting | None) -> list[Flowable]:
    """Lay out title, attendees, counts and cases."""
    from reportlab.platypus import KeepTogether, Paragraph, Spacer

    look = style("count", 9.5)
    story: list[Flowable] = [
        Paragraph(marked_up(minutes_title(meeting)), style("title", 16, bold=True)),
        Spacer(1, 5),
    ]
    if meeting is not None:
        story.append(Paragraph(marked_up(attendance_of(meeting)), look))
    story += [Paragraph(marked_up(sentence), look) for sentence in influence_of(cases).sentences()]
    story.append(Spacer(1, 8))
    if not cases:
        none = (
            sentence("There is no case on the board.")
            if meeting is None
            else sentence("There is no case on the agenda of this meeting.")
        )
        story.append(Paragraph(marked_up(none), style("empty", 9.5)))
    for i, case in enumerate(cases, start=1):
        story.append(KeepTogether([_case(case, f"{i}. " if meeting else "", meeting), Spacer(1, 7)]))
    return story


def _case(case: BoardCase, order: str, meeting: Meeting | None) -> Flowable:
    """Lay out one case: picture, facts and result beside it, then the record."""
    from reportlab.lib.units import mm
    from reportlab.platypus import Image, Paragraph, Spacer, Table

    side = _PICTURE_MM * mm
    picture: Flowable = Spacer(side, side)
    if case.thumbnail_png:
        picture = Image(io.BytesIO(case.thumbnail_png), width=side, height=side)
    body, quiet = style("body", 9.5), style("quiet", 8, colour=GREY)
    flags = joined(", ", (FLAGS[flag] for flag in shown_flags(case))) or sentence("no flags")
    lines = [
        Paragraph(f"<b>{order}{marked_up(Verbatim(case.label))}</b>", style("label", 12)),
        Paragraph(marked_up(summary_of(case.profile)), body),
        Paragraph(f"{_result(case)} <font color='{GREY}'>({marked_up(flags)})</font>", body),
        *_record(case, meeting),
        Paragraph(
            marked_up(
                sentence(
                    "On the board since {created:%Y-%m-%d %H:%M} UTC, model {digest}",
                    created=case.created_utc,
                    digest=case.bundle_sha256[:12],
                )
            ),
            quiet,
        ),
    ]
    rules = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEABOVE", (0, 0), (-1, 0), 0.6, LINE)]
    return Table([[picture, lines]], colWidths=[side + 10, None], style=rules, splitInRow=1)


def _result(case: BoardCase) -> str:
    """Write score, tier and percentile with the shape of the tier."""
    written, tier, place = map(marked_up, result_of(case))
    if not case.is_shown or case.tier is None:
        return filled_markup("Score: {written}", written=written)
    return filled_markup(
        "Score {written}, {sign} <b>{tier}</b>, {place} of the reference cohort",
        written=written,
        sign=shape(TIER_GLYPHS[case.tier], TIER_COLOURS[case.tier]),
        tier=tier,
        place=place,
    )


def _record(case: BoardCase, meeting: Meeting | None) -> list[Flowable]:
    """Write the decisions before and after, each with those that it stands for."""
    before, after = case.before, case.after
    first = sentence("not decided yet.")
    if before:
        first = glued("{} ({})", decision_of(before), _when(case, before, meeting))
    elif case.was_skipped:
        first = sentence("no decision was recorded before it was shown.")
    story = [*_decision("Before the score", first, before), *_history(case, Moment.BEFORE)]
    second = sentence("not decided yet.")
    if after and after.agreement:
        view = sentence("the board's view of the tier: {view}", view=sentence(AGREEMENTS[after.agreement]).lower())
        second = glued("{}; {} ({})", decision_of(after), view, _when(case, after, meeting))
    elif after:
        second = glued("{} ({})", decision_of(after), _when(case, after, meeting))
    if not case.is_shown:
        return story
    return [*story, *_decision("With the score in sight", second, after), *_history(case, Moment.AFTER)]


def _when(case: BoardCase, entry: Entry, meeting: Meeting | None) -> str:
    """Write when an entry was recorded, and what must be said about it."""
    return joined(
        ", ",
        (part for part in (sentence("{time} UTC", time=time_of(entry)), remarks_on(case, entry, meeting)) if part),
    )


def _history(case: BoardCase, moment: Moment) -> list[Flowable]:
    """Write what was recorded earlier and is kept."""
    from reportlab.platypus import Paragraph

    look = style("earlier", 8.5, colour=GREY, breaks_anywhere=True)
    return [
        Paragraph(marked_up(sentence("Earlier: {label}", label=said)), look) for said in history_of(case, moment)
    ]


def _decision(title: str, text: str, entry: Entry | None) -> list[Flowable]:
    """Write one decision, its note, and who recorded it."""
    from reportlab.platypus import Paragraph

    story: list[Flowable] = [Paragraph(f"<b>{marked_up(title)}:</b> {marked_up(text)}", style("body", 9.5))]
    note = signed(entry)
    if note:
        story.append(Paragraph(marked_up(note), style("note", 9.5, colour=NOTE, breaks_anywhere=True)))
    return story
