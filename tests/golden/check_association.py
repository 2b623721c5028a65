"""Checks of cox, cox.univariate, firth, mh_interaction, mh_interaction.interaction: hazard ratios."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from golden.comparison import ITERATED, LIKELIHOOD, Comparison
from golden.formula import Formula, as_read, formula, plain, references, with_parts
from golden.nested_models import compare_nested
from golden.oracle import Case, as_levels, chosen, follow_up

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.design import Design, design
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.hazards.cox_fit import ALIASED, MONOTONE, SEPARATED_BY_OTHERS, CoxFit
from deeptepp.stats.hazards.cox_likelihood import Ties
from deeptepp.stats.hazards.firth import fit_firth
from deeptepp.stats.hazards.proportional_hazards import check_proportional_hazards
from deeptepp.stats.hazards.screening import screen
from deeptepp.stats.horizon import censor_at
from deeptepp.stats.prediction.concordance import harrell_c

NO_BOUND = (MONOTONE, SEPARATED_BY_OTHERS)
"""Reasons of a hazard ratio where the likelihood rises for ever."""
R_FAR, R_LOST = 8.0, 50.0
"""R stops at such a coefficient on its way to infinity, or with such a standard error."""


def check_cox(case: Case, comparison: Comparison) -> None:
    """One Cox model with its tests and its concordance; the test of proportional hazards is informational."""
    model = formula(case.params["formula"])
    frame = case.table(case.columns["time"], case.columns["status"], *model.columns)
    ties = Ties[(case.params.get("ties") or "efron").upper()]
    columns = _design(frame, model, case, case.expected["terms"])
    times, strata = follow_up(frame, case.columns), _strata(frame, model)
    fit = fit_cox(times, columns, strata=strata, ties=ties)
    _compare_fit(comparison, "", fit, case.expected)
    _compare_concordance(comparison, "", fit, (times, columns, strata), case.expected)
    if "zph_km" in case.expected:
        _compare_proportional_hazards(comparison, fit, (times, columns, strata), case.expected["zph_km"])


def check_univariate(case: Case, comparison: Comparison) -> None:
    """One Cox model for each variable."""
    frame = case.table(case.columns["time"], case.columns["status"])
    variables, expected = _listed(case.params["variables"]), case.expected
    columns = {name: as_read(frame[name]) for name in variables}
    terms = plain([term for fit in expected["fits"].values() for term in _listed(fit["terms"])])
    reference = references(columns, variables, _reference(case), terms)
    screening = screen(follow_up(frame, case.columns), columns, variables, reference=reference)
    comparison.exactly("variables", [row.name for row in screening.variables], list(expected["fits"]))
    for row in screening.variables:
        _compare_fit(comparison, f"{row.name} ", row.fit, expected["fits"][row.name])
        comparison.p_value(f"{row.name} p", row.p_value, expected["p_lr"][row.name], LIKELIHOOD)
        comparison.p_value(f"{row.name} p BH", row.benjamini_hochberg, expected["p_lr_BH"][row.name], LIKELIHOOD)
    comparison.exactly("selected", list(screening.selected), _listed(expected["selected_p_lt_0.05"]))


def check_interaction(case: Case, comparison: Comparison) -> None:
    """Models without and with an interaction."""
    main, full = (formula(case.params[name]) for name in ("main", "interaction"))
    frame = case.table(case.columns["time"], case.columns["status"], *main.columns, *full.columns)
    times, strata = follow_up(frame, case.columns), _strata(frame, full)
    terms = case.expected["main"]["terms"]
    small, large = (_design(frame, model, case, terms) for model in (main, full))
    ties = Ties[(case.params.get("ties") or "efron").upper()]
    models = compare_nested(times, small, large, strata=strata, ties=ties)
    for name, fit, columns in (("main", models.main, small), ("interaction", models.full, large)):
        _compare_fit(comparison, f"{name} ", fit, case.expected[name])
        _compare_concordance(comparison, f"{name} ", fit, (times, columns, strata), case.expected[name])
    is_open = any(reason in NO_BOUND for fit in (models.main, models.full) for reason in fit.reasons)
    tolerance = ITERATED if is_open else LIKELIHOOD
    comparison.test("lr", models.likelihood_ratio, case.expected["lr"], tolerance)
    if not is_open:
        comparison.test("wald", models.wald, case.expected["wald"], ITERATED)


def check_firth(case: Case, comparison: Comparison) -> None:
    """Penalised Cox model with profile likelihood intervals."""
    variables = _listed(case.params["variables"])
    frame = case.table(case.columns["time"], case.columns["status"], *variables)
    if case.params.get("filter"):
        frame = chosen(frame, case.params["filter"])
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
    terms, coefficients = plain(_listed(expected["terms"])), _listed(expected["coef"])
    names = plain(list(fit.names))
    # R names levels that only rows with a missing value have; they have no coefficient.
    known = [name for name, b in zip(terms, coefficients, strict=True) if name in names or b is not None]
    comparison.exactly(f"{where}terms", sorted(names), sorted(known))
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
    places = {name: i for i, name in enumerate(names)}
    is_open = any(reason in NO_BOUND for reason in fit.reasons)
    for key in (key for key in ours if key in expected):
        if is_open and key != "coef":
            # With a coefficient on its way to infinity R's inverse is of no use for the others either.
            continue
        for name, b, theirs in zip(terms, coefficients, _listed(expected[key]), strict=True):
            place = places.get(name)
            if place is not None and _is_lost(fit.reasons[place], expected, terms.index(name)):
                continue
            # R gives an aliased column the standard error 0.
            wanted = None if b is None else theirs
            comparison.number(
                f"{where}{key} {name}", None if place is None else ours[key][place], wanted, ITERATED
            )
    _compare_tests(comparison, where, fit, expected)


def _compare_tests(comparison: Comparison, where: str, fit: CoxFit, expected: dict[str, Any]) -> None:
    """Compare the likelihoods and the tests of all columns together."""
    is_open = any(reason in NO_BOUND for reason in fit.reasons)
    likelihood = ITERATED if is_open else LIKELIHOOD
    if "loglik" in expected:
        comparison.number(f"{where}loglik_null", fit.log_likelihood_null, expected["loglik_null"], LIKELIHOOD)
        comparison.number(f"{where}loglik", fit.log_likelihood, expected["loglik"], likelihood)
    # R counts a degree of freedom for a column without information that it gives the coefficient 0.
    theirs = dict(zip(plain(_listed(expected["terms"])), _listed(expected["coef"]), strict=True))
    has_extra = any(
        reason == ALIASED and theirs.get(name) is not None
        for name, reason in zip(plain(list(fit.names)), fit.reasons, strict=True)
    )
    tests = {"lr": (fit.likelihood_ratio, likelihood), "score": (fit.score, LIKELIHOOD)}
    if not is_open:
        tests["wald"] = (fit.wald, ITERATED)
    for name, (test, tolerance) in tests.items():
        if has_extra:
            comparison.number(f"{where}{name} chisq", test.statistic, expected[name]["chisq"], tolerance)
        else:
            comparison.test(f"{where}{name}", test, expected[name], tolerance)


def _is_lost(reason: str, expected: dict[str, Any], place: int) -> bool:
    """Whether R has no estimate either: it stopped far out, wherever it stopped, or wrote 0 with the error 0."""
    if reason == SEPARATED_BY_OTHERS:
        return True
    b, error = (_listed(expected[key])[place] for key in ("coef", "se"))
    is_far = b is None or error is None or abs(b) > R_FAR or error > R_LOST or (b == 0 and error == 0)
    return reason in (MONOTONE, ALIASED) and is_far


def _compare_concordance(comparison: Comparison, where: str, fit: CoxFit, data, expected: dict[str, Any]) -> None:
    times, columns, strata = data
    if any(reason in NO_BOUND for reason in fit.reasons):
        return
    c = harrell_c(times, fit.linear_predictor(columns.values), strata=strata)
    comparison.number(f"{where}concordance", c.index.value, expected["concordance"])


def _compare_proportional_hazards(comparison: Comparison, fit: CoxFit, data, expected: dict[str, Any]) -> None:
    times, columns, strata = data
    check = check_proportional_hazards(times, columns, fit, strata=strata)
    ours = dict(zip(plain([*check.names, "GLOBAL"]), [*check.by_column, check.together], strict=True))
    terms = plain(expected["terms"])
    if any(reason for reason in fit.reasons):
        # R tests columns without a coefficient too, and counts them in the test of all.
        return
    comparison.exactly("zph terms", sorted(ours), sorted(terms))
    tests = [ours[name] for name in terms if name in ours]
    comparison.numbers("zph chisq", [test.statistic for test in tests], expected["chisq"], 1e-4)
    comparison.numbers("zph df", [test.degrees_of_freedom for test in tests], expected["df"])
    comparison.numbers("zph p", [test.p_value for test in tests], expected["p"], 1e-4)


def _design(frame: pd.DataFrame, model: Formula, case: Case, terms: Any = None) -> Design:
    """Columns of a model; R's terms tell which numbers it took for categories."""
    columns = with_parts(frame, model)
    known = references(columns, model.parts, _reference(case), plain(_listed(terms)))
    return design(columns, model.terms, reference=known)


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
