"""The audit trail of this installation; ``record`` is for whoever has no transaction of its store open."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.people import LOCAL, Person
from deeptepp.domain.score_receipt import Receipt
from deeptepp.errors import BadSetting, BoardStoreError
from deeptepp.store.cases import BOARD_VARIABLE, board_address
from deeptepp.store.ledger import Ledger, ledger_of

_LOG = logging.getLogger(__name__)


def own_ledger(address: str = "") -> Ledger:
    """Audit trail of this installation, or of the store at an address.

    Raises BadSetting, BoardStoreError: see ``ledger_of``.
    """
    named = address or board_address()
    return ledger_of(named if "://" in named else str(Path(named).resolve()))


def has_store() -> bool:
    """Whether this installation has a store, so that a command does not make one wherever it is called."""
    address = board_address()
    return "://" in address or bool(os.environ.get(BOARD_VARIABLE)) or Path(address).exists()


def record(kind: LedgerKind, person: Person = LOCAL, *, about: str = "", **facts: object) -> bool:
    """Add an entry to the audit trail of this installation.

    What is told has happened already, so a store that does not answer is logged by its error's type, and False.
    """
    try:
        own_ledger().append(kind, person, about=about, **facts)
    except (BadSetting, BoardStoreError) as error:
        _LOG.error("the audit trail was not written: %s, %s", kind.value, type(error).__name__)
        return False
    return True


def keep(receipt: Receipt, person: Person = LOCAL) -> bool:
    """Keep the receipt of a score in this installation; see ``record``."""
    try:
        own_ledger().keep(receipt, person)
    except (BadSetting, BoardStoreError) as error:
        _LOG.error("a receipt was not kept: %s", type(error).__name__)
        return False
    return True
