"""Numbers that cannot be in the unit that their column says: a question in place of a wrong result.

Each limit is one that a cohort in the right unit does not reach; where only a doubt is left, it is a warning.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np
import numpy.typing as npt
from scipy import stats

from deeptepp.datasets.checks import MOST_MONTHS
from deeptepp.datasets.cohort_values import floats
from deeptepp.datasets.columns.mapping import UNITS
from deeptepp.datasets.columns.measures import FACTORS
from deeptepp.datasets.problems import Problem
from deeptepp.domain.clinical import SHARES
from deeptepp.domain.cohort import ARM, SCORE, Arm, Cohort, Endpoint
from deeptepp.wording.sentence import glued, sentence

UNIT_RULE = "cohort.unit"
"""Rule of every question for a unit."""

LONGEST_TREATED_MONTHS = {Arm.T.value: 360.0, Arm.TP.value: 216.0}
"""Longest follow-up after treatment, months: trastuzumab is licensed since September 1998 and in adjuvant trials
since 2000, pertuzumab in adjuvant trials since November 2011; nobody reaches 30 and 18 years before 2028 and 2029.
"""

LONGEST_MEDIAN_MONTHS = 240.0
"""Longest median follow-up of patients without an event that is believed, months: METABRIC, of patients since
1977, has 10 years."""

SHORT_MONTHS = 31.0
"""Longest follow-up up to which years may stand for months: few cohorts exceed 31 years."""

FEW_MONTHS = 24.0
"""Longest follow-up up to which the unit is told to be looked at, whatever the events."""

HIGHEST_RATE = 0.15
"""Recurrences or deaths per patient and year above which early breast cancer is not believed: 0.13 in the first
year of observation in HERA (Piccart-Gebhart et al. N Engl J Med 2005;353:1659-72), 220 events in 1693 patients."""

SMALL_MEDIAN_MM = 4.0
"""Median size below which millimetres are not believed: more than half of the cohort would be T1a or less."""

LARGE_MEDIAN_CM, SMALL_MAX_MM = 10.0, 20.0
"""Median below which, and largest size up to which, sizes that mostly have decimals may be centimetres of large
tumours: pathologists write whole millimetres."""

FEWEST_PATIENTS = 10
"""Known values from which a distribution speaks."""

_NEAR = 0.1
"""Relative distance of the ratio of two columns of months from the ratio of two units."""

_SUPPRESSED = {
    **dict.fromkeys(
        (endpoint.months for endpoint in Endpoint),
        ("cohort.too-many-months", "cohort.rfs-after-os", "cohort.longer-than-treatment"),
    ),
    "tumour_size_mm": ("clinical.out-of-range", "clinical.contradiction"),
    "score": ("cohort.bad-score",),
}
"""Rules that say the same of single rows, and wait until the unit is known."""

Floats = npt.NDArray[np.float64]


def unit_problems(cohort: Cohort, *, sure: Collection[str] = ()) -> tuple[Problem, ...]:
    """Find columns whose numbers speak against their unit.

    ``cohort``: its columns may hold anything; n patients; ``sure``: columns whose unit a person said; they are not
    asked again. Gives Questions, and refusals and warnings of single rows; rows are counted from 1.
    """
    found: list[Problem] = []
    for endpoint in cohort.endpoints:
        found.extend(_follow_up(cohort, endpoint, is_sure=endpoint.months in sure))
    asked = {problem.asks for problem in found if problem.is_question}
    found.extend(_endpoints_apart(cohort, {*sure, *asked}))
    found.extend(each for each in _facts(cohort) if each.asks not in sure)
    return tuple(found)


def with_units(cohort: Cohort, found: Collection[Problem], *, sure: Collection[str]) -> tuple[Problem, ...]:
    """Put what speaks against the units of a cohort before what else was found, without its echo."""
    asked = unit_problems(cohort, sure=sure)
    return (*asked, *without_echo(found, asked))


def without_echo(problems: Collection[Problem], questions: Collection[Problem]) -> tuple[Problem, ...]:
    """Leave out what only repeats an open question row by row."""
    hidden = {rule for each in questions if each.is_question for rule in _SUPPRESSED.get(each.asks, ())}
    return tuple(problem for problem in problems if problem.rule not in hidden)


def in_units(cohort: Cohort, units: Mapping[str, str]) -> Cohort:
    """Turn columns into the units that the package counts in.

    ``units``: unit of each column, one of ``mapping.UNITS``. Gives Months, mm, per cent, and a score in [0, 1].
    """
    factors = {name: _factor(name, unit) for name, unit in units.items() if name in cohort}
    return cohort.with_columns(
        **{name: floats(cohort[name]) * factor for name, factor in factors.items() if factor != 1}
    )


def _factor(name: str, unit: str) -> float:
    """Give what a column is multiplied by."""
    base = "months" if name.endswith("_months") else "mm" if name.endswith("_mm") else "percent"
    return FACTORS["fraction" if name == SCORE else base].get(unit, 1.0)


def _question(name: str, found: str, likely: str, rows: Collection[int] = ()) -> Problem:
    """Ask for the unit of a column, the likely one first."""
    units = [unit for unit in UNITS[name] if unit not in ("words",)]
    choices = [likely, *(unit for unit in units if unit != likely)]
    return Problem.of(UNIT_RULE, rows, asks=name, choices=choices, found=found, name=name)


def _follow_up(cohort: Cohort, endpoint: Endpoint, *, is_sure: bool) -> Iterator[Problem]:
    """Look at the times of one endpoint."""
    months, event = floats(cohort[endpoint.months]), floats(cohort[endpoint.event]) == 1
    known = np.isfinite(months) & (months >= 0)
    if not known.any():
        return
    name = endpoint.months
    too_long = _longer_than_treatment(cohort, months)
    rows = [int(i) + 1 for i in np.flatnonzero(too_long)]
    if is_sure or known.sum() < FEWEST_PATIENTS:
        if rows:
            yield Problem.of("cohort.longer-than-treatment", rows, endpoint=name)
        return
    reason, likely = _reason(months[known], event[known], rows)
    if reason:
        yield _question(name, glued("{}: {}", name, reason), likely, rows if likely != "years" else ())
    elif months[known].max() <= FEW_MONTHS:
        longest, choices = months[known].max(), ("months", "years", "weeks", "days")
        yield Problem.of("cohort.short-follow-up", asks=name, choices=choices, endpoint=name, n=longest)


def _reason(months: Floats, event: npt.NDArray[np.bool_], too_long: Collection[int]) -> tuple[str, str]:
    """Why times cannot be months, and what they may be; nothing where they can."""
    middle = float(np.median(months[~event])) if (~event).any() else float(np.median(months))
    longest = float(months.max())
    if (months > MOST_MONTHS).mean() > 0.5:
        return sentence(
            "half of the times lie above {limit:g}, and nobody is followed for so many months.", limit=MOST_MONTHS
        ), "days"
    if middle > LONGEST_MEDIAN_MONTHS:
        years = middle / 12
        return sentence(
            "as months, half of the patients would have been followed {years:.0f} years or more.", years=years
        ), "weeks"
    if too_long:
        years = longest / 12
        return (
            sentence(
                "as months, {n} patients with trastuzumab or pertuzumab would have been followed up to "
                "{years:.0f} years, longer than these have been given.",
                n=len(too_long),
                years=years,
            )
        ), "weeks"
    rate = _lowest_rate(int(event.sum()), float(months.sum()) / 12)
    if longest <= SHORT_MONTHS and rate > HIGHEST_RATE:
        return (
            sentence(
                (
                    "{n} events, and the longest follow-up would be {m:.1f} months: more events in a "
                    "year than early breast cancer has."
                ),
                n=int(event.sum()),
                m=longest,
            )
        ), "years"
    return "", ""


def _lowest_rate(n_events: int, person_years: float) -> float:
    """Lower bound (95 %, one-sided, Poisson) of the events per patient and year."""
    if not n_events or person_years <= 0:
        return 0.0
    return float(stats.chi2.ppf(0.05, 2 * n_events)) / 2 / person_years


def _longer_than_treatment(cohort: Cohort, months: Floats) -> npt.NDArray[np.bool_]:
    """Who is followed longer than the treatment exists, (n,)."""
    arms = cohort[ARM].astype(str)
    wrong = np.zeros(len(cohort), dtype=bool)
    for arm, limit in LONGEST_TREATED_MONTHS.items():
        wrong |= (arms == arm) & (months > limit) & (months <= MOST_MONTHS)
    return wrong


def _endpoints_apart(cohort: Cohort, known_units: Collection[str]) -> Iterator[Problem]:
    """Ask where RFS and OS of patients without an event differ as two units do."""
    rfs, os = (floats(cohort[each.months]) for each in (Endpoint.RFS, Endpoint.OS))
    free = (floats(cohort[Endpoint.RFS.event]) == 0) & (rfs > 0) & (os > 0)
    if free.sum() < FEWEST_PATIENTS:
        return
    ratio = float(np.median(os[free] / rfs[free]))
    pairs = FACTORS["months"]
    likely = [
        (first, second)
        for first in pairs
        for second in pairs
        if first != second and abs(ratio / (pairs[first] / pairs[second]) - 1) < _NEAR
    ]
    if not likely:
        return
    found = sentence(
        (
            "Patients without recurrence are followed {n:.3g} times as long for survival as for "
            "recurrence: one of the two columns is in another unit."
        ),
        n=ratio,
    )
    # The longer column is in the smaller unit.
    rfs_unit, os_unit = next((each for each in likely if "months" in each), likely[0])
    for name, unit in ((Endpoint.RFS.months, rfs_unit), (Endpoint.OS.months, os_unit)):
        if name not in known_units:
            yield _question(name, glued("{}: {}", name, found), unit)


def _facts(cohort: Cohort) -> Iterator[Problem]:
    """Look at sizes, shares and scores."""
    size = _known(cohort, "tumour_size_mm")
    if len(size) >= FEWEST_PATIENTS:
        middle, largest = float(np.median(size)), float(size.max())
        has_decimals = float((size % 1 != 0).mean()) > 0.5
        if middle < SMALL_MEDIAN_MM or (middle < LARGE_MEDIAN_CM and has_decimals and largest <= SMALL_MAX_MM):
            found = sentence("tumour_size_mm: half of the tumours would measure {mm:.3g} mm or less.", mm=middle)
            yield _question("tumour_size_mm", found, "cm")
    for name in SHARES:
        values = _known(cohort, name)
        if len(values) >= FEWEST_PATIENTS and 0 < values.max() <= 1:
            found = sentence("{endpoint}: nobody has more than 1 %, so these may be fractions.", endpoint=name)
            yield _question(name, found, "fraction")
    score = _known(cohort, SCORE)
    if len(score) and np.median(score) > 1 and score.max() <= 100:
        yield _question(
            SCORE, sentence("{endpoint}: most lie above 1, so these may be per cent.", endpoint=SCORE), "percent"
        )


def _known(cohort: Cohort, name: str) -> Floats:
    """Known numbers of a column; none where it is absent."""
    values = floats(cohort[name]) if name in cohort else np.array([])
    known: Floats = values[np.isfinite(values)]
    return known
