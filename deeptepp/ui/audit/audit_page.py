"""The audit trail: who did what and when, found by kind, person and day, walked on request, and saved as a table.

The page is for those who may ``Action.READ_AUDIT``; it shows random ids and digests, never anything of a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

import streamlit as st

from deeptepp.domain.audit import FACT_WORDS, KIND_WORDS, BreakKind, ChainHead, LedgerEntry, LedgerKind
from deeptepp.domain.people import LOCAL
from deeptepp.errors import BadSetting, BoardStoreError
from deeptepp.report.text_table import Table, table_csv
from deeptepp.store.ledger import Ledger
from deeptepp.store.own_ledger import own_ledger
from deeptepp.ui.parts.cards import refusal_card
from deeptepp.ui.parts.save_button import save_button
from deeptepp.ui.parts.verbatim import verbatim
from deeptepp.ui.words.language import t
from deeptepp.wording.sentence import Words

_N_SHOWN = 200
"""Entries on the page; the file has all that were found."""

_HOW: dict[BreakKind, Words] = {
    BreakKind.CHANGED: "The trail is broken: entry {number} was changed.",
    BreakKind.REMOVED: "The trail is broken: entry {number} was removed.",
    BreakKind.REORDERED: "The trail is broken: entry {number} stands where another one was.",
    BreakKind.TRUNCATED: "The trail is broken: its end was cut off; entry {number} and what followed are missing.",
}

_COLUMNS: tuple[Words, ...] = ("Number", "Time (UTC)", "What", "Person", "About", "Facts")


def audit_page() -> None:
    """Show the page."""
    st.title(t("Audit trail"))
    st.write(
        t(
            "Every scoring, opening, sending, decision, sign-in and removal, in a chain that only grows. It holds "
            "random ids and digests, and nothing of a patient."
        )
    )
    try:
        ledger = own_ledger()
        _check(ledger)
        _entries(ledger)
    except (BadSetting, BoardStoreError) as error:
        refusal_card(
            error,
            title=t("The audit trail cannot be read"),
            next_step=t("Nothing in it was changed. Ask whoever runs the database of this installation."),
        )


def _check(ledger: Ledger) -> None:
    """Walk the trail on request, and give the head to be noted elsewhere."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="audit-check"):
        noted = st.text_input(
            t("Head that was noted earlier (optional)"), key="audit-head", placeholder="12:6b86b273 ...", width=480
        )
        is_asked = st.button(t("Verify the trail"), key="audit-verify", type="primary")
    if is_asked:
        head = ChainHead.read(noted)
        if noted.strip() and head is None:
            st.warning(t("This is no head. A head is a number, a colon and 64 signs from 0 to 9 and a to f."))
            return
        _say_check(ledger, head)


def _say_check(ledger: Ledger, head: ChainHead | None) -> None:
    """Say what walking the trail found."""
    check = ledger.check(head)
    if check.broken is not None:
        st.error(t(_HOW[check.broken.kind], number=check.broken.number), icon=":material/link_off:")
    else:
        st.success(t("All {n} entries follow one another.", n=check.n), icon=":material/check:")
    for each in check.bad_receipts:
        st.error(t("Receipt {id} is not the one that the trail tells of.", id=each))
    for number in check.bad_entries:
        st.error(t("Entry {number} of the board is not the one that the trail tells of.", number=number))
    st.write(t("Receipts: {n} kept, {m} erased with their cases.", n=check.n_receipts, m=check.n_erased))
    if check.head is not None:
        st.write(t("Head, to be noted outside of this installation:"))
        st.code(str(check.head), language=None)
    if head is None:
        st.caption(
            t(
                "Without a head that was noted earlier, nobody can see that the end of the trail was cut off, or "
                "that all of it was written anew by somebody who owns the database."
            )
        )


def _entries(ledger: Ledger) -> None:
    """Show what was asked for, and offer it as a table."""
    people = ledger.people()
    with st.container(horizontal=True, vertical_alignment="bottom", key="audit-filters"):
        kinds = st.multiselect(
            t("What"),
            list(LedgerKind),
            format_func=_kind,
            key="audit-kinds",
            placeholder=t("Everything"),
            width=380,
        )
        who = st.selectbox(
            t("Person"),
            list(people),
            index=None,
            format_func=lambda subject: _person(subject, people.get(subject, "")),
            key="audit-who",
            placeholder=t("Everybody"),
            width=240,
        )
        since = st.date_input(t("From day (UTC)"), value=None, key="audit-since", width=170)
        until = st.date_input(t("Up to day (UTC)"), value=None, key="audit-until", width=170)
    find = partial(ledger.entries, kinds=kinds, who=who or "", since=_day(since), until=_day(until))
    found = find(limit=_N_SHOWN + 1)
    if not found:
        st.write(t("No entry was found."))
        return
    save_button(
        t("Save as CSV"),
        lambda: table_csv(_as_table(find(limit=None))).encode(),
        "deeptepp-audit-trail.csv",
        key="audit-csv",
    )
    st.caption(
        t("The newest {m} entries; the file has all that were found.", m=_N_SHOWN)
        if len(found) > _N_SHOWN
        else t("{n} entries, newest first.", n=len(found))
    )
    st.table(
        [dict(zip(map(t, _COLUMNS), _row(entry), strict=True)) for entry in found[:_N_SHOWN]],
        hide_index=True,
        border="horizontal",
    )


def _row(entry: LedgerEntry) -> tuple[str, ...]:
    """One entry in the language of the visitor; a table reads Markdown."""
    time = entry.recorded_utc[:19].replace("T", " ")
    person = verbatim(_person(entry.who, entry.name))
    return str(entry.number), time, _kind(entry.kind), person, entry.about[:16] or "–", _facts(entry) or "–"


def _facts(entry: LedgerEntry) -> str:
    """Facts of an entry in one line."""
    known = {key: value for key, value in entry.facts.items() if value not in ("", None, [])}
    return verbatim(", ".join(f"{t(FACT_WORDS.get(key, key))}: {_short(value)}" for key, value in known.items()))


def _short(value: object) -> str:
    """Write a fact; of a digest as much as tells it from others."""
    if isinstance(value, bool):
        return t("yes") if value else t("no")
    if isinstance(value, list):
        return ", ".join(map(_short, value))
    text = str(value)[:16] if isinstance(value, str) and len(value) == 64 else str(value)
    return t(FACT_WORDS.get(text, text))


def _kind(kind: str) -> str:
    """Name what an entry tells; a kind of a newer version by its own word."""
    return t(KIND_WORDS[LedgerKind(kind)]) if kind in set(LedgerKind) else kind


def _person(subject: str, name: str) -> str:
    """Name a person; whoever sits at an installation without a sign-in has no name."""
    return t("Without sign-in") if subject == LOCAL.subject else name or subject


def _day(value: object) -> date | None:
    """Day of a date field; None where it is empty."""
    return value if isinstance(value, date) else None


def _as_table(entries: Sequence[LedgerEntry]) -> Table:
    """Entries as a table for a file: everything that a row is hashed over, in English."""
    header = ("number", "recorded_utc", "who", "name", "kind", "about", "facts", "previous", "sha256")
    rows = tuple(
        (str(e.number), e.recorded_utc, e.who, e.name, e.kind, e.about, e.content, e.previous, e.sha256)
        for e in entries
    )
    return Table("Audit trail", header, rows)
