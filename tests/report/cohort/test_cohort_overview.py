"""What a cohort holds, counted by hand."""

import json

import numpy as np

from deeptepp.domain.cohort import Cohort
from deeptepp.report.cohort.cohort_overview import overview_lines, overview_of


def make_cohort(**changes):
    columns = {
        "subject": np.array(["a", "b", "c", "d"]),
        "arm": np.array(["T", "T", "none", "unknown"], dtype=object),
        "rfs_months": np.array([10.0, 20.0, 30.0, np.nan]),
        "rfs_event": np.array([True, False, False, False]),
        "os_months": np.full(4, np.nan),
        "os_event": np.zeros(4, dtype=bool),
    }
    return Cohort(columns | changes, is_simulated=False)


def test_events_are_counted_by_arm_among_those_of_whom_rfs_is_known():
    groups = {(g.arm, g.tier): (g.n, g.n_known, g.n_events) for g in overview_of(make_cohort()).groups}
    assert list(groups.items()) == [
        (("none", None), (1, 1, 0)),
        (("T", None), (2, 2, 1)),
        (("unknown", None), (1, 0, 0)),
    ]


def test_tiers_stand_in_their_order_and_unknown_ones_last():
    tiers = np.array(["High", None, "Low", "Moderate"], dtype=object)
    cohort = make_cohort(tier=tiers, arm=np.full(4, "T", dtype=object))
    assert [group.tier for group in overview_of(cohort).groups] == ["Low", "Moderate", "High", "unknown"]


def test_follow_up_is_the_reverse_median_and_an_unknown_endpoint_says_so():
    rfs, os = overview_of(make_cohort()).endpoints
    # Losses at 20 and 30 of the two who are left at 20: the curve is at one half from 20 to 30.
    assert (rfs.n, rfs.n_events, rfs.median_follow_up) == (3, 1, 25.0)
    assert (os.n, os.median_follow_up, os.reason) == (0, None, "it is known for nobody")
    assert any("OS: known for 0" in line for line in overview_lines(overview_of(make_cohort())))


def test_gaps_are_counted_by_column_and_complete_columns_are_not_named():
    facts = {
        "age_years": np.array([50.0, np.nan, np.nan, 60.0]),
        "menopause": np.array(["pre", None, "post", "post"], dtype=object),
        "grade": np.full(4, 2.0),
    }
    assert overview_of(make_cohort(**facts)).missing == {"arm": 1, "age_years": 2, "menopause": 1}


def test_a_simulated_cohort_is_said_to_be_one():
    real = make_cohort()
    simulated = Cohort(real.columns, is_simulated=True)
    assert overview_lines(overview_of(simulated))[0] == "4 patients, SIMULATED"
    assert overview_lines(overview_of(real))[0] == "4 patients"


def test_a_cohort_of_nobody_has_an_overview():
    empty = make_cohort().where(np.zeros(4, dtype=bool))
    assert overview_lines(overview_of(empty)) == ["0 patients"]


def test_an_overview_with_gaps_is_written_as_json():
    told = overview_of(make_cohort(age_years=np.array([51.0, np.nan, np.nan, 60.0]))).to_mapping()
    assert json.loads(json.dumps(told))["missing"] == {"age_years": 2, "arm": 1}
