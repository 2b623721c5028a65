"""Everything about the facts of a cohort that would spoil a training run, found before one begins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.datasets.cohort_values import floats, is_unknown
from deeptepp.datasets.problems import Problem
from deeptepp.domain.clinical import CLINICAL_FACTS, ClinicalProfile
from deeptepp.domain.cohort import (
    ARM,
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
from deeptepp.domain.risk import Tier
from deeptepp.errors import Contradiction, OutOfRange
from deeptepp.model.fusion import CLINICAL_COLUMNS
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
    are not.
    """

    n_folds: int = 5
    holdout_fraction: float = 0.2
    needs_clinical: bool = True
    needs_follow_up: bool = True


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


def problems_of(
    cohort: Cohort, demands: Demands, *, classes: Classes | None = None, first_row: int = 1
) -> tuple[Problem, ...]:
    """Find all that is wrong with the facts of a cohort.

    ``classes``: what is learnt; recurrence when left out.
    """
    finder = _Finder(cohort, demands, first_row)
    learnt = Classes.of_recurrence(cohort) if classes is None else classes
    return (*finder.all_facts(), *finder.missing_facts(), *_class_problems(learnt, demands))


def fact_problems(cohort: Cohort, *, needs_follow_up: bool = True, first_row: int = 1) -> tuple[Problem, ...]:
    """Find all that is wrong with the facts of a cohort that nothing is trained on.

    ``needs_follow_up``: whether everyone's follow-up and treatment must be known; else gaps are counted. Gives
    refusals and warnings; also of risk scores and tiers, where the cohort has them.
    """
    finder = _Finder(cohort, Demands(needs_follow_up=needs_follow_up), first_row)
    return (*finder.all_facts(), *finder.scores())


@dataclass(frozen=True, slots=True, eq=False)
class _Finder:
    """Looks through the columns of one cohort."""

    cohort: Cohort
    demands: Demands
    first_row: int

    def rows(self, wrong: _Bools) -> list[int]:
        """Rows where something is wrong, (n,)."""
        return [int(i) + self.first_row for i in np.flatnonzero(wrong)]

    def _absent(self, rule: str, found: str, remedy: str, wrong: _Bools) -> Iterator[Problem]:
        """What is absent: a refusal only where it is needed."""
        if wrong.any():
            make = Problem.refusal if self.demands.needs_follow_up else Problem.warning
            yield make(rule, found, remedy, self.rows(wrong))

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
                found = sentence("{column} is unknown for everyone.", column=endpoint.name_in_full)
                yield Problem.warning("cohort.no-survival", found, "Nothing will be said of it.")
                continue
            found = sentence("{field} is absent or not a number.", field=endpoint.months)
            remedy = "Give the months from surgery to the event or to the last visit, with a decimal point."
            yield from self._absent("cohort.absent-months", found, remedy, ~is_timed)
            untimed = ~is_timed & (event == 1)
            if untimed.any() and not self.demands.needs_follow_up:
                found = sentence(
                    "An event of {field} has no time; left out, survival looks better than it is.",
                    field=endpoint.event,
                )
                yield Problem.warning("cohort.untimed-event", found, "Add the months.", self.rows(untimed))
            if (months < 0).any():
                found, remedy = (
                    sentence("{field} is negative.", field=endpoint.months),
                    "Count from the day of surgery.",
                )
                yield Problem.refusal("cohort.negative-months", found, remedy, self.rows(months < 0))
            if (months > MOST_MONTHS).any():
                found = sentence(
                    "{column} is above {limit:g}, longer than anybody is followed.",
                    column=endpoint.months,
                    limit=MOST_MONTHS,
                )
                remedy = "Give months: days are divided by 30.4375, and a date is no time of follow-up."
                yield Problem.refusal("cohort.too-many-months", found, remedy, self.rows(months > MOST_MONTHS))
            wrong = is_timed & ~np.isin(event, (0.0, 1.0))
            if wrong.any():
                found, remedy = (
                    sentence("{column} is neither 0 nor 1.", column=endpoint.event),
                    "Write 1 for an event, 0 for none.",
                )
                yield Problem.refusal("cohort.bad-event", found, remedy, self.rows(wrong))

    def order_of_events(self) -> Iterator[Problem]:
        """Check that the two endpoints agree."""
        rfs, os = floats(self.cohort[RFS_MONTHS]), floats(self.cohort[OS_MONTHS])
        late = rfs > os + MONTHS_TOLERANCE
        if late.any():
            found = sentence(
                "{column} ends after {other}: nobody is seen free of recurrence who is not seen alive.",
                column=RFS_MONTHS,
                other=OS_MONTHS,
            )
            yield Problem.refusal("cohort.rfs-after-os", found, "Correct one of the two.", self.rows(late))
        uncounted = (floats(self.cohort[OS_EVENT]) == 1) & (floats(self.cohort[RFS_EVENT]) == 0) & np.isfinite(rfs)
        if uncounted.any():
            found = "A death is no RFS event here, although RFS counts death of any cause."
            remedy = "Set rfs_event to 1, or know that another endpoint is learnt."
            yield Problem.warning("cohort.death-not-counted", found, remedy, self.rows(uncounted))

    def arms(self) -> Iterator[Problem]:
        """Check the treatments."""
        known = [arm.value for arm in Arm]
        found = sentence("“{column}” must be one of: {known}.", column=ARM, known=joined(", ", known))
        remedy = "Write the adjuvant anti-HER2 treatment received."
        yield from self._absent("cohort.unknown-arm", found, remedy, ~np.isin(self.cohort[ARM].astype(str), known))
        if not (self.cohort[ARM] == Arm.TP.value).any():
            found = "Cohort 3 is empty: nobody had trastuzumab and pertuzumab."
            yield Problem.warning("cohort.no-cohort-3", found, "Nothing will be said of that treatment.")

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
            yield Problem.refusal(rule, found, "Correct it, or leave it empty where it is unknown.", rows)
        if unusual.any():
            found, remedy = "The tumour is ER-negative and PR-positive.", "This is rare; look it up once more."
            yield Problem.warning("clinical.er-negative-pr-positive", found, remedy, self.rows(unusual))

    def scores(self) -> Iterator[Problem]:
        """Check risk scores and tiers, where there are any."""
        if SCORE in self.cohort:
            cells = self.cohort[SCORE].tolist()
            wrong = ~_are(cells, lambda value: isinstance(value, (int, float)) and 0 <= value <= 1)
            if wrong.any():
                found, remedy = (
                    sentence("{column} does not lie in [0, 1].", column=SCORE),
                    "Give the risk score, or leave it empty.",
                )
                yield Problem.refusal("cohort.bad-score", found, remedy, self.rows(wrong))
        if TIER in self.cohort:
            names = [tier.value for tier in Tier]
            wrong = ~_are(self.cohort[TIER].tolist(), lambda value: value in names)
            if wrong.any():
                found, remedy = (
                    sentence("“{column}” must be one of: {known}.", column=TIER, known=joined(", ", names)),
                    "Correct it, or leave it empty.",
                )
                yield Problem.refusal("cohort.bad-tier", found, remedy, self.rows(wrong))

    def missing_facts(self) -> Iterator[Problem]:
        """Count the facts that the network is given and that are unknown."""
        for name in CLINICAL_COLUMNS:
            column = self.cohort[name].tolist() if name in self.cohort else [None] * len(self.cohort)
            missing = np.array([is_unknown(value) for value in column], dtype=bool)
            if missing.all() and self.demands.needs_clinical:
                remedy = 'Give it, or train on images alone (inputs = "mri").'
                yield Problem.refusal(
                    "clinical.unknown-for-all", sentence("{column} is unknown for everyone.", column=name), remedy
                )
            elif missing.any():
                found = sentence(
                    "{column} is unknown for {n} of {total} patients.",
                    column=name,
                    n=int(missing.sum()),
                    total=len(missing),
                )
                remedy = "They are trained on with the mean in its place and a flag."
                yield Problem.warning("clinical.missing", found, remedy, self.rows(missing))


def _are(cells: list[object], rule: Callable[[object], bool]) -> _Bools:
    """Which cells keep a rule, (n,); an absent one does."""
    return np.array([is_unknown(cell) or rule(cell) for cell in cells], dtype=bool)


def _class_problems(classes: Classes, demands: Demands) -> Iterator[Problem]:
    """Check that there is something to learn, in every fold."""
    may_train = classes.is_known & ~classes.is_scored_only
    n, n_events = int(may_train.sum()), int((may_train & classes.event).sum())
    found = sentence("{n} of the {total} patients who may be trained on have an event.", n=n_events, total=n)
    if n_events == 0:
        yield Problem.refusal("cohort.no-events", found, "There is nothing to learn; follow the patients longer.")
        return
    if n_events == n:
        yield Problem.refusal("cohort.one-class", found, "Add patients without one.")
        return
    fewest = min(n_events, n - n_events)
    left = fewest - round(demands.holdout_fraction * fewest)
    if left < demands.n_folds:
        words = sentence("{n} of the smaller class are left for {k} folds.", n=left, k=demands.n_folds)
        found = in_a_row((found, words))
        remedy = "Add patients, ask for fewer folds (n_folds) or hold fewer out (holdout_fraction)."
        yield Problem.refusal("cohort.too-few-events", found, remedy)
