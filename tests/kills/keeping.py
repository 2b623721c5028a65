"""Operations on what an installation keeps: cases with images, the audit trail, backups, and what they restore."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import scored_phantom
from board_databases import new_case

from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.kept_case import ScoredCase
from deeptepp.domain.people import LOCAL
from deeptepp.domain.risk import RiskScore
from deeptepp.scoring.images import CaseImages
from deeptepp.store.backup import restore_backup, write_backup
from deeptepp.store.cases import Board
from deeptepp.store.ledger import ledger_of
from kills.trial import Act


@cache
def images() -> CaseImages:
    """A small study that was read."""
    reading = scored_phantom.read_phantom(Path(mkdtemp()))
    return CaseImages(
        reading.study, reading.series, reading.deidentified, (), scored_phantom.PHASE, None, reading.source
    )


def scored(percent: int) -> ScoredCase:
    """Score the study so that one can tell which score it was."""
    answer = replace(scored_phantom.assessed(), score=RiskScore(percent / 100))
    return ScoredCase(assessment=answer, document={}, study_digest=images().study.digest)


# Kept cases: both scores that were acknowledged, and images that can be decrypted by the key made on first use.


def begin_kept(folder: Path) -> Act:
    board = Board(str(folder / "board.sqlite"))

    def act(number: int) -> str:
        kept, trouble = board.kept.keep(scored(number % 50), LOCAL, images=images())
        assert trouble is None
        board.kept.keep(scored(50 + number % 50), LOCAL, case_id=kept.row.id, seen=kept.row.version)
        return f"{kept.row.id} {number}"

    return act


def check_kept(folder: Path, lines: list[str]) -> None:
    board = Board(str(folder / "board.sqlite"))
    for case_id, number in (line.split() for line in lines):
        found = [round(100 * each.assessment.score.probability) for each in board.kept.open(case_id).scores]
        assert sorted(found) == [int(number) % 50, 50 + int(number) % 50], "a score that was accepted is gone"
    for row in board.kept.rows():
        assert board.kept.images(row.id).study.digest == images().study.digest, "images of a case are not its own"
    board.close()


# The audit trail: every entry and receipt that was acknowledged, in a chain without a break.


def begin_ledger(folder: Path) -> Act:
    ledger = ledger_of(str(folder / "board.sqlite"))

    def act(number: int) -> str:
        entry = ledger.append(LedgerKind.CASE_OPENED, about=f"{number:032x}")
        receipt = replace(scored_phantom.RECEIPT, code_version=str(number))
        ledger.keep(receipt)
        return f"{entry.number} {number} {receipt.id}"

    return act


def check_ledger(folder: Path, lines: list[str]) -> None:
    ledger = ledger_of(str(folder / "board.sqlite"))
    assert ledger.check().is_whole, "the audit trail is broken"
    about = {entry.number: entry.about for entry in ledger.entries(limit=None)}
    for entry, number, receipt in (line.split() for line in lines):
        assert about.get(int(entry)) == f"{int(number):032x}", "an entry that was accepted is gone"
        assert ledger.receipt(receipt) is not None, "a receipt that was accepted is gone"


# Backups: whatever stands under the name of one is whole, and holds what there was when it was acknowledged.


def begin_backup(folder: Path) -> Act:
    address = str(folder / "board.sqlite")
    board = Board(address)
    board.kept.keep(scored(1), LOCAL, images=images())

    def act(number: int) -> str:
        board.add(new_case(label=f"Case {number}"))
        write_backup(address, folder / f"{number}.zip")
        return str(number)

    return act


def check_backup(folder: Path, lines: list[str]) -> None:
    made = sorted((int(file.stem) for file in folder.glob("*.zip")), reverse=True)
    assert set(map(int, lines)) <= set(made), "a backup that was accepted is gone"
    for number in made[:2]:
        assert restored(folder / f"{number}.zip", folder / str(number)) == number + 1, "a backup lacks a case"


def restored(file: Path, folder: Path) -> int:
    """Restore a backup beside the key it was made under; gives the number of cases on the board."""
    folder.mkdir()
    (folder / "case_images.key").write_bytes((file.parent / "case_images.key").read_bytes())
    restore_backup(file, str(folder / "board.sqlite"))
    return held(folder)


def held(folder: Path) -> int:
    """Open a store, decrypt its one case; gives the number of cases on the board."""
    board = Board(str(folder / "board.sqlite"))
    found = [board.kept.images(row.id).study.digest for row in board.kept.rows()]
    assert found == [images().study.digest], "a case of the store is gone or not its own"
    n = len(board.cases())
    board.close()
    return n


# Restoring: what is there is one backup or the other, whole, and what was replaced was backed up first.


def begin_restore(folder: Path) -> Act:
    address = str(folder / "board.sqlite")
    board = Board(address)
    board.kept.keep(scored(1), LOCAL, images=images())
    for n in (1, 2):
        board.add(new_case(label=f"Case {n}"))
        write_backup(address, folder / f"{n}.zip")
    board.close()

    def act(number: int) -> str:
        file = folder / f"{number}-{1 + number % 2}.zip"
        file.hardlink_to(folder / f"{1 + number % 2}.zip")
        restore_backup(file, address, replace=True)
        return str(1 + number % 2)

    return act


def check_restore(folder: Path, lines: list[str]) -> None:
    last = int(lines[-1]) if lines else 2
    assert held(folder) in (last, 3 - last), "a restored store is mixed"
    assert len(list(folder.glob("*.replaced-*.zip"))) >= len(lines), "what was replaced is gone"
