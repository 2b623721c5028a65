"""The table of operations that are killed: one more is one more line."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

import scored_phantom
import tiny_bundle
from board_databases import new_case

from deeptepp.dicom.archive.pacs import Pacs
from deeptepp.dicom.results.dicomweb import send_objects
from deeptepp.dicom.results.objects import read_objects
from deeptepp.domain.board import Choice, Entry, Moment
from deeptepp.file_sets import read_set
from deeptepp.model.bundle import ModelBundle, load_bundle, save_bundle
from deeptepp.report.case.case_files import write_case_files
from deeptepp.report.report_item import ReportItem, ReportPart
from deeptepp.report.report_page import ReportPage, write_report
from deeptepp.report.text_table import Table
from deeptepp.store.cases import Board
from deeptepp.store.uploads import UploadStore
from kills.archive import arrived, running_archive
from kills.keeping import (
    begin_backup,
    begin_kept,
    begin_ledger,
    begin_restore,
    check_backup,
    check_kept,
    check_ledger,
    check_restore,
    images,
)
from kills.trial import Act, Operation

FIRST_BOARD = Path(__file__).parents[1] / "store" / "board_v1_sqlite.sql"


@cache
def model() -> ModelBundle:
    """A small model."""
    return load_bundle(tiny_bundle.make_tiny_bundle(Path(mkdtemp()) / "tiny"))


def ready() -> None:
    """Make once what every process then has."""
    write_case_files(Path(mkdtemp()) / "case", images(), scored_phantom.assessed(), model())
    result()


# Uploads: whoever is told the name of an upload finds it whole; nothing else is visible.


def begin_upload(folder: Path) -> Act:
    (folder / "uploads").mkdir(exist_ok=True)
    store = UploadStore(folder / "uploads")

    def act(number: int) -> str:
        body = (f"{number} ".encode() * 40_000)[: 150_000 + number]
        with store.begin(store.issue_token(), is_framed=False) as writer:
            for at in range(0, len(body), 10_000):
                writer.feed(body[at : at + 10_000])
            name = writer.finish().upload_id
        return f"{name} {sha256(body).hexdigest()}"

    return act


def check_upload(folder: Path, lines: list[str]) -> None:
    store = UploadStore(folder / "uploads")
    for name, digest in (line.split() for line in lines):
        assert name in store, "an upload that was accepted is gone"
        assert sha256(store.path_of(name).read_bytes()).hexdigest() == digest, "an upload differs"
    store.sweep(-1)
    assert not any((folder / "uploads").iterdir()), "a broken upload stays"


# Sets of files: the last one that was acknowledged, or the one after it, and of one make.


def check_set(folder: Path, lines: list[str], number_in: Callable[[Path], int]) -> None:
    found = read_set(folder / "out")
    for name in found.digests:
        found.read(name)
    assert number_in(folder / "out") in (len(lines) - 1, len(lines)), "an older set came back"


def begin_score(folder: Path) -> Act:
    def act(number: int) -> str:
        answer = replace(scored_phantom.assessed(), percentile=float(number))
        write_case_files(folder / "out", images(), answer, model(), label=f"Case {number}")
        return str(number)

    return act


def check_score(folder: Path, lines: list[str]) -> None:
    check_set(folder, lines, lambda out: int(json.loads((out / "assessment.json").read_text())["percentile"]))


def begin_report(folder: Path) -> Act:
    def act(number: int) -> str:
        tables = (Table("Numbers", ("n",), ((str(number),),)),)
        items = tuple(ReportItem(f"item-{i}", f"Table {i}", "Numbers", tables=tables) for i in range(5))
        page = ReportPage(parts=(ReportPart("Numbers", items),), title=f"Report {number}", facts=(), mark="")
        write_report(page, folder / "out")
        return str(number)

    return act


def check_report(folder: Path, lines: list[str]) -> None:
    check_set(folder, lines, lambda out: int(read_set(out).about["report"].split()[-1]))


def begin_bundle(folder: Path) -> Act:
    def act(number: int) -> str:
        save_bundle(replace(model(), card=f"{number}"), folder / "out")
        return str(number)

    return act


def check_bundle(folder: Path, lines: list[str]) -> None:
    check_set(folder, lines, lambda out: int(load_bundle(out).card))


# The board: every case and decision that was acknowledged, in a database that opens.


def begin_board(folder: Path) -> Act:
    board = Board(str(folder / "board.sqlite"))

    def act(number: int) -> str:
        case = board.add(new_case(label=f"Case {number}"))
        after = board.record(case.id, Entry(moment=Moment.BEFORE, choice=Choice.T, note=f"note {number}"))
        return f"{case.id} {number} {after.entries[-1].number}"

    return act


def check_board(folder: Path, lines: list[str]) -> None:
    board = Board(str(folder / "board.sqlite"))
    found = {case.id: case for case in board.cases()}
    board.close()
    for case_id, number, entry in (line.split() for line in lines):
        assert case_id in found, "a case that was accepted is gone"
        notes = {each.number: each.note for each in found[case_id].entries}
        assert notes.get(int(entry)) == f"note {number}", "a decision that was accepted is gone"


def begin_migration(folder: Path) -> Act:
    def act(number: int) -> str:
        fresh = folder / f"{number}.fresh"
        with sqlite3.connect(fresh) as connection:
            connection.executescript(FIRST_BOARD.read_text(encoding="utf-8"))
        connection.close()
        fresh.rename(folder / f"{number}.sqlite")
        Board(str(folder / f"{number}.sqlite")).close()
        return str(number)

    return act


def check_migration(folder: Path, lines: list[str]) -> None:
    boards = sorted(folder.glob("*.sqlite"))
    assert len(boards) >= len(lines)
    for path in boards:
        board = Board(str(path))
        cases = board.cases()
        board.close()
        assert (len(cases), sum(len(case.entries) for case in cases)) == (3, 7), "an upgrade lost an entry"


# Sending: what was acknowledged is in the archive, the folder is as it was, and sending again stores the rest.


@cache
def result() -> Path:
    """A result in a folder."""
    folder = Path(mkdtemp()) / "case"
    write_case_files(folder, images(), scored_phantom.assessed(), model())
    return folder


def begin_send(folder: Path) -> Act:
    shutil.copytree(result(), folder / "out", dirs_exist_ok=True)

    def act(number: int) -> str:
        found = read_set(folder / "out")
        objects = read_objects([found.read(name) for name in found.digests if name.endswith(".dcm")])
        send_objects(objects, Pacs(f"{running_archive()}/{folder.name}"))
        return str(number)

    return act


def check_send(folder: Path, lines: list[str]) -> None:
    found = read_set(folder / "out")
    objects = read_objects([found.read(name) for name in found.digests if name.endswith(".dcm")])
    wanted = {str(each.dataset.SOPInstanceUID) for each in objects}
    assert not lines or arrived(folder.name) == wanted, "an object that was acknowledged is not in the archive"
    send_objects(objects, Pacs(f"{running_archive()}/{folder.name}"))
    assert arrived(folder.name) == wanted, "sending again did not store the rest"


OPERATIONS = (
    Operation("upload", begin_upload, check_upload, 0.5),
    Operation("score --out", begin_score, check_score, 2.0),
    Operation("report", begin_report, check_report, 1.0),
    Operation("bundle", begin_bundle, check_bundle, 1.0),
    Operation("cases and decisions", begin_board, check_board, 1.0),
    Operation("migration", begin_migration, check_migration, 1.0),
    Operation("send", begin_send, check_send, 1.0),
    Operation("kept cases", begin_kept, check_kept, 1.0),
    Operation("audit trail", begin_ledger, check_ledger, 1.0),
    Operation("backup", begin_backup, check_backup, 1.0),
    Operation("restore", begin_restore, check_restore, 1.0),
)
"""What is killed."""
