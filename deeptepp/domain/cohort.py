"""A cohort as validated columns; the names of the columns are constants here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.domain.geometry import frozen
from deeptepp.errors import DuplicateSubject, MissingColumn, OutOfRange

SUBJECT = "subject"
ARM = "arm"
RFS_MONTHS = "rfs_months"
RFS_EVENT = "rfs_event"
OS_MONTHS = "os_months"
OS_EVENT = "os_event"
FIRST_EVENT = "first_event"
"""Kind of the first event: none, locoregional, contralateral, distant, death."""
SCORE = "score"
"""Out-of-fold risk score; NaN when not scored."""
SCORE_MODEL = "score_model"
"""SHA-256 of the bundle that made a score, or its first digits; only where the table names it."""
TIER = "tier"
SET = "set"
"""Part that a reference patient played: ``training``, ``holdout`` or ``cohort-3``."""
PROTOCOL = "protocol"
"""How a patient was scanned, by the name of the scan protocol."""
LATENT_RISK = "latent_risk"
"""z of the simulated biology; only in simulated cohorts."""
HER2_POSITIVE = "her2_positive"
"""HER2 status, missing where unknown; only in cohorts that hold both kinds."""
SOURCE = "source"
"""Name of the data set that a patient comes from; only in cohorts put together from several."""
KEY = "key"
"""Name of the files of a patient, where it is not the subject."""


class Arm(StrEnum):
    """Adjuvant anti-HER2 treatment received.

    Examples
    --------
    >>> Arm("T+P").short
    'Tras+pert'
    """

    NONE = "none"
    T = "T"
    TP = "T+P"

    @property
    def short(self) -> str:
        """Name where there is little room; the codes would stand beside T1 to T3 of the TNM."""
        return _ARM_SHORT[self]


_ARM_SHORT: dict[Arm, str] = {Arm.NONE: "None", Arm.T: "Tras", Arm.TP: "Tras+pert"}
"""Short names of the arms, as trials of trastuzumab and pertuzumab abbreviate them."""


class Endpoint(StrEnum):
    """Time-to-event endpoint, with the words that screens and files have for it.

    ``name_in_full``: name, the code in capitals is the short one; ``time``, ``seen``: what its columns of months
    and of events hold; ``is_required``: every cohort has its columns, others are used where they are there.
    """

    name_in_full: str
    free: str
    met: str
    time: str
    seen: str
    is_required: bool

    def __new__(cls, code: str, *facts: Any) -> Endpoint:  # noqa: ANN401  words, and whether it is required
        """Make a member that is its code."""
        made = str.__new__(cls, code)
        made._value_ = code
        made.name_in_full, made.free, made.met, made.time, made.seen, made.is_required = facts
        return made

    RFS = (
        "rfs",
        "Recurrence-free survival",
        "alive without recurrence",
        "with recurrence or death",
        "Time to recurrence or last visit",
        "Recurrence, yes or no",
        True,
    )
    OS = (
        "os",
        "Overall survival",
        "alive",
        "died",
        "Time to death or last contact",
        "Death, yes or no",
        True,
    )

    @property
    def months(self) -> str:
        """Name of the follow-up column, months from surgery."""
        return f"{self.value}_months"

    @property
    def event(self) -> str:
        """Name of the event column, True where the event was seen."""
        return f"{self.value}_event"

    @property
    def columns(self) -> tuple[str, str]:
        """Both columns."""
        return self.months, self.event

    @property
    def column_words(self) -> dict[str, str]:
        """What each of its columns holds."""
        return {self.months: self.time, self.event: self.seen}


@dataclass(frozen=True, slots=True, eq=False)
class FollowUp:
    """Times to event or censoring.

    Parameters
    ----------
    months : (n,) float64
        Months from surgery, >= 0.
    event : (n,) bool
        True where the event was seen, False where censored.

    Raises
    ------
    OutOfRange
        A time is negative or not finite.

    Examples
    --------
    >>> FollowUp(np.array([12.0, 60.0]), np.array([True, False])).n_events
    1
    """

    months: npt.NDArray[np.float64]
    event: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        months, event = frozen(self.months, np.float64), frozen(self.event, bool)
        if months.shape != event.shape or months.ndim != 1:
            msg = f"months {months.shape} and event {event.shape} must be one column each"
            raise ValueError(msg)
        if not (np.isfinite(months).all() and (months >= 0).all()):
            raise OutOfRange(field="months", value="negative or missing", limit="[0, inf)")
        object.__setattr__(self, "months", months)
        object.__setattr__(self, "event", event)

    @property
    def n(self) -> int:
        """Number of patients."""
        return len(self.months)

    @property
    def n_events(self) -> int:
        """Number of events."""
        return int(self.event.sum())

    def where(self, chosen: npt.NDArray[np.bool_]) -> FollowUp:
        """Keep the patients where ``chosen`` (n,) is True."""
        return FollowUp(self.months[chosen], self.event[chosen])


_SIGNIFICANT = 9
"""Digits of a number that count for a digest; days divided in another order differ in later ones."""


def _as_text(column: npt.NDArray[Any]) -> str:
    """Write a column so that equal values have one spelling: numbers and truths as numbers, unknown as nothing."""
    if column.dtype.kind in "biuf":
        return "\x1f".join("" if value != value else f"{value:.{_SIGNIFICANT}g}" for value in column.astype(float))
    return "\x1f".join("" if value is None or value != value else str(value) for value in column)


REQUIRED = (SUBJECT, ARM, *(name for each in Endpoint if each.is_required for name in each.columns))
"""Columns of every cohort."""


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """One row per patient.

    Parameters
    ----------
    columns : mapping of str to (n,) array
        At least the follow-up columns, the subject and the arm; clinical columns are named as in
        ``ClinicalProfile``.
    is_simulated : bool
        True when the patients are not real.

    Raises
    ------
    MissingColumn
        A required column is absent.
    DuplicateSubject
        A subject occurs twice.
    """

    columns: Mapping[str, npt.NDArray[Any]]
    is_simulated: bool

    def __repr__(self) -> str:
        """Say how large it is, and never who is in it."""
        kind = "simulated patients" if self.is_simulated else "patients"
        return f"Cohort({len(self.columns[SUBJECT])} {kind}, {len(self.columns)} columns)"

    def __post_init__(self) -> None:
        missing = [name for name in REQUIRED if name not in self.columns]
        if missing:
            raise MissingColumn(value=", ".join(missing))
        columns = {}
        for name, column in self.columns.items():
            values = frozen(column)
            if values.shape != np.shape(self.columns[SUBJECT]):
                msg = f"Column {name} has shape {values.shape}"
                raise ValueError(msg)
            columns[name] = values
        n_duplicates = len(columns[SUBJECT]) - len(np.unique(columns[SUBJECT]))
        if n_duplicates:
            raise DuplicateSubject(value=n_duplicates)
        object.__setattr__(self, "columns", columns)

    def __len__(self) -> int:
        """Give the number of patients."""
        return len(self.columns[SUBJECT])

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """Give one column, (n,)."""
        return self.columns[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether the cohort has a column."""
        return name in self.columns

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Endpoints whose columns it has."""
        return tuple(each for each in Endpoint if set(each.columns) <= set(self.columns))

    @property
    def digest(self) -> str:
        """SHA-256 of what it holds, the same whatever file, columns or units its table had."""
        told = sha256()
        for name in sorted(self.columns):
            told.update(f"{name}\x1e{_as_text(self.columns[name])}\x1d".encode())
        return told.hexdigest()

    def follow_up(self, endpoint: Endpoint = Endpoint.RFS) -> FollowUp:
        """Give times and events of one endpoint."""
        return FollowUp(self.columns[endpoint.months], self.columns[endpoint.event])

    def where(self, chosen: npt.NDArray[np.bool_]) -> Cohort:
        """Keep the patients where ``chosen`` (n,) is True."""
        return Cohort({name: column[chosen] for name, column in self.columns.items()}, self.is_simulated)

    def with_columns(self, **new: npt.NDArray[Any]) -> Cohort:
        """Add or replace columns, each (n,)."""
        return Cohort({**self.columns, **new}, self.is_simulated)
