"""What the board refuses: texts that are too long or may name somebody, and entries that do not fit the record."""

from __future__ import annotations

from deeptepp.domain.board import BoardCase, Entry, Moment
from deeptepp.domain.labels import what_identifies
from deeptepp.errors import (
    BoardConflict,
    DecisionTooEarly,
    DecisionTooLate,
    EntryTooLong,
    LabelNamesSomebody,
    NotCorrectable,
)


def plain_label(field: str, text: str, limit: int) -> str:
    """Take the spaces out of a label, role or title that are too many, and refuse one that may name somebody.

    Raises EntryTooLong: it is too long; LabelNamesSomebody: it holds a date, a long number, a patient number or an
    e-mail address.
    """
    written = " ".join(text.split())
    refuse_long(field, written, limit)
    if found := what_identifies(written):
        raise LabelNamesSomebody(value=found)
    return written


def refuse_long(field: str, text: str, limit: int) -> None:
    """Refuse a text that is too long.

    Raises EntryTooLong: it is too long.
    """
    if len(text) > limit:
        raise EntryTooLong(field=field, value=len(text), limit=limit)


def refuse_conflict(case: BoardCase, expected: int | None) -> None:
    """Refuse to add to a record that has grown since it was seen.

    ``expected``: number of the last entry that was seen, None asks for nothing. Raises BoardConflict: there are
    newer entries, which it carries.
    """
    if expected is None:
        return
    newer = tuple(entry for entry in case.entries if entry.number > expected)
    if newer:
        raise BoardConflict(entries=newer)


def checked_moment(case: BoardCase, entry: Entry) -> Moment | None:
    """Refuse a decision on the wrong side of the score, and a correction of what it does not correct.

    The result is as it is recorded, None where there is nothing to add, since the score was shown already. Raises
    DecisionTooLate, DecisionTooEarly: it is on the wrong side of the score; NotCorrectable: the entry that it
    corrects is not the last decision of its moment.
    """
    moment = entry.moment
    if entry.corrects:
        last = case.before if moment is Moment.BEFORE else case.after
        if last is None or last.number != entry.corrects or entry.choice is None:
            raise NotCorrectable()
        return moment
    if moment is Moment.BEFORE and case.is_shown:
        raise DecisionTooLate()
    if moment is Moment.AFTER and not case.is_shown:
        raise DecisionTooEarly()
    if moment in (Moment.SHOWN, Moment.SKIPPED):
        if case.is_shown:
            return None
        # What the record says, not what the screen last knew.
        return Moment.SKIPPED if case.before is None else Moment.SHOWN
    return moment
