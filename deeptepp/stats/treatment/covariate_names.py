"""Names of the covariates that arms are made alike in, as a reader says them."""

from __future__ import annotations

from dataclasses import replace

from deeptepp.domain.clinical import CLINICAL_FACTS
from deeptepp.domain.cohort import Endpoint
from deeptepp.stats.treatment.balance import Balance
from deeptepp.wording.sentence import glued

_WORDS = {
    **{
        name: f"{fact.short} positive" if fact.is_flag else fact.short
        for name, fact in CLINICAL_FACTS.items()
        if fact.is_described
    },
    **{endpoint.months: f"Observed follow-up, {endpoint.value.upper()}" for endpoint in Endpoint},
}
"""Covariates in words, by their column."""


def _worded(column: str, level: str) -> str:
    """Name a covariate, or one level of it."""
    return glued("{} {}", _WORDS[column], level) if level else _WORDS[column]


def in_words(balance: Balance) -> Balance:
    """Name covariates as a reader does.

    ``balance``: with covariates named by their columns. Returns: the same, named in words.
    """
    rows = []
    for row in balance.rows:
        column = next((name for name in _WORDS if row.name.startswith(name)), None)
        words = row.name if column is None else _worded(column, row.name.removeprefix(column))
        rows.append(replace(row, name=words))
    return replace(balance, rows=tuple(rows))
