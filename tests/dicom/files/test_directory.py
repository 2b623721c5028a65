"""A DICOMDIR gives the images of its CD, however the medium spelt their names, and none outside of it."""

import io

import phantoms_dicom as made
import pytest
from dicomdirs import record, write_dicomdir
from pydicom.fileset import FileSet

from deeptepp.dicom.files.directory import is_directory_file, referenced_files
from deeptepp.errors import NotAnArchive, UnsafeArchivePath

FILES = [("IMAGES", "SERIES1", "IM000001"), ("IMAGES", "SERIES1", "IM000002"), ("IMAGES", "SERIES2", "IM000001")]


def write_files(root, files, spelt=lambda name, is_file: name):
    paths = []
    for components in files:
        path = root.joinpath(*(spelt(name, i == len(components) - 1) for i, name in enumerate(components)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"image")
        paths.append(path)
    return tuple(paths)


SPELLINGS = {
    "as written": lambda name, is_file: name,
    "small": lambda name, is_file: name.lower(),
    "mixed": lambda name, is_file: name.title(),
    "version": lambda name, is_file: name + (";1" if is_file else ""),
    "dot and version": lambda name, is_file: name.lower() + (".;1" if is_file else ""),
    "dot": lambda name, is_file: name + ("." if is_file else ""),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_image_is_found_however_its_name_is_spelt(tmp_path, spelling):
    paths = write_files(tmp_path, FILES, SPELLINGS[spelling])
    dicomdir = write_dicomdir(tmp_path / "dicomdir", [record(components) for components in FILES])
    assert referenced_files(dicomdir) == paths


def test_a_version_in_the_record_is_no_part_of_the_name(tmp_path):
    (path,) = write_files(tmp_path, [("A", "IM1")])
    assert referenced_files(write_dicomdir(tmp_path / "DICOMDIR", [record(("A", "IM1;1"))])) == (path,)


def test_other_records_deleted_ones_and_absent_files_are_left_out_and_copies_given_once(tmp_path):
    paths = write_files(tmp_path, [*FILES, ("REPORT",), ("OLD",)])
    records = [
        record(FILES[1]),
        record(FILES[1]),
        record(("REPORT",), "SR DOCUMENT"),
        record(("OLD",), RecordInUseFlag=0),
        record(("IMAGES", "SERIES9", "IM000001")),
        record(()),
        record(FILES[0]),
    ]
    assert referenced_files(write_dicomdir(tmp_path / "DICOMDIR", records)) == (paths[1], paths[0])


@pytest.mark.parametrize(
    "components", [("..", "IM1"), ("A", "..", "IM1"), ("/etc", "IM1"), ("A/IM1",), ("C:", "IM1")]
)
def test_a_record_that_leaves_the_folder_is_refused(tmp_path, components):
    write_files(tmp_path, [("IM1",), ("cd", "A", "IM1")])
    dicomdir = write_dicomdir(tmp_path / "cd" / "DICOMDIR", [record(components)])
    with pytest.raises(UnsafeArchivePath):
        referenced_files(dicomdir)


def test_a_link_that_leaves_the_folder_is_refused(tmp_path):
    write_files(tmp_path, [("OUT", "IM1")])
    (tmp_path / "cd").mkdir()
    (tmp_path / "cd" / "A").symlink_to(tmp_path / "OUT")
    with pytest.raises(UnsafeArchivePath):
        referenced_files(write_dicomdir(tmp_path / "cd" / "DICOMDIR", [record(("A", "IM1"))]))


def test_what_is_no_dicomdir_is_refused_without_its_name(tmp_path):
    image = tmp_path / f"{made.NAME}.dcm"
    image.write_bytes(made.encoded(made.dynamic_series(made.truth())[0]))
    text = tmp_path / "text"
    text.write_text("text")
    for path in (image, text, tmp_path / "absent"):
        with pytest.raises(NotAnArchive) as caught:
            referenced_files(path)
        assert made.NAME not in str(caught.value)


def test_a_dicomdir_cut_anywhere_is_refused_rather_than_read_in_part(tmp_path):
    write_files(tmp_path, FILES)
    dicomdir = write_dicomdir(tmp_path / "DICOMDIR", [record(components) for components in FILES])
    whole = dicomdir.read_bytes()
    for length in range(0, len(whole), 7):
        dicomdir.write_bytes(whole[:length])
        with pytest.raises(NotAnArchive):
            referenced_files(dicomdir)


def test_a_dicomdir_is_known_by_its_sop_class(tmp_path):
    listing = write_dicomdir(tmp_path / "whatever", []).read_bytes()
    image = made.encoded(made.dynamic_series(made.truth())[0])
    assert [is_directory_file(io.BytesIO(content)) for content in (listing, image, b"text", b"")] == [
        True,
        False,
        False,
        False,
    ]


def test_a_file_set_written_by_pydicom_is_read_whole(tmp_path):
    images = made.dynamic_series(made.truth())
    files = FileSet()
    for number, image in enumerate(images):
        image.StudyID, image.StudyTime, image.AccessionNumber = "1", "080000", ""
        image.InstanceNumber = number + 1
        files.add(image)
    files.write(tmp_path / "cd")
    files._stage["t"].cleanup()  # else pydicom warns when the interpreter ends
    assert len(referenced_files(tmp_path / "cd" / "DICOMDIR")) == len(images)
