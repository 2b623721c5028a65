"""Checks of psm: propensity matching."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from golden.comparison import ITERATED, LOGIT, Comparison
from golden.formula import formula, with_parts
from golden.oracle import Case

from deeptepp.stats.design import as_text
from deeptepp.stats.treatment.balance import SmdDenominator, balance_of
from deeptepp.stats.treatment.matching import MatchedPairs, match_pairs
from deeptepp.stats.treatment.propensity import fit_propensity

_FACTOR = re.compile(r"(?:as\.)?factor\(([\w.]+)\)")
_AS_R = {
    "smd_all_att": (SmdDenominator.ATT, "smd_before"),
    "smd_matched_att": (SmdDenominator.ATT, "smd_after"),
    "smd_all_pooled": (SmdDenominator.POOLED, "smd_before"),
    "smd_matched_pooled_fixed": (SmdDenominator.POOLED, "smd_after"),
    "smd_matched_pooled_own": (SmdDenominator.POOLED_OWN, "smd_after"),
    "mean_t_all": (SmdDenominator.ATT, "mean_index_before"),
    "mean_c_all": (SmdDenominator.ATT, "mean_reference_before"),
    "mean_t_matched": (SmdDenominator.ATT, "mean_index_after"),
    "mean_c_matched": (SmdDenominator.ATT, "mean_reference_after"),
    "var_ratio_all": (SmdDenominator.ATT, "variance_ratio_before"),
    "var_ratio_matched": (SmdDenominator.ATT, "variance_ratio_after"),
    "ks_all": (SmdDenominator.ATT, "ks_before"),
    "ks_matched": (SmdDenominator.ATT, "ks_after"),
}


def psm(case: Case, comparison: Comparison) -> None:
    """Model, logit, pairs and balance."""
    text = case.params["formula"]
    model = formula(_FACTOR.sub(r"\1", text))
    exact = _listed(case.params.get("exact"))
    identity, treat = case.columns["id"], case.columns["treat"]
    given = {str(row["id"]): float(row["logit"]) for row in case.expected["logit"]}
    frame = case.table(identity, treat, *model.columns, *exact)
    # R may have left out rows before; those that it used have a logit.
    frame = frame[[name in given for name in as_text(frame[identity].to_numpy())]].reset_index(drop=True)
    is_index = frame[treat].to_numpy(float) == 1
    comparison.exactly("n_treated", int(is_index.sum()), case.expected["n_treated"])
    comparison.exactly("n_control", int((~is_index).sum()), case.expected["n_control"])
    names = {row: str(name) for row, name in enumerate(as_text(frame[identity].to_numpy()))}
    categories = _categories(frame, model.columns, exact, text, case)
    columns = with_parts(frame, model)
    columns |= {name: _column(frame, name, categories) for name in model.columns}
    _model(case, comparison, columns, model.terms, is_index, given, list(names.values()))
    computed = {part: columns[part] for part in model.parts if part not in frame.columns}
    logit = np.array([given[names[row]] for row in range(len(frame))])
    pairs = match_pairs(
        logit, is_index, caliper_sd=_one(case.params.get("caliper_sd")), exact=_joined(frame, exact)
    )
    _pairs(case, comparison, pairs, names)
    _balance(case, comparison, frame, is_index, pairs, categories, computed | {"distance": logit})


def _as_ours(name: str) -> str:
    """Give the name of a term without ``factor()``, blanks and the quotes of R's names."""
    return _FACTOR.sub(r"\1", name.replace("`", "").replace(" ", ""))


def _listed(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def _one(value: Any) -> float | None:
    """R writes NULL inside of a list as null, [] or {}."""
    return None if value is None or value in ([], {}) else float(value[0] if isinstance(value, list) else value)


def _joined(frame: pd.DataFrame, exact: list[str]) -> Any:
    return None if not exact else ["|".join(row) for row in zip(*(as_text(frame[c]) for c in exact), strict=True)]


def _categories(frame: pd.DataFrame, used: list[str], exact: list[str], text: str, case: Case) -> list[str]:
    """Columns that R took for factors: text, factor(...), or numbers that it named by level."""
    named = {*case.expected["glm_coef"], *case.expected["balance"], *case.expected["matchit_summary_matched_smd"]}
    factors = set(_FACTOR.findall(text))
    found = []
    for column in dict.fromkeys([*used, *exact]):
        is_number = frame[column].dtype.kind in "iuf"
        by_level = column not in named and any(f"{column}{level}" in named for level in as_text(frame[column]))
        if not is_number or column in factors or by_level:
            found.append(column)
    return found


def _column(frame: pd.DataFrame, column: str, categories: list[str]) -> Any:
    """Values of a column; truth values as R writes them."""
    values = frame[column]
    if values.dtype.kind == "b":
        return values.map({True: "TRUE", False: "FALSE"}).to_numpy()
    return np.array(as_text(values.to_numpy()), dtype=object) if column in categories else values.to_numpy(float)


def _model(
    case: Case,
    comparison: Comparison,
    columns: dict[str, np.ndarray],
    terms: tuple[str, ...],
    is_index: np.ndarray,
    given: dict[str, float],
    patients: list[str],
) -> None:
    model = fit_propensity(columns, terms, is_index)
    fitted = zip((name.replace(" ", "") for name in model.names), model.coefficients, strict=True)
    ours = {"(Intercept)": model.intercept, **dict(fitted)}
    theirs = {_as_ours(name): value for name, value in case.expected["glm_coef"].items()}
    comparison.exactly("coefficients", sorted(ours), sorted(theirs))
    for name, value in theirs.items():
        comparison.number(f"glm_coef {name}", ours.get(name), value, ITERATED)
    comparison.exactly("patients", sorted(patients), sorted(given))
    comparison.numbers("logit", model.logit, [given[name] for name in patients], LOGIT)


def _pairs(case: Case, comparison: Comparison, pairs: MatchedPairs, names: dict[int, str]) -> None:
    comparison.number("sd_logit", pairs.sd_logit, case.expected["sd_logit"])
    comparison.number("caliper_abs", pairs.caliper, _one(case.expected["caliper_abs"]))
    comparison.exactly("n_pairs", pairs.n_pairs, case.expected["n_pairs"])
    comparison.exactly("n_treated_unmatched", pairs.n_unmatched, case.expected["n_treated_unmatched"])
    ours = {(names[i], names[j]) for i, j in zip(pairs.index.tolist(), pairs.reference.tolist(), strict=True)}
    theirs = {(str(pair["treated"]), str(pair["control"])) for pair in case.expected["pairs"]}
    comparison.exactly("pairs (only ours, only R's)", (sorted(ours - theirs), sorted(theirs - ours)), ([], []))


def _balance(
    case: Case,
    comparison: Comparison,
    frame: pd.DataFrame,
    is_index: np.ndarray,
    pairs: MatchedPairs,
    categories: list[str],
    computed: dict[str, np.ndarray],
) -> None:
    """Every number of our table, and MatchIt's own table of the matched sample."""
    rows = {
        *case.expected["balance"],
        *(_as_ours(name) for name in case.expected["matchit_summary_matched_smd"]),
    }
    shown = [name for name in frame.columns if any(row == name or row.startswith(name) for row in rows)]
    texts = [name for name in shown if frame[name].dtype.kind not in "iuf"]
    columns = {
        name: _column(frame, name, [*categories, *texts]) for name in shown if not frame[name].isna().any()
    } | computed
    tables = {
        denominator: {row.name: row for row in balance_of(columns, is_index, pairs, denominator=denominator).rows}
        for denominator in SmdDenominator
    }
    for covariate, numbers in case.expected["balance"].items():
        if covariate not in tables[SmdDenominator.ATT]:
            comparison.exactly("covariate", covariate, "one of ours")
            continue
        row = tables[SmdDenominator.ATT][covariate]
        comparison.exactly(f"{covariate} binary", row.is_binary, numbers["binary"])
        for key, (denominator, field) in _AS_R.items():
            _number(comparison, f"{covariate} {key}", getattr(tables[denominator][covariate], field), numbers[key])
    for covariate, value in case.expected["matchit_summary_matched_smd"].items():
        row = tables[SmdDenominator.ATT].get(_as_ours(covariate))
        # MatchIt writes 0 where the means agree, even where nothing varies.
        agree = row is not None and abs(row.mean_index_after - row.mean_reference_after) < 1e-8
        ours = None if row is None else 0.0 if agree and value == 0 else row.smd_after
        comparison.number(f"MatchIt {covariate}", ours, value)


def _number(comparison: Comparison, what: str, ours: Any, expected: Any) -> None:
    """Compare a number; R divides by 0 where ours has no value."""
    is_infinite = expected in ("Inf", "-Inf", "NaN", "NA")
    comparison.number(what, ours, None if is_infinite and ours is None else expected)


CHECKS = {"psm": psm}
"""Checks by kind of case: ``check(case, comparison)``."""
