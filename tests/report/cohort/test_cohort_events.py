"""The length of follow-up in words."""

import numpy as np

from deeptepp.domain.cohort import Cohort
from deeptepp.report.cohort.cohort_events import follow_up_item


def test_a_median_of_one_patient_has_no_interval():
    columns = {
        "subject": ["a"],
        "rfs_months": [85.0],
        "rfs_event": [0],
        "os_months": [90.0],
        "os_event": [0],
        "arm": ["T"],
    }
    cohort = Cohort({name: np.array(cells) for name, cells in columns.items()}, is_simulated=True)
    rows = follow_up_item(cohort).tables[0].rows
    assert {row[4] for row in rows} == {"85.0 (CI not estimable)", "90.0 (CI not estimable)"}
