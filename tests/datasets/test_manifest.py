"""Tables as they come out of hospitals."""

import csv

import foreign_tables
import numpy as np
import pytest

from deeptepp.datasets.columns.guess import guess_mapping
from deeptepp.datasets.columns.sheets import read_sheet
from deeptepp.datasets.image_columns import BOX
from deeptepp.datasets.manifest import REQUIRED, read_manifest, read_mapped_manifest
from deeptepp.domain.study import Side


def rules(manifest):
    return {problem.rule: problem.rows for problem in manifest.problems}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_good_table_is_read_with_any_usual_delimiter(rows, write_manifest, delimiter):
    manifest = read_manifest(write_manifest(rows, delimiter=delimiter))
    assert manifest.problems == ()
    assert manifest.subjects[0] == "MRN-5500"
    assert manifest.cohort["rfs_months"].tolist()[:2] == [20.0, 21.0]
    assert manifest.cohort["er_positive"].tolist()[0] is True
    assert manifest.cohort["pr_positive"].tolist()[0] is False
    assert [images.row for images in manifest.images] == list(range(2, 20))
    assert all(images.path.is_file() and images.is_roi for images in manifest.images)


def test_unknown_is_written_in_several_ways(rows, write_manifest):
    for i, word in enumerate(["", "NA", "nan", "Unknown"]):
        rows[i] |= {"tumour_size_mm": word, "node_stage": word, "er_positive": word}
    cohort = read_manifest(write_manifest(rows)).cohort
    assert np.isnan(cohort["tumour_size_mm"][:4]).all()
    assert cohort["node_stage"].tolist()[:5] == [None] * 4 + ["N0"]
    assert cohort["er_positive"].tolist()[:5] == [None] * 4 + [True]


def test_the_subjects_are_kept_apart_from_the_facts(rows, write_manifest):
    manifest = read_manifest(write_manifest(rows))
    assert manifest.cohort["subject"].tolist() == [str(n) for n in range(2, 20)]


def test_her2_status_becomes_a_label(rows, write_manifest):
    for row, status in zip(rows, ["positive", "negative", ""] * 6, strict=True):
        row["her2_status"] = status
    label = read_manifest(write_manifest(rows)).cohort["her2_positive"]
    np.testing.assert_array_equal(label[:3], [1.0, 0.0, np.nan])


def test_blank_lines_are_skipped_and_counted(rows, write_manifest):
    path = write_manifest(rows)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:3], "", ",,,,,,,,,,", *lines[3:]]) + "\n")
    assert [images.row for images in read_manifest(path).images][:4] == [2, 3, 6, 7]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "manifest.unreadable"),
        (b"subject,arm\n", "manifest.unreadable"),
        (b'subject,arm\n"P1,T\n', "manifest.unreadable"),
        (b"PK\x03\x04\x00\x00\x9d\xff", "manifest.encoding"),
        ("subject,arm\nM\xfcller,T\n".encode("latin-1"), "manifest.encoding"),
    ],
)
def test_what_is_no_table_is_one_problem(tmp_path, content, rule):
    path = tmp_path / "manifest.csv"
    path.write_bytes(content)
    manifest = read_manifest(path)
    assert list(rules(manifest)) == [rule]
    assert len(manifest.cohort) == 0


def test_an_absent_table_is_a_problem(tmp_path):
    assert list(rules(read_manifest(tmp_path / "nowhere.csv"))) == ["manifest.unreadable"]


def test_missing_columns_are_named(tmp_path):
    path = tmp_path / "manifest.csv"
    path.write_text("subject,arm\nP1,T\n")
    found = " ".join(p.found for p in read_manifest(path).problems if p.rule == "manifest.missing-column")
    for name in (*REQUIRED[2:], "study", "roi"):
        assert name in found


def test_a_table_without_a_header_does_not_leak_its_first_patient(tmp_path):
    path = tmp_path / "manifest.csv"
    path.write_text("Doe Jane,MRN0048812\nRoe Mary,MRN0048813\n")
    told = str(read_manifest(path).problems)
    assert "manifest.missing-column" in told
    assert "Doe" not in told
    assert "MRN" not in told


def test_a_misspelt_column_is_told_with_its_place_and_the_nearest_name(rows, write_manifest):
    renamed = [{("tumor_size_mm" if k == "tumour_size_mm" else k): v for k, v in row.items()} for row in rows]
    (problem,) = read_manifest(write_manifest(renamed)).problems
    assert problem.rule == "manifest.unknown-column"
    assert not problem.is_refusal
    assert "7 (perhaps tumour_size_mm)" in problem.found


def test_decimal_commas_end_as_ragged_rows(rows, write_manifest):
    path = write_manifest(rows)
    lines = path.read_text().splitlines()
    lines[4] = lines[4].replace(",23,", ",23,5,", 1)
    path.write_text("\n".join(lines))
    assert rules(read_manifest(path))["manifest.ragged-row"] == (5,)


def test_duplicate_and_absent_subjects_are_told_by_row(rows, write_manifest):
    rows[3]["subject"] = rows[1]["subject"]
    rows[5]["subject"] = ""
    found = rules(read_manifest(write_manifest(rows)))
    assert found == {"manifest.no-subject": (7,), "cohort.duplicate-subject": (3, 5)}


def test_the_same_column_twice_is_refused(tmp_path):
    path = tmp_path / "manifest.csv"
    path.write_text("subject,arm,arm\nP1,T,T\n")
    assert "manifest.duplicate-column" in rules(read_manifest(path))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"roi": ""}, "manifest.no-images"),
        ({"study": "a.zip"}, "manifest.two-images"),
        (dict.fromkeys(BOX, 1), "manifest.bad-box"),
        ({"roi": "", "study": "a.zip", BOX[0]: 4}, "manifest.bad-box"),
        ({"roi": "", "study": "a.zip"} | dict(zip(BOX, [0, 0, 0, 5, 5, -5], strict=True)), "manifest.bad-box"),
        ({"roi": "", "study": "a.zip"} | dict(zip(BOX, [0, 0, 0, 5, 5, "x"], strict=True)), "manifest.bad-box"),
        ({"roi": "", "study": "a.zip", "phase_index": 0}, "manifest.bad-phase"),
        ({"roi": "", "study": "a.zip", "phase_index": "2.5"}, "manifest.bad-phase"),
        ({"roi": "", "study": "a.zip", "phases": "s1,,s2"}, "manifest.bad-phases"),
        ({"phases": "s1 s2"}, "manifest.bad-phases"),
        ({"roi": "", "study": "a.zip", "side": "both"}, "manifest.bad-side"),
        ({"roi": "region-1.npz"}, "manifest.shared-images"),
    ],
)
def test_images_that_are_named_badly_are_told_by_row(rows, write_manifest, changes, rule):
    empty = dict.fromkeys(("study", "phase_index", "phases", "side", *BOX), "")
    spoilt = [empty | row for row in rows]
    spoilt[4] |= changes
    assert 6 in rules(read_manifest(write_manifest(spoilt)))[rule]


def test_a_box_and_a_phase_of_a_reader_are_read(rows, write_manifest):
    for i, row in enumerate(rows):
        row |= {"roi": "", "study": f"{i}.zip", "phase_index": 2} | dict(zip(BOX, range(6), strict=True))
    images = read_manifest(write_manifest(rows)).images[0]
    assert images.box.low == (0.0, 1.0, 2.0)
    assert images.box.high == (3.0, 4.0, 5.0)
    assert images.phase_index == 2
    assert not images.is_roi


@pytest.mark.parametrize("cell", ["s1 s2.1 s2.2", "s1,s2.1,s2.2", "s1; s2.1;s2.2"])
def test_phases_and_the_side_of_a_reader_are_read(rows, write_manifest, cell):
    for i, row in enumerate(rows):
        row |= {"roi": "", "study": f"{i}.zip", "phases": cell, "side": "Left"}
    images = read_manifest(write_manifest(rows)).images[0]
    assert images.phase_keys == ("s1", "s2.1", "s2.2")
    assert images.side is Side.LEFT
    assert not images.is_roi


@pytest.mark.parametrize("named", ["study", "Bilder"])
def test_a_hospitals_own_columns_are_read_by_a_mapping_and_say_where_the_images_are(tmp_path, named):
    patients = foreign_tables.german_rows(foreign_tables.simulated(6))
    rows = [row | {named: f"study-{i}"} for i, row in enumerate(patients)]
    path = tmp_path / "hospital.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    mapping = guess_mapping(read_sheet(path.read_bytes(), is_workbook=False))
    manifest = read_mapped_manifest(path, mapping)
    refused = [problem.rule for problem in manifest.problems if problem.is_refusal]
    if named == "study":
        assert refused == []
        assert [images.path for images in manifest.images] == [tmp_path / f"study-{i}" for i in range(6)]
        assert set(manifest.cohort["arm"]) <= {"none", "T", "T+P"}
    else:
        assert refused == ["manifest.missing-column"]
