"""A cohort and a data frame hold the same, whatever the types of its columns."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from deeptepp.domain.cohort import Cohort
from deeptepp.errors import DuplicateSubject, MissingColumn
from deeptepp.tables import from_frame, read_cohort, read_scored, to_frame, write_cohort

COLUMNS = {
    "subject": np.array(["007", "8"], dtype=object),
    "arm": np.array(["none", "T+P"], dtype=object),
    "rfs_months": np.array([1.5, np.nan]),
    "rfs_event": np.array([True, False]),
    "os_months": np.array([1, 2]),
    "os_event": np.array([False, False]),
    "node_stage": np.array([None, "N1"], dtype=object),
    "is_invasive": np.array([True, None], dtype=object),
    "stage": np.array([None, None], dtype=object),
}


@pytest.mark.parametrize("is_simulated", [True, False])
def test_a_cohort_returns_from_a_frame_and_from_its_file_with_values_types_and_origin(is_simulated, tmp_path):
    cohort = Cohort(COLUMNS, is_simulated)
    write_cohort(cohort, tmp_path / "c.parquet")
    for back in (from_frame(to_frame(cohort), is_simulated=is_simulated), read_cohort(tmp_path / "c.parquet")):
        assert back.is_simulated == is_simulated
        assert back.digest == cohort.digest
        assert [(n, c.dtype, repr(c.tolist())) for n, c in back.columns.items()] == [
            (n, c.dtype, repr(c.tolist())) for n, c in COLUMNS.items()
        ]


def test_a_frame_of_patients_is_checked_like_any_cohort():
    frame = to_frame(Cohort(COLUMNS, is_simulated=False))
    with pytest.raises(MissingColumn, match="arm"):
        from_frame(frame.drop(columns="arm"), is_simulated=False)
    with pytest.raises(DuplicateSubject):
        from_frame(frame.assign(subject="7"), is_simulated=False)


def test_a_table_of_scores_may_lack_follow_up_treatment_and_subjects(tmp_path):
    table = pa.table({"score": [0.1, 0.2], "rfs_months": [12.0, None], "rfs_event": [True, True]})
    pq.write_table(table, tmp_path / "scores.parquet")
    cohort = read_scored(tmp_path / "scores.parquet")
    assert cohort["subject"].tolist() == ["row-1", "row-2"]
    assert cohort["arm"].tolist() == ["", ""]
    assert cohort["rfs_event"].tolist() == [True, False]
    assert np.isnan(cohort["rfs_months"][1])
    assert np.isnan(cohort["os_months"]).all()
    assert not cohort.is_simulated


def test_a_table_of_assessments_is_read_by_the_names_of_a_cohort(tmp_path):
    columns = {"key": ["a"], "score": [0.1], "profile.age_years": [50.0], "receipt.bundle_sha256": ["f" * 64]}
    pq.write_table(
        pa.table({**columns, "findings": [["age"]], "is_simulated": [True]}), tmp_path / "scores.parquet"
    )
    cohort = read_scored(tmp_path / "scores.parquet")
    assert (cohort["subject"][0], cohort["age_years"][0], cohort["score_model"][0]) == ("a", 50.0, "f" * 64)
    assert cohort.is_simulated
    assert "findings" not in cohort
