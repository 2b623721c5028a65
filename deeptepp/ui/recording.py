"""What happens on the screens, told to the audit trail in the name of who is at the page."""

from __future__ import annotations

import streamlit as st

from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.score_receipt import Receipt
from deeptepp.store import own_ledger
from deeptepp.ui.background.session import Session
from deeptepp.ui.guard import current_person
from deeptepp.ui.words.language import t


def record(kind: LedgerKind, *, about: str = "", **facts: object) -> None:
    """Add an entry to the audit trail, and say so where its store does not answer.

    ``about``: random id or digest of what it tells of; ``facts``: see ``domain.audit.checked_facts``.
    """
    if not own_ledger.record(kind, current_person(), about=about, **facts):
        st.toast(
            t("The audit trail could not be written. Tell whoever runs this server."), icon=":material/warning:"
        )


def keep_receipts(session: Session, *new: Receipt) -> None:
    """Keep receipts, and those that could not be kept before; what waits is tried again on the next run."""
    waiting = (*session.unkept, *new)
    person = current_person() if waiting else None
    session.unkept = tuple(each for each in waiting if person and not own_ledger.keep(each, person))
