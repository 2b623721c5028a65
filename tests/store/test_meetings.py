"""Meetings keep their day, roles and order; two who change one are told of one another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from board_databases import new_case

from deeptepp.domain.board import Choice, Entry, Moment
from deeptepp.domain.meeting import Meeting
from deeptepp.errors import EntryTooLong, LabelNamesSomebody, MeetingChanged, MeetingGone, MeetingHasDecisions

DAY = date(2026, 3, 2)


def test_a_meeting_comes_back_with_its_roles_and_its_order(board):
    cases = [board.add(new_case()).id for _ in range(3)]
    book = board.meetings
    kept = book.add(Meeting(held_on=DAY, title=" Monday  board", attendees=("Chair", "Chair", "Pathologist")))
    assert (kept.name, kept.attendees, kept.agenda) == ("2026-03-02 Monday board", ("Chair", "Pathologist"), ())
    assert book.put_on(kept.id, [cases[2], cases[0], "gone", cases[2]]).agenda == (cases[2], cases[0])
    assert book.put_on(kept.id, cases).agenda == (cases[2], cases[0], cases[1])
    assert book.move(kept.id, cases[1], -1).agenda == (cases[2], cases[1], cases[0])
    assert book.move(kept.id, cases[2], -5).agenda == (cases[2], cases[1], cases[0])
    book.take_off(kept.id, cases[1])
    later = book.add(Meeting(held_on=date(2026, 3, 9), agenda=(cases[0],)))
    assert [(meeting.id, meeting.agenda) for meeting in book.all()] == [
        (later.id, (cases[0],)),
        (kept.id, (cases[2], cases[0])),
    ]
    assert [case.id for case in kept.ordered(board.cases())] == []
    assert [case.id for case in book.all()[1].ordered(board.cases())] == [cases[2], cases[0]]


def test_of_two_changes_of_one_meeting_the_second_is_told_of_the_first(board):
    seen = board.meetings.add(Meeting(held_on=DAY, attendees=("Chair",)))
    first = board.meetings.change(replace(seen, attendees=("Chair", "Pathologist")), seen=seen)
    with pytest.raises(MeetingChanged):
        board.meetings.change(replace(seen, title="Other"), seen=seen)
    assert board.meetings.all() == [first]
    assert board.meetings.change(replace(first, title="Other"), seen=first).title == "Other"


def test_agendas_that_many_change_at_once_keep_every_case(board):
    cases = [board.add(new_case()).id for _ in range(6)]
    meeting = board.meetings.add(Meeting(held_on=DAY))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda each: board.meetings.put_on(meeting.id, [each]), cases))
        list(pool.map(lambda each: board.meetings.move(meeting.id, each, -1), cases))
    assert sorted(board.meetings.all()[0].agenda) == sorted(cases)


def test_a_meeting_in_which_something_was_recorded_stays(board):
    case_id = board.add(new_case()).id
    used, unused = (board.meetings.add(Meeting(held_on=DAY, agenda=(case_id,))) for _ in range(2))
    case = board.record(case_id, Entry(moment=Moment.BEFORE, choice=Choice.T, meeting_id=used.id))
    assert case.before.meeting_id == used.id
    board.meetings.remove(unused.id)
    with pytest.raises(MeetingHasDecisions, match="1 entries"):
        board.meetings.remove(used.id)
    assert [meeting.id for meeting in board.meetings.all()] == [used.id]
    assert board.case(case_id) == case
    for act in (board.meetings.remove, lambda gone: board.meetings.put_on(gone, [case_id])):
        with pytest.raises(MeetingGone):
            act(unused.id)


@pytest.mark.parametrize("facts", [{"title": "MRN 00123456"}, {"attendees": ("03.05.1971",)}])
def test_a_long_number_is_refused_wherever_it_is_written(board, facts):
    with pytest.raises(LabelNamesSomebody):
        board.meetings.add(Meeting(held_on=DAY, **facts))
    with pytest.raises(EntryTooLong):
        board.meetings.add(Meeting(held_on=DAY, title="x" * 81))
