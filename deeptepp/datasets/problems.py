"""What is wrong with a cohort, as a table of named reasons that the command line, JSON and training show alike.

No text of a problem repeats the content of a cell: a column may have been mixed up, and then it holds a name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import wrap
from typing import Any, cast

from deeptepp.domain.risk import Severity
from deeptepp.errors import CohortRefused
from deeptepp.wording.sentence import sentence

FINDINGS = tomllib.loads(Path(__file__).with_name("findings.toml").read_text(encoding="utf-8"))
"""What is found by each rule, what to do, and whether it is a warning; slashes part one rule."""

WORDS_RULE, ARM_RULE = "cohort.words", "cohort.no-arm"
"""Questions that are not answered by a unit: what cells mean, and the treatment where no column holds it."""

_WIDTH = 100
"""Characters of a line of the table."""

_MOST_RANGES = 12
"""Runs of rows that are written out; the others are counted."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and in which rows.

    ``rule``: stable identifier; ``severity``: a refusal stops the work; a warning does not; ``found``: what was
    found, without a patient identifier; ``remedy``: what to do; ``rows``: rows of the table, ascending; none where
    it concerns the table as a whole; ``asks``: column whose unit or words a person has to say; empty where nothing
    is asked. A question stops the work; a warning with it only offers the choice. ``choices``: Answers, the most
    likely first.
    """

    rule: str
    severity: Severity
    found: str
    remedy: str
    rows: tuple[int, ...] = ()
    asks: str = ""
    choices: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        key: str,
        rows: Iterable[int] = (),
        *,
        asks: str = "",
        choices: Iterable[str] = (),
        **facts: Any,  # noqa: ANN401
    ) -> Problem:
        """Make a problem of the list in ``findings.toml``; ``facts`` fill in what was found and what to do."""
        known = FINDINGS[key]
        found, remedy = (sentence(known[part], **facts) for part in ("found", "remedy"))
        severity = Severity(known.get("severity", Severity.REFUSAL))
        return cls(key.partition("/")[0], severity, found, remedy, tuple(sorted(rows)), asks, tuple(choices))

    def in_rows(self, rows: Sequence[int]) -> Problem:
        """Turn positions of patients, counted from 1, into ``rows`` of a table."""
        return replace(self, rows=tuple(rows[i - 1] for i in self.rows))

    @property
    def is_question(self) -> bool:
        """Whether it stops the work only until it is answered."""
        return bool(self.asks) and self.is_refusal

    @property
    def kind(self) -> str:
        """What it is called: ``question``, else its severity."""
        return "question" if self.is_question else self.severity.value

    @property
    def is_refusal(self) -> bool:
        """Whether it stops the work."""
        return self.severity is Severity.REFUSAL

    def to_mapping(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "rows": list(self.rows),
            "found": self.found,
            "remedy": self.remedy,
            **({"asks": self.asks, "choices": list(self.choices)} if self.asks else {}),
        }


def refuse(problems: Sequence[Problem]) -> None:
    """Stop where one of the problems is a refusal.

    ``problems``: all that was found; the error carries them all as the fact ``problems``. Raises CohortRefused
    where a problem is a refusal.
    """
    rules = sorted({problem.rule for problem in problems if problem.is_refusal})
    if rules:
        raise CohortRefused(value=len(rules), rules=", ".join(rules), problems=tuple(problems))


def problems_in(error: CohortRefused) -> tuple[Problem, ...]:
    """Give the table that a refusal carries.

    ``error``: raised by ``refuse``.
    """
    return cast("tuple[Problem, ...]", error.facts["problems"])


def problem_lines(problems: Sequence[Problem]) -> list[str]:
    """Write the table of problems, refusals first.

    Gives lines of text: severity, rule and rows; below them what was found and what to do, and for a question the
    option of the command line that answers it.
    """
    lines = []
    for problem in sorted(problems, key=lambda each: (not each.is_question, not each.is_refusal, each.rule)):
        rows = f"  {rows_in_words(problem.rows)}" if problem.rows else ""
        lines.append(f"{problem.kind:>8}  [{problem.rule}]{rows}")
        lines.extend(f"          {line}" for line in wrap(f"{problem.found} {problem.remedy}", _WIDTH - 10))
        if problem.is_question:
            lines.append(f"          Answer: {_answer(problem)}")
    n_questions = sum(problem.is_question for problem in problems)
    n_refusals = sum(problem.is_refusal for problem in problems) - n_questions
    asked = f"{n_questions} question(s), " if n_questions else ""
    lines.append(f"{asked}{n_refusals} refusal(s), {len(problems) - n_refusals - n_questions} warning(s)")
    return lines


def _answer(problem: Problem) -> str:
    """Write how a question is answered on the command line."""
    if problem.rule == WORDS_RULE:
        return f"words of [columns.{problem.asks}] in the mapping: {', '.join(problem.choices)}"
    if problem.rule == ARM_RULE:
        return " or ".join(f"--everyone {choice}" for choice in problem.choices)
    return " or ".join(f"--unit {problem.asks}={choice}" for choice in problem.choices)


def rows_in_words(rows: Sequence[int]) -> str:
    """Write row numbers with their runs drawn together.

    Such as ``rows 2-5, 9``.

    >>> rows_in_words([2, 3, 4, 9])
    'rows 2-4, 9'
    """
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    words = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs[:_MOST_RANGES])
    n_others = sum(b - a + 1 for a, b in runs[_MOST_RANGES:])
    if n_others:
        return sentence("rows {where} and {n} more", where=words, n=n_others)
    return sentence("row {where}" if len(rows) == 1 else "rows {where}", where=words)
