import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deeptepp.domain.cohort import FollowUp

ORACLE = Path(__file__).parents[3] / "shared" / "oracle"


class Table:
    """One data set of the oracle, columns by name; rows with a missing value in a used column are dropped."""

    def __init__(self, path: Path, used: list[str]) -> None:
        self.path = path
        with path.open() as lines:
            rows = [row for row in csv.DictReader(lines) if all(row[name] not in ("", "NA") for name in used)]
        self.columns = {name: np.array([row[name] for row in rows]) for name in used}

    def numbers(self, name: str) -> np.ndarray:
        return self.columns[name].astype(float)

    def groups(self, name: str) -> list[str]:
        return sorted(set(self.columns[name].tolist()))

    def follow_up(self, time: str, status: str, chosen: np.ndarray | None = None) -> FollowUp:
        whole = FollowUp(self.numbers(time), self.numbers(status) == 1)
        return whole if chosen is None else whole.where(chosen)


@pytest.fixture
def oracle() -> Callable[[str], list[tuple[dict[str, Any], Table]]]:
    """Cases of one file of numbers computed by R, each with its data."""

    def read(name: str) -> list[tuple[dict[str, Any], Table]]:
        path = ORACLE / "expected" / f"{name}.json"
        if not path.exists():
            pytest.skip(f"the numbers computed by R are not beside the checkout ({name}.json)")
        cases = []
        for case in json.loads(path.read_text())["cases"]:
            used: list[str] = []
            for column in case["columns"].values():
                used += column if isinstance(column, list) else [column] if column else []
            cases.append((case, Table(ORACLE / case["data"], used)))
        return cases

    return read
