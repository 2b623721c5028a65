"""The audit trail grows at its end alone, keeps its order under many writers, and says which row was touched."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from scored_phantom import RECEIPT
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from deeptepp.domain.audit import BreakKind, ChainHead, LedgerKind
from deeptepp.domain.people import LOCAL, Person, Role
from deeptepp.store.database import writing
from deeptepp.store.ledger import append, keep_receipt, ledger_of

ANNA = Person("sub-anna", "Anna", frozenset({Role.CLINICIAN}))
OFF = {
    "sqlite": ("DROP TRIGGER ledger_kept", "DROP TRIGGER ledger_whole", "DROP TRIGGER ledger_grows"),
    "postgresql": ("DROP TRIGGER ledger_kept ON ledger", "DROP TRIGGER ledger_grows ON ledger"),
}


@pytest.fixture
def ledger(address):
    ledger = ledger_of(address)
    yield ledger
    ledger._engine.dispose()
    ledger_of.cache_clear()


@pytest.fixture
def filled(ledger):
    for i in range(6):
        ledger.append(LedgerKind.CASE_OPENED, ANNA, about=f"{i:016x}", place=i)
    return ledger


def tamper(ledger, *statements):
    """Change rows as somebody may who owns the database."""
    with writing(ledger._engine) as connection:
        for statement in (*OFF[ledger._engine.dialect.name], *statements):
            connection.execute(text(statement))


def test_a_new_entry_follows_the_last_and_holds_who_when_and_what(filled):
    first, second = sorted(filled.entries(), key=lambda entry: entry.number)[:2]
    assert (first.number, second.number, second.previous) == (1, 2, first.sha256)
    assert (second.who, second.name, second.kind, second.facts) == (
        "sub-anna",
        "Anna",
        "case opened",
        {"place": 1},
    )
    assert datetime.now(UTC) - datetime.fromisoformat(second.recorded_utc) < timedelta(minutes=5)
    assert filled.check().is_whole


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET who = 'x' WHERE number = 2",
        "DELETE FROM ledger WHERE number = 6",
        "INSERT INTO ledger SELECT 9, recorded_utc, who, name, kind, about, content, previous, sha256 "
        "FROM ledger WHERE number = 6",
        "INSERT INTO ledger SELECT 7, recorded_utc, who, name, kind, about, content, previous, sha256 "
        "FROM ledger WHERE number = 6",
    ],
)
def test_the_database_refuses_everything_but_the_next_row(filled, statement):
    with pytest.raises(DBAPIError, match="never changed"), filled._engine.begin() as connection:
        connection.execute(text(statement))
    assert filled.check().n == 6


def test_a_row_cannot_be_replaced_by_insert(filled):
    if filled._engine.dialect.name == "postgresql":
        statement, named = "TRUNCATE ledger", "never changed"
    else:
        statement = (
            "INSERT OR REPLACE INTO ledger SELECT 6, recorded_utc, 'x', name, kind, about, content, previous, "
        )
        statement, named = f"{statement}sha256 FROM ledger WHERE number = 6", "never changed"
    with pytest.raises(DBAPIError, match=named), filled._engine.begin() as connection:
        connection.execute(text(statement))
    assert filled.check().is_whole


@pytest.mark.parametrize(
    ("statements", "number", "kind"),
    [
        (("UPDATE ledger SET who = 'somebody' WHERE number = 3",), 3, BreakKind.CHANGED),
        (("UPDATE ledger SET name = 'Berta' WHERE number = 1",), 1, BreakKind.CHANGED),
        (("DELETE FROM ledger WHERE number = 3",), 3, BreakKind.REMOVED),
        (("DELETE FROM ledger WHERE number <= 2",), 1, BreakKind.REMOVED),
        (
            (
                "UPDATE ledger SET number = 99 WHERE number = 3",
                "UPDATE ledger SET number = 3 WHERE number = 5",
                "UPDATE ledger SET number = 5 WHERE number = 99",
            ),
            3,
            BreakKind.REORDERED,
        ),
    ],
)
def test_the_first_row_that_was_touched_is_named_and_how(filled, statements, number, kind):
    tamper(filled, *statements)
    broken = filled.check().broken
    assert (broken.number, broken.kind) == (number, kind)


def test_an_end_that_was_cut_off_is_seen_by_a_head_noted_elsewhere_and_only_by_that(filled):
    head = filled.head()
    tamper(filled, "DELETE FROM ledger WHERE number > 4")
    assert filled.check().is_whole
    broken = filled.check(head).broken
    assert (broken.number, broken.kind) == (5, BreakKind.TRUNCATED)
    assert filled.check(ChainHead(0, head.sha256)).broken.kind is BreakKind.TRUNCATED


def test_a_chain_written_anew_is_seen_by_a_head_noted_elsewhere(filled):
    head = filled.head()
    entries = sorted(filled.entries(), key=lambda entry: entry.number)
    tamper(filled, "DELETE FROM ledger")
    previous = entries[0].previous
    with writing(filled._engine) as connection:
        for entry in entries:
            forged = replace(entry, who="somebody", previous=previous).sealed()
            previous = forged.sha256
            named = "number, recorded_utc, who, name, kind, about, content, previous, sha256"
            marks = ", ".join(f":{each}" for each in named.split(", "))
            row = {each: getattr(forged, each) for each in named.split(", ")}
            connection.execute(text(f"INSERT INTO ledger ({named}) VALUES ({marks})"), row)  # noqa: S608
    assert filled.check().is_whole
    assert (filled.check(head).broken.number, filled.check(head).broken.kind) == (6, BreakKind.CHANGED)


def test_a_later_trail_still_holds_an_earlier_head(filled):
    head = filled.head()
    filled.append(LedgerKind.SENT)
    assert filled.check(head).is_whole


def test_eight_writers_leave_no_gap_and_no_fork(ledger):
    def write(writer):
        for _ in range(25):
            ledger.append(LedgerKind.CASE_OPENED, Person(f"sub-{writer}", "", frozenset()))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    check = ledger.check()
    assert (check.n, check.broken) == (200, None)
    assert {len(ledger.entries(who=f"sub-{writer}")) for writer in range(8)} == {25}


def test_a_walk_while_others_write_finds_nothing_broken(ledger):
    def write(writer):
        for i in range(15):
            ledger.keep(replace(RECEIPT, score=writer + i / 100), ANNA)

    with ThreadPoolExecutor(4) as pool:
        written = [pool.submit(write, writer) for writer in range(4)]
        checks = [ledger.check()]
        while not all(each.done() for each in written):
            checks.append(ledger.check())
    assert all(check.is_whole and check.n_erased == 0 for check in checks)
    assert (ledger.check().n, ledger.check().n_receipts) == (60, 60)


def test_an_entry_is_lost_with_the_transaction_of_what_it_tells(ledger):
    def told_and_failed():
        with writing(ledger._engine) as connection:
            append(connection, LedgerKind.DECISION, ANNA)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        told_and_failed()
    assert ledger.check().n == 0


@pytest.mark.parametrize("fact", ["Doe^Jane", "1.2.840.113619.2.5", "19610203", "Jane Doe", "x" * 60, {"a": 1}])
def test_a_fact_that_may_name_somebody_is_refused_without_quoting_it(ledger, fact):
    with pytest.raises(ValueError, match="audit trail") as refused:
        ledger.append(LedgerKind.SENT, note=fact)
    assert str(fact) not in str(refused.value)
    if isinstance(fact, str):
        with pytest.raises(ValueError, match="audit trail"):
            ledger.append(LedgerKind.SENT, about=fact)
    assert ledger.check().n == 0


def test_a_receipt_is_kept_with_its_entry_and_erased_without_losing_the_proof(ledger):
    with writing(ledger._engine) as connection:
        keep_receipt(connection, RECEIPT, ANNA)
    assert ledger.receipt(RECEIPT.id) == ledger.receipt(RECEIPT.sha256) == RECEIPT
    assert (ledger.check().n_receipts, ledger.check().n_erased) == (1, 0)
    assert ledger.retain(1) == 0
    assert ledger.retain(-1, ANNA) == 1
    assert ledger.receipt(RECEIPT.id) is None
    scored, erased = reversed(ledger.entries())
    assert (scored.facts["receipt"], erased.kind, erased.facts) == (RECEIPT.sha256, "retention", {"receipts": 1})
    assert (ledger.check().n_receipts, ledger.check().n_erased, ledger.check().is_whole) == (0, 1, True)


def test_a_receipt_that_was_changed_or_put_in_beside_the_trail_is_named(ledger):
    ledger.keep(RECEIPT, ANNA)
    other = replace(RECEIPT, score=0.9)
    with pytest.raises(DBAPIError, match="never changed"), ledger._engine.begin() as connection:
        connection.execute(text("UPDATE receipts SET content = ''"))
    with writing(ledger._engine) as connection:
        connection.execute(text("DELETE FROM receipts"))
        row = {"sha256": RECEIPT.sha256, "content": other.to_json(), "beside": other.sha256}
        connection.execute(text("INSERT INTO receipts VALUES (:sha256, 1, :content)"), row)
        connection.execute(text("INSERT INTO receipts VALUES (:beside, 1, :content)"), row)
    assert set(ledger.check().bad_receipts) == {RECEIPT.id, other.id}
    assert not ledger.check().is_whole


def test_entries_are_found_by_kind_person_case_and_day(filled):
    filled.append(LedgerKind.SENT, LOCAL, about="a" * 16)
    today = datetime.now(UTC).date()
    assert [entry.number for entry in filled.entries(kinds=[LedgerKind.SENT])] == [7]
    assert [entry.number for entry in filled.entries(who=LOCAL.subject)] == [7]
    assert [entry.number for entry in filled.entries(about="a" * 16)] == [7]
    assert len(filled.entries(since=today, until=today)) == 7
    assert filled.entries(since=today + timedelta(days=1)) == filled.entries(until=today - timedelta(days=1)) == []
    assert [entry.number for entry in filled.entries(limit=2)] == [7, 6]
    assert filled.people() == {"local": "", "sub-anna": "Anna"}
