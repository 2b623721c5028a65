"""Subjects that look like a person instead of a pseudonym: a name, a date of birth, an e-mail address."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deeptepp.datasets.problems import Problem
from deeptepp.domain.cohort import SUBJECT

NAMED_SUBJECT = "cohort.named-subject"
"""Rule of the warning."""

_WORD = r"[^\W\d_]+[.]?(?:[-'’][^\W\d_]+)*"
_NAME = re.compile(rf"{_WORD}(?:(?:[ ]*[,^][ ]*|[ ]+){_WORD})+")
"""Two words of letters or more, parted by a blank, a comma or the ^ of DICOM; a digit makes it a pseudonym."""

_DATE = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d(?P<part>[-/.])\d{1,2}(?P=part)\d{1,2}|\d{1,2}(?P<by>[-/.])\d{1,2}(?P=by)(?:19|20)\d\d)(?!\d)"
    r"|(?<!\d)(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)"
)
"""Anywhere in the subject: year, month and day in either order, or eight digits that make a day since 1900."""

_MAIL = re.compile(r"\S[^\s@]*@\S(?=\S*\.\S)\S*+")
"""An address of e-mail; written so that a long cell is looked at once."""


def looks_like_a_person(subject: str) -> bool:
    """Whether a subject is no pseudonym by its looks.

    True for a name of two words or more, a date, or an e-mail address.

    >>> [looks_like_a_person(each) for each in ("Doe, Jane", "1961-03-04", "P 017", "Breast_MRI_001")]
    [True, True, False, False]
    """
    text = subject.strip()
    return bool(_NAME.fullmatch(text) or _DATE.search(text) or _MAIL.fullmatch(text))


def named_subjects(subjects: Sequence[object], rows: Sequence[int]) -> tuple[Problem, ...]:
    """Warn of subjects that look like a person.

    ``subjects``: as they stand in the table, n of them. One warning, or none; it names rows and never a subject.
    """
    are_named: npt.NDArray[np.bool_] = np.array([looks_like_a_person(str(each)) for each in subjects], dtype=bool)
    wrong = [row for row, is_named in zip(rows, are_named, strict=True) if is_named]
    if not wrong:
        return ()
    return (Problem.of(NAMED_SUBJECT, wrong, column=SUBJECT),)
