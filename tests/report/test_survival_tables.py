import numpy as np
import tiny_bundle

from deeptepp.domain.cohort import Endpoint
from deeptepp.report.survival_tables import estimates_table
from deeptepp.ui.result.curves import by_tier


def test_a_curve_is_not_read_beyond_its_follow_up():
    cohort = tiny_bundle.tiny_cohort()
    short = cohort.with_columns(rfs_months=np.minimum(cohort["rfs_months"], 30.0))
    rows = estimates_table(by_tier(short, Endpoint.RFS).curves).rows
    assert {row[4] for row in rows} == {"follow-up too short"}
    assert all("%" in row[3] for row in rows)
