import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeptepp.report.text_table import Table, table_csv

CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)


@pytest.mark.parametrize("cell", ["=1+1", "+cmd", "@x", "-2+3"])
def test_csv_never_begins_a_text_cell_like_a_formula(cell):
    assert f"'{cell}" in table_csv(Table("t", ("a",), ((cell,),)))


def test_csv_leaves_negative_numbers_as_numbers():
    assert "-1.5" in table_csv(Table("t", ("a",), (("-1.5",),))).splitlines()[1:]


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4))
def test_csv_is_read_back_as_it_was_written(rows):
    read = list(csv.reader(io.StringIO(table_csv(Table("t", ("a", "b"), tuple(rows)))[1:], newline="")))
    assert [[cell.removeprefix("'") for cell in row] for row in read[1:]] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]


def test_rows_must_be_as_long_as_the_header():
    with pytest.raises(ValueError, match="2 cells"):
        Table("t", ("a", "b"), (("1",),))
