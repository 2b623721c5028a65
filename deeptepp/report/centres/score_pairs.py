"""Two scores of the same patients, brought together by subject."""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose

import numpy as np
import numpy.typing as npt

from deeptepp.domain.clinical import CLINICAL_FACTS
from deeptepp.domain.cohort import ARM, RFS_EVENT, RFS_MONTHS, SCORE, SUBJECT, TIER, Cohort, FollowUp
from deeptepp.domain.risk import Tier
from deeptepp.errors import MissingColumn, OtherPatients
from deeptepp.report.cohort.cohort_prognosis import known_in
from deeptepp.wording.sentence import sentence

_SAME = (ARM, RFS_MONTHS, *CLINICAL_FACTS)
"""What one patient has in both tables, where both know it."""


@dataclass(frozen=True, slots=True, eq=False)
class ScorePairs:
    """Patients who are scored in both tables.

    ``first``, ``second`` (n,): scores. ``first_tiers``, ``second_tiers`` (n,): numbers of tiers, -1 where unknown.
    ``months`` (n,), ``event`` (n,): follow-up, NaN where neither table has it. ``n_first``, ``n_second``: scored
    patients of each table.
    """

    first: npt.NDArray[np.float64]
    second: npt.NDArray[np.float64]
    first_tiers: npt.NDArray[np.int64]
    second_tiers: npt.NDArray[np.int64]
    months: npt.NDArray[np.float64]
    event: npt.NDArray[np.bool_]
    n_first: int
    n_second: int

    @property
    def is_followed(self) -> npt.NDArray[np.bool_]:
        """Whether follow-up is known, (n,)."""
        return np.isfinite(self.months)

    @property
    def follow_up(self) -> FollowUp:
        """Follow-up of those in whom it is known."""
        return FollowUp(self.months[self.is_followed], self.event[self.is_followed])


def pair_scores(first: Cohort, second: Cohort) -> ScorePairs:
    """Bring two tables together by subject.

    Raises ``MissingColumn``: one has no scores; ``OtherPatients``: no subject is scored in both, or one subject
    has other facts in one than in the other, so that it is not one patient.
    """
    one, other = (_scored(each) for each in (first, second))
    place = {str(name): i for i, name in enumerate(other[SUBJECT])}
    rows = [(i, place[str(name)]) for i, name in enumerate(one[SUBJECT]) if str(name) in place]
    if not rows:
        raise OtherPatients(reason=sentence("no subject is scored in both"))
    left, right = (_rows(each, at) for each, at in zip((one, other), zip(*rows, strict=True), strict=True))
    _check_same(left, right)
    is_known = known_in(left, RFS_MONTHS)
    return ScorePairs(
        first=np.asarray(left[SCORE], dtype=np.float64),
        second=np.asarray(right[SCORE], dtype=np.float64),
        first_tiers=_tiers(left),
        second_tiers=_tiers(right),
        months=np.where(is_known, left[RFS_MONTHS], right[RFS_MONTHS]).astype(np.float64),
        event=np.where(is_known, left[RFS_EVENT], right[RFS_EVENT]) == 1,
        n_first=len(one),
        n_second=len(other),
    )


def _scored(cohort: Cohort) -> Cohort:
    """Keep the patients with a score."""
    if SCORE not in cohort:
        raise MissingColumn(value=SCORE)
    return cohort.where(np.isfinite(np.asarray(cohort[SCORE], dtype=np.float64)))


def _rows(cohort: Cohort, rows: tuple[int, ...]) -> Cohort:
    """Take patients in an order."""
    return Cohort({name: column[list(rows)] for name, column in cohort.columns.items()}, cohort.is_simulated)


def _check_same(left: Cohort, right: Cohort) -> None:
    """Refuse subjects that are not the same patients; the column is named, never the patient."""
    for name in _SAME:
        both = known_in(left, name) & known_in(right, name)
        a, b = (each.where(both)[name].tolist() for each in (left, right)) if both.any() else ([], [])
        n = sum(not _is_equal(x, y) for x, y in zip(a, b, strict=True))
        if n:
            reason = sentence(
                "{n} of {total} subjects have another {column} in one", n=n, total=len(a), column=name
            )
            raise OtherPatients(reason=reason)


def _is_equal(one: object, other: object) -> bool:
    """Whether two cells say the same; numbers may differ by what a file rounds."""
    if isinstance(one, (bool, int, float)) and isinstance(other, (bool, int, float)):
        return isclose(float(one), float(other), rel_tol=1e-6, abs_tol=1e-6)
    return str(one) == str(other)


def _tiers(cohort: Cohort) -> npt.NDArray[np.int64]:
    """Numbers of the tiers, -1 where there is none, (n,)."""
    number = {tier.value: i for i, tier in enumerate(Tier)}
    names = cohort[TIER].tolist() if TIER in cohort else [""] * len(cohort)
    return np.array([number.get(str(name), -1) for name in names], dtype=np.int64)
