"""What the receipt of a score holds goes with the last case that has it; the audit trail proves that it was."""

from __future__ import annotations

import json

from sqlalchemy import Connection, delete, select

from deeptepp.store.kept.kept_schema import KEPT, SCORES
from deeptepp.store.ledger import erase_receipt
from deeptepp.store.schema import CASES


def erase_unused(connection: Connection, receipt_id: str) -> bool:
    """Take out what a receipt holds, unless a kept case or one on the board still has it."""
    if not receipt_id:
        return False
    for document in (SCORES.c.document, CASES.c.assessment):
        if connection.execute(select(document).where(document.contains(receipt_id, autoescape=True))).first():
            return False
    return erase_receipt(connection, receipt_id)


def remove_kept(connection: Connection, case_ids: list[str]) -> int:
    """Take kept cases out of the tables; give the number of receipts that went with them."""
    own = SCORES.c.case_id.in_(case_ids)
    documents = connection.execute(select(SCORES.c.document).where(own)).scalars().all()
    connection.execute(delete(SCORES).where(own))
    connection.execute(delete(KEPT).where(KEPT.c.id.in_(case_ids)))
    receipts = {str((json.loads(each).get("receipt") or {}).get("id", "")) for each in documents}
    return sum(erase_unused(connection, each) for each in receipts)
