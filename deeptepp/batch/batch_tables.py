"""Tables of a run: assessments as Parquet, refusals and questions as CSV."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from deeptepp.batch.study_task import StudyOutcome, read_result, result_path
from deeptepp.dataset_folder import write_whole
from deeptepp.datasets.image_columns import PHASES, SIDE
from deeptepp.domain.clinical import CLINICAL_FACTS
from deeptepp.errors import FolderNotShared
from deeptepp.report.text_table import Table, table_csv

ASSESSMENTS, REFUSALS, QUESTIONS = "assessments.parquet", "refusals.csv", "questions.csv"
"""The files."""

_TEXT, _NUMBER, _FLAG, _TEXTS = pa.string(), pa.float64(), pa.bool_(), pa.list_(pa.string())

COLUMNS: Mapping[str, pa.DataType] = {
    "outcome": _TEXT,
    "score": _NUMBER,
    "tier": _TEXT,
    "tier_text": _TEXT,
    "percentile": _NUMBER,
    "stability.low": _NUMBER,
    "stability.high": _NUMBER,
    "stability.is_stable": _FLAG,
    "stability.tiers": _TEXTS,
    "cut_offs.low_below": _NUMBER,
    "cut_offs.high_from": _NUMBER,
    "n_reference": pa.int64(),
    "phase.index": pa.int64(),
    "phase.rule": _TEXT,
    "lesion.side": _TEXT,
    "lesion.centre_lps_mm": pa.list_(_NUMBER),
    "lesion.volume_ml": _NUMBER,
    "lesion.longest_diameter_mm": _NUMBER,
    "lesion.confidence": _NUMBER,
    "lesion.runner_up_ratio": _NUMBER,
    "lesion.origin": _TEXT,
    **{
        f"profile.{name}": _FLAG if fact.is_flag else _TEXT if fact.category else _NUMBER
        for name, fact in CLINICAL_FACTS.items()
    },
    "is_override": _FLAG,
    "is_simulated": _FLAG,
    "marks": _TEXTS,
    "receipt.id": _TEXT,
    "receipt.code_version": _TEXT,
    "receipt.bundle_name": _TEXT,
    "receipt.bundle_sha256": _TEXT,
    "receipt.input_sha256": _TEXT,
    "receipt.inputs_sha256": _TEXT,
    "receipt.created_utc": _TEXT,
}
"""Columns by their places in the JSON of an assessment; the whole of it is in the column ``assessment``."""

_SCHEMA = pa.schema(
    {
        "subject": _TEXT,
        "row": pa.int64(),
        "key": _TEXT,
        **COLUMNS,
        "findings": _TEXTS,
        "assessment": _TEXT,
    }
)

_AT_ONCE = 2000
"""Results in memory at once: 20 MB, however many there are."""


@dataclass(frozen=True, slots=True)
class NotScored:
    """Why a row has no score; ``answer``: cells of the manifest that would give it one, if it is a question."""

    row: int
    rule: str
    message: str
    key: str = ""
    answer: str = ""


def write_tables(
    subjects: Mapping[int, str], made: Sequence[StudyOutcome], untried: Sequence[NotScored], out: Path
) -> list[str]:
    """Write the three tables, and say of each outcome whether it is ``scored``, ``question`` or ``refused``.

    ``made``: outcomes in the order of their rows; ``untried``: rows that no worker was given.
    """
    not_scored = list(untried)
    kinds: list[str] = []
    write_whole(out / ASSESSMENTS, lambda path: _write_assessments(path, subjects, made, out, not_scored, kinds))
    ordered = sorted(not_scored, key=lambda each: each.row)
    _write_csv(out / REFUSALS, "Refusals", subjects, [each for each in ordered if not each.answer])
    _write_csv(out / QUESTIONS, "Questions", subjects, [each for each in ordered if each.answer])
    return kinds


def _write_assessments(
    path: Path,
    subjects: Mapping[int, str],
    made: Sequence[StudyOutcome],
    out: Path,
    not_scored: list[NotScored],
    kinds: list[str],
) -> None:
    """Write the results part by part, and collect on the way what was not scored."""
    with pq.ParquetWriter(path, _SCHEMA, compression="zstd") as writer:
        for first in range(0, len(made), _AT_ONCE):
            rows = []
            for each in made[first : first + _AT_ONCE]:
                told = read_result(result_path(out, each.key)) if each.key else None
                reasons = list(_reasons(each, told))
                not_scored.extend(reasons)
                kinds.append("scored" if not reasons else "question" if reasons[0].answer else "refused")
                if told is not None:
                    rows.append({"subject": subjects[each.row], "row": each.row, "key": each.key} | _flat(told))
            writer.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA))


def _flat(told: dict[str, Any]) -> dict[str, Any]:
    """Take the columns out of the JSON of an assessment."""
    cells: dict[str, Any] = {}
    for name in COLUMNS:
        part, _, leaf = name.partition(".")
        cells[name] = (told[part] or {}).get(leaf) if leaf else told[part]
    return cells | {
        "findings": [each["rule"] for each in told["findings"]],
        "assessment": json.dumps(told, ensure_ascii=False),
    }


def _reasons(outcome: StudyOutcome, told: dict[str, Any] | None) -> Iterator[NotScored]:
    """Say why an outcome has no score; nothing where it has one."""
    if told is None:
        # A result that was made and is not here was written to another disk.
        rule, message = (FolderNotShared.rule, str(FolderNotShared())) if outcome.key else ("", "")
        yield NotScored(outcome.row, outcome.rule or rule, outcome.message or message)
    elif told["score"] is None:
        answer = " or ".join(_cells(each) for each in told.get("proposals", ()))
        refusals = [each for each in told["findings"] if each["severity"] == "refusal"]
        for each in refusals or [{"rule": told["outcome"], "message": ""}]:
            yield NotScored(outcome.row, each["rule"], each["message"], outcome.key, answer)


def _cells(proposal: dict[str, Any]) -> str:
    """Write a way to go on as cells of the manifest."""
    keys = f"{PHASES} {' '.join(proposal['keys'])}"
    return f"{keys} and {SIDE} {proposal['side']}" if proposal["side"] else keys


def _write_csv(path: Path, title: str, subjects: Mapping[int, str], told: Sequence[NotScored]) -> None:
    """Write reasons as a table that spreadsheets read."""
    header = ("subject", "row", "key", "rule", "message", "answer")
    rows = tuple(
        (subjects.get(each.row, ""), str(each.row), each.key, each.rule, each.message, each.answer)
        for each in told
    )
    write_whole(path, lambda part: part.write_text(table_csv(Table(title, header, rows)), encoding="utf-8"))
