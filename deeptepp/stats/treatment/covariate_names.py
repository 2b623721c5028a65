"""Names of the covariates that arms are made alike in, as a reader says them."""

from __future__ import annotations

from dataclasses import replace

from deeptepp.stats.treatment.balance import Balance

_WORDS = {
    "node_stage": "Nodes",
    "tumour_size_mm": "Tumour size",
    "stage": "Stage",
    "age_years": "Age",
    "grade": "Grade",
    "er_positive": "ER positive",
    "pr_positive": "PR positive",
    "rfs_months": "Observed follow-up, RFS",
    "os_months": "Observed follow-up, OS",
}
"""Covariates in words, by their column."""


def in_words(balance: Balance) -> Balance:
    """Name covariates as a reader does.

    Parameters
    ----------
    balance : Balance
        With covariates named by their columns.

    Returns
    -------
    Balance
        The same, named in words.
    """
    rows = []
    for row in balance.rows:
        column = next((name for name in _WORDS if row.name.startswith(name)), None)
        words = row.name if column is None else f"{_WORDS[column]} {row.name.removeprefix(column)}".strip()
        rows.append(replace(row, name=words))
    return replace(balance, rows=tuple(rows))
