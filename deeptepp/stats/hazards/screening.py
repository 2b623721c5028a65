"""Univariate screening: one Cox model for each variable, with p-values adjusted for how many were looked at.

Each model uses all patients whose variable is known. A variable with several levels has one p-value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import MissingColumn
from deeptepp.stats.design import design
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.hazards.cox_fit import CoxFit
from deeptepp.stats.hazards.cox_likelihood import Ties
from deeptepp.stats.multiplicity import benjamini_hochberg, holm
from deeptepp.wording.sentence import sentence


@dataclass(frozen=True, slots=True, eq=False)
class ScreenedVariable:
    """One variable on its own.

    ``fit``: its model, with hazard ratios and the three tests; None where no patient's value is known.
    ``n_missing``: patients whose value is not known; they are not in the model. ``p_value``: of the likelihood
    ratio test; None where there is no test. ``benjamini_hochberg``, ``holm``: adjusted for all variables, those
    that could not be tested with a p of 1. ``is_selected``: whether the unadjusted p-value lies below the limit.
    """

    name: str
    fit: CoxFit | None
    n_missing: int
    p_value: float | None
    benjamini_hochberg: float | None
    holm: float | None
    is_selected: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Screening:
    """All variables looked at.

    ``variables``: in the order asked for. ``limit``: unadjusted p-value below which a variable is selected.
    """

    variables: tuple[ScreenedVariable, ...]
    limit: float
    n: int
    n_events: int
    method: str

    @property
    def selected(self) -> tuple[str, ...]:
        """Names of the variables that were selected."""
        return tuple(variable.name for variable in self.variables if variable.is_selected)


def screen(
    follow_up: FollowUp,
    columns: Mapping[str, npt.ArrayLike],
    variables: Sequence[str],
    *,
    reference: Mapping[str, str] | None = None,
    limit: float = 0.05,
    ties: Ties = Ties.EFRON,
    level: float = 0.95,
) -> Screening:
    """Fit a Cox model to each variable alone.

    ``columns``: facts of the patients; None, NaN and empty text are missing. ``reference``: reference level by
    column; a column named here is a category even if it holds numbers. ``limit``: unadjusted p-value below which a
    variable is selected. Returns: one row for each variable.
    """
    fits = [_fit(follow_up, columns, name, reference or {}, ties, level) for name in variables]
    p_values = [None if fit is None else fit.likelihood_ratio.p_value for fit, _ in fits]
    # A variable that could not be tested was looked at all the same, so that it counts with a p of 1.
    family = np.array([1.0 if p is None else p for p in p_values])
    by_rate, by_family = benjamini_hochberg(family).tolist(), holm(family).tolist()
    rows = tuple(
        ScreenedVariable(
            name=name,
            fit=fit,
            n_missing=n_missing,
            p_value=p,
            benjamini_hochberg=None if p is None else by_rate[i],
            holm=None if p is None else by_family[i],
            is_selected=p is not None and p < limit,
            reason="no value is known" if fit is None else fit.likelihood_ratio.reason,
        )
        for i, (name, (fit, n_missing), p) in enumerate(zip(variables, fits, p_values, strict=True))
    )
    method = sentence("Cox, {ties} ties, one variable at a time, likelihood ratio test", ties=ties)
    return Screening(rows, limit, follow_up.n, follow_up.n_events, method)


def _fit(
    follow_up: FollowUp,
    columns: Mapping[str, npt.ArrayLike],
    name: str,
    reference: Mapping[str, str],
    ties: Ties,
    level: float,
) -> tuple[CoxFit | None, int]:
    """Fit one variable to the patients whose value is known, and count the others."""
    if name not in columns:
        raise MissingColumn(value=name)
    values = np.asarray(columns[name]).tolist()
    is_known = np.array([not _is_missing(value) for value in values], dtype=bool)
    n_missing = int((~is_known).sum())
    if not is_known.any():
        return None, n_missing
    # Numbers among missing entries come as objects; the known ones are numbers again.
    column = np.array([value for value in values if not _is_missing(value)])
    alone = design({name: column}, [name], reference={key: at for key, at in reference.items() if key == name})
    return fit_cox(follow_up.where(is_known), alone, ties=ties, level=level), n_missing


def _is_missing(value: object) -> bool:
    """Whether a cell is empty."""
    return value is None or value == "" or value != value
