"""A meeting of the tumour board: when, who by their roles, and which cases in which order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from deeptepp.domain.board import BoardCase, Entry
from deeptepp.domain.labels import looks_like_a_name

TITLE_CHARACTERS = 80
"""Longest title of a meeting."""

MOST_ATTENDEES = 40
"""Most roles that attend a meeting; the largest boards have some 30 members."""

ROLES = (
    "Chair",
    "Breast surgeon",
    "Medical oncologist",
    "Radiation oncologist",
    "Radiologist",
    "Pathologist",
    "Breast care nurse",
    "Clinical geneticist",
    "Plastic surgeon",
    "Research nurse",
)
"""Members that a breast tumour board has, as EUSOMA names them; others may be written."""

_PROFESSION = re.compile(
    r"surgeon|oncologist|radi|patholog|nurs|physician|doctor|consultant|registrar|fellow|resident|trainee|student"
    r"|coordinator|manager|psycholog|pharmac|physio|genetic|diet|statistic|physicist|scientist|advocate|chair|member"
    r"|observer|guest|clinic|medic|trial|team|care|service|医|师|护|主席|主任|科",
    re.IGNORECASE,
)
"""Words of roles: what holds one of them is not taken for a person."""


def may_name_somebody(role: str) -> bool:
    """Whether a role may be the name of a person, so that the user is asked.

    Returns it looks like a name, and no word in it is of a profession.

    >>> [may_name_somebody(each) for each in ("Anna Schmidt", "Breast care nurse", "Trial coordinator", "王芳")]
    [True, False, False, True]
    """
    return looks_like_a_name(role) and not _PROFESSION.search(role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One meeting.

    ``title``: what it is called, may be empty; ``attendees``: roles, never names of people; ``agenda``: ids of the
    cases in the order in which they are discussed; ``id``: random, names the meeting in addresses, empty until it
    is stored.
    """

    held_on: date
    title: str = ""
    attendees: tuple[str, ...] = ()
    agenda: tuple[str, ...] = ()
    id: str = ""

    @property
    def name(self) -> str:
        """Day and title."""
        return f"{self.held_on:%Y-%m-%d} {self.title}".strip()

    def ordered(self, cases: Sequence[BoardCase]) -> list[BoardCase]:
        """Cases of its agenda, in its order."""
        known = {case.id: case for case in cases}
        return [known[case_id] for case_id in self.agenda if case_id in known]

    def discussed(self, cases: Sequence[BoardCase]) -> list[BoardCase]:
        """Cases of its agenda, and after them those that left it after something was recorded of them."""
        there = self.ordered(cases)
        left = (case for case in cases if case.id not in self.agenda)
        return [*there, *(case for case in left if any(entry.meeting_id == self.id for entry in case.entries))]

    def minuted(self, case: BoardCase) -> BoardCase:
        """Case with its record up to the end of this meeting; what was recorded later is left out."""
        own = [entry for entry in case.entries if entry.meeting_id == self.id]
        last = max((entry.number for entry in own), default=0)
        return replace(case, entries=tuple(entry for entry in case.entries if self._counts(entry, last)))

    def _counts(self, entry: Entry, last: int) -> bool:
        """Whether an entry belongs into the minutes; ``last`` is the number of the meeting's last one."""
        if entry.meeting_id == self.id or entry.number < last:
            return True
        # A score that was shown afterwards was hidden in this meeting, and stays so in its minutes.
        return not last and entry.recorded_utc is not None and entry.recorded_utc.date() < self.held_on
