"""Files that belong together are there as a whole or not at all, and a folder of other files is left alone."""

from __future__ import annotations

import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deeptepp.errors import DiskFull, FilesIncomplete, FilesMixed, FolderInUse
from deeptepp.file_sets import SUMS, read_set, writing_set

TEXTS = {"a.txt": b"one", "csv/b.csv": b"two", "c.bin": bytes(1000)}


def write(folder: Path, texts: dict[str, bytes] = TEXTS, **about: str) -> None:
    with writing_set(folder, about) as part:
        for name, content in texts.items():
            (part / name).parent.mkdir(exist_ok=True)
            (part / name).write_bytes(content)


def test_a_set_is_read_back_with_what_it_is_of(tmp_path):
    write(tmp_path / "new" / "out", case="a" * 64)
    found = read_set(tmp_path / "new" / "out")
    assert {name: found.read(name) for name in found.digests} == TEXTS
    assert found.about == {"case": "a" * 64}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["out"]


def test_the_list_is_one_of_sha256sum(tmp_path):
    write(tmp_path / "out", case="x")
    checked = subprocess.run(["sha256sum", "--check", "--strict", SUMS], cwd=tmp_path / "out", check=False)
    assert checked.returncode == 0


def test_a_set_takes_the_place_of_the_one_before_and_keeps_its_rights(tmp_path):
    write(tmp_path / "out")
    (tmp_path / "out").chmod(0o750)
    write(tmp_path / "out", {"other.txt": b"3"})
    assert list(read_set(tmp_path / "out").digests) == ["other.txt"]
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o750
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_empty_folder_is_filled(tmp_path):
    write(tmp_path)
    assert read_set(tmp_path).digests.keys() == TEXTS.keys()


@pytest.mark.parametrize("what", ["another file", "a changed file", "a file less", "no list", "a file", "the cwd"])
def test_a_folder_that_holds_anything_else_is_left_alone(tmp_path, monkeypatch, what):
    out = tmp_path / "out"
    write(out)
    if what == "another file":
        (out / "csv" / "letter.txt").write_text("mine")
    elif what == "a changed file":
        (out / "a.txt").write_text("my notes")
    elif what == "a file less":
        (out / "a.txt").unlink()
    elif what == "no list":
        (out / SUMS).unlink()
    elif what == "a file":
        shutil.rmtree(out)
        out.write_text("a file")
    else:
        monkeypatch.chdir(out)
    before = {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")}
    with pytest.raises(FolderInUse):
        write(out, {"other.txt": b"3"})
    assert {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (lambda out: (out / SUMS).unlink(), FilesIncomplete),
        (lambda out: (out / "a.txt").unlink(), FilesIncomplete),
        (lambda out: (out / "new.txt").write_text("x"), FilesIncomplete),
        (lambda out: (out / "a.txt").write_text("One"), FilesMixed),
        (lambda out: (out / SUMS).write_bytes(b"\xff\xfe"), FilesIncomplete),
    ],
)
def test_a_set_that_is_incomplete_or_mixed_is_refused(tmp_path, harm, error):
    write(tmp_path / "out")
    harm(tmp_path / "out")
    with pytest.raises(error):
        read_set(tmp_path / "out")


def test_a_file_that_changes_after_the_list_was_read_is_refused(tmp_path):
    write(tmp_path / "out")
    found = read_set(tmp_path / "out")
    (tmp_path / "out" / "a.txt").write_text("One")
    with pytest.raises(FilesMixed):
        found.read("a.txt")


def break_off(out: Path) -> None:
    with writing_set(out, {}) as part:
        (part / "a.txt").write_text("new")
        raise ZeroDivisionError


def fill_up(out: Path) -> None:
    with writing_set(out, {}) as part:
        (part / "full").symlink_to("/dev/full")
        (part / "full").write_bytes(b"x")


def test_an_error_while_writing_leaves_the_old_set_and_nothing_beside_it(tmp_path):
    write(tmp_path / "out")
    with pytest.raises(ZeroDivisionError):
        break_off(tmp_path / "out")
    assert read_set(tmp_path / "out").read("a.txt") == b"one"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_full_disk_has_a_name_and_leaves_the_old_set_and_nothing_beside_it(tmp_path):
    write(tmp_path / "out")
    with pytest.raises(DiskFull):
        fill_up(tmp_path / "out")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(DiskFull):
            write(tmp_path / "out", {"large": bytes(20_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert read_set(tmp_path / "out").digests.keys() == TEXTS.keys()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_a_killed_writer_left_goes_with_the_next_and_what_one_at_work_has_stays(tmp_path):
    write(tmp_path / "out")
    script = f"""
import pathlib, time
from deeptepp.file_sets import writing_set
with writing_set(pathlib.Path({str(tmp_path / "out")!r}), {{}}) as part:
    (part / "a.txt").write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.readline()
        write(tmp_path / "out", {"second": b"2"})
        assert len(list(tmp_path.glob(".out.*"))) == 1
        running.send_signal(signal.SIGKILL)
        running.wait()
    time.sleep(0.01)
    write(tmp_path / "out", {"third": b"3"})
    assert list(read_set(tmp_path / "out").digests) == ["third"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
