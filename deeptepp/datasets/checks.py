"""Everything about the facts of a cohort that would spoil a training run, found before one begins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.datasets.cohort_values import floats, is_unknown
from deeptepp.datasets.problems import Problem
from deeptepp.domain.clinical import CLINICAL_FACTS, ClinicalProfile
from deeptepp.domain.cohort import (
    ARM,
    HER2_POSITIVE,
    OS_EVENT,
    OS_MONTHS,
    RFS_EVENT,
    RFS_MONTHS,
    SCORE,
    TIER,
    Arm,
    Cohort,
    Endpoint,
)
from deeptepp.domain.progress import checkpoint
from deeptepp.domain.risk import Severity, Tier
from deeptepp.errors import Contradiction, OutOfRange
from deeptepp.model.clinical_features import CLINICAL_COLUMNS, PUBLISHED_COLUMNS
from deeptepp.wording.sentence import in_a_row, joined, sentence

MONTHS_TOLERANCE = 0.05
"""Months by which RFS may end after OS: two dates rounded to a tenth of a month."""

MOST_MONTHS = 600.0
"""Longest follow-up that is believed, months: days or dates stand in the column above it."""

_Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What a training run asks of its cohort.

    ``n_folds``: each needs a patient with and one without an event; ``holdout_fraction``: share of the patients
    that is taken away before the folds are dealt; ``needs_clinical``: whether the network is given clinical facts;
    ``needs_follow_up``: whether everyone's follow-up and treatment must be known; else they are counted where they
    are not; ``label``: what is learnt, recurrence or ``her2_positive``.
    """

    n_folds: int = 5
    holdout_fraction: float = 0.2
    needs_clinical: bool = True
    needs_follow_up: bool = True
    label: str = RFS_EVENT


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """What is learnt of every patient.

    ``event``, (n,) bool: the event was seen; ``is_known``, (n,) bool: False where nothing can be said;
    ``is_scored_only``, (n,) bool: patients who are never trained on.
    """

    event: _Bools
    is_known: _Bools
    is_scored_only: _Bools

    @classmethod
    def of_recurrence(cls, cohort: Cohort) -> Classes:
        """Learn an RFS event at any time, from cohorts 1 and 2."""
        is_known = np.isfinite(floats(cohort[RFS_MONTHS]))
        return cls((floats(cohort[RFS_EVENT]) == 1) & is_known, is_known, cohort[ARM] == Arm.TP.value)

    @classmethod
    def of_her2(cls, cohort: Cohort) -> Classes:
        """Learn HER2 status, from everybody of whom it is known."""
        status = floats(cohort[HER2_POSITIVE])
        return cls(status == 1, np.isfinite(status), np.zeros(len(cohort), dtype=bool))


def problems_of(
    cohort: Cohort, demands: Demands, *, classes: Classes | None = None, first_row: int = 1
) -> tuple[Problem, ...]:
    """Find all that is wrong with the facts of a cohort.

    ``classes``: what is learnt; the label that is demanded when left out.
    """
    finder = _Finder(cohort, demands, first_row)
    of_label = Classes.of_her2 if demands.label == HER2_POSITIVE else Classes.of_recurrence
    learnt = of_label(cohort) if classes is None else classes
    return (*finder.all_facts(), *finder.missing_facts(), *_class_problems(learnt, demands))


def fact_problems(cohort: Cohort, *, needs_follow_up: bool = True, first_row: int = 1) -> tuple[Problem, ...]:
    """Find all that is wrong with the facts of a cohort that nothing is trained on.

    ``needs_follow_up``: whether everyone's follow-up and treatment must be known; else gaps are counted. Gives
    refusals and warnings; also of risk scores and tiers, where the cohort has them.
    """
    finder = _Finder(cohort, Demands(needs_follow_up=needs_follow_up), first_row)
    return (*finder.all_facts(), *finder.scores())


def profile_problems(cohort: Cohort) -> tuple[Problem, ...]:
    """Find all that is wrong with the clinical facts of a cohort, and with nothing else; rows count from 1."""
    return tuple(_Finder(cohort, Demands(), first_row=1).profiles())


@dataclass(frozen=True, slots=True, eq=False)
class _Finder:
    """Looks through the columns of one cohort."""

    cohort: Cohort
    demands: Demands
    first_row: int

    def rows(self, wrong: _Bools) -> list[int]:
        """Rows where something is wrong, (n,)."""
        return [int(i) + self.first_row for i in np.flatnonzero(wrong)]

    def told(self, key: str, wrong: _Bools, **facts: Any) -> Iterator[Problem]:  # noqa: ANN401
        """Tell a finding where it concerns somebody, (n,)."""
        if wrong.any():
            yield Problem.of(key, self.rows(wrong), **facts)

    def _absent(self, rule: str, wrong: _Bools, **facts: Any) -> Iterator[Problem]:  # noqa: ANN401
        """What is absent: a refusal only where it is needed."""
        severity = Severity.REFUSAL if self.demands.needs_follow_up else Severity.WARNING
        yield from (replace(problem, severity=severity) for problem in self.told(rule, wrong, **facts))

    def all_facts(self) -> Iterator[Problem]:
        """Check all that any use of a cohort rests on."""
        yield from self.follow_up()
        yield from self.order_of_events()
        yield from self.arms()
        yield from self.profiles()

    def follow_up(self) -> Iterator[Problem]:
        """Check times and events of both endpoints."""
        for endpoint in self.cohort.endpoints:
            months, event = floats(self.cohort[endpoint.months]), floats(self.cohort[endpoint.event])
            is_timed = np.isfinite(months)
            if endpoint is not Endpoint.RFS and not is_timed.any():
                yield Problem.of("cohort.no-survival", column=endpoint.name_in_full)
                continue
            yield from self._absent("cohort.absent-months", ~is_timed, field=endpoint.months)
            untimed = ~is_timed & (event == 1) & (not self.demands.needs_follow_up)
            yield from self.told("cohort.untimed-event", untimed, field=endpoint.event)
            yield from self.told("cohort.negative-months", months < 0, field=endpoint.months)
            too_long = months > MOST_MONTHS
            yield from self.told("cohort.too-many-months", too_long, column=endpoint.months, limit=MOST_MONTHS)
            wrong = is_timed & ~np.isin(event, (0.0, 1.0))
            yield from self.told("cohort.bad-event", wrong, column=endpoint.event)

    def order_of_events(self) -> Iterator[Problem]:
        """Check that the two endpoints agree."""
        rfs, os = floats(self.cohort[RFS_MONTHS]), floats(self.cohort[OS_MONTHS])
        late = rfs > os + MONTHS_TOLERANCE
        yield from self.told("cohort.rfs-after-os", late, column=RFS_MONTHS, other=OS_MONTHS)
        uncounted = (floats(self.cohort[OS_EVENT]) == 1) & (floats(self.cohort[RFS_EVENT]) == 0) & np.isfinite(rfs)
        yield from self.told("cohort.death-not-counted", uncounted)

    def arms(self) -> Iterator[Problem]:
        """Check the treatments."""
        known = [arm.value for arm in Arm]
        wrong = ~np.isin(self.cohort[ARM].astype(str), known)
        yield from self._absent("cohort.unknown-arm", wrong, column=ARM, known=joined(", ", known))
        if not (self.cohort[ARM] == Arm.TP.value).any():
            yield Problem.of("cohort.no-cohort-3")

    def profiles(self) -> Iterator[Problem]:
        """Check the clinical facts of every patient, and that they agree."""
        columns = {name: self.cohort[name].tolist() for name in CLINICAL_FACTS if name in self.cohort}
        wrong: dict[tuple[str, str], list[int]] = defaultdict(list)
        unusual = np.zeros(len(self.cohort), dtype=bool)
        for i in range(len(self.cohort)):
            checkpoint()
            try:
                facts = {name: CLINICAL_FACTS[name].from_table(column[i]) for name, column in columns.items()}
                profile = ClinicalProfile.from_mapping(facts)
            except OutOfRange as error:
                found = sentence(
                    "{column} lies outside of {limit}.", column=error.facts["field"], limit=error.limit
                )
                wrong[error.rule, found].append(i + self.first_row)
            except Contradiction as error:
                wrong[error.rule, str(error)].append(i + self.first_row)
            else:
                unusual[i] = profile.er_positive is False and profile.pr_positive is True
        for (rule, found), rows in wrong.items():
            yield Problem.of(rule, rows, found=found)
        yield from self.told("clinical.er-negative-pr-positive", unusual)

    def scores(self) -> Iterator[Problem]:
        """Check risk scores and tiers, where there are any."""
        if SCORE in self.cohort:
            cells = self.cohort[SCORE].tolist()
            wrong = ~_are(cells, lambda value: isinstance(value, (int, float)) and 0 <= value <= 1)
            yield from self.told("cohort.bad-score", wrong, column=SCORE)
        if TIER in self.cohort:
            names = [tier.value for tier in Tier]
            wrong = ~_are(self.cohort[TIER].tolist(), lambda value: value in names)
            yield from self.told("cohort.bad-tier", wrong, column=TIER, known=joined(", ", names))

    def missing_facts(self) -> Iterator[Problem]:
        """Count the facts that the network is given and that are unknown."""
        for name in CLINICAL_COLUMNS:
            is_published = name in PUBLISHED_COLUMNS
            if name not in self.cohort and not is_published:
                continue
            column = self.cohort[name].tolist() if name in self.cohort else [None] * len(self.cohort)
            missing = np.array([is_unknown(value) for value in column], dtype=bool)
            if missing.all() and is_published and self.demands.needs_clinical:
                yield Problem.of("clinical.unknown-for-all", column=name)
            else:
                n, total = int(missing.sum()), len(missing)
                yield from self.told("clinical.missing", missing, column=name, n=n, total=total)


def _are(cells: list[object], rule: Callable[[object], bool]) -> _Bools:
    """Which cells keep a rule, (n,); an absent one does."""
    return np.array([is_unknown(cell) or rule(cell) for cell in cells], dtype=bool)


def _class_problems(classes: Classes, demands: Demands) -> Iterator[Problem]:
    """Check that there is something to learn, in every fold."""
    may_train = classes.is_known & ~classes.is_scored_only
    n, n_events = int(may_train.sum()), int((may_train & classes.event).sum())
    if n_events in (0, n):
        yield Problem.of("cohort.one-class" if n_events else "cohort.no-events", n=n_events, total=n)
        return
    fewest = min(n_events, n - n_events)
    left = fewest - round(demands.holdout_fraction * fewest)
    if left < demands.n_folds:
        found = sentence("{n} of the {total} patients who may be trained on have an event.", n=n_events, total=n)
        words = sentence("{n} of the smaller class are left for {k} folds.", n=left, k=demands.n_folds)
        yield Problem.of("cohort.too-few-events", found=in_a_row((found, words)))
