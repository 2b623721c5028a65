"""What the tier says beyond stage and treatment: the multivariable Cox models of the publication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import ARM, TIER, Arm, Cohort, Endpoint, FollowUp
from deeptepp.domain.published import HAZARD_RATIOS
from deeptepp.domain.risk import Tier
from deeptepp.errors import NotEstimable
from deeptepp.report.format import count, ratio_ci
from deeptepp.report.format import p_value as written_p
from deeptepp.report.names import group_words
from deeptepp.report.report_item import Beside, ReportItem
from deeptepp.report.survival_tables import ENDPOINT_NAMES
from deeptepp.report.text_table import Table
from deeptepp.stats.design import Design, as_text, design, levels_of
from deeptepp.stats.estimate import ChiSquareTest, Estimate
from deeptepp.stats.event_rule import why_not_compared
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.hazards.firth import fit_firth
from deeptepp.stats.hazards.proportional_hazards import check_proportional_hazards
from deeptepp.wording.sentence import Words, glued, sentence

ADJUSTED_FOR = ("stage", ARM)
"""Columns that stand beside the tier in the multivariable model, as in the publication."""

_NAMES = {"stage": "Stage", ARM: "Anti-HER2 therapy", TIER: "Tier"}

OVER_TIME_NOTE: Words = (
    "Score test of a slope of the coefficient over Kaplan-Meier time (Grambsch and Therneau). A small p says that "
    "the hazard ratio is an average over a time in which it changes."
)
"""Stands below the tests of proportional hazards."""

EVENTS_PER_TERM = 10
"""With fewer events for each term a model is larger than they carry well."""


def adjusted_item(cohort: Cohort, endpoint: Endpoint) -> ReportItem:
    """Fit tier, stage and treatment together, as the publication's multivariable analysis.

    ``endpoint``: recurrence-free or overall survival. Returns hazard ratios beside the printed ones, a reason
    where no model can be fitted.
    """
    key, number = (f"cox-{endpoint.value}", sentence("Cox model, {endpoint}", endpoint=endpoint.value.upper()))
    title = sentence("Tier, stage and treatment together: {endpoint}", endpoint=ENDPOINT_NAMES[endpoint].lower())
    try:
        tables, by_name, notes = _adjusted(cohort, endpoint)
    except NotEstimable as error:
        return ReportItem(key, number, title, reason=str(error))
    return ReportItem(key, number, title, tables=tables, beside=_printed(endpoint, by_name), notes=notes)


def complete(cohort: Cohort, endpoint: Endpoint, columns: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Find the patients whose follow-up and facts are all known.

    ``endpoint``: whose follow-up must be known; ``columns``: facts that must be known. Returns (n,) True where
    nothing is missing.
    """
    known = np.isfinite(np.asarray(cohort[endpoint.months], dtype=np.float64))
    for name in columns:
        known &= known_in(cohort, name)
    return known


def known_in(cohort: Cohort, name: str) -> npt.NDArray[np.bool_]:
    """Find the patients of whom one fact is known.

    ``name``: a column, where it is absent, nobody's is known. Returns (n,) True where the cell holds something.
    """
    if name not in cohort:
        return np.zeros(len(cohort), dtype=bool)
    return np.array([not _is_missing(value) for value in np.asarray(cohort[name]).tolist()], dtype=bool)


def _is_missing(value: object) -> bool:
    """Whether a cell holds nothing: None, NaN or empty text."""
    return value is None or value == "" or (isinstance(value, float) and bool(np.isnan(value)))


def _adjusted(
    cohort: Cohort, endpoint: Endpoint
) -> tuple[tuple[Table, ...], dict[str, Estimate], tuple[str, ...]]:
    """Fit the model: its tables, its hazard ratios by name of the term, and what to know."""
    present = [name for name in ADJUSTED_FOR if name in cohort]
    patients = cohort.where(complete(cohort, endpoint, [TIER, *present]))
    levels = {name: set(as_text(patients[name])) for name in (TIER, *present)}
    if len(levels[TIER]) < 2:
        raise NotEstimable(what="The multivariable model", reason="the patients are not of two tiers or more")
    terms = [name for name, found in levels.items() if len(found) > 1]
    orders: dict[str, type[StrEnum]] = {TIER: Tier, ARM: Arm}
    reference = {name: _first(orders[name], levels[name]) for name in terms if name in orders}
    columns = design(patients.columns, terms, reference=reference)
    follow_up = patients.follow_up(endpoint)
    if not follow_up.n_events:
        raise NotEstimable(what="The multivariable model", reason="no event was seen")
    fit = fit_cox(follow_up, columns)
    estimates = dict(zip(columns.names, fit.hazard_ratios(), strict=True))
    notes = []
    if any(each.value is None for each in estimates.values()):
        estimates |= _penalised(patients, endpoint, columns, estimates)
        notes.append("Terms without an event in one group are from the penalised model (Firth).")
    if fit.n < len(cohort):
        notes.append(
            sentence("{patients} with an unknown fact left out.", patients=count(len(cohort) - fit.n, "patient"))
        )
    if fit.n_events < EVENTS_PER_TERM * len(columns.names):
        notes.append(
            sentence(
                "{n_events} for {names}: more than they carry well.",
                n_events=count(fit.n_events, "event"),
                names=count(len(columns.names), "term"),
            )
        )
    against = {name: reference.get(name) or levels_of(patients[name])[0] for name in terms}
    few = _few_by_term(patients, follow_up, against)
    rows = tuple(
        (
            _named(name, against),
            sentence("not given: {reason}", reason=few[name])
            if few.get(name)
            else ratio_ci(each.value, each.low, each.high),
            "not tested" if few.get(name) else written_p(each.p_value),
        )
        for name, each in estimates.items()
    )
    note = glued("{}, {}. {}. ", count(fit.n, "patient"), count(fit.n_events, "event"), fit.method)
    note += sentence("Likelihood ratio test of the whole model: {p}.", p=written_p(fit.likelihood_ratio.p_value))
    ratios = Table("Hazard ratios", ("Term", "HR (95 % CI)", "p"), rows, note)
    checked = check_proportional_hazards(follow_up, columns, fit)
    tested = {_named(name, against): test for name, test in zip(checked.names, checked.by_column, strict=True)}
    return (ratios, _over_time(tested, checked.together)), estimates, tuple(notes)


def _over_time(by_term: Mapping[str, ChiSquareTest], together: ChiSquareTest) -> Table:
    """Lay out the tests of proportional hazards."""
    rows = tuple(
        (name, f"{test.statistic:.2f}", str(test.degrees_of_freedom), written_p(test.p_value))
        for name, test in {**by_term, sentence("All terms together"): together}.items()
    )
    return Table("Proportional hazards", ("Term", "Chi-square", "Degrees of freedom", "p"), rows, OVER_TIME_NOTE)


def _few_by_term(patients: Cohort, follow_up: FollowUp, against: Mapping[str, str]) -> dict[str, str]:
    """Say of each term of the treatment whether it or its reference has too few events for a ratio."""
    if ARM not in against:
        return {}
    arm = np.asarray(patients[ARM]).astype(str)
    events = {level: int(follow_up.event[arm == level].sum()) for level in np.unique(arm).tolist()}
    first = against[ARM]
    return {
        f"{ARM}{level}": why_not_compared({name_of_arm(each): events[each] for each in (level, first)})
        for level in events
        if level != first
    }


def name_of_arm(arm: str) -> str:
    """Name a treatment in a reason, where "none" would be read as nobody."""
    return "no anti-HER2 therapy" if arm == Arm.NONE.value else group_words(arm)


def _first(order: type[StrEnum], found: set[str]) -> str:
    """Choose the lowest level that has patients."""
    return next(each.value for each in order if each.value in found)


def _penalised(
    patients: Cohort, endpoint: Endpoint, columns: Design, estimates: Mapping[str, Estimate]
) -> dict[str, Estimate]:
    """Estimate the terms that Cox has no hazard ratio for."""
    fit = fit_firth(patients.follow_up(endpoint), columns)
    found = dict(zip(columns.names, fit.hazard_ratios(), strict=True))
    return {name: found[name] for name, each in estimates.items() if each.value is None}


def _named(name: str, reference: Mapping[str, str]) -> str:
    """Write a term of the design for a reader."""
    for column, words in _NAMES.items():
        if name.startswith(column):
            against = sentence(" against {reference}", reference=reference[column]) if column in reference else ""
            return glued("{}: {}{}", words, group_words(name.removeprefix(column)), against)
    return name


def _printed(endpoint: Endpoint, ours: Mapping[str, Estimate]) -> Beside:
    """Set the printed hazard ratios beside ours."""
    rows, notes = [], []
    for printed in (each for each in HAZARD_RATIOS if each.endpoint is endpoint):
        own = ours.get(f"{TIER}{printed.tier.value}")
        here = "not in this cohort" if own is None else ratio_ci(own.value, own.low, own.high)
        words = f"{printed.value:g} ({printed.low:g}\u2013{printed.high:g})"
        rows.append(
            (
                sentence("{value} against {value_2}", value=printed.tier.value, value_2=printed.reference.value),
                words,
                here,
            )
        )
        notes += [note for note in printed.notes if note not in notes]
        where = printed.where
    table = Table("Hazard ratios", ("Tier", "Printed (95 % CI)", "Here (95 % CI)"), tuple(rows))
    return Beside(table, tuple(notes), where)
