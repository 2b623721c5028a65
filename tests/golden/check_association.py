"""Checks of cox, cox.univariate, firth, mh_interaction, mh_interaction.interaction: hazard ratios."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from golden.comparison import ITERATED, LIKELIHOOD, Comparison
from golden.oracle import Case, as_levels, chosen, follow_up

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.concordance import harrell_c
from deeptepp.stats.cox import fit_cox
from deeptepp.stats.cox_fit import CoxFit
from deeptepp.stats.cox_likelihood import Ties
from deeptepp.stats.design import Design, design
from deeptepp.stats.firth import fit_firth
from deeptepp.stats.interaction import compare_nested
from deeptepp.stats.landmark import censor_at
from deeptepp.stats.proportional_hazards import check_proportional_hazards
from deeptepp.stats.screening import screen

_STRATA = re.compile(r"strata\((\w+)\)")


@dataclass(frozen=True)
class Formula:
    """Right-hand side of a model: terms such as ``age`` or ``arm:tier``, and the columns of the strata."""

    terms: tuple[str, ...]
    strata: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        return [*dict.fromkeys(part for term in self.terms for part in term.split(":")), *self.strata]


def formula(text: str) -> Formula:
    """Read a formula of R; main effects come before their products, as in R."""
    strata = tuple(_STRATA.findall(text))
    terms: list[str] = []
    for piece in _STRATA.sub("", text).split("+"):
        parts = [part.strip() for part in piece.split("*") if part.strip()]
        terms += parts
        for degree in range(2, len(parts) + 1):
            terms += [":".join(group) for group in combinations(parts, degree)]
    seen = list(dict.fromkeys(part.strip() for term in terms for part in term.split(":")))
    ordered = [":".join(sorted((part.strip() for part in term.split(":")), key=seen.index)) for term in terms]
    distinct = list(dict.fromkeys(ordered))
    return Formula(tuple(sorted(distinct, key=lambda term: term.count(":"))), strata)


def check_cox(case: Case, comparison: Comparison) -> None:
    """One Cox model with its tests and its concordance; the test of proportional hazards is informational."""
    model = formula(case.params["formula"])
    frame = case.table(case.columns["time"], case.columns["status"], *model.columns)
    ties = Ties[(case.params.get("ties") or "efron").upper()]
    times, columns, strata = follow_up(frame, case.columns), _design(frame, model, case), _strata(frame, model)
    fit = fit_cox(times, columns, strata=strata, ties=ties)
    _compare_fit(comparison, "", fit, case.expected)
    _compare_concordance(comparison, "", fit, (times, columns, strata), case.expected)
    if "zph_km" in case.expected:
        _compare_proportional_hazards(comparison, fit, (times, columns, strata), case.expected["zph_km"])


def check_univariate(case: Case, comparison: Comparison) -> None:
    """One Cox model for each variable."""
    frame = case.table(case.columns["time"], case.columns["status"])
    variables = _listed(case.params["variables"])
    reference = _reference(case)
    screening = screen(
        follow_up(frame, case.columns), {name: frame[name].to_numpy() for name in variables}, variables,
        reference=reference,
    )  # fmt: skip
    expected = case.expected
    comparison.exactly("variables", [row.name for row in screening.variables], list(expected["fits"]))
    for row in screening.variables:
        _compare_fit(comparison, f"{row.name} ", row.fit, expected["fits"][row.name])
        comparison.number(f"{row.name} p", row.p_value, expected["p_lr"][row.name], LIKELIHOOD)
        comparison.number(f"{row.name} p BH", row.benjamini_hochberg, expected["p_lr_BH"][row.name], LIKELIHOOD)
    comparison.exactly("selected", list(screening.selected), _listed(expected["selected_p_lt_0.05"]))


def check_interaction(case: Case, comparison: Comparison) -> None:
    """Models without and with an interaction."""
    main, full = (formula(case.params[name]) for name in ("main", "interaction"))
    frame = case.table(case.columns["time"], case.columns["status"], *main.columns, *full.columns)
    times, strata = follow_up(frame, case.columns), _strata(frame, full)
    small, large = (_design(frame, model, case) for model in (main, full))
    ties = Ties[(case.params.get("ties") or "efron").upper()]
    models = compare_nested(times, small, large, strata=strata, ties=ties)
    for name, fit, columns in (("main", models.main, small), ("interaction", models.full, large)):
        _compare_fit(comparison, f"{name} ", fit, case.expected[name])
        _compare_concordance(comparison, f"{name} ", fit, (times, columns, strata), case.expected[name])
    for name, test, tolerance in (("lr", models.likelihood_ratio, LIKELIHOOD), ("wald", models.wald, ITERATED)):
        _compare_test(comparison, name, test, case.expected[name], tolerance)


def check_firth(case: Case, comparison: Comparison) -> None:
    """Penalised Cox model with profile likelihood intervals."""
    variables = _listed(case.params["variables"])
    frame = case.table(case.columns["time"], case.columns["status"], *variables)
    if case.params.get("filter"):
        column, operator, limit = re.fullmatch(
            r"\s*(\w+)\s*(<=|>=|==|!=|=|<|>)\s*(.+?)\s*", case.params["filter"]
        ).groups()
        frame = chosen(frame, column, operator, limit)
    times = follow_up(frame, case.columns)
    if case.params.get("truncate_at") is not None:
        times = censor_at(times, float(case.params["truncate_at"]))
    columns = _design(frame, Formula(tuple(variables), ()), case)
    fit = fit_firth(times, columns)
    expected = case.expected
    comparison.exactly("n", fit.n, expected["n"])
    comparison.exactly("events", fit.n_events, expected["events"])
    for name in variables:
        comparison.exactly(f"counts {name}", _counts(frame[name], times), (expected["counts"] or {}).get(name))
    ratios = fit.hazard_ratios()
    comparison.numbers("coef", fit.coefficients, expected["coef"], ITERATED)
    comparison.numbers("hr", [ratio.value for ratio in ratios], expected["hr"], ITERATED)
    comparison.numbers("lower", [ratio.low for ratio in ratios], expected["pl_lower"], ITERATED)
    comparison.numbers("upper", [ratio.high for ratio in ratios], expected["pl_upper"], ITERATED)
    comparison.numbers("p", [ratio.p_value for ratio in ratios], expected["p_penalised_lr"], ITERATED)


def _compare_fit(comparison: Comparison, where: str, fit: CoxFit, expected: dict[str, Any]) -> None:
    """Compare all that R prints of a fit."""
    terms, coefficients = _listed(expected["terms"]), _listed(expected["coef"])
    # R names levels that only rows with a missing value have; they have no coefficient.
    known = [name for name, b in zip(terms, coefficients, strict=True) if name in fit.names or b is not None]
    comparison.exactly(f"{where}terms", list(fit.names), known)
    comparison.exactly(f"{where}n", fit.n, expected["n"])
    comparison.exactly(f"{where}events", fit.n_events, expected["events"])
    ratios = fit.hazard_ratios()
    ours = {
        "coef": fit.coefficients,
        "se": fit.standard_errors,
        "hr": [ratio.value for ratio in ratios],
        "hr_lower": [ratio.low for ratio in ratios],
        "hr_upper": [ratio.high for ratio in ratios],
        "z": fit.z,
        "p": fit.p_values,
    }
    places = {name: i for i, name in enumerate(fit.names)}
    for key in (key for key in ours if key in expected):
        for name, b, theirs in zip(terms, coefficients, _listed(expected[key]), strict=True):
            # R gives an aliased column the standard error 0.
            wanted = None if b is None else theirs
            mine = ours[key][places[name]] if name in places else None
            comparison.number(f"{where}{key} {name}", mine, wanted, ITERATED)
    if "loglik" in expected:
        comparison.number(f"{where}loglik_null", fit.log_likelihood_null, expected["loglik_null"], LIKELIHOOD)
        comparison.number(f"{where}loglik", fit.log_likelihood, expected["loglik"], LIKELIHOOD)
    _compare_test(comparison, f"{where}lr", fit.likelihood_ratio, expected["lr"], LIKELIHOOD)
    _compare_test(comparison, f"{where}wald", fit.wald, expected["wald"], ITERATED)
    _compare_test(comparison, f"{where}score", fit.score, expected["score"], LIKELIHOOD)


def _compare_test(comparison: Comparison, where: str, test, expected: dict[str, Any], tolerance: float) -> None:
    comparison.number(f"{where} chisq", test.statistic, expected["chisq"], tolerance)
    comparison.exactly(f"{where} df", test.degrees_of_freedom, expected["df"])
    comparison.number(f"{where} p", test.p_value, expected["p"], tolerance)


def _compare_concordance(comparison: Comparison, where: str, fit: CoxFit, data, expected: dict[str, Any]) -> None:
    times, columns, strata = data
    c = harrell_c(times, fit.linear_predictor(columns.values), strata=strata)
    comparison.number(f"{where}concordance", c.index.value, expected["concordance"])


def _compare_proportional_hazards(comparison: Comparison, fit: CoxFit, data, expected: dict[str, Any]) -> None:
    times, columns, strata = data
    check = check_proportional_hazards(times, columns, fit, strata=strata)
    tests = [*check.by_column, check.together]
    comparison.exactly("zph terms", [*check.names, "GLOBAL"], expected["terms"])
    comparison.numbers("zph chisq", [test.statistic for test in tests], expected["chisq"], 1e-4)
    comparison.numbers("zph df", [test.degrees_of_freedom for test in tests], expected["df"])
    comparison.numbers("zph p", [test.p_value for test in tests], expected["p"], 1e-4)


def _design(frame: pd.DataFrame, model: Formula, case: Case) -> Design:
    """Columns of a model."""
    columns = {name: frame[name].to_numpy() for name in frame.columns}
    return design(columns, model.terms, reference=_reference(case))


def _reference(case: Case) -> dict[str, str]:
    """Reference levels; a column named here is a category even if it holds numbers."""
    return {name: str(level) for name, level in dict(case.params.get("reference") or {}).items()}


def _strata(frame: pd.DataFrame, model: Formula) -> np.ndarray | None:
    """Strata of the patients; several columns together make one."""
    if not model.strata:
        return None
    levels = [as_levels(frame[name]) for name in model.strata]
    return np.array([" | ".join(row) for row in zip(*levels, strict=True)])


def _counts(column: pd.Series, times: FollowUp) -> dict[str, int] | None:
    """Patients and events by value of a yes/no column."""
    if not column.isin([0, 1]).all():
        return None
    return {
        f"{what}{value}": int(((column == value) & (times.event | (what == "n"))).sum())
        for what in ("n", "events")
        for value in (1, 0)
    }


def _listed(value: Any) -> list[Any]:
    """Undo R's unboxing of single values."""
    return value if isinstance(value, list) else [] if value is None else [value]


CHECKS = {
    "cox": check_cox,
    "cox.univariate": check_univariate,
    "firth": check_firth,
    "mh_interaction.interaction": check_interaction,
}
"""Checks by kind of case: ``check(case, comparison)``."""
