"""CSV text and workbooks become text in its place: nothing is guessed, padded, typed or lost on the way."""

import csv
import io
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from deeptepp.datasets.raw_cells import is_workbook, split_lines, workbook_lines
from deeptepp.errors import UnreadableCohort


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a,b,c\n1,2\n", [["a", "b", "c"], ["1", "2"]]),
        ("a,b\n1,2,3,4\n", [["a", "b"], ["1", "2", "3", "4"]]),
        ("# x\n\n\na,b\n,\n", [["# x"], [], [], ["a", "b"], ["", ""]]),
        ("007,1.0,NA,nan,null,True,1e5\n", [["007", "1.0", "NA", "nan", "null", "True", "1e5"]]),
        ('"a\nb, c",d\r\n1,2\n', [["a\nb, c", "d"], ["1", "2"]]),
        ('a,b\n"1,2\n', []),
        ('"a\n1,2",b,"c\n",d\n', [["a\n1,2", "b", "c", "d"]]),
        ('a,b\n"1"x,2\n', []),
        ("", []),
    ],
)
def test_every_line_keeps_its_cells_as_they_are_written(text, lines):
    assert split_lines(text, ",") == lines


@given(
    st.lists(
        st.lists(st.text(alphabet='a1;\n\r "é\u2028\x0b', max_size=4), min_size=1, max_size=5),
        min_size=1,
        max_size=6,
    )
)
def test_what_a_writer_of_csv_wrote_is_read_as_the_standard_library_reads_it(rows):
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(rows)
    read = list(csv.reader(io.StringIO(text.getvalue(), newline=""), delimiter=";", strict=True))
    assert split_lines(text.getvalue(), ";") == [[cell.strip() for cell in line] for line in read]


def test_a_workbook_becomes_the_text_that_it_shows_with_errors_left_to_see(tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.title = "patients"
    for row in (
        (None, None),
        ("id", "day", "n"),
        (7, datetime(2015, 4, 3), 2.0),
        (True, "#REF!", 0.25),
        (None, "NA", ""),
    ):
        sheet.append(row)
    book.create_sheet("empty")
    book.save(tmp_path / "t.xlsx")
    lines = workbook_lines((tmp_path / "t.xlsx").read_bytes())
    assert lines["empty"] == []
    assert lines["patients"] == [
        ["", "", ""],
        ["id", "day", "n"],
        ["7", "2015-04-03", "2"],
        ["1", "#N/A", "0.25"],
        ["", "NA", ""],
    ]
    assert workbook_lines((tmp_path / "t.xlsx").read_bytes(), n_lines=2)["patients"] == lines["patients"][:2]


def test_another_file_is_no_workbook_and_its_name_says_which_is_one():
    with pytest.raises(UnreadableCohort):
        workbook_lines(b"Dear Jane Doe")
    assert [is_workbook(name) for name in ("a.XLSX", ".xlsm", "a.csv", "a.xls")] == [True, True, False, False]
