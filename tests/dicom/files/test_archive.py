"""Archives are opened without unpacking, and unsafe ones are refused by name."""

import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from dicomdirs import record, write_dicomdir

from deeptepp import safe_files
from deeptepp.dicom.files.archive import open_members
from deeptepp.errors import ArchiveTooLarge, DamagedArchive, EncryptedArchive, NotAnArchive, UnsafeArchivePath


def zip_with(path: Path, *names: str, content: bytes = b"content") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.writestr(name, content)
    return path


def contents(source) -> set[bytes]:
    with open_members(source) as members:
        return {member.read() for member in members}


def test_a_zip_and_a_folder_and_a_list_give_the_same_bytes(tmp_path):
    folder = tmp_path / "study" / "deep"
    folder.mkdir(parents=True)
    files = []
    for i in range(3):
        files.append(folder / f"{i}")
        files[-1].write_bytes(b"number %d" % i)
    zipped = tmp_path / "study.zip"
    with zipfile.ZipFile(zipped, "w") as made:
        for file in files:
            made.write(file, file.name)
    assert (
        contents(zipped) == contents(tmp_path / "study") == contents(files) == {b"number %d" % i for i in range(3)}
    )


def test_what_systems_add_is_ignored(tmp_path):
    path = zip_with(tmp_path / "a.zip", "__MACOSX/x", "a/._b", "a/.DS_Store", "a/Thumbs.db", "a/image")
    with open_members(path) as members:
        assert len(members) == 1


CD = [("IMAGES", "IM1"), ("IMAGES", "IM2"), ("OTHER", "IM1")]


def cd(root: Path, records) -> Path:
    """A CD whose files are their own names, with a DICOMDIR of these records."""
    for components in CD:
        file = root.joinpath(*components)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes("/".join(components).encode())
    return write_dicomdir(root / "DICOMDIR", [record(components) for components in records])


def test_a_dicomdir_stands_for_the_images_that_it_names(tmp_path):
    named = {b"IMAGES/IM2", b"OTHER/IM1"}
    dicomdir = cd(tmp_path / "cd", CD[1:])
    assert contents(dicomdir) == contents([dicomdir]) == named
    second = cd(tmp_path / "second cd", CD[:1])
    assert contents([dicomdir, second]) == {b"IMAGES/IM1", *named}


def test_a_folder_that_holds_a_dicomdir_is_read_as_a_folder_also_in_a_zip_and_among_other_paths(tmp_path):
    dicomdir = cd(tmp_path / "cd", CD[1:])
    everything = {"/".join(components).encode() for components in CD} | {dicomdir.read_bytes()}
    zipped = tmp_path / "cd.zip"
    with zipfile.ZipFile(zipped, "w") as made:
        for file in dicomdir.parent.rglob("*"):
            made.write(file, file.relative_to(tmp_path))
    assert contents(dicomdir.parent) == contents(zipped) == everything
    assert contents([dicomdir, dicomdir.parent / "IMAGES", dicomdir.parent / "OTHER"]) == everything


@pytest.mark.parametrize("kind", ["names none", "names absent files", "cut short", "no DICOM"])
def test_a_dicomdir_that_names_nothing_falls_back_to_its_folder(tmp_path, kind):
    dicomdir = cd(tmp_path / "cd", [("ABSENT",)] if kind == "names absent files" else [] if "none" in kind else CD)
    if kind in ("cut short", "no DICOM"):
        dicomdir.write_bytes(dicomdir.read_bytes()[:-20] if kind == "cut short" else b"none")
    assert contents(dicomdir) == {"/".join(components).encode() for components in CD} | {dicomdir.read_bytes()}


def test_a_dicomdir_that_points_outside_is_refused_rather_than_passed_over(tmp_path):
    with pytest.raises(UnsafeArchivePath):
        contents(cd(tmp_path / "cd", [("..", "IM1")]))


@pytest.mark.parametrize("name", ["DICOMDIR", "study.zip", "image.dcm"])
def test_a_folder_is_a_folder_whatever_it_is_called(tmp_path, name):
    folder = tmp_path / "study" / name
    folder.mkdir(parents=True)
    (folder / "image").write_bytes(b"inside")
    zipped = zip_with(tmp_path / "packed.zip", f"{name}/image", content=b"inside")
    assert contents(folder) == contents(folder.parent) == contents(zipped) == {b"inside"}


def test_nothing_is_written_beside_the_archive(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    contents(zip_with(tmp_path / "a.zip", "a/b", "c"))
    assert [p.name for p in tmp_path.rglob("*")] == ["a.zip"]


@pytest.mark.parametrize("content", [b"", b"text", b"\x89PNG" + bytes(200)])
def test_a_lone_file_that_is_neither_zip_nor_dicom_is_refused(tmp_path, content):
    path = tmp_path / "upload"
    path.write_bytes(content)
    with pytest.raises(NotAnArchive):
        contents(path)


def test_an_absent_file_and_an_empty_list_are_refused(tmp_path):
    for source in (tmp_path / "absent", []):
        with pytest.raises(NotAnArchive):
            contents(source)


@pytest.mark.parametrize(
    "name", ["../up", "a/../../up", "/etc/passwd", "C:/up", "..\\up", "a\\..\\..\\up", "\\\\server\\up", "C:up"]
)
def test_a_name_that_leaves_the_archive_is_refused(tmp_path, name):
    with pytest.raises(UnsafeArchivePath) as caught:
        contents(zip_with(tmp_path / "a.zip", "good", name))
    assert caught.value.value == 1
    assert "up" not in str(caught.value).replace("upload", "")


def test_backslashes_as_mere_separators_are_read(tmp_path):
    assert contents(zip_with(tmp_path / "a.zip", "study\\1.dcm")) == {b"content"}


def test_a_link_in_a_zip_is_refused(tmp_path):
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr(info, "/etc/passwd")
    with pytest.raises(UnsafeArchivePath):
        contents(tmp_path / "a.zip")


def test_a_link_that_leaves_a_folder_is_refused_and_one_within_is_read(tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "image").write_bytes(b"inside")
    (folder / "link").symlink_to(folder / "image")
    assert contents(folder) == {b"inside"}
    (tmp_path / "secret").write_bytes(b"outside")
    (folder / "bad").symlink_to(tmp_path / "secret")
    with pytest.raises(UnsafeArchivePath):
        contents(folder)


def test_an_encrypted_zip_is_refused(tmp_path):
    path = zip_with(tmp_path / "a.zip", "a")
    raw = bytearray(path.read_bytes())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(signature) + at] |= 1
    path.write_bytes(raw)
    with pytest.raises(EncryptedArchive):
        contents(path)


def test_a_zip_of_empty_megabytes_is_a_bomb(tmp_path):
    path = zip_with(tmp_path / "a.zip", "a", "b", content=bytes(40 * 1024**2))
    with pytest.raises(ArchiveTooLarge) as caught:
        contents(path)
    assert "times" in str(caught.value.value)
    assert caught.value.limit == "200 times"


def test_too_many_files_and_too_many_bytes_are_refused(tmp_path, monkeypatch):
    path = zip_with(tmp_path / "a.zip", *"abcdef", content=os.urandom(1000))
    monkeypatch.setattr(safe_files, "MAX_FILES", 5)
    with pytest.raises(ArchiveTooLarge):
        contents(path)
    monkeypatch.setattr(safe_files, "MAX_FILES", 6)
    monkeypatch.setattr(safe_files, "MAX_TOTAL_BYTES", 5999)
    with pytest.raises(ArchiveTooLarge):
        contents(path)
    monkeypatch.setattr(safe_files, "MAX_TOTAL_BYTES", 6000)
    assert len(contents(path)) == 1


def test_an_entry_longer_than_it_declares_is_never_read_to_its_end(tmp_path):
    path = zip_with(tmp_path / "a.zip", "a", content=bytes(50_000_000))
    raw = bytearray(path.read_bytes())
    struct.pack_into("<I", raw, raw.index(b"PK\x01\x02") + 24, 1000)
    path.write_bytes(raw)
    with pytest.raises(DamagedArchive):
        contents(path)


@pytest.mark.parametrize("keep", [0.5, 0.9])
def test_a_zip_cut_short_is_called_damaged(tmp_path, keep):
    path = zip_with(tmp_path / "a.zip", *"abc", content=os.urandom(5000))
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * keep)])
    with pytest.raises(DamagedArchive):
        contents(path)


def test_a_changed_byte_is_found_by_its_checksum(tmp_path):
    path = zip_with(tmp_path / "a.zip", "a", content=os.urandom(5000))
    raw = bytearray(path.read_bytes())
    raw[2500] ^= 0xFF
    path.write_bytes(raw)
    with pytest.raises(DamagedArchive):
        contents(path)


def test_a_zip_that_lost_its_beginning_is_called_damaged(tmp_path):
    path = zip_with(tmp_path / "a.zip", *"abc", content=os.urandom(5000))
    path.write_bytes(path.read_bytes()[6000:])
    with pytest.raises(DamagedArchive, match="its bytes do not match"):
        contents(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_changed_byte_is_found_however_the_zip_was_packed(tmp_path, method):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", method) as made:
        made.writestr("a", os.urandom(5000))
    raw = bytearray(path.read_bytes())
    raw[60] ^= 0xFF
    path.write_bytes(raw)
    with pytest.raises(DamagedArchive, match="its bytes do not match"):
        contents(path)


@pytest.mark.parametrize(("method", "error"), [(9, DamagedArchive), (99, EncryptedArchive)])
def test_other_ways_to_pack_are_named(tmp_path, method, error):
    path = zip_with(tmp_path / "a.zip", "a")
    raw = bytearray(path.read_bytes())
    for signature, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        raw[raw.index(signature) + at] = method
    path.write_bytes(raw)
    with pytest.raises(error, match=r"other than Deflate|encrypted"):
        contents(path)


def test_an_archive_in_an_archive_is_not_opened(tmp_path):
    inner = zip_with(tmp_path / "inner.zip", "a")
    outer = tmp_path / "outer.zip"
    with zipfile.ZipFile(outer, "w") as made:
        made.write(inner, "inner.zip")
    assert contents(outer) == {inner.read_bytes()}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_usual_entries_never_need_the_long_way(tmp_path, monkeypatch, method):
    content = os.urandom(3000) + bytes(30_000)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", method) as made:
        for name in ("a", "ä/日本"):
            made.writestr(name, content)
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    with open_members(path) as members:
        for member in members:
            buffer = bytearray(500)
            assert member.head(20) == content[:20]
            assert member.head(10_000) == content[:10_000]
            assert member.read_into(memoryview(buffer), 2800)
            assert buffer == content[2800:3300]
            assert member.read() == content
    assert len(members) == 2


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_entries_go_the_long_way(tmp_path, method):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", method) as made:
        made.writestr("a", b"0123456789")
    with open_members(path) as (member,):
        buffer = bytearray(4)
        assert (member.head(3), member.read_into(memoryview(buffer), 5), bytes(buffer)) == (b"012", True, b"5678")
        assert not member.read_into(memoryview(buffer), 8)


@pytest.mark.parametrize("at", [*range(31), 40, 2500, 4999])
def test_a_changed_byte_of_an_entry_is_found_or_changes_nothing(tmp_path, at):
    content = os.urandom(5000)
    path = zip_with(tmp_path / "a.zip", "a", content=content)
    raw = bytearray(path.read_bytes())
    raw[at] ^= 0x55
    path.write_bytes(raw)
    buffer = bytearray(5000)
    with open_members(path) as members:
        try:
            assert members[0].read_into(memoryview(buffer), 0)
        except DamagedArchive:
            return
    assert buffer == content


def test_an_entry_declared_empty_is_not_inflated(tmp_path):
    path = zip_with(tmp_path / "a.zip", "a", content=bytes(50_000_000))
    raw = bytearray(path.read_bytes())
    struct.pack_into("<I", raw, raw.index(b"PK\x01\x02") + 24, 0)
    path.write_bytes(raw)
    with open_members(path) as (member,):
        assert member.head(0) == b""


def test_a_file_is_filled_from_or_said_to_be_too_short(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(range(200)))
    with open_members([path, path]) as (member, _):
        buffer = bytearray(3)
        assert member.read_into(memoryview(buffer), 100)
        assert bytes(buffer) == b"def"
        assert not member.read_into(memoryview(buffer), 198)
