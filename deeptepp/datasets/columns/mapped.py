"""Somebody else's table by a mapping: cells in our words and units, what became of each column, and what is asked.

Days become months and are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from deeptepp.datasets.cells import RawTable
from deeptepp.datasets.columns.cell_words import NOT_KNOWN, reader_of
from deeptepp.datasets.columns.column_names import plain_name
from deeptepp.datasets.columns.column_preview import Preview
from deeptepp.datasets.columns.dates import Days
from deeptepp.datasets.columns.follow_up_days import Course, counted
from deeptepp.datasets.columns.mapped_columns import (
    BASE_UNITS,
    ColumnRead,
    read_days,
    read_facts,
    read_numbers,
    read_words,
)
from deeptepp.datasets.columns.mapping import DATES, MONTHS, NUMBERS, Mapping, Use
from deeptepp.datasets.columns.sheets import Sheet
from deeptepp.datasets.problems import ARM_RULE, Problem
from deeptepp.domain.cohort import (
    ARM,
    OS_EVENT,
    OS_MONTHS,
    REQUIRED,
    RFS_EVENT,
    RFS_MONTHS,
    SUBJECT,
    Arm,
    Endpoint,
)
from deeptepp.wording.sentence import Verbatim, joined, sentence

PERTUZUMAB = "pertuzumab"
"""Wanted column of yes and no that turns T into T+P."""


@dataclass(frozen=True, slots=True, eq=False)
class Applied:
    """A table in our words.

    ``table``: cells by wanted column, and what is wrong with them; ``preview``: what became of each column.
    """

    table: RawTable
    preview: tuple[Preview, ...]

    @property
    def questions(self) -> tuple[Problem, ...]:
        """What has to be said before anything can be computed."""
        return tuple(problem for problem in self.table.problems if problem.is_question)


def apply_mapping(sheet: Sheet, mapping: Mapping, *, today: date | None = None) -> Applied:
    """Read a table by a mapping.

    ``today``: nothing happens after it; the day on which this is called when left out.
    """
    reading = _Reading(
        sheet, mapping, RawTable(rows=list(sheet.rows), problems=list(_sheet_problems(sheet, mapping)))
    )
    reading.read(today or date.today())
    reading.table.header = list(reading.table.columns)
    return Applied(reading.table, tuple(reading.preview))


def _sheet_problems(sheet: Sheet, mapping: Mapping) -> list[Problem]:
    """What was dropped on the way in, and which columns are not used, by their names."""
    problems = []
    if sheet.dropped:
        names = joined(", ", map(Verbatim, sheet.dropped))
        problems.append(Problem.of("cohort.identifiers-dropped", columns=names))
    if sheet.ragged:
        problems.append(Problem.of("manifest.ragged-row/longer", sheet.ragged))
    if sheet.remarks:
        problems.append(Problem.of("manifest.remark", sheet.remarks))
    used = {use.column for use in mapping.uses.values()}
    unused = [name for name in sheet.columns if name not in used]
    if unused:
        problems.append(Problem.of("manifest.unknown-column/mapped", names=joined(", ", map(Verbatim, unused))))
    absent = sorted(target for target, use in mapping.uses.items() if use.column not in sheet.columns)
    if absent:
        problems.append(Problem.of("manifest.missing-column/mapped", columns=joined(", ", absent)))
    return problems


@dataclass(slots=True)
class _Reading:
    """One table while it is read."""

    sheet: Sheet
    mapping: Mapping
    table: RawTable
    preview: list[Preview] = field(default_factory=list)

    @property
    def present(self) -> dict[str, Use]:
        """The uses whose column is there."""
        return {name: use for name, use in self.mapping.uses.items() if use.column in self.sheet.columns}

    def read(self, today: date) -> None:
        """Read every wanted column that the mapping has."""
        self._subjects()
        for target, use in self.present.items():
            if target in BASE_UNITS or target in NUMBERS:
                self._take(target, read_numbers(target, use, self.sheet))
            elif target not in (*DATES, SUBJECT, ARM, PERTUZUMAB):
                self._take(target, read_facts(target, use, self.sheet))
        self._arms()
        self._days(today)
        self._follow_up()
        self.table.problems.extend(_whole_follow_up(self.present))

    def _take(self, target: str, read: ColumnRead) -> None:
        """Keep a column that was read."""
        self.table.problems.extend(read.problems)
        self.preview.append(read.preview)
        if read.cells is not None:
            self.table.columns[target] = read.cells

    def _subjects(self) -> None:
        """Take the pseudonyms, or make some of the row numbers."""
        use = self.present.get(SUBJECT)
        cells = list(self.sheet.cells(use.column)) if use else [f"row-{row}" for row in self.sheet.rows]
        becomes = "a pseudonym per patient" if use else "numbered by row"
        n_empty = cells.count("")
        preview = Preview(
            target=SUBJECT,
            column=use.column if use else "",
            n_read=len(cells) - n_empty,
            n_empty=n_empty,
            becomes=becomes,
        )
        self._take(SUBJECT, ColumnRead(cells, preview))

    def _words_of(self, target: str, use: Use) -> list[str]:
        """Read a column of words, and keep what became of it."""
        reader = reader_of(target, use.column, self.sheet.cells(use.column), use.words)
        self._take(target, read_words(target, use, self.sheet, reader))
        return self.table.columns.pop(target)

    def _arms(self) -> None:
        """Read the treatments; pertuzumab may have a column of its own, and is given with trastuzumab only."""
        if ARM not in self.present:
            self._everyone()
            return
        arms = self._words_of(ARM, self.present[ARM])
        if PERTUZUMAB in self.present:
            given = self._words_of(PERTUZUMAB, self.present[PERTUZUMAB])
            arms = [
                Arm.TP.value if arm == Arm.T and also == "1" else arm
                for arm, also in zip(arms, given, strict=True)
            ]
        self.table.columns[ARM] = arms

    def _everyone(self) -> None:
        """Give everyone the treatment that the mapping says, or ask for it."""
        everyone, n = self.mapping.everyone, len(self.table.rows)
        problems: tuple[Problem, ...] = ()
        if not everyone:
            choices = (*(arm.value for arm in (Arm.T, Arm.NONE, Arm.TP)), NOT_KNOWN)
            problems = (Problem.of(ARM_RULE, asks=ARM, choices=choices),)
        n_known = n if everyone not in ("", NOT_KNOWN) else 0
        becomes = sentence("{arm} for everyone", arm=everyone) if everyone else sentence("not known")
        preview = Preview(target=ARM, column="", n_read=n_known, n_empty=n - n_known, becomes=becomes)
        self._take(ARM, ColumnRead([everyone if n_known else ""] * n, preview, problems))

    def _days(self, today: date) -> None:
        """Count months from days, for the endpoints that have none, and forget the days."""
        days: dict[str, Days] = {}
        for target in (each for each in DATES if each in self.present):
            days[target], read = read_days(target, self.present[target], self.sheet)
            self._take(target, read)
        wanted = [target for target in MONTHS if target not in self.present]
        if "surgery_date" not in days or not wanted or any(each.is_open for each in days.values()):
            return
        result = counted(self._courses(days), self.table.rows, today=today)
        self.table.problems.extend(result.problems)
        if RFS_MONTHS in wanted:
            self._counted(RFS_MONTHS, RFS_EVENT, result.rfs_months, result.rfs_event, result.n_deaths_in_rfs)
        # Without a column of deaths nobody is known to be alive.
        has_deaths = "death_date" in self.present and not self._has_one_end("death_date")
        if OS_MONTHS in wanted and (has_deaths or OS_EVENT in self.present):
            self._counted(OS_MONTHS, OS_EVENT, result.os_months, result.os_event)

    def _counted(self, months: str, event: str, cells: list[str], events: list[str], n_deaths: int = 0) -> None:
        """Keep the months and events of one endpoint."""
        self.table.columns[event] = events
        known = [float(cell) for cell in cells if cell]
        becomes = "no follow-up"
        if known:
            spread = sentence(
                "median {mm:.1f} ({low:.1f} to {high:.1f}) months",
                mm=np.median(known),
                low=min(known),
                high=max(known),
            )
            becomes = sentence(
                "{spread}, {n} events, {k} of them by death alone" if n_deaths else "{spread}, {n} events",
                spread=spread,
                n=events.count("1"),
                k=n_deaths,
            )
        n = len(cells)
        preview = Preview(target=months, column="", n_read=len(known), n_empty=n - len(known), becomes=becomes)
        self._take(months, ColumnRead(cells, preview))

    def _courses(self, days: dict[str, Days]) -> list[Course]:
        """Put the days of every patient together."""
        unknown = (None,) * len(self.table.rows)
        by_target = {target: days[target].days if target in days else unknown for target in DATES}
        recurred, died = (self.table.columns.get(name, unknown) for name in (RFS_EVENT, OS_EVENT))
        courses = []
        for surgery, recurrence, last_visit, death, flag, is_dead in zip(
            *(by_target[target] for target in DATES), recurred, died, strict=True
        ):
            # One column may hold the day of the event, or of the last visit where there was none.
            is_event = flag == "1" or not self._has_one_end("recurrence_date")
            is_end = is_dead == "1" or not self._has_one_end("death_date")
            courses.append(
                Course(
                    surgery=surgery,
                    recurrence=recurrence if is_event else None,
                    last_visit=last_visit,
                    death=death if is_end else None,
                    recurred=flag,
                    died=is_dead,
                )
            )
        return courses

    def _has_one_end(self, end: str) -> bool:
        """Whether one column holds the day of recurrence, or of death, and of the last visit."""
        uses = [self.present.get(target) for target in (end, "last_visit_date")]
        return uses[0] is not None and uses[1] is not None and uses[0].column == uses[1].column

    def _follow_up(self) -> None:
        """Refuse a table without follow-up; overall survival may be absent."""
        columns, problems = self.table.columns, self.table.problems
        asked = {problem.asks for problem in problems}
        is_waiting = bool(asked & {RFS_MONTHS, *DATES})
        if not is_waiting:
            problems.extend(_no_follow_up(columns))
        for endpoint in Endpoint:
            present = [name for name in endpoint.columns if name in columns]
            if endpoint is not Endpoint.RFS and len(present) == 1 and endpoint.months not in asked:
                problems.append(Problem.of("cohort.no-survival/half", endpoint=endpoint.name_in_full))
                del columns[present[0]]
        for name in REQUIRED:
            columns.setdefault(name, [""] * len(self.table.rows))


_WHOLE = re.compile(r"follow|\bfu\b|fup|nachsorge|nachbeob|beobacht|随访", re.IGNORECASE)
"""Names of the whole time that a patient was followed, which goes on after a recurrence."""


def _whole_follow_up(present: dict[str, Use]) -> list[Problem]:
    """Warn where the time to recurrence is called follow-up."""
    use = present.get(RFS_MONTHS)
    if use is None or not _WHOLE.search(plain_name(use.column)):
        return []
    return [Problem.of("cohort.whole-follow-up", column=Verbatim(use.column), target=RFS_MONTHS)]


def _no_follow_up(columns: dict[str, Sequence[str]] | dict[str, list[str]]) -> list[Problem]:
    """Refuse a table that does not tell the time to recurrence, or who had one."""
    if RFS_MONTHS not in columns:
        return [Problem.of("manifest.missing-column/time")]
    return [] if RFS_EVENT in columns else [Problem.of("manifest.missing-column/event")]
