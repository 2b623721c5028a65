"""A cohort of a centre without images, as it comes out of a spreadsheet."""

import csv
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from deeptepp.datasets.own import examine_cohort, read_own_cohort
from deeptepp.datasets.template import write_template
from deeptepp.domain.cohort import Endpoint
from deeptepp.errors import CohortRefused, DuplicateSubject, UnreadableCohort
from deeptepp.tables import read_cohort, write_cohort


def good_rows(n=6):
    return [
        {
            "subject": f"MRN-{i}",
            "arm": ("T", "none", "T+P")[i % 3],
            "rfs_months": 20.5 + i,
            "rfs_event": i % 2,
            "os_months": 60,
            "os_event": 0,
            "her2_status": "positive",
            "tumour_size_mm": 22.5,
            "er_positive": "yes",
            "score": 0.25,
            "tier": "Moderate",
        }
        for i in range(n)
    ]


@pytest.fixture
def write(tmp_path):
    def write_csv(rows, delimiter=","):
        path = tmp_path / "cohort.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter)
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write_csv


def with_cell(name, value, row=2):
    rows = good_rows()
    rows[row][name] = value
    return rows


def rules(path, **options):
    return {p.rule: p.rows for p in examine_cohort(path, **options).problems if p.is_refusal}


def test_a_sound_table_becomes_a_cohort_of_its_subjects_with_scores(write):
    examined = examine_cohort(write(good_rows()))
    assert examined.problems == ()
    assert examined.cohort["subject"].tolist()[:2] == ["MRN-0", "MRN-1"]
    assert examined.cohort["rfs_event"].tolist() == [False, True] * 3
    assert examined.cohort["score"].tolist() == [0.25] * 6
    assert examined.cohort["er_positive"].tolist() == [1.0] * 6
    assert not examined.cohort.is_simulated


def test_what_was_read_can_be_written_and_read_again(write, tmp_path):
    rows = [*with_cell("er_positive", ""), {**good_rows()[0], "subject": "x", "tier": "", "score": ""}]
    write_cohort(examine_cohort(write(rows)).cohort, tmp_path / "kept.parquet")
    cohort = read_own_cohort(tmp_path / "kept.parquet").cohort
    assert len(cohort) == 7
    assert np.isnan(cohort["er_positive"][2])
    assert cohort["tier"].tolist()[-1] is None


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("score", 1.2, "cohort.bad-score"),
        ("score", "high", "cohort.bad-score"),
        ("tier", "Medium", "cohort.bad-tier"),
        ("rfs_months", "", "cohort.absent-months"),
        ("rfs_months", 1500, "cohort.too-many-months"),
        ("rfs_months", "2019-05-04", "manifest.date"),
        ("os_months", "4.5.2019", "manifest.date"),
        ("arm", "Herceptin", "cohort.unknown-arm"),
        ("subject", "MRN-0", "cohort.duplicate-subject"),
        ("rfs_months", 61, "cohort.rfs-after-os"),
        ("er_positive", "++", "clinical.out-of-range"),
    ],
)
def test_one_bad_cell_is_refused_by_its_row_and_not_repeated(write, name, value, rule):
    path = write(with_cell(name, value))
    assert 4 in rules(path)[rule]
    told = " ".join(p.found + p.remedy for p in examine_cohort(path).problems)
    assert "Herceptin" not in told
    assert "MRN" not in told
    with pytest.raises(CohortRefused):
        read_own_cohort(path)


def test_dates_are_told_with_the_way_to_months(write):
    problems = examine_cohort(write(with_cell("rfs_months", "2019-05-04"))).problems
    (date,) = [p for p in problems if p.rule == "manifest.date"]
    assert "30.4375" in date.remedy
    assert "2019" not in date.found


@pytest.mark.parametrize(("name", "value"), [("rfs_months", ""), ("arm", "")])
def test_gaps_can_be_allowed(write, name, value):
    path = write(with_cell(name, value))
    assert rules(path)
    assert rules(path, allow_gaps=True) == {}


def test_an_event_that_is_left_out_for_want_of_its_time_is_told(write):
    problems = examine_cohort(write(with_cell("rfs_months", "", row=1)), allow_gaps=True).problems
    assert {each.rule: each.rows for each in problems}["cohort.untimed-event"] == (3,)


def test_a_gap_in_the_months_is_no_event(write):
    cohort = examine_cohort(write(with_cell("rfs_months", "", row=1)), allow_gaps=True).cohort
    assert np.isnan(cohort["rfs_months"][1])
    with pytest.raises(ValueError, match="months"):
        cohort.follow_up(Endpoint.RFS)


def test_semicolons_with_decimal_commas_are_read_and_told(write):
    rows = [
        {**row, "rfs_months": str(row["rfs_months"]).replace(".", ","), "score": "0,25"} for row in good_rows()
    ]
    examined = examine_cohort(write(rows, delimiter=";"))
    assert examined.cohort["rfs_months"].tolist() == [20.5, 21.5, 22.5, 23.5, 24.5, 25.5]
    assert examined.cohort["score"].tolist() == [0.25] * 6
    assert {p.rule for p in examined.problems} == {"manifest.decimal-comma"}


def test_a_comma_that_may_set_thousands_apart_is_refused(write):
    assert rules(write(with_cell("tumour_size_mm", "1,250"), delimiter=";"))["manifest.decimal-comma"] == (4,)


def test_remarks_above_the_header_are_passed_over_and_counted(write):
    path = write(with_cell("arm", "?"))
    path.write_text("# a remark, with a comma\n#\n" + path.read_text())
    assert rules(path)["cohort.unknown-arm"] == (6,)


def test_columns_of_images_are_passed_over(write):
    examined = examine_cohort(write([{**row, "study": "same.zip", "phase_index": "x"} for row in good_rows()]))
    assert examined.problems == ()


def test_a_workbook_is_read_like_a_table(tmp_path):
    book = Workbook()
    rows = good_rows()
    book.active.append(["# a remark"])
    book.active.append(list(rows[0]))
    for row in rows:
        book.active.append([None if value == "" else value for value in row.values()])
    book.active.cell(4, 3).value = datetime(2019, 5, 4)
    book.save(tmp_path / "cohort.xlsx")
    assert rules(tmp_path / "cohort.xlsx") == {"manifest.date": (4,), "cohort.absent-months": (4,)}
    book.active.cell(4, 3).value, book.active.cell(4, 3).number_format = 33, "General"
    book.save(tmp_path / "cohort.xlsx")
    examined = examine_cohort(tmp_path / "cohort.xlsx")
    assert examined.problems == ()
    assert examined.cohort["rfs_months"].tolist()[1] == 33.0


@pytest.mark.parametrize("name", ["cohort.csv", "cohort.xlsx"])
def test_what_is_no_table_is_one_refusal(tmp_path, name):
    (tmp_path / name).write_text("Dear Jane Doe")
    assert set(rules(tmp_path / name)) == {"manifest.unreadable"}


def test_a_parquet_file_that_is_none_or_has_a_patient_twice_is_refused(tmp_path):
    (tmp_path / "cohort.parquet").write_text("Dear Jane Doe")
    with pytest.raises(UnreadableCohort):
        examine_cohort(tmp_path / "cohort.parquet")
    columns = {name: [1.0, 1.0] for name in ("rfs_months", "rfs_event", "os_months", "os_event")}
    table = pa.table({"subject": ["a", "a"], "arm": ["T", "T"], **columns})
    pq.write_table(table, tmp_path / "cohort.parquet")
    with pytest.raises(DuplicateSubject):
        examine_cohort(tmp_path / "cohort.parquet")


def test_the_template_is_a_table_that_passes(tmp_path):
    path = tmp_path / "template.csv"
    write_template(path)
    examined = examine_cohort(path)
    assert not any(p.is_refusal for p in examined.problems)
    assert len(examined.cohort) >= 3
    assert all(not str(subject).isdigit() for subject in examined.cohort["subject"])
    write_cohort(examined.cohort, tmp_path / "kept.parquet")
    assert len(read_cohort(tmp_path / "kept.parquet")) == len(examined.cohort)
