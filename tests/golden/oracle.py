"""Cases of an oracle folder: what R computed, and the data it computed it on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
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
_ONLY = re.compile(r"rows with (.+?) only")
_CONDITION = re.compile(r"\s*([\w.]+)\s*(<=|>=|==|!=|=|<|>)\s*(.+?)\s*")
_ROUNDED = re.compile(r"([\w.]+) := round\(([\w.]+)(?:\s*/\s*([\d.]+))?(?:,\s*(\d+))?\)")
_AS_NUMBER = re.compile(r"[-+]?(?:0|[1-9]\d*)?(?:\.\d+)?(?:[eE][-+]?\d+)?|-?Inf|NaN")
_TRUTH = {"TRUE": True, "FALSE": False}


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
        frame = read_table(self.folder / self.content["data"])
        note = self.content.get("note") or ""
        for text in _ONLY.findall(note):
            frame = chosen(frame, text)
        for new, old, divisor, digits in _ROUNDED.findall(note):
            frame[new] = [rounded_as_r(x / float(divisor or 1), int(digits or 0)) for x in frame[old]]
        names = [name for name in used if name]
        # Without its missing values a column of truth values is one.
        return frame.dropna(subset=names).reset_index(drop=True).infer_objects() if names else frame


def read_table(path: Path) -> pd.DataFrame:
    """Read a table as R wrote it; text that only looks like a number, such as ``01``, stays text."""
    # The quick parser is off by an ulp now and then, which moves a risk across a threshold.
    frame = pd.read_csv(
        path, keep_default_na=False, na_values=["", "NA"], float_precision="round_trip", encoding="utf-8-sig"
    )
    text = pd.read_csv(path, keep_default_na=False, na_values=["", "NA"], dtype=str, encoding="utf-8-sig")
    for name in frame.columns:
        known = text[name].dropna()
        if set(known) <= set(_TRUTH) and len(known):
            frame[name] = text[name].map(_TRUTH)
        elif not all(_AS_NUMBER.fullmatch(value) for value in known):
            frame[name] = text[name]
    return frame


def chosen(frame: pd.DataFrame, text: str) -> pd.DataFrame:
    """Rows that meet conditions such as ``stage == III & nodes > 3``; all rows where the text has no such form."""
    conditions = [_CONDITION.fullmatch(part) for part in re.split(r"&+|\band\b", text)]
    if not all(conditions):
        return frame
    for column, operator, limit in (condition.groups() for condition in conditions if condition):
        values, bound = frame[column], limit.strip("'\"")
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            is_met = _OPERATORS[operator](values, float(bound))
        else:
            is_met = _OPERATORS[operator](as_levels(values).where(values.notna(), None), bound)
        frame = frame[is_met & values.notna()].reset_index(drop=True)
    return frame


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


def in_data(value: float, times: FollowUp) -> float:
    """Give the observed time that R's 15 digits stand for, or the value where no time is that near."""
    nearest = float(times.months[np.argmin(np.abs(times.months - value))]) if times.n else value
    return nearest if abs(nearest - value) <= 1e-14 * abs(value) else value


def by_group(
    frame: pd.DataFrame, column: str | None, like: Sequence[str] | None = None
) -> dict[str, pd.DataFrame]:
    """Parts of a table by level, in R's order: text in byte order, numbers ascending.

    A file does not tell whether R held numbers or text of digits; ``like`` is the order that R printed.
    """
    if column is None:
        return {"all": frame}
    text = as_levels(frame[column])
    order = sorted(set(text))
    if pd.api.types.is_numeric_dtype(frame[column]) and list(like or []) != order:
        order = list(dict.fromkeys(as_levels(frame[column].sort_values())))
    return {level: frame[text == level] for level in order}


def as_levels(values: pd.Series) -> pd.Series:
    """Levels as R writes them."""
    if is_truth(values):
        return values.map({True: "TRUE", False: "FALSE"})
    if pd.api.types.is_float_dtype(values):
        return values.map(lambda value: f"{value:.15g}")
    return values.astype(str)


def is_truth(values: pd.Series) -> bool:
    """Whether all known values are truth values."""
    known = values.dropna()
    return len(known) > 0 and all(isinstance(value, bool | np.bool_) for value in known)


def read_cases(folder: Path) -> Iterator[Case]:
    """All cases of a folder, file by file."""
    for path in sorted((folder / "expected").glob("*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            yield Case(path.stem, path.name, folder, {"expected": None, "broken": f"no JSON: {error}"})
            continue
        for key, cases in content.items() if isinstance(content, dict) else [("cases", content)]:
            # Text, numbers and lists of them tell how the file was made.
            listed = cases if isinstance(cases, list) else [cases] if key == "cases" else []
            kind = path.stem if key == "cases" else f"{path.stem}.{key}"
            for position, case in enumerate(listed):
                if isinstance(case, dict):
                    yield Case(kind, str(case.get("case", position)), folder, case)
                elif key == "cases":
                    yield Case(kind, str(position), folder, {"expected": None, "broken": "no case"})
