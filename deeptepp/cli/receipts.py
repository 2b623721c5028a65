"""Receipts and the audit trail on the command line: ``verify receipts`` and ``replay``."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deeptepp.cli.printing import AsJson, StudyPath, print_json, say, source_of
from deeptepp.cli.study_choice import ServedBundle
from deeptepp.domain.audit import BreakKind, ChainBreak, ChainHead
from deeptepp.domain.people import LOCAL
from deeptepp.domain.progress import silent
from deeptepp.domain.risk import Assessment
from deeptepp.domain.score_receipt import Receipt
from deeptepp.errors import BoardRefuses, ReceiptUnknown, ReceiptUnreadable

if TYPE_CHECKING:
    from deeptepp.scoring.replay import Replay
    from deeptepp.store.ledger import Ledger, LedgerCheck

RECEIPTS = "receipts"
"""What ``verify`` is given in place of a bundle to walk the audit trail."""

StoreAddress = Annotated[
    str, typer.Option("--store", metavar="ADDRESS", help="Store to look in; that of this installation if absent.")
]
"""Option of the commands that read the audit trail."""

_ID = re.compile(r"[0-9a-f]{16}|[0-9a-f]{64}")
"""Id of a receipt, or its whole hash."""

_HOW: dict[BreakKind, str] = {
    BreakKind.CHANGED: "row {number} was changed",
    BreakKind.REMOVED: "row {number} was removed",
    BreakKind.REORDERED: "row {number} was moved: it stands where another row was",
    BreakKind.TRUNCATED: "the end was cut off: row {number} and what follows are missing",
}
"""What each break is called."""


def verify_receipts(store: str, head: str, *, as_json: bool) -> None:
    """Walk the audit trail, name the first row that is not what it was, and print the head to be noted."""
    noted = _noted(head)
    check = _ledger(store).check(noted)
    if as_json:
        print_json(_check_as_data(check))
    else:
        typer.echo("\n".join(_check_lines(check, is_noted=noted is not None)))
    raise typer.Exit(code=0 if check.is_whole else 1)


def replay(
    receipt: Annotated[str, typer.Argument(metavar="RECEIPT", help="File of a receipt, or its id in the store.")],
    study: StudyPath,
    bundle: ServedBundle = None,
    store: StoreAddress = "",
    as_json: AsJson = False,
) -> None:
    """Score the images of a receipt again with its facts, outline and phase: the same, or what differs."""
    from deeptepp.model.bundle import load_bundle
    from deeptepp.scoring.replay import replay as replayed

    known = _receipt(receipt, store)
    made = replayed(known, source_of(study), load_bundle(bundle), progress=silent if as_json else say)
    if as_json:
        print_json({"receipt": known.short, "is_same": made.is_same, **asdict(made)})
    else:
        typer.echo("\n".join(_replay_lines(made)))
    raise typer.Exit(code=0 if made.is_same else 1)


def keep_receipt(assessment: Assessment, file: Path | None) -> None:
    """Write the receipt of a score where it was asked for, and keep it where this installation has a store."""
    from deeptepp.store import own_ledger

    if assessment.receipt is None:
        return
    if file is not None:
        try:
            file.write_text(assessment.receipt.to_file(), encoding="utf-8")
        except OSError as error:
            typer.echo(f"The receipt could not be written ({type(error).__name__}).", err=True)
            raise typer.Exit(code=1) from None
        typer.echo(f"Receipt {assessment.receipt.id} written to {file}", err=True)
    if own_ledger.has_store() and not own_ledger.keep(assessment.receipt, LOCAL):
        typer.echo("The store does not answer: the receipt is not kept there.", err=True)


def _receipt(named: str, store: str) -> Receipt:
    """Read a receipt from a file, or take it from the store."""
    path = Path(named)
    if path.is_file():
        try:
            return Receipt.from_json(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            raise ReceiptUnreadable from None
    found = _ledger(store).receipt(named) if _ID.fullmatch(named) else None
    if found is None:
        raise ReceiptUnknown
    return found


def _ledger(store: str) -> Ledger:
    """Open the audit trail of a store that is there; none is made by looking.

    Raises BoardStoreError: there is no such store, or it does not answer.
    """
    from deeptepp.store.cases import board_address
    from deeptepp.store.own_ledger import own_ledger

    address = store or board_address()
    if "://" not in address and not Path(address).is_file():
        raise BoardRefuses(kind="SQLite", reason="it does not exist")
    return own_ledger(address)


def _noted(head: str) -> ChainHead | None:
    """Read a head that was noted: a hash, or a file that holds one."""
    if not head:
        return None
    path = Path(head)
    noted = ChainHead.read(path.read_text(encoding="utf-8", errors="replace") if path.is_file() else head)
    if noted is None:
        raise typer.BadParameter("holds no head, such as 12:6b86b273...", param_hint="--head")
    return noted


def _check_lines(check: LedgerCheck, *, is_noted: bool) -> list[str]:
    """Say what was found, and what nobody could see without a head."""
    lines = [f"broken: {_how(check.broken)}"] if check.broken else [f"ok  {check.n} rows follow one another"]
    lines += [f"broken: receipt {each} is not what the trail tells of" for each in check.bad_receipts]
    lines += [f"broken: entry {each} of the board is not what the trail tells of" for each in check.bad_entries]
    lines.append(f"receipts: {check.n_receipts} kept, {check.n_erased} erased with their cases")
    if check.head is not None:
        lines.append(f"head {check.head}")
    if not is_noted:
        lines.append(
            "Without --head, nobody can see that the end was cut off; note the head outside of this store."
        )
    return lines


def _how(broken: ChainBreak) -> str:
    """Say how a chain is broken."""
    return _HOW[broken.kind].format(number=broken.number)


def _check_as_data(check: LedgerCheck) -> dict[str, Any]:
    """Give what was found as JSON-ready data."""
    broken = {"row": check.broken.number, "how": check.broken.kind.value} if check.broken else None
    return {
        "is_whole": check.is_whole,
        "rows": check.n,
        "head": str(check.head) if check.head else None,
        "broken": broken,
        "bad_entries": list(check.bad_entries),
        "receipts": {"kept": check.n_receipts, "erased": check.n_erased, "bad": list(check.bad_receipts)},
    }


def _replay_lines(made: Replay) -> list[str]:
    """Say whether the score is the same, and what is not."""
    told = "not scored, as then" if made.now is None and made.recorded is None else f"{made.recorded!r}"
    if made.is_same:
        lines = [f"same to the last digit: {told}"]
    else:
        lines = [f"differs: recorded {made.recorded!r}, now {made.now!r}"]
        if made.recorded is not None and made.now is not None:
            lines[0] += f", difference {made.now - made.recorded:.3g}"
    return lines + [f"  {each.name}: recorded {each.recorded}, now {each.now}" for each in made.differences]
