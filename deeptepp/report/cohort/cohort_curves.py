"""Survival of a cohort by any fact that it records; it takes neither score nor model."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from deeptepp.domain.cohort import SOURCE, TIER, Arm, Cohort, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.errors import NotEstimable
from deeptepp.report.cohort.cohort_outcomes import NOT_RANDOMISED
from deeptepp.report.figures.survival_figure import comparison_figure
from deeptepp.report.format import count
from deeptepp.report.format import p_value as written_p
from deeptepp.report.held_curves import few_events, held_curves, not_followed
from deeptepp.report.report_item import ReportItem
from deeptepp.report.survival_tables import ENDPOINT_NAMES, curve_steps, estimates_table
from deeptepp.report.text_table import Table
from deeptepp.stats.patient_groups import FACTS, Grouping
from deeptepp.stats.patients.patient_facts import SUBTYPE, patient_facts
from deeptepp.stats.survival.group_comparison import GroupComparison, compare_groups
from deeptepp.wording.sentence import glued, sentence

WHOLE = "All patients"
"""One curve of everybody."""

BY_TIER, BY_ARM = "Tier", "Anti-HER2 therapy"
"""Names of what divides patients by tier and by treatment."""

BY_SOURCE = "Source"
"""Name of what divides patients by centre or data set."""

MOST_SOURCES = 6
"""More centres than this are too many curves for one figure."""

_GROUP = "group"


def curve_choices(cohort: Cohort) -> dict[str, Grouping]:
    """Everything that a cohort can be divided by.

    The result is by name: all patients, treatment, tier where there are tiers, then every fact.
    """
    everybody = np.full(len(cohort), WHOLE, dtype=object)
    facts = {each.name: each for each in patient_facts(cohort)}
    found = [Grouping(WHOLE, (WHOLE,), everybody)]
    found += [facts.pop(BY_ARM)] if BY_ARM in facts else []
    tiers = _divided(cohort, BY_TIER, TIER, tuple(tier.value for tier in Tier), str)
    finer = [
        *(_divided(cohort, name, column, labels, label_of) for name, column, labels, label_of in _FINER),
        _divided(cohort, BY_SOURCE, SOURCE, _sources(cohort), str),
    ]
    found += [each for each in (tiers, *facts.values(), *finer) if each is not None]
    return {each.name: each for each in found}


def fact_items(cohort: Cohort) -> list[ReportItem]:
    """Show survival by every fact, for both endpoints.

    ``cohort``: the patients, tiers are passed over, since they have figures of their own. Returns one for each
    fact and endpoint, what the cohort does not allow says why.
    """
    choices = {name: each for name, each in curve_choices(cohort).items() if name not in (WHOLE, BY_TIER)}
    items = [curves_item(cohort, each, endpoint) for each in choices.values() for endpoint in cohort.endpoints]
    if items:
        return items
    reason = "no recorded fact divides the patients"
    return [ReportItem("curves", "Curves", "Survival by fact", reason=reason)]


def curves_item(cohort: Cohort, by: Grouping, endpoint: Endpoint) -> ReportItem:
    """Show survival by one fact.

    Returns curves with their numbers at risk, estimates and the log-rank test where there are events enough, a
    reason where nobody's follow-up is known.
    """
    name = ENDPOINT_NAMES[endpoint]
    key = f"curves-{endpoint.value}-{re.sub('[^a-z0-9]+', '-', by.name.lower()).strip('-')}"
    title = name if by.name == WHOLE else glued("{} by {}", name, _in_title(by.name))
    number = glued("{}, {}", by.name, endpoint.value.upper())
    grouped = cohort.with_columns(**{_GROUP: by.of_patient})
    try:
        found = compare_groups(grouped, _GROUP, by.labels, endpoint)
    except NotEstimable as error:
        return ReportItem(
            key, number, title, reason=str(error).replace(glued("by {}", _GROUP), glued("by {}", by.name))
        )
    held = held_curves(found, are_treatments=_are_treatments(by, found))
    figure = comparison_figure(found, held, title=title, y_title=name, simulated=cohort.is_simulated)
    return ReportItem(
        key=key,
        number=number,
        title=title,
        figures=(figure,),
        tables=(_table(found, held.reason),),
        notes=_notes(by, found),
        data={"curves": curve_steps(found.curves)},
    )


def _are_treatments(by: Grouping, found: GroupComparison) -> bool:
    """Whether the groups differ in what was given to the patients."""
    return by.name == BY_ARM or set(found.levels) <= {arm.value for arm in Arm}


def _divided(
    cohort: Cohort, name: str, column: str, labels: tuple[str, ...], label_of: Callable[[Any], str]
) -> Grouping | None:
    """Divide patients by a column; None where it has fewer than two groups."""
    if column not in cohort:
        return None
    cells = cohort[column].tolist()
    named = ["" if cell in (None, "") or cell != cell else label_of(cell) for cell in cells]
    of_patient = [label if label in labels else "" for label in named]
    found = tuple(label for label in labels if label in of_patient)
    return Grouping(name, found, np.array(of_patient, dtype=object)) if len(found) > 1 else None


def _sources(cohort: Cohort) -> tuple[str, ...]:
    """Name the centres of a cohort, unless they are too many."""
    cells = cohort[SOURCE].tolist() if SOURCE in cohort else []
    names = sorted({str(cell) for cell in cells if cell not in (None, "")})
    return tuple(names) if len(names) <= MOST_SOURCES else ()


def _size_group(size_mm: float) -> str:
    """Name the size group of the TNM, T1 to T3."""
    return _SIZES[0] if size_mm <= 20 else _SIZES[1] if size_mm <= 50 else _SIZES[2]


_SIZES = ("up to 20 mm", "over 20 to 50 mm", "over 50 mm")

_FINER: tuple[tuple[str, str, tuple[str, ...], Callable[[Any], str]], ...] = (
    ("Node stage", "node_stage", ("N0", "N1", "N2", "N3"), str),
    ("Tumour size in three groups", "tumour_size_mm", _SIZES, _size_group),
    (
        "Histological grade",
        "grade",
        ("grade 1", "grade 2", "grade 3"),
        lambda grade: sentence("grade {int}", int=int(grade)),
    ),
)
"""Facts divided more finely than in the publication's Table 1: name, column, groups in order, group of a value."""

CURVE_NAMES = (
    *(WHOLE, BY_ARM, BY_TIER),
    *(name for name in FACTS if name != BY_ARM),
    *(SUBTYPE, BY_SOURCE),
    *(name for name, *_ in _FINER),
)
"""Names of everything that can divide patients."""


def _in_title(name: str) -> str:
    """Write the name of a fact inside a title."""
    return name if name.isupper() or name[1:2].isupper() or name.startswith(("Ki", "Anti")) else name.lower()


def _table(found: GroupComparison, why_not: str) -> Table:
    """Write the estimates with the test below them."""
    table = estimates_table(found.curves)
    if len(found.curves) < 2:
        return table
    tested = (
        sentence("Not tested: {reason}.", reason=why_not)
        if why_not
        else sentence("Log-rank test {p}, not adjusted.", p=written_p(found.p_value))
    )
    counted = glued("{}, {}.", count(found.n, "patient"), count(found.n_events, "event"))
    return replace(table, note=glued("{} {} {}", counted, tested, table.note))


def _notes(by: Grouping, found: GroupComparison) -> tuple[str, ...]:
    """Who is in no curve and which groups have few events."""
    notes = [NOT_RANDOMISED] if _are_treatments(by, found) else []
    notes += few_events(found.curves)
    if by.n_unknown:
        unknown = count(by.n_unknown, "patient")
        notes.append(sentence("{patients} with this fact unknown: in no curve.", patients=unknown))
    return (*notes, *not_followed(found.n_without_follow_up))
