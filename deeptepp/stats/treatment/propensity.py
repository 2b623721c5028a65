"""The propensity of receiving the index treatment, by logistic regression without a penalty.

A category whose patients all had one treatment separates the model: nobody there can be matched, and the fit runs
away. Its patients are left out first, with a report of which they were; the published stage I had no T+P patient.

References
----------
Rosenbaum PR, Rubin DB. Biometrika 1983;70:41-55.
Albert A, Anderson JA. Biometrika 1984;71:1-10 (separation).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.errors import MissingColumn, NotEstimable, OutOfRange
from deeptepp.stats.design import Design, as_text, design, levels_of
from deeptepp.stats.logistic import fit_logistic
from deeptepp.wording.sentence import Words, sentence

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LOGIT_DECIMALS = 10
"""Decimals of the logit: patients with equal facts must tie, which rounding errors of the fit would undo."""

_STRATA: dict[str, Words] = {"stage": "stage {level}", "node_stage": "node_stage {level}"}
"""Levels of what patients are usually matched on."""

_LEFT_OUT: tuple[tuple[Words, Words], tuple[Words, Words]] = (
    (
        "{stratum}: no patient had the reference treatment; 1 patient was left out",
        "{stratum}: no patient had the reference treatment; {n} patients were left out",
    ),
    (
        "{stratum}: no patient had the index treatment; 1 patient was left out",
        "{stratum}: no patient had the index treatment; {n} patients were left out",
    ),
)
"""Of patients of one treatment alone: the one that is missing, and one patient or several."""

_REPEATS = 1e-7
"""A column with less than this share of its length outside of those before it repeats them (as in R's lm)."""


@dataclass(frozen=True, slots=True)
class DroppedLevel:
    """A level of a category with patients of one treatment only.

    ``n_index``, ``n_reference``: patients left out with it; one of them is 0.
    """

    column: str
    level: str
    n_index: int
    n_reference: int

    @property
    def sentence(self) -> str:
        """What was left out and why, for a reader."""
        words = _LEFT_OUT[self.n_index == 0]
        n = max(self.n_index, self.n_reference)
        return sentence(
            words[n != 1],
            stratum=sentence(_STRATA.get(self.column, "{column} {level}"), column=self.column, level=self.level),
            n=n,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Propensity:
    """A fitted propensity model.

    ``names``: p columns of the regression. ``intercept``: log odds where all columns are 0. ``coefficients`` (p,):
    log odds ratio per unit of each column as it was passed in; NaN for a column that repeats others before it.
    ``logit`` (n,): log odds of the index treatment, rounded to ``LOGIT_DECIMALS``; NaN for patients left out.
    ``is_included`` (n,): patients in the model. ``dropped``: levels left out, in the order in which they were
    found. ``repeated``: columns that repeat others before them and so say nothing new. ``n_index``,
    ``n_reference``: patients in the model by treatment.
    """

    names: tuple[str, ...]
    intercept: float
    coefficients: Floats
    logit: Floats
    is_included: Bools
    dropped: tuple[DroppedLevel, ...]
    repeated: tuple[str, ...]
    n_index: int
    n_reference: int
    method: str = "logistic regression without a penalty, maximum likelihood"


def fit_propensity(
    columns: Mapping[str, npt.ArrayLike],
    terms: Sequence[str],
    is_index: npt.ArrayLike,
    *,
    reference: Mapping[str, str] | None = None,
) -> Propensity:
    """Fit the probability of the index treatment.

    ``columns``: facts of the patients; none may be missing in a column that is used. ``is_index`` (n,): True where
    the index treatment was received. ``reference``: as in ``design``; a reference level that is left out gives way
    to the first level that stays. Raises ``NotEstimable``: no patient, or patients of one treatment only, are
    left, or a number separates the treatments.
    """
    treated = np.asarray(is_index, dtype=bool)
    used = list(dict.fromkeys(part for term in terms for part in term.split(":")))
    absent = [name for name in used if name not in columns]
    if absent:
        raise MissingColumn(value=", ".join(absent))
    facts = {name: np.asarray(columns[name]) for name in used}
    categories = {
        name: np.array(as_text(facts[name])) for name in used if _is_category(facts[name], name, reference)
    }
    # Positivity: levels with one treatment only leave the comparison.
    is_included, dropped = _drop_one_armed(categories, treated)
    kept = {name: values[is_included] for name, values in facts.items()}
    n_index, n_reference = int(treated[is_included].sum()), int((~treated[is_included]).sum())
    if n_index == 0 or n_reference == 0:
        raise NotEstimable(
            what="The propensity", reason="patients with and without the index treatment are needed"
        )
    # Logistic regression, each category against its reference level.
    regression = design(kept, terms, reference=_references(kept, reference or {}))
    if not terms:
        regression = Design((), np.empty((int(is_included.sum()), 0)))
    intercept, coefficients, linear = _fit(regression.values, treated[is_included])
    logit = np.full(len(treated), np.nan)
    logit[is_included] = np.round(linear, LOGIT_DECIMALS)
    # Aliased columns have no coefficient.
    repeated = tuple(name for name, b in zip(regression.names, coefficients, strict=True) if np.isnan(b))
    return Propensity(
        regression.names, intercept, coefficients, logit, is_included, dropped, repeated, n_index, n_reference
    )


def _is_category(values: npt.NDArray[np.generic], name: str, reference: Mapping[str, str] | None) -> bool:
    """Whether a column has levels: text, yes/no, only 0 and 1, or a reference level."""
    is_number = values.dtype.kind in "iuf"
    return not is_number or name in (reference or {}) or bool(np.isin(values, (0, 1)).all())


def _drop_one_armed(
    categories: Mapping[str, npt.NDArray[np.str_]], treated: Bools
) -> tuple[Bools, tuple[DroppedLevel, ...]]:
    """Leave out levels with one treatment only until every level that stays has both."""
    is_included = np.ones(len(treated), dtype=bool)
    dropped: list[DroppedLevel] = []
    found = True
    # Each level left out may leave another one with one arm.
    while found:
        found = False
        for name, text in categories.items():
            for level in sorted(set(text[is_included].tolist())):
                at = is_included & (text == level)
                n_index = int((treated & at).sum())
                n_reference = int(at.sum()) - n_index
                if n_index == 0 or n_reference == 0:
                    dropped.append(DroppedLevel(name, level, n_index, n_reference))
                    is_included, found = is_included & ~at, True
    return is_included, tuple(dropped)


def _references(kept: Mapping[str, npt.ArrayLike], reference: Mapping[str, str]) -> dict[str, str]:
    """Keep the reference levels that still occur and take the first level elsewhere."""
    return {
        name: str(level) if str(level) in (levels := levels_of(kept[name])) else levels[0]
        for name, level in reference.items()
        if name in kept
    }


def _fit(values: Floats, treated: Bools) -> tuple[float, Floats, Floats]:
    """Intercept, coefficients (p,) on the scale of the columns, and the linear predictor (n,)."""
    if not np.isfinite(values).all():
        raise OutOfRange(field="columns", value="missing or infinite", limit="finite numbers")
    mean = values.mean(axis=0)
    centred = values - mean
    spread = np.sqrt((centred**2).mean(axis=0))
    # A constant differs from its mean by rounding only.
    spread = np.where(spread > _REPEATS * np.abs(mean), spread, 0.0)
    scaled = centred / np.where(spread > 0, spread, 1.0)
    own = _own_columns(scaled, spread > 0)
    fit = fit_logistic(scaled[:, own], treated)
    coefficients = np.full(values.shape[1], np.nan)
    coefficients[own] = fit.coefficients / spread[own]
    intercept = fit.intercept - float(coefficients[own] @ mean[own])
    return intercept, coefficients, fit.intercept + scaled[:, own] @ fit.coefficients


def _own_columns(scaled: Floats, varies: Bools) -> npt.NDArray[np.int64]:
    """Choose, from left to right, the columns that do not repeat those chosen before."""
    own: list[int] = []
    basis = np.empty((scaled.shape[0], 0))
    for i in np.flatnonzero(varies):
        rest = scaled[:, i]
        for _ in range(2):  # once more, so that what is left is orthogonal to working precision
            rest = rest - basis @ (basis.T @ rest)
        length = np.linalg.norm(rest)
        if length > _REPEATS * np.linalg.norm(scaled[:, i]):
            own.append(int(i))
            basis = np.column_stack([basis, rest / length])
    return np.array(own, dtype=np.int64)
