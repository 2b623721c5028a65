"""Each clinical fact by itself: univariate Cox models, as in Table S3 of the publication."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from deeptepp.domain.cohort import Cohort, Endpoint, FollowUp
from deeptepp.domain.published_caveats import CAVEATS, Caveat
from deeptepp.report.cohort.cohort_prognosis import name_of_arm
from deeptepp.report.cohort.table_one_item import bare_p
from deeptepp.report.format import NOT_ESTIMABLE, count, ratio_ci
from deeptepp.report.format import p_value as written_p
from deeptepp.report.names import group_words
from deeptepp.report.report_item import Beside, ReportItem
from deeptepp.report.survival_tables import ENDPOINT_NAMES
from deeptepp.report.text_table import Table
from deeptepp.stats.design import design
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.event_rule import why_not_compared
from deeptepp.stats.hazards.firth import fit_firth
from deeptepp.stats.hazards.screening import ScreenedVariable, Screening, screen
from deeptepp.stats.patient_groups import Grouping
from deeptepp.stats.patients.patient_facts import SUBTYPE, duplicate_facts, patient_facts
from deeptepp.wording.sentence import glued, joined, sentence

SELECTED = ("Tumour size", "Nodes", "ER", "PR", SUBTYPE)
"""Facts whose p was below 0.05 in print, which made them inputs of the network; the numbers are not at hand."""

_OF_ARM = "Anti-HER2 therapy"
_KEY, _NUMBER = "table-s3", "Table S3"
_NO_EVENT = "no event was seen"
_PENALISED = "penalised (Firth)"


def screening_item(cohort: Cohort, endpoint: Endpoint) -> ReportItem:
    """Fit each fact of a cohort alone.

    ``cohort``: follow-up and facts may be unknown for some; ``endpoint``: recurrence-free or overall survival.
    Returns hazard ratios, likelihood ratio tests, and p adjusted for how many facts were looked at, a reason where
    no event was seen or no fact divides the patients.
    """
    key = _KEY if endpoint is Endpoint.RFS else f"{_KEY}-{endpoint.value}"
    title = sentence("Each fact by itself: {endpoint}", endpoint=ENDPOINT_NAMES[endpoint].lower())
    patients = cohort.where(np.isfinite(np.asarray(cohort[endpoint.months], dtype=np.float64)))
    facts = patient_facts(patients)
    reason = _why_not(patients, endpoint, facts)
    if reason:
        return ReportItem(key, _NUMBER, title, reason=reason)
    follow_up = patients.follow_up(endpoint)
    names = [each.name for each in facts]
    found = screen(
        follow_up,
        {each.name: each.of_patient for each in facts},
        names,
        reference={each.name: each.labels[0] for each in facts},
    )
    by_name = {each.name: each for each in facts}
    table = _table(found, by_name, follow_up)
    return ReportItem(
        key=key,
        number=_NUMBER,
        title=title,
        tables=(table,),
        beside=_printed(found, endpoint),
        notes=_notes(cohort, found, facts),
    )


def _why_not(patients: Cohort, endpoint: Endpoint, facts: tuple[Grouping, ...]) -> str:
    """Why nothing can be fitted; empty where something can."""
    if not len(patients):
        return "nobody's follow-up is known"
    if not patients.follow_up(endpoint).n_events:
        return _NO_EVENT
    return "" if facts else "no fact divides the patients"


def _table(found: Screening, facts: Mapping[str, Grouping], follow_up: FollowUp) -> Table:
    """Write one row for each level; tests stand in the first row of their fact."""
    rows: list[tuple[str, ...]] = []
    for variable in found.variables:
        fact = facts[variable.name]
        ratios = _hazard_ratios(variable, fact, follow_up)
        groups = {level: follow_up.where(fact.of_patient == level) for level in fact.labels}
        few = _few_by_arm(fact, groups)
        for i, (level, mine) in enumerate(groups.items()):
            head = (glued("{}: {}", variable.name, group_words(level)), str(mine.n), str(mine.n_events))
            tests = ("", "", "") if i else ("not tested", "", "") if any(few.values()) else _tests(variable)
            held = sentence("not given: {reason}", reason=few[level]) if few.get(level) else ""
            rows.append((*head, "1 (reference)" if i == 0 else held or ratios[level], *tests))
    header = ("Fact", "Patients", "Events", "HR (95 % CI)", "p", "p, Benjamini-Hochberg", "p, Holm")
    note = sentence(
        "{n}, {n_events}. {method}; Wald intervals. ",
        n=count(found.n, "patient"),
        n_events=count(found.n_events, "event"),
        method=found.method,
    )
    return Table(
        "Univariate models",
        header,
        tuple(rows),
        sentence("{note}Adjusted for {n_tested}.", note=note, n_tested=count(_n_tested(found), "fact")),
    )


def _few_by_arm(fact: Grouping, groups: Mapping[str, FollowUp]) -> dict[str, str]:
    """Say of each treatment whether it or the first has too few events for a ratio; nothing of other facts."""
    if fact.name != _OF_ARM:
        return {}
    first = fact.labels[0]
    return {
        level: why_not_compared({name_of_arm(each): groups[each].n_events for each in (level, first)})
        for level in fact.labels[1:]
    }


def _tests(variable: ScreenedVariable) -> tuple[str, str, str]:
    """Write the unadjusted p and both adjusted ones."""
    if variable.p_value is None:
        return variable.reason or NOT_ESTIMABLE, "", ""
    return bare_p(variable.p_value), bare_p(variable.benjamini_hochberg), bare_p(variable.holm)


def _test_of(variable: ScreenedVariable | None) -> str:
    """Write the unadjusted p beside the printed one."""
    if variable is None:
        return "not known in this cohort"
    return (variable.reason or NOT_ESTIMABLE) if variable.p_value is None else written_p(variable.p_value)


def _n_tested(found: Screening) -> int:
    """Count the facts that could be tested."""
    return sum(each.p_value is not None for each in found.variables)


def _hazard_ratios(variable: ScreenedVariable, fact: Grouping, follow_up: FollowUp) -> dict[str, str]:
    """Write the hazard ratio of each level; from the penalised model where Cox has none."""
    if variable.fit is None:
        return dict.fromkeys(fact.labels, variable.reason)
    ratios = _by_level(fact, variable.fit.names, variable.fit.hazard_ratios())
    words = {level: _ratio(each) for level, each in ratios.items()}
    if any(each.value is None for each in ratios.values()):
        penalised = _penalised(fact, follow_up)
        words |= {
            level: glued("{}, {}", _ratio(penalised[level]), _PENALISED)
            for level, each in ratios.items()
            if each.value is None
        }
    return words


def _by_level(fact: Grouping, names: tuple[str, ...], ratios: tuple[Estimate, ...]) -> dict[str, Estimate]:
    """Name hazard ratios by level instead of by column of the design."""
    return {name.removeprefix(fact.name): each for name, each in zip(names, ratios, strict=True)}


def _penalised(fact: Grouping, follow_up: FollowUp) -> dict[str, Estimate]:
    """Fit the fact with Firth's penalty."""
    known = fact.of_patient != ""
    columns = design({fact.name: fact.of_patient[known]}, [fact.name], reference={fact.name: fact.labels[0]})
    fit = fit_firth(follow_up.where(known), columns)
    return _by_level(fact, columns.names, fit.hazard_ratios())


def _ratio(estimate: Estimate) -> str:
    """Write a hazard ratio, or why there is none."""
    if estimate.value is None:
        return glued("{}: {}", NOT_ESTIMABLE, estimate.reason)
    return ratio_ci(estimate.value, estimate.low, estimate.high)


def _printed(found: Screening, endpoint: Endpoint) -> Beside | None:
    """Set the facts that were selected in print beside ours; only recurrence was screened there."""
    if endpoint is not Endpoint.RFS:
        return None
    ours = {each.name: each for each in found.variables}
    # The network takes no treatment, so that the printed screening has none.
    names = [*SELECTED, *(name for name in ours if name not in SELECTED and name != _OF_ARM)]
    rows = tuple(
        (name, "p < 0.05" if name in SELECTED else "not named", _test_of(ours.get(name))) for name in names
    )
    return Beside(
        Table("Facts selected", ("Fact", "Printed", "Here"), rows, "Likelihood ratio test, not adjusted."),
        (
            "Table S3 is in the supplement; the text names the facts with p < 0.05 without a number of them, and "
            "not what else was looked at.",
            CAVEATS[Caveat.TWO_DEFINITIONS],
        ),
        _NUMBER,
    )


def _notes(cohort: Cohort, found: Screening, facts: tuple[Grouping, ...]) -> tuple[str, ...]:
    """What must be known to read the table."""
    notes = [each.sentence for each in duplicate_facts(facts)]
    if len(cohort) > found.n:
        notes.append(
            sentence("{cohort} without known follow-up left out.", cohort=count(len(cohort) - found.n, "patient"))
        )
    missing = [glued("{} {}", each.name, each.n_missing) for each in found.variables if each.n_missing]
    if missing:
        notes.append(sentence("Not known, and left out of their model: {missing}.", missing=joined(", ", missing)))
    if any(each.name == _OF_ARM for each in facts):
        notes.append("Treatment was not randomised; its hazard ratios here are not adjusted for anything.")
    return tuple(notes)
