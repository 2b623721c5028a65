"""Backups: of one moment while others write, into either database, checked before anything is changed."""

from __future__ import annotations

import json
import stat
import threading
import zipfile
from datetime import UTC, date, datetime

import coarse_study
import pytest
from board_databases import emptied, left_by, new_case
from kept_samples import scored
from sqlalchemy import text

from deeptepp.domain.board import Choice, Entry, Moment
from deeptepp.domain.meeting import Meeting
from deeptepp.domain.people import LOCAL
from deeptepp.errors import BackupDamaged, BackupTooNew, NotABackup, TargetExists, TargetNotEmpty, WrongKey
from deeptepp.store.backup import restore_backup, write_backup
from deeptepp.store.cases import Board
from deeptepp.store.upgrade import SCHEMA_VERSION


@pytest.fixture(scope="module")
def images():
    return coarse_study.opened()


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DEEPTEPP_KEY_FILE", raising=False)
    monkeypatch.setenv("DEEPTEPP_KEY", "ab" * 32)


def filled(address, images):
    board = Board(address)
    case = board.add(new_case(label="Blue river"))
    board.meetings.add(Meeting(held_on=date(2026, 3, 2), title="Monday", attendees=("chair",), agenda=(case.id,)))
    board.record(case.id, Entry(moment=Moment.BEFORE, choice=Choice.T, note='讨论; "so"\x07'))
    kept, _ = board.kept.keep(scored(images), LOCAL, images=images)
    return board, kept


def everything(board):
    return board.cases(), board.meetings.all(), board.kept.rows()


def other_address(address, tmp_path, request, kind):
    return (
        str(tmp_path / "other" / "b.sqlite") if kind == "sqlite" else emptied(request.getfixturevalue("postgres"))
    )


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_of_either_database_restores_into_either_with_everything(
    address, kind, images, tmp_path, request, monkeypatch
):
    board, kept = filled(address, images)
    before = everything(board)
    file = tmp_path / "out.zip"
    summary = write_backup(address, file)
    board.close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (summary.n_images, summary.n_missing, summary.rows["cases"]) == (1, 0, 1)
    with pytest.raises(TargetExists):
        write_backup(address, file)
    monkeypatch.chdir(tmp_path / "fresh" if (tmp_path / "fresh").mkdir() is None else tmp_path)
    target = other_address(address, tmp_path, request, kind)
    restore_backup(file, target)
    again = Board(target)
    assert everything(again) == before
    assert again.kept.images(kept.row.id).study.digest == images.study.digest
    assert again.kept.open(kept.row.id).scores[0].assessment.score.probability == 0.31
    # Numbers go on behind the last one, and the record is still kept from changes.
    case = again.cases()[0]
    assert again.record(case.id, Entry(moment=Moment.SHOWN)).last_number > case.last_number
    again.kept.keep(scored(images), LOCAL, case_id=kept.row.id, seen=1)
    with pytest.raises(Exception, match="never changed"), again._engine.begin() as connection:
        connection.execute(text("UPDATE board_entries SET note = ''"))
    with pytest.raises(TargetNotEmpty):
        restore_backup(file, target)
    assert len(again.kept.open(kept.row.id).scores) == 2, "nothing was restored over it"
    again.close()
    _, replaced = restore_backup(file, target, replace=True)
    again = Board(target)
    assert everything(again) == before
    again.close()
    restore_backup(replaced, target, replace=True)
    again = Board(target)
    assert len(again.kept.open(kept.row.id).scores) == 2, "what was replaced can be had back"
    again.close()


def test_what_two_restores_within_a_second_replace_lies_in_two_files(tmp_path, images, monkeypatch):
    class Stopped(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 1, 2, 3, 4, 5, tzinfo=tz)

    address, file = str(tmp_path / "board.sqlite"), tmp_path / "backup.zip"
    filled(address, images)[0].close()
    write_backup(address, file)
    monkeypatch.setattr("deeptepp.store.backup.datetime", Stopped)
    kept = {restore_backup(file, address, replace=True)[1] for _ in range(2)}
    assert len(kept) == 2
    assert all(each.is_file() for each in kept)


def test_images_stay_encrypted_and_their_key_is_not_in_the_backup(tmp_path, images, monkeypatch):
    address = str(tmp_path / "b.sqlite")
    board, kept = filled(address, images)
    write_backup(address, tmp_path / "out.zip")
    board.close()
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    for secret in (b"ab" * 32, bytes.fromhex("ab" * 32), images.source.study_uid.encode()):
        assert secret not in content
    monkeypatch.setenv("DEEPTEPP_KEY", "cd" * 32)
    restore_backup(tmp_path / "out.zip", str(tmp_path / "new" / "b.sqlite"))
    again = Board(str(tmp_path / "new" / "b.sqlite"))
    with pytest.raises(WrongKey):
        again.kept.images(kept.row.id)
    assert again.kept.open(kept.row.id).row.score == 0.31
    again.close()


def test_a_backup_is_of_one_moment_while_others_write(address, tmp_path):
    board = Board(address)
    stop = threading.Event()

    def write():
        while not stop.is_set():
            case = board.add(new_case())
            board.record(case.id, Entry(moment=Moment.BEFORE, choice=Choice.T))
            board.meetings.add(Meeting(held_on=date(2026, 3, 2), title="M", attendees=(), agenda=(case.id,)))

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        for n in range(3):
            write_backup(address, tmp_path / f"{n}.zip")
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    board.close()
    for n in range(3):
        target = str(tmp_path / f"{n}" / "b.sqlite")
        restore_backup(tmp_path / f"{n}.zip", target)
        again = Board(target)
        known = {case.id for case in again.cases()}
        assert all(set(meeting.agenda) <= known for meeting in again.meetings.all())
        again.close()


@pytest.mark.parametrize("version", [1, 2])
def test_the_first_backup_of_an_older_board_holds_all_of_it(version, address, tmp_path):
    left_by(version, address)
    write_backup(address, tmp_path / "out.zip")
    board = Board(address)
    restore_backup(tmp_path / "out.zip", str(tmp_path / "new" / "b.sqlite"))
    again = Board(str(tmp_path / "new" / "b.sqlite"))
    assert everything(again) == everything(board)
    board.close()
    again.close()


def rewritten(file, target, change):
    """The archive with some of its parts changed."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w") as new:
        parts = change({name: old.read(name) for name in old.namelist()})
        for name, content in parts.items():
            new.writestr(name, content)
    return target


def changed_manifest(parts, **facts):
    return parts | {"manifest.json": json.dumps(json.loads(parts["manifest.json"]) | facts).encode()}


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda parts: parts | {"tables/cases.jsonl": b"{}\n"}, BackupDamaged),
        (lambda parts: parts | {"images/more.sealed": b"x"}, BackupDamaged),
        (lambda parts: {k: v for k, v in parts.items() if not k.startswith("images/")}, BackupDamaged),
        (lambda parts: {k: v for k, v in parts.items() if k != "manifest.json"}, NotABackup),
        (lambda parts: changed_manifest(parts, format="x"), NotABackup),
        (lambda parts: changed_manifest(parts, schema=SCHEMA_VERSION + 1), BackupTooNew),
        (lambda parts: parts | {"manifest.json": b"no"}, NotABackup),
    ],
)
def test_a_file_that_was_changed_restores_nothing(change, refusal, tmp_path, images):
    address = str(tmp_path / "b.sqlite")
    board, _ = filled(address, images)
    write_backup(address, tmp_path / "out.zip")
    board.close()
    file = rewritten(tmp_path / "out.zip", tmp_path / "changed.zip", change)
    target = tmp_path / "new" / "b.sqlite"
    with pytest.raises(refusal):
        restore_backup(file, str(target))
    assert not target.exists() or Board(str(target)).counted().n_cases == 0
    with pytest.raises(NotABackup):
        restore_backup(tmp_path / "b.sqlite", str(target))


def test_a_restore_that_breaks_midway_leaves_what_was_there(address, tmp_path, images, monkeypatch):
    board, _ = filled(address, images)
    before = everything(board)
    write_backup(address, tmp_path / "out.zip")
    board.kept.keep(scored(images), LOCAL)
    after = everything(board)
    assert before != after
    monkeypatch.setattr("deeptepp.store.backup._load", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(Exception, match="does not answer"):
        restore_backup(tmp_path / "out.zip", address, replace=True)
    assert everything(board) == after
    board.close()


def test_restored_images_keep_their_age(tmp_path, images):
    address = str(tmp_path / "b.sqlite")
    board, _ = filled(address, images)
    then = datetime(2026, 1, 2, tzinfo=UTC)
    with board._engine.begin() as connection:
        connection.execute(text("UPDATE cases SET images_utc = '2026-01-02 00:00:00.000000'"))
    write_backup(address, tmp_path / "out.zip")
    board.close()
    restore_backup(tmp_path / "out.zip", str(tmp_path / "new" / "b.sqlite"))
    (file,) = (tmp_path / "new" / "b-images").glob("*.sealed")
    assert file.stat().st_mtime == then.timestamp()
