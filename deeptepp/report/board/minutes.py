"""The minutes of one meeting or of everything: their table, and how decisions stand to the score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deeptepp.domain.board import AGREEMENTS, Agreement, BoardCase, Entry, Moment
from deeptepp.domain.meeting import Meeting
from deeptepp.domain.risk import RESEARCH_USE
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
from deeptepp.report.format import count
from deeptepp.report.text_table import Table
from deeptepp.wording.sentence import Verbatim, Words, glued, joined, sentence


@dataclass(frozen=True, slots=True)
class Influence:
    """How the board's decisions stand to the score.

    ``n_skipped``: of these, cases without a decision before it; ``n_pairs``: cases decided both before and after;
    ``n_changed``: of these, cases whose decision is another one afterwards; ``n_corrected``: entries that correct
    an earlier one; ``n_late``: of these, corrections of the decision before the score that were made after it was
    shown.
    """

    n: int
    n_shown: int
    n_skipped: int
    n_pairs: int
    n_changed: int
    agreement: Mapping[Agreement, int]
    n_corrected: int = 0
    n_late: int = 0

    def sentences(self) -> tuple[str, ...]:
        """Say the counts in words."""
        agreed = joined(
            ", ", (glued("{} {}", sentence(AGREEMENTS[each]).lower(), n) for each, n in self.agreement.items())
        )
        said = (
            sentence(
                "{n}; the score was shown in {n_shown}, {n_skipped} of them without a decision recorded before "
                "it.",
                n=count(self.n, "case"),
                n_shown=self.n_shown,
                n_skipped=self.n_skipped,
            ),
            sentence(
                "Decided before and after the score: {n}; decision changed in {m} of them.",
                n=self.n_pairs,
                m=self.n_changed,
            ),
            sentence("The board's view of the tier: {agreed}.", agreed=agreed),
        )
        if not self.n_corrected:
            return said
        late = sentence("; decision before the score corrected after it was shown: {n_late}", n_late=self.n_late)
        return (
            *said,
            sentence(
                "Entries corrected by a later one, both are kept: {n_corrected}{late}.",
                n_corrected=self.n_corrected,
                late=late,
            ),
        )


def influence_of(cases: Sequence[BoardCase]) -> Influence:
    """Count decisions before and after the score."""
    pairs = [(case.before, case.after) for case in cases if case.before and case.after]
    views = [case.after.agreement for case in cases if case.after]
    corrections = [(case, entry) for case in cases for entry in case.entries if entry.corrects]
    return Influence(
        n=len(cases),
        n_shown=sum(case.is_shown for case in cases),
        n_skipped=sum(case.was_skipped for case in cases),
        n_pairs=len(pairs),
        n_changed=sum(before.choice is not after.choice for before, after in pairs),
        agreement={each: views.count(each) for each in Agreement},
        n_corrected=len(corrections),
        n_late=sum(case.is_late(entry) for case, entry in corrections),
    )


def minuted_cases(cases: Sequence[BoardCase], meeting: Meeting | None) -> list[BoardCase]:
    """Cases of the minutes, with what they record.

    ``meeting``: whose minutes, None for all that was ever recorded. The result is in the order of the agenda, a
    score that was hidden in the meeting stays hidden in its minutes.
    """
    if meeting is None:
        return list(cases)
    return [meeting.minuted(case) for case in meeting.discussed(cases)]


def minutes_title(meeting: Meeting | None) -> str:
    """Name the minutes.

    ``meeting``: whose minutes, None for everything.
    """
    title = sentence("Minutes of the tumour board")
    return glued("{}, {}", title, Verbatim(meeting.name)) if meeting else title


def attendance_of(meeting: Meeting) -> str:
    """Who attended a meeting, by roles."""
    return sentence(
        "Attendees (roles): {value}.", value=joined(", ", meeting.attendees) or sentence("not recorded")
    )


COLUMNS: tuple[Words, ...] = (
    "Case",
    "Marks",
    "Clinical facts",
    "Flags",
    "Decision before the score",
    "Note before",
    "Recorded before (UTC)",
    "Score shown",
    "Score",
    "Tier",
    "Percentile",
    "Decision after the score",
    "View of the tier",
    "Note after",
    "Recorded after (UTC)",
    "Earlier entries, kept",
    "Model, SHA-256",
)
"""Columns of the minutes of everything."""

MEETING_COLUMNS: tuple[Words, ...] = ("Order", "Meeting", "Attendees (roles)")
"""Columns that the minutes of one meeting have besides."""


def minutes_table(cases: Sequence[BoardCase], meeting: Meeting | None = None) -> Table:
    """Write minutes as a table, one row a case.

    Returns for CSV, no cell names a patient.
    """
    note = joined(" ", influence_of(cases).sentences())
    if meeting is None:
        return Table(minutes_title(None), COLUMNS, tuple(_row(case, None) for case in cases), note)
    own = meeting.name, joined(", ", meeting.attendees)
    rows = tuple((*_row(case, meeting), str(i), *own) for i, case in enumerate(cases, start=1))
    return Table(
        minutes_title(meeting), (*COLUMNS, *MEETING_COLUMNS), rows, glued("{} {}", attendance_of(meeting), note)
    )


def _row(case: BoardCase, meeting: Meeting | None) -> tuple[str, ...]:
    """Write one case."""
    before, after = case.before, case.after
    agreement = AGREEMENTS[after.agreement] if after and after.agreement else ""
    return (
        case.label,
        RESEARCH_USE + ("; SIMULATED" if case.is_simulated else ""),
        summary_of(case.profile),
        joined(", ", (FLAGS[flag] for flag in shown_flags(case))),
        _decided(case, before, meeting),
        signed(before),
        time_of(before),
        _shown(case),
        *result_of(case),
        _decided(case, after, meeting),
        agreement,
        signed(after),
        time_of(after),
        joined("; ", earlier_entries(case)),
        case.bundle_sha256,
    )


_MOMENTS: dict[Moment, Words] = {Moment.BEFORE: "before", Moment.AFTER: "after"}


def earlier_entries(case: BoardCase) -> tuple[str, ...]:
    """Say each decision of a case that a later one stands for, with the moment that it is of."""
    return tuple(
        glued("{}: {}", name, said) for moment, name in _MOMENTS.items() for said in history_of(case, moment)
    )


def _decided(case: BoardCase, entry: Entry | None, meeting: Meeting | None) -> str:
    """Name a decision, and what must be said about it."""
    how = remarks_on(case, entry, meeting)
    return glued("{} ({})", decision_of(entry), how) if how else decision_of(entry)


def _shown(case: BoardCase) -> str:
    """Whether the score was shown, and how."""
    if not case.is_shown:
        return sentence("no")
    return sentence("without a decision before it") if case.was_skipped else sentence("after a decision")
