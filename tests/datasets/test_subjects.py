import numpy as np
import pytest

from deeptepp.datasets.own import examine_cohort
from deeptepp.datasets.subjects import NAMED_SUBJECT, looks_like_a_person, named_subjects
from deeptepp.datasets.template import TEMPLATE
from deeptepp.tables import write_cohort

NAMED = (
    *("Jane Doe", "Doe, Jane", "DOE^JANE", "Dr. Anna-Maria O'Neill", "李 小红", "Jürgen Groß"),
    *("04.03.1961", "1961-03-04", "DOE-1961/3/4", "19610304", "jane.doe@example.org"),
)
PSEUDONYMS = (
    *("P001", "P 001", "EXAMPLE-1", "Breast_MRI_001", "ISPY1_1001", "MB-0000", "12345678", "01-02-003"),
    *("3", "20991399", "centre-a 17", "a1b2c3d4"),
)


@pytest.mark.parametrize("subject", NAMED)
def test_names_dates_and_addresses_look_like_a_person(subject):
    assert looks_like_a_person(subject)


@pytest.mark.parametrize("subject", PSEUDONYMS)
def test_pseudonyms_do_not(subject):
    assert not looks_like_a_person(subject)


def test_the_warning_names_rows_and_nobody():
    (problem,) = named_subjects(["P1", "Jane Doe", "1961-03-04"], [2, 3, 4])
    assert (problem.rule, problem.rows, problem.is_refusal) == (NAMED_SUBJECT, (3, 4), False)
    assert "Jane" not in problem.found + problem.remedy


def test_tables_and_parquet_files_are_both_looked_through(tmp_path):
    table = tmp_path / "cohort.csv"
    table.write_text(TEMPLATE.replace("EXAMPLE-2", "Jane Doe"))
    row = table.read_text().splitlines().index(next(x for x in table.read_text().splitlines() if "Jane" in x)) + 1
    examined = examine_cohort(table)
    assert {p.rule: p.rows for p in examined.problems}[NAMED_SUBJECT] == (row,)
    named = examined.cohort.with_columns(subject=np.array(["P1", "P2", "Doe, Jane"], dtype=object))
    write_cohort(named, tmp_path / "cohort.parquet")
    problems = examine_cohort(tmp_path / "cohort.parquet").problems
    assert {p.rule: p.rows for p in problems}[NAMED_SUBJECT] == (3,)
