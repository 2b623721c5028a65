"""Cases of an oracle folder: what R computed, and the data it computed it on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deeptepp.domain.cohort import FollowUp

_OPERATORS = {
    "<=": np.less_equal,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
    "=": np.equal,
    "<": np.less,
    ">": np.greater,
}
_ONLY = re.compile(r"rows with (\w+)\s*(<=|>=|==|!=|=|<|>)\s*(\S+) only")
_ROUNDED = re.compile(r"(\w+) := round\((\w+)(?:\s*/\s*([\d.]+))?(?:,\s*(\d+))?\)")


@dataclass(frozen=True)
class Case:
    """One case.

    ``kind`` is the file and the list it stands in, such as ``km`` or ``km.fixed_time``.
    """

    kind: str
    name: str
    folder: Path
    content: dict[str, Any]

    @property
    def columns(self) -> dict[str, Any]:
        return self.content.get("columns") or {}

    @property
    def params(self) -> dict[str, Any]:
        return self.content.get("params") or {}

    @property
    def expected(self) -> Any:
        return self.content["expected"]

    def table(self, *used: str | None) -> pd.DataFrame:
        """Data of the case as the note asks for them, without rows that miss a value in a used column."""
        frame = pd.read_csv(
            self.folder / self.content["data"],
            keep_default_na=False,
            na_values=["", "NA"],
            # The quick parser is off by an ulp now and then, which moves a risk across a threshold.
            float_precision="round_trip",
        )
        note = self.content.get("note") or ""
        for column, operator, limit in _ONLY.findall(note):
            frame = chosen(frame, column, operator, limit)
        for new, old, divisor, digits in _ROUNDED.findall(note):
            frame[new] = [rounded_as_r(x / float(divisor or 1), int(digits or 0)) for x in frame[old]]
        names = [name for name in used if name]
        return frame.dropna(subset=names).reset_index(drop=True) if names else frame


def chosen(frame: pd.DataFrame, column: str, operator: str, limit: str) -> pd.DataFrame:
    """Rows where a column compares so with a limit."""
    values = frame[column]
    bound: Any = float(limit) if pd.api.types.is_numeric_dtype(values) else limit.strip("'\"")
    return frame[_OPERATORS[operator](values, bound)].reset_index(drop=True)


def rounded_as_r(x: float, digits: int) -> float:
    """Round as R >= 4.0: the nearer of the two candidates as floats, the even one of equally near ones."""
    if not np.isfinite(x):
        return x
    scale = 10.0**digits
    down, up = np.floor(x * scale), np.ceil(x * scale)
    below, above = x - down / scale, up / scale - x
    return float((down if below < above or (below == above and down % 2 == 0) else up) / scale)


def follow_up(frame: pd.DataFrame, columns: dict[str, Any]) -> FollowUp:
    """Times and events of a table; the unit of the times is that of the data set."""
    return FollowUp(frame[columns["time"]].to_numpy(float), frame[columns["status"]].to_numpy(float) == 1)


def by_group(frame: pd.DataFrame, column: str | None) -> dict[str, pd.DataFrame]:
    """Parts of a table by level, in byte order; whole numbers are written without a point."""
    if column is None:
        return {"all": frame}
    text = as_levels(frame[column])
    return {level: frame[text == level] for level in sorted(set(text))}


def as_levels(values: pd.Series) -> pd.Series:
    """Levels as R writes them."""
    if pd.api.types.is_bool_dtype(values):
        return values.astype(str).str.upper()
    if pd.api.types.is_float_dtype(values):
        return values.map(lambda value: f"{value:.15g}")
    return values.astype(str)


def read_cases(folder: Path) -> Iterator[Case]:
    """All cases of a folder, file by file."""
    for path in sorted((folder / "expected").glob("*.json")):
        content = json.loads(path.read_text())
        lists = {key: value for key, value in content.items() if isinstance(value, list)}
        for key, cases in lists.items():
            for position, case in enumerate(cases):
                kind = path.stem if key == "cases" else f"{path.stem}.{key}"
                yield Case(kind, str(case.get("case", position)), folder, case)
