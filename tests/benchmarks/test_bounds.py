"""Small ones of the archives and tables at the limits: each is refused by name before it fills memory or time."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import bounds as battery
import hostile_inputs as made
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deeptepp import simulate_cohort, tables
from deeptepp.datasets.columns.sheets import read_sheet
from deeptepp.dicom import first_pass
from deeptepp.dicom.read_dicom import list_series, read_study
from deeptepp.dicom.series_preview import previews_of
from deeptepp.domain.progress import Bounds, within
from deeptepp.errors import (
    ArchiveTooLarge,
    InputError,
    StudyTooLarge,
    TableTooLarge,
    UnreadableCohort,
    UnreadablePixels,
)
from deeptepp.safe_files import MAX_DIRECTORY_BYTES
from deeptepp.tables import read_cohort, to_frame, write_cohort

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


@pytest.mark.parametrize("dictionary", [True, False])
def test_texts_that_unfold_in_memory_are_refused_piece_by_piece(tmp_path, dictionary):
    path = made.text_columns(tmp_path / "t.parquet", 800, 5000)
    if not dictionary:
        table = pq.read_table(path)
        pq.write_table(table, path, use_dictionary=False, column_encoding={"arm": "DELTA_BYTE_ARRAY"})
    with within(Bounds(n_cells=5000)), pytest.raises(TableTooLarge, match="MiB"):
        read_cohort(path)


def test_a_list_of_parquet_counts_each_of_its_numbers(tmp_path):
    path = made.list_column(tmp_path / "t.parquet", 6000)
    with within(Bounds(n_cells=5000)), pytest.raises(TableTooLarge, match="6000 cells"):
        read_cohort(path)


def test_a_table_that_is_read_in_pieces_is_that_which_is_read_as_a_whole(tmp_path, monkeypatch):
    cohort, path = simulate_cohort(seed=1), tmp_path / "t.parquet"
    write_cohort(cohort, path)
    monkeypatch.setattr(tables, "_PIECE_BYTES", 40_000)
    with within(Bounds(n_cells=400_000)):
        pieces = read_cohort(path)
    assert pieces.is_simulated
    pd.testing.assert_frame_equal(to_frame(pieces), to_frame(read_cohort(path)))


def test_a_text_that_many_cells_of_a_workbook_show_is_counted_in_each(tmp_path):
    row = '<row><c r="A1" t="s"><v>0</v></c></row>'
    content = made.workbook(tmp_path / "t.xlsx", row, 200, text="x" * 5000).read_bytes()
    with within(Bounds(n_cells=5000)), pytest.raises(TableTooLarge, match="MiB"):
        read_sheet(content, is_workbook=True)


def test_an_image_of_more_frames_than_a_study_may_have_is_refused_before_one_is_looked_at(tmp_path, monkeypatch):
    path = study(tmp_path, made.many_frames(made.described("dyn t1 fs", 60), 60))
    monkeypatch.setattr(first_pass, "_frames", None)
    with within(Bounds(n_files=50)), pytest.raises(ArchiveTooLarge, match="60 images"):
        read_study(path)


def test_a_header_of_one_enormous_element_is_never_held(tmp_path, monkeypatch):
    monkeypatch.setattr(first_pass, "MAX_HEADER_BYTES", 50_000)
    with pytest.raises(UnreadablePixels):
        read_study(study(tmp_path, made.long_element(20_000_000)))


@pytest.mark.filterwarnings("ignore:The value length")
def test_a_description_of_endless_digits_names_no_place_in_time(tmp_path):
    path = study(tmp_path, made.described("dyn t1 " + "1" * 60_000, 20))
    assert len(list_series(path)) == 5


def test_without_bounds_a_large_table_is_read_as_ever(tmp_path):
    content = made.workbook(tmp_path / "t.xlsx", f"<row>{CELLS}</row>", 3, 41).read_bytes()
    with pytest.raises(UnreadableCohort):
        read_sheet(content, is_workbook=True, sheet="none of these")


def test_the_table_says_what_was_not_kept():
    found = battery.Found("done", wall_s=battery.MOST_S + 1, cpu_s=battery.MOST_S + 1)
    assert battery.row("x", Path(__file__), found).endswith("**no** |")
    assert battery.row("x", Path(__file__), replace(found, cpu_s=1.0)).endswith("by CPU |")
