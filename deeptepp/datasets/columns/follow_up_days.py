"""From days to months of follow-up: surgery, recurrence, last visit and death.

The days are dropped when the months are counted. What cannot have happened in that order is named by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from deeptepp.datasets.cohort_values import DAYS_PER_MONTH
from deeptepp.datasets.problems import Problem

Day = date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The days of one patient; None where one is not known.

    ``surgery``, ``recurrence``, ``last_visit``, ``death``: days; ``recurred``, ``died``: ``1`` or ``0`` as the
    table says beside the days, empty where its cell is; None without such a column.
    """

    surgery: Day = None
    recurrence: Day = None
    last_visit: Day = None
    death: Day = None
    recurred: str | None = None
    died: str | None = None


@dataclass(slots=True)
class FollowUpCells:
    """Months and events of every patient as a table writes them; empty where they cannot be told.

    ``rfs_months``, ``rfs_event``, ``os_months``, ``os_event``: n each; ``problems``: what is wrong with the days,
    by row; ``n_deaths_in_rfs``: RFS events that are deaths without a recurrence.
    """

    rfs_months: list[str] = field(default_factory=list)
    rfs_event: list[str] = field(default_factory=list)
    os_months: list[str] = field(default_factory=list)
    os_event: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    n_deaths_in_rfs: int = 0


def counted(courses: Sequence[Course], rows: Sequence[int], *, today: date) -> FollowUpCells:
    """Count the months of follow-up.

    ``today``: nothing happens after it. Gives RFS ends at the first of recurrence and death, OS at death, both
    else at the last visit. One month is 365.25 / 12 days.
    """
    result = FollowUpCells(problems=list(_impossible(courses, rows, today)))
    for course in courses:
        for (months, event), days, events in (
            (_rfs(course), result.rfs_months, result.rfs_event),
            (_os(course), result.os_months, result.os_event),
        ):
            days.append(months)
            events.append(event)
        is_death = course.recurrence is None and course.death is not None and result.rfs_event[-1] == "1"
        result.n_deaths_in_rfs += is_death
    lost = [row for row, course in zip(rows, courses, strict=True) if _lacks_day(course)]
    if lost:
        # Left out, these patients would take their events with them, and survival would look better than it is.
        result.problems.append(Problem.of("cohort.event-without-day", lost))
    return result


def _lacks_day(course: Course) -> bool:
    """Whether an event has no day."""
    has_no_recurrence = course.recurred == "1" and course.recurrence is None
    has_no_death = course.died == "1" and course.death is None
    return course.surgery is not None and (has_no_recurrence or has_no_death)


def _rfs(course: Course) -> tuple[str, str]:
    """Count the months to recurrence or death, or to the last visit without."""
    events = [day for day in (course.recurrence, course.death) if day is not None]
    if course.recurred == "1" and course.recurrence is None:
        return "", ""
    if course.recurred == "" and not events:
        return "", ""
    if not events and course.died == "1":
        return "", ""
    return _span(course.surgery, min(events) if events else course.last_visit, is_event=bool(events))


def _os(course: Course) -> tuple[str, str]:
    """Count the months to death, or to the day on which the patient was last seen."""
    if course.death is not None:
        return _span(course.surgery, course.death, is_event=True)
    seen = [day for day in (course.last_visit, course.recurrence) if day is not None]
    if course.died == "1" or course.died == "" or not seen:
        return "", ""
    return _span(course.surgery, max(seen), is_event=False)


def _span(start: Day, end: Day, *, is_event: bool) -> tuple[str, str]:
    """Write the months between two days and the event; nothing where one of them is not known."""
    if start is None or end is None or end < start:
        return "", ""
    return f"{(end - start).days / DAYS_PER_MONTH:.3f}", "1" if is_event else "0"


def _impossible(courses: Sequence[Course], rows: Sequence[int], today: date) -> Iterator[Problem]:
    """Find what cannot have happened in the order of its days."""
    checks: dict[str, Callable[[Course], bool]] = {
        "cohort.before-surgery": _is_before_surgery,
        "cohort.after-death": _is_after_death,
        "cohort.future-day": lambda course: _is_after(course, today),
        "cohort.day-without-event": _is_denied,
        "cohort.visit-before-recurrence": _is_seen_before_recurrence,
    }
    for rule, is_wrong in checks.items():
        wrong = [row for row, course in zip(rows, courses, strict=True) if is_wrong(course)]
        if wrong:
            yield Problem.of(rule, wrong)


def _is_before_surgery(course: Course) -> bool:
    """Whether something lies before surgery."""
    days = (course.recurrence, course.last_visit, course.death)
    return course.surgery is not None and any(day is not None and day < course.surgery for day in days)


def _is_after_death(course: Course) -> bool:
    """Whether something lies after death."""
    days = (course.recurrence, course.last_visit)
    return course.death is not None and any(day is not None and day > course.death for day in days)


def _is_after(course: Course, today: date) -> bool:
    """Whether something lies after a day."""
    days = (course.surgery, course.recurrence, course.last_visit, course.death)
    return any(day is not None and day > today for day in days)


def _is_denied(course: Course) -> bool:
    """Whether a day stands beside a no."""
    return (course.recurrence is not None and course.recurred == "0") or (
        course.death is not None and course.died == "0"
    )


def _is_seen_before_recurrence(course: Course) -> bool:
    """Whether the last visit lies before the recurrence."""
    return None not in (course.recurrence, course.last_visit) and course.last_visit < course.recurrence  # type: ignore[operator]
