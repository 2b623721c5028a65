"""Small ones of the archives and tables at the limits: each is refused by name before it fills memory or time."""

from __future__ import annotations

import zipfile
from pathlib import Path

import bounds as battery
import hostile_inputs as made
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deeptepp.datasets.columns.sheets import read_sheet
from deeptepp.dicom.read_dicom import list_series, read_study
from deeptepp.dicom.series_preview import previews_of
from deeptepp.domain.progress import Bounds, within
from deeptepp.errors import ArchiveTooLarge, InputError, StudyTooLarge, TableTooLarge, UnreadableCohort
from deeptepp.safe_files import MAX_DIRECTORY_BYTES
from deeptepp.tables import read_cohort

CELLS = "".join(f"<c><v>{i}</v></c>" for i in range(10))


def study(folder: Path, files) -> Path:
    return made.zipped(folder / "study.zip", files)


def test_more_files_than_a_study_may_have_are_refused_by_the_directory_of_the_archive(tmp_path):
    path = study(tmp_path, made.many_tiny(150))
    with within(Bounds(n_files=100)), pytest.raises(ArchiveTooLarge, match="150 files"):
        read_study(path)


def test_a_directory_of_an_archive_is_refused_by_its_size_before_it_is_read(tmp_path):
    path = tmp_path / "long.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(MAX_DIRECTORY_BYTES // 60_000 + 1):
            archive.writestr(f"{i:05d}" + "n" * 59_960, b"")
    with pytest.raises(ArchiveTooLarge, match="directory"):
        read_study(path)


def test_more_volumes_than_a_study_may_have_are_refused(tmp_path):
    path = study(tmp_path, made.torn_series(60))
    with within(Bounds(n_volumes=50)), pytest.raises(ArchiveTooLarge, match="series of images"):
        list_series(path)


def test_images_that_would_fill_the_memory_are_refused_by_their_headers_and_their_series_can_be_chosen(tmp_path):
    model, pixels = made.model_file(32, 32), bytes(2048)
    places = [(phase, k) for phase in range(3) for k in range(8)]
    files = (
        (f"{p}-{k}", made.image_file(model, pixels, number=8 * p + k, series=p, z=k, time_s=90 * p))
        for p, k in places
    )
    path = study(tmp_path, files)
    with within(Bounds(voxel_bytes=2 * 3 * 8 * 32 * 32 - 1)):
        with pytest.raises(StudyTooLarge):
            read_study(path)
        assert len(list_series(path)) == 3


def test_a_header_that_claims_more_pixels_than_a_slice_has_is_drawn_as_nothing(tmp_path):
    path = study(tmp_path, made.large_claims(4, 20_000))
    with pytest.raises(InputError):
        read_study(path)
    assert previews_of(path, ()).rows == {}


def test_long_paths_and_endless_headers_end_in_a_refusal(tmp_path):
    for files in (made.nested(20, 3000), made.long_header(5000)):
        with pytest.raises(InputError):
            read_study(study(tmp_path, files))


@pytest.mark.parametrize(
    ("rows", "n_rows", "n_sheets", "match"),
    [
        (CELLS, 600, 1, "cells"),
        (CELLS, 100_000, 1, "MiB"),
        ('<c r="XFD1"><v>7</v></c>', 3, 1, "columns|cells"),
        (CELLS, 2, 41, "sheets"),
    ],
)
def test_a_workbook_is_refused_before_its_cells_are_held(tmp_path, rows, n_rows, n_sheets, match):
    content = made.workbook(tmp_path / "t.xlsx", f"<row>{rows}</row>", n_rows, n_sheets).read_bytes()
    with within(Bounds(n_cells=5000)), pytest.raises(TableTooLarge, match=match):
        read_sheet(content, is_workbook=True)


@pytest.mark.parametrize(
    "text", ["1,2,3\n" * 6000, "a,b\n" + ",;|\t" * 5000, "a\n" + ",;|\t" * 1001], ids=["rows", "cells", "columns"]
)
def test_text_is_refused_before_its_cells_are_held(text):
    with within(Bounds(n_cells=5000)), pytest.raises(TableTooLarge):
        read_sheet(text.encode(), is_workbook=False)


def test_a_parquet_table_is_refused_by_its_metadata(tmp_path):
    pq.write_table(pa.table({"a": pa.array([1] * 6000)}), tmp_path / "t.parquet")
    with within(Bounds(n_cells=5000)), pytest.raises(TableTooLarge, match="6000 cells"):
        read_cohort(tmp_path / "t.parquet")


def test_without_bounds_a_large_table_is_read_as_ever(tmp_path):
    content = made.workbook(tmp_path / "t.xlsx", f"<row>{CELLS}</row>", 3, 41).read_bytes()
    with pytest.raises(UnreadableCohort):
        read_sheet(content, is_workbook=True, sheet="none of these")


def test_the_table_says_what_was_not_kept():
    found = battery.Found("done", battery.MOST_S + 1, 0.0, 0.0, 0.0)
    assert battery.row("x", Path(__file__), found).endswith("**no** |")
