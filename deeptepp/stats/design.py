"""Columns of patients as the numeric columns of a regression, with treatment contrasts for categories.

Numbers and yes/no enter as they are. Text enters as one column for each level but the reference, named column and
level together (``stageIIA``). Levels of text are in byte order, levels of numbers ascend, and the first is the
reference unless another is named.
A term ``arm:tier`` is the product of the columns of both. A category keeps its reference level in a term whose
other columns do not stand in the model by themselves, for nothing else would carry that level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.errors import MissingColumn, OutOfRange
from deeptepp.wording.sentence import joined, sentence

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Numeric columns with their names.

    ``values`` (n, p): finite.
    """

    names: tuple[str, ...]
    values: Floats

    def drop(self, names: Sequence[str]) -> Design:
        """Leave out the columns of these names."""
        kept = [i for i, name in enumerate(self.names) if name not in names]
        return Design(tuple(self.names[i] for i in kept), self.values[:, kept])


def design(
    columns: Mapping[str, npt.ArrayLike], terms: Sequence[str], *, reference: Mapping[str, str] | None = None
) -> Design:
    """Build the columns of a regression.

    ``columns``: facts of the patients; none may be missing in a column that is used. ``terms``: names of columns;
    ``a:b`` is their interaction. ``reference``: reference level by column; a column named here is a category even
    if it holds numbers. Returns: in the order of the terms.
    """
    names: list[str] = []
    values: list[Floats] = []
    in_model = {frozenset(term.split(":")) for term in terms}
    for term in terms:
        parts = term.split(":")
        coded = [
            _coded(part, columns, (reference or {}).get(part), is_full=_is_full(part, parts, in_model))
            for part in parts
        ]
        # The first factor varies fastest, so that names and order are those of R.
        for chosen in product(*(range(len(each.names)) for each in reversed(coded))):
            pairs = list(zip(coded, reversed(chosen), strict=True))
            names.append(":".join(each.names[i] for each, i in pairs))
            values.append(np.prod([each.values[:, i] for each, i in pairs], axis=0))
    n = len(np.asarray(next(iter(columns.values())))) if columns else 0
    return Design(tuple(names), np.column_stack(values) if values else np.empty((n, 0)))


def levels_of(values: npt.ArrayLike) -> tuple[str, ...]:
    """Give the levels of a category: text in byte order, numbers ascending; whole numbers are without a point.

    ``values`` (n,): the category of each patient.
    """
    raw = np.asarray(values)
    if raw.dtype.kind in "iuf":
        return tuple(as_text(np.unique(raw)))
    return tuple(sorted(set(as_text(raw))))


def as_text(values: npt.ArrayLike) -> list[str]:
    """Write categories as text, whole numbers without a point.

    ``values`` (n,): the category of each patient.
    """
    return [_text(value) for value in np.asarray(values).tolist()]


def _text(value: Any) -> str:  # noqa: ANN401  a cell of any column
    """Write one category."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _is_full(part: str, parts: Sequence[str], in_model: set[frozenset[str]]) -> bool:
    """Whether a category needs a column for its reference level too (marginality)."""
    others = frozenset(parts) - {part}
    return bool(others) and others not in in_model


def _coded(
    name: str, columns: Mapping[str, npt.ArrayLike], reference: str | None, *, is_full: bool = False
) -> Design:
    """Numeric columns (n, k) of one column."""
    if name not in columns:
        raise MissingColumn(value=name)
    raw = np.asarray(columns[name])
    if reference is None and raw.dtype.kind in "biuf":
        numbers = raw.astype(np.float64)
        if not np.isfinite(numbers).all():
            raise OutOfRange(field=name, value="missing or infinite", limit="finite numbers")
        return Design((name,), numbers[:, None])
    if any(value is None or value != value for value in raw.tolist()):
        raise OutOfRange(field=name, value="missing", limit="a known category")
    text = np.array(as_text(raw), dtype=object)
    levels = levels_of(raw)
    first = levels[0] if reference is None else str(reference)
    if first not in levels:
        raise OutOfRange(field=name, value=first, limit=sentence("one of {levels}", levels=joined(", ", levels)))
    # Treatment contrasts: one column a level but the first.
    others = [level for level in levels if is_full or level != first]
    values = np.column_stack([text == level for level in others]) if others else np.empty((len(raw), 0))
    return Design(tuple(f"{name}{level}" for level in others), values.astype(np.float64))
