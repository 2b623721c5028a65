"""The audit trail: who did what and when, in a chain of hashes that only grows, and the receipts of scores.

``append`` tells of a change inside the transaction that makes it; ``store.own_ledger.record`` is for whoever has
none open.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, func, insert, select, text

from deeptepp.domain.audit import (
    GENESIS,
    ChainBreak,
    ChainHead,
    LedgerEntry,
    LedgerKind,
    checked_facts,
    first_break,
)
from deeptepp.domain.people import LOCAL, Person
from deeptepp.domain.score_receipt import Receipt
from deeptepp.store.database import engine_of, reading, writing
from deeptepp.store.ledger_tables import LEDGER, RECEIPTS
from deeptepp.store.schema import ENTRIES
from deeptepp.store.upgrade import ensure_schema

_LOCK = 7_120_332
"""Number of the PostgreSQL lock under which an entry is added; SQLite has one writer at a time anyway."""

_NAME_CHARACTERS = 120
"""Longest name of a person that is kept; a longer one is cut."""

_RECORDED = (ENTRIES.c.number, ENTRIES.c.case_id, ENTRIES.c.moment)
"""What the trail tells of an entry of the board."""

_SHOWN = 500
"""Entries that are read for a screen, newest first."""


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """What walking the audit trail found.

    ``n``: entries; ``head``: the last one, None of an empty trail; ``broken``: the first row that is not what it
    was; ``n_receipts``: receipts that are kept and fit; ``n_erased``: receipts whose content went with its case;
    ``bad_receipts``: ids of receipts that were changed or put in beside the trail; ``bad_entries``: numbers of
    entries of the board that were taken out, put in or moved to another case or moment beside the trail.
    """

    n: int
    head: ChainHead | None
    broken: ChainBreak | None
    n_receipts: int
    n_erased: int
    bad_receipts: tuple[str, ...]
    bad_entries: tuple[int, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return self.broken is None and not self.bad_receipts and not self.bad_entries


def append(
    connection: Connection, kind: LedgerKind, person: Person, *, about: str = "", **facts: object
) -> LedgerEntry:
    """Add an entry in the transaction of what it tells; kept or lost together with that.

    ``connection``: in a transaction that writes; ask for it last, since others wait until it ends; ``about``:
    random id or digest of what it tells of; ``facts``: see ``domain.audit.checked_facts``. Raises ValueError: one
    of them may name a patient.
    """
    checked_facts({"about": about})
    # One writer at a time, so that numbers have no gap and each entry follows the one before it.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    last = connection.execute(select(LEDGER).order_by(LEDGER.c.number.desc()).limit(1)).mappings().first()
    entry = LedgerEntry(
        number=last["number"] + 1 if last else 1,
        recorded_utc=datetime.now(UTC).isoformat(timespec="microseconds"),
        who=person.subject,
        name=person.name[:_NAME_CHARACTERS],
        kind=kind.value,
        about=about,
        content=checked_facts(facts),
        previous=last["sha256"] if last else GENESIS,
    ).sealed()
    connection.execute(insert(LEDGER).values({name: getattr(entry, name) for name in LEDGER.c.keys()}))  # noqa: SIM118
    return entry


def keep_receipt(connection: Connection, receipt: Receipt, person: Person) -> LedgerEntry:
    """Keep a receipt, and tell of the scoring in the same transaction; one that is kept already is told again."""
    entry = append(
        connection,
        LedgerKind.CASE_SCORED,
        person,
        about=receipt.id,
        receipt=receipt.sha256,
        outcome=receipt.outcome,
        bundle=receipt.bundle_sha256,
    )
    known = select(RECEIPTS.c.sha256).where(RECEIPTS.c.sha256 == receipt.sha256)
    if connection.execute(known).first() is None:
        row = {"sha256": receipt.sha256, "number": entry.number, "content": receipt.to_json()}
        connection.execute(insert(RECEIPTS).values(row))
    return entry


def erase_receipt(connection: Connection, receipt_id: str) -> bool:
    """Take out what a receipt holds; the trail goes on proving that it was. Tell of it with ``append``."""
    if not receipt_id:
        return False
    own = RECEIPTS.c.sha256.startswith(receipt_id, autoescape=True)
    return connection.execute(delete(RECEIPTS).where(own)).rowcount > 0


class Ledger:
    """The audit trail of one store; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(self, kind: LedgerKind, person: Person = LOCAL, *, about: str = "", **facts: object) -> LedgerEntry:
        """Add an entry in a transaction of its own.

        Raises BoardStoreError: the database does not answer or refuses.
        """
        with writing(self._engine) as connection:
            return append(connection, kind, person, about=about, **facts)

    def keep(self, receipt: Receipt, person: Person = LOCAL) -> LedgerEntry:
        """Keep the receipt of a score.

        Raises BoardStoreError: the database does not answer or refuses.
        """
        with writing(self._engine) as connection:
            return keep_receipt(connection, receipt, person)

    def receipt(self, receipt_id: str) -> Receipt | None:
        """Give a receipt by its id or its whole hash; None where it is not kept.

        Raises ReceiptError: what is kept was changed.
        """
        own = RECEIPTS.c.sha256.startswith(receipt_id, autoescape=True)
        with reading(self._engine) as connection:
            found = connection.execute(select(RECEIPTS.c.content).where(own)).scalars().all()
        return Receipt.from_json(found[0]) if len(found) == 1 and receipt_id else None

    def retain(self, max_age_days: float, person: Person = LOCAL) -> int:
        """Take out what receipts hold that are older, and tell of it; give their number."""
        oldest = (datetime.now(UTC) - timedelta(days=max_age_days)).isoformat(timespec="microseconds")
        old = select(LEDGER.c.number).where(LEDGER.c.recorded_utc < oldest)
        with writing(self._engine) as connection:
            n = connection.execute(delete(RECEIPTS).where(RECEIPTS.c.number.in_(old))).rowcount
            if n:
                append(connection, LedgerKind.RETENTION, person, receipts=n)
        return n

    def entries(
        self,
        *,
        kinds: Collection[str] = (),
        who: str = "",
        about: str = "",
        since: date | None = None,
        until: date | None = None,
        limit: int | None = _SHOWN,
    ) -> list[LedgerEntry]:
        """Give entries, newest first.

        ``kinds``: those asked for, empty for all; ``who``: subject of a person; ``since``, ``until``: days in UTC,
        both included.
        """
        asked = select(LEDGER).order_by(LEDGER.c.number.desc()).limit(limit)
        for column, value in ((LEDGER.c.who, who), (LEDGER.c.about, about)):
            asked = asked.where(column == value) if value else asked
        if kinds:
            asked = asked.where(LEDGER.c.kind.in_([str(kind) for kind in kinds]))
        if since:
            asked = asked.where(LEDGER.c.recorded_utc >= since.isoformat())
        if until:
            asked = asked.where(LEDGER.c.recorded_utc < (until + timedelta(days=1)).isoformat())
        with reading(self._engine) as connection:
            return _entries(connection, asked)

    def people(self) -> dict[str, str]:
        """Give everybody who stands in the trail: the last name of each subject."""
        last = select(func.max(LEDGER.c.number)).group_by(LEDGER.c.who)
        asked = select(LEDGER.c.who, LEDGER.c.name).where(LEDGER.c.number.in_(last)).order_by(LEDGER.c.name)
        with reading(self._engine) as connection:
            return {row.who: row.name for row in connection.execute(asked)}

    def head(self) -> ChainHead | None:
        """Last entry, to be noted elsewhere; None of an empty trail."""
        found = self.entries(limit=1)
        return ChainHead(found[0].number, found[0].sha256) if found else None

    def check(self, head: ChainHead | None = None) -> LedgerCheck:
        """Walk the trail, and look whether receipts and the record of the board are what it tells of.

        ``head``: as it was noted elsewhere; without it nobody can see that the end of the trail was cut off.
        """
        with reading(self._engine) as connection:
            # All as it was at one moment, whoever writes meanwhile; a transaction of SQLite reads so anyway.
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
            entries = _entries(connection, select(LEDGER).order_by(LEDGER.c.number))
            recorded = {tuple(row) for row in connection.execute(select(*_RECORDED))}
            kept = {row.sha256: row.content for row in connection.execute(select(RECEIPTS))}
        told = {entry.facts.get("receipt") for entry in entries if entry.kind == LedgerKind.CASE_SCORED}
        bad = [sha256 for sha256, content in kept.items() if sha256 not in told or not _fits(content, sha256)]
        last = entries[-1] if entries else None
        return LedgerCheck(
            n=len(entries),
            head=ChainHead(last.number, last.sha256) if last else None,
            broken=first_break(entries, head),
            n_receipts=len(kept) - len(bad),
            n_erased=len(told - set(kept)),
            bad_receipts=tuple(sha256[:16] for sha256 in bad),
            bad_entries=_bad_entries(entries, recorded),
        )


@lru_cache(maxsize=4)
def ledger_of(address: str) -> Ledger:
    """Audit trail of the store at an address, opened once.

    Raises BadSetting: the address is of no database that is known here; BoardStoreError: the database does not
    answer, or was made by another version. Asked again, it is tried again.
    """
    engine = engine_of(address)
    try:
        with writing(engine, alone=True) as connection:
            ensure_schema(connection)
    except BaseException:
        engine.dispose()
        raise
    return Ledger(engine)


def _entries(connection: Connection, asked: Select[Any]) -> list[LedgerEntry]:
    """Read entries."""
    return [LedgerEntry(**row) for row in connection.execute(asked).mappings()]


def _bad_entries(entries: Sequence[LedgerEntry], recorded: set[tuple[Any, ...]]) -> tuple[int, ...]:
    """Numbers of entries of the board that the trail tells otherwise; those from before the trail are not told of.

    ``recorded``: number, case and moment of what the board holds.
    """
    told = {(e.facts["entry"], e.about, e.facts["moment"]) for e in entries if "entry" in e.facts}
    withdrawn = {entry.about for entry in entries if entry.kind == LedgerKind.WITHDRAWAL}
    first = min((number for number, *_ in told), default=None)
    gone = {row for row in told - recorded if row[1] not in withdrawn}
    beside = {row for row in recorded - told if first is not None and row[0] >= first}
    return tuple(sorted({row[0] for row in gone | beside}))


def _fits(content: str, sha256: str) -> bool:
    """Whether a receipt is the one of its hash."""
    return Receipt.digest_of(content) == sha256


def recorders(entries: Sequence[LedgerEntry]) -> dict[int, str]:
    """Who recorded each entry of a board's case: name, or subject where there was none, by the entry's number."""
    told = (entry for entry in entries if "entry" in entry.facts)
    return {entry.facts["entry"]: entry.name or entry.who for entry in told if entry.who != LOCAL.subject}
