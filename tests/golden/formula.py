"""Right-hand sides of R's model formulas: terms, strata and the columns that a formula makes on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from golden.oracle import as_levels, is_truth

from deeptepp.stats.design import levels_of

_FACTOR = re.compile(r"(?:as\.)?factor\(([\w.]+)\)")
_STRATA = re.compile(r"strata\((.+)\)")
_NAME = re.compile(r"(?<![\w.])(?:[^\W\d]|\.(?!\d))[\w.]*")
_FUNCTIONS = {
    "I": lambda x: x,
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "scale": lambda x: (x - x.mean()) / x.std(ddof=1),
    "pmin": np.minimum,
    "pmax": np.maximum,
    "as_dot_numeric": lambda x: np.asarray(x, dtype=np.float64),
    "as_dot_integer": np.trunc,
}


@dataclass(frozen=True)
class Formula:
    """Terms such as ``age`` or ``arm:tier``, and the columns of the strata; all without blanks."""

    terms: tuple[str, ...]
    strata: tuple[str, ...]

    @property
    def parts(self) -> list[str]:
        """What stands in the terms: names of columns, or expressions of them."""
        return list(dict.fromkeys(part for term in self.terms for part in term.split(":")))

    @property
    def columns(self) -> list[str]:
        """Columns of the data that must be known."""
        return list(dict.fromkeys(name for part in (*self.parts, *self.strata) for name in names_in(part)))


def formula(text: str) -> Formula:
    """Read a formula of R; main effects come before their products, as in R."""
    terms: list[str] = []
    strata: list[str] = []
    for piece in split(text.split("~")[-1].replace(" ", ""), "+"):
        if found := _STRATA.fullmatch(piece):
            strata += split(found.group(1), ",")
            continue
        parts = split(piece, "*")
        terms += parts
        for degree in range(2, len(parts) + 1):
            terms += [":".join(group) for group in combinations(parts, degree)]
    seen = list(dict.fromkeys(part for term in terms for part in term.split(":")))
    ordered = dict.fromkeys(":".join(sorted(term.split(":"), key=seen.index)) for term in terms)
    return Formula(tuple(sorted(ordered, key=lambda term: term.count(":"))), tuple(strata))


def split(text: str, sign: str) -> list[str]:
    """Split at a sign that stands outside of brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == sign and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in parts if part]


def names_in(part: str) -> Iterator[str]:
    """Columns that an expression uses."""
    for found in _NAME.finditer(part):
        if not part[found.end() :].startswith("("):
            yield found.group()


def with_parts(frame: pd.DataFrame, model: Formula) -> dict[str, np.ndarray]:
    """Columns of a table and those that the formula makes of them, by their text in the formula."""
    columns: dict[str, np.ndarray] = {name: as_read(frame[name]) for name in frame.columns}
    for part in model.parts:
        if part in columns:
            continue
        if found := _FACTOR.fullmatch(part):
            columns[part] = columns[found.group(1)]
        else:
            columns[part] = np.asarray(_value(part, columns), dtype=np.float64)
    return columns


def as_read(column: pd.Series) -> np.ndarray:
    """Values of a column; truth values are text in R's models."""
    return as_levels(column).to_numpy(dtype=object) if is_truth(column) else column.to_numpy()


def references(
    columns: dict[str, np.ndarray], parts: list[str], given: dict[str, str], terms: list[str]
) -> dict[str, str]:
    """Reference level of each column that R took for a category, though it holds numbers.

    A file does not tell a number from text of digits; the terms that R printed do (``stage2`` and ``stage3``). The
    level that none of them names is the reference.
    """
    found = dict(given)
    for part in parts:
        if part in given or columns[part].dtype.kind not in "iuf":
            continue
        levels = [level for level in levels_of(columns[part]) if level != "nan"]
        named = [level for level in levels if f"{part}{level}" in terms]
        if _FACTOR.fullmatch(part) or (named and part not in terms):
            found[part] = next((level for level in levels if level not in named), levels[0])
    return found


def _value(part: str, columns: dict[str, np.ndarray]) -> Any:
    """Compute an expression of numeric columns."""
    names = {name.replace(".", "_dot_"): columns[name] for name in names_in(part)}
    text = _NAME.sub(lambda found: found.group().replace(".", "_dot_"), part).replace("^", "**")
    return eval(text, {"__builtins__": {}}, {**_FUNCTIONS, **names})  # noqa: S307  our own oracle


def plain(names: list[str]) -> list[str]:
    """Names of terms without blanks."""
    return [name.replace(" ", "") for name in names]
