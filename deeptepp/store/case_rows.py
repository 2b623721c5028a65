"""Cases of the board from the rows of their tables."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from deeptepp.domain.board import ENTRY_FIELDS, BoardCase, Entry, Flag, Moment
from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.errors import CaseWithdrawn
from deeptepp.store.schema import CASES, ENTRIES


def one_case(connection: Connection, case_id: str) -> BoardCase:
    """Read one case with its record.

    Raises CaseWithdrawn: it is not on the board.
    """
    found = read_cases(connection, [case_id])
    if not found:
        raise CaseWithdrawn()
    return found[0]


def read_cases(connection: Connection, ids: list[str] | None = None) -> list[BoardCase]:
    """Read cases with their records.

    The result is in the order in which they were put on the board.
    """
    cases, entries = select(CASES), select(ENTRIES)
    if ids is not None:
        cases, entries = cases.where(CASES.c.id.in_(ids)), entries.where(ENTRIES.c.case_id.in_(ids))
    record: defaultdict[str, list[Entry]] = defaultdict(list)
    for row in connection.execute(entries.order_by(ENTRIES.c.number)).mappings():
        record[row["case_id"]].append(_entry(row))
    rows = connection.execute(cases.order_by(CASES.c.created_utc, CASES.c.label)).mappings()
    return [_case(row, tuple(record[row["id"]])) for row in rows]


def _entry(row: RowMapping) -> Entry:
    """Make an entry of its row."""
    return Entry(
        moment=Moment(row["moment"]),
        **{name: known.read(row[name]) for name, known in ENTRY_FIELDS.items()},
        role=row["role"],
        recorded_utc=utc(row["recorded_utc"]),
        number=row["number"],
        corrects=row["corrects"] or 0,
        meeting_id=row["meeting_id"] or "",
    )


def _case(row: RowMapping, entries: tuple[Entry, ...]) -> BoardCase:
    """Make a case of its row."""
    assessment: Mapping[str, Any] = json.loads(row["assessment"])
    return BoardCase(
        id=row["id"],
        created_utc=utc(row["created_utc"]),
        label=row["label"],
        profile=ClinicalProfile.from_mapping(json.loads(row["profile"])),
        assessment=assessment,
        bundle_sha256=row["bundle_sha256"],
        flags=tuple(Flag(flag) for flag in json.loads(row["flags"])),
        is_simulated=row["is_simulated"],
        thumbnail_png=bytes(row["thumbnail_png"]),
        entries=entries,
    )


def utc(time: datetime) -> datetime:
    """Give a stored time its zone, which SQLite does not keep."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def as_json(value: object) -> str:
    """Write plain data as compact JSON.

    ``value``: without numbers that JSON does not have.
    """
    return json.dumps(value, allow_nan=False, separators=(",", ":"))
