"""A cohort and a data frame hold the same, whatever the types of its columns."""

import numpy as np
import pytest

from deeptepp.domain.cohort import Cohort
from deeptepp.errors import DuplicateSubject, MissingColumn
from deeptepp.tables import from_frame, read_cohort, to_frame, write_cohort

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
