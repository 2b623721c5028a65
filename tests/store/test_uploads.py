"""Uploads: one token, one upload, nothing left behind."""

import os
import resource
import stat
import struct
import subprocess
import sys
import time

import pytest

from deeptepp.errors import (
    DiskFull,
    UploadGone,
    UploadIncomplete,
    UploadTokenExpired,
    UploadTokenUnknown,
    UploadTokenUsed,
    UploadTooLarge,
)
from deeptepp.store.uploads import UploadStore


@pytest.fixture
def store(tmp_path):
    return UploadStore(tmp_path)


def framed(*files: bytes) -> bytes:
    return struct.pack(">4sI", b"DTF1", len(files)) + b"".join(struct.pack(">Q", len(f)) + f for f in files)


def upload(store, body: bytes, *, is_framed=False, step=None):
    with store.begin(store.issue_token(), is_framed=is_framed) as writer:
        for start in range(0, len(body), step or len(body) or 1):
            writer.feed(body[start : start + (step or len(body))])
        return writer.finish()


def test_one_file_arrives_as_it_is(store):
    arrived = upload(store, b"PK\x03\x04zip")
    assert store.path_of(arrived.upload_id).read_bytes() == b"PK\x03\x04zip"
    assert (arrived.n_files, arrived.n_bytes) == (1, 7)


@pytest.mark.parametrize("step", [1, 3, 8, 9, 1000])
def test_framed_files_arrive_however_the_body_is_cut(store, step):
    files = (b"first", b"", b"the third one", b"4")
    folder = store.path_of(upload(store, framed(*files), is_framed=True, step=step).upload_id)
    assert [path.read_bytes() for path in sorted(folder.iterdir())] == list(files)


def test_files_are_numbered_and_private(store, tmp_path):
    folder = store.path_of(upload(store, framed(b"a", b"b"), is_framed=True).upload_id)
    assert [path.name for path in sorted(folder.iterdir())] == ["000000", "000001"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_token_serves_once(store):
    token = store.issue_token()
    with store.begin(token, is_framed=False):
        pass
    with pytest.raises(UploadTokenUsed):
        store.begin(token, is_framed=False)


def test_a_token_of_another_store_is_unknown(store, tmp_path):
    with pytest.raises(UploadTokenUnknown):
        store.check_token(UploadStore(tmp_path).issue_token())
    with pytest.raises(UploadTokenUnknown):
        store.check_token("../../etc/passwd")


def test_a_token_expires(tmp_path):
    store = UploadStore(tmp_path, token_lifetime_s=-1)
    with pytest.raises(UploadTokenExpired):
        store.check_token(store.issue_token())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"DTF1",
        b"NOPE" + bytes(4),
        framed(b"a", b"b")[:-1],
        framed(b"a", b"b")[:-9],
        framed(b"a") + b"more than was announced",
        framed(),
        framed(b"", b""),
    ],
    ids=["empty", "head cut", "no magic", "file cut", "file missing", "too much", "no files", "empty files"],
)
def test_a_broken_body_leaves_nothing(store, tmp_path, body):
    with pytest.raises(UploadIncomplete):
        upload(store, body, is_framed=True)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_refused(store, tmp_path):
    with pytest.raises(UploadIncomplete):
        upload(store, b"")
    assert list(tmp_path.iterdir()) == []


def test_too_many_bytes_leave_nothing(tmp_path):
    with pytest.raises(UploadTooLarge, match="GB"):
        upload(UploadStore(tmp_path, max_bytes=10), b"12345678901", step=4)
    assert list(tmp_path.iterdir()) == []


def test_too_many_files_leave_nothing(tmp_path):
    with pytest.raises(UploadTooLarge, match="3 files"):
        upload(UploadStore(tmp_path, max_files=2), framed(b"a", b"b", b"c"), is_framed=True)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_has_a_name_and_leaves_nothing(store, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(DiskFull):
            upload(store, bytes(50_000), step=20_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_an_upload_under_way_is_not_visible(store, tmp_path):
    with store.begin(store.issue_token(), is_framed=False) as writer:
        writer.feed(b"half")
        (part,) = tmp_path.iterdir()
        assert part.name.removesuffix(".part") not in store
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "..", "../secret", "a" * 22, "x/y", None, 3])
def test_a_name_that_was_not_given_out_finds_nothing(store, name):
    assert name not in store
    with pytest.raises(UploadGone):
        store.path_of(name)


def test_a_deleted_upload_is_gone(store, tmp_path):
    arrived = upload(store, b"study")
    store.delete(arrived.upload_id)
    store.delete(arrived.upload_id)
    assert list(tmp_path.iterdir()) == []


def test_the_sweep_takes_the_old_and_the_broken_only(tmp_path):
    clock = [0.0]
    store = UploadStore(tmp_path, clock=lambda: clock[0])
    old = upload(store, b"old")
    (tmp_path / ("b" * 22 + ".part")).mkdir()
    assert store.sweep(50) == 0
    clock[0] = 40.0
    fresh = upload(store, b"fresh")
    assert store.sweep(50) == 0
    clock[0] = 60.0
    assert store.sweep(50) == 2
    assert [old.upload_id in store, fresh.upload_id in store] == [False, True]


@pytest.mark.parametrize("days", [-40, 40])
def test_a_clock_that_is_set_back_or_forth_takes_no_upload_and_keeps_none_for_longer(tmp_path, days):
    clock = [0.0]
    store = UploadStore(tmp_path, clock=lambda: clock[0])
    upload(store, b"study")
    (folder,) = tmp_path.iterdir()
    moved = time.time() - days * 86400
    for path in (*folder.iterdir(), folder):
        os.utime(path, (moved, moved))
    assert store.sweep(50) == 0
    clock[0] = 50.0
    assert store.sweep(50) == 1


def test_an_upload_that_is_being_read_goes_when_the_last_reading_ends(store, tmp_path):
    name = upload(store, b"study").upload_id
    with store.reading(name) as path:
        with store.reading(name):
            store.delete(name)
            assert name not in store
        assert path.read_bytes() == b"study"
        with pytest.raises(UploadGone), store.reading(name):
            pass
    assert list(tmp_path.iterdir()) == []


def test_no_sweep_takes_an_upload_that_waits_and_its_age_counts_from_the_end_of_the_waiting(tmp_path):
    clock = [0.0]
    store = UploadStore(tmp_path, clock=lambda: clock[0])
    name = upload(store, b"study").upload_id
    release = store.claim(name)
    assert store.sweep(50) == 0
    clock[0] = 100.0
    assert store.sweep(50) == 0
    with store.reading(name) as path:
        assert path.read_bytes() == b"study"
    assert store.sweep(-1) == 0
    release()
    assert store.sweep(50) == 0
    assert store.sweep(-1) == 1
    with pytest.raises(UploadGone):
        store.claim(name)


def test_an_upload_stays_after_its_reading_until_it_is_deleted(store):
    name = upload(store, b"study").upload_id
    for _ in range(2):
        with store.reading(name) as path:
            assert path.read_bytes() == b"study"
    assert name in store


_MAKE_AND_END = """
import os, sys, signal
from deeptepp.store.uploads import default_store
store = default_store()
assert store is default_store()
with store.begin(store.issue_token(), is_framed=False) as writer:
    writer.feed(b"study")
    writer.finish()
os.kill(os.getpid(), signal.SIGKILL) if sys.argv[1] == "killed" else None
"""


def run_and_end(how: str, folder) -> None:
    env = os.environ | {"TMPDIR": str(folder)}
    subprocess.run([sys.executable, "-c", _MAKE_AND_END, how], env=env, check=how != "killed")


def test_the_folder_of_a_process_goes_with_it(tmp_path):
    run_and_end("well", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next(tmp_path):
    run_and_end("killed", tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    run_and_end("well", tmp_path)
    assert list(tmp_path.iterdir()) == []
