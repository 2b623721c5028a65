"""A cohort holds each patient once, with follow-up."""

import numpy as np
import pytest

from deeptepp.datasets.columns.column_names import WANTED
from deeptepp.datasets.manifest import FACTS
from deeptepp.datasets.template import TEMPLATE
from deeptepp.domain.cohort import Cohort, Endpoint, FollowUp
from deeptepp.errors import DuplicateSubject, MissingColumn, OutOfRange
from deeptepp.tables import read_cohort, write_cohort
from deeptepp.ui.tiers import tiers_mapping


def columns(n=4):
    return {
        "subject": np.array([f"SIM-{i}" for i in range(n)]),
        "arm": np.array(["none", "T"] * (n // 2)),
        "rfs_months": np.arange(n) + 1.0,
        "rfs_event": np.arange(n) % 2 == 0,
        "os_months": np.arange(n) + 2.0,
        "os_event": np.zeros(n, bool),
    }


def test_a_missing_column_is_named():
    table = columns()
    del table["rfs_event"], table["arm"]
    with pytest.raises(MissingColumn, match="arm, rfs_event"):
        Cohort(table, is_simulated=True)


def test_a_subject_may_occur_once_and_is_not_named():
    table = columns()
    table["subject"][1] = table["subject"][0]
    with pytest.raises(DuplicateSubject) as refusal:
        Cohort(table, is_simulated=True)
    assert "SIM-" not in str(refusal.value)


def test_each_endpoint_has_its_own_follow_up():
    cohort = Cohort(columns(), is_simulated=True)
    assert cohort.follow_up(Endpoint.RFS).n_events == 2
    assert cohort.follow_up(Endpoint.OS).n_events == 0
    assert len(cohort.where(cohort["arm"] == "T")) == 2


def test_a_cohort_has_the_endpoints_whose_columns_it_has_and_every_one_is_described():
    assert Cohort(columns(), is_simulated=True).endpoints == tuple(each for each in Endpoint if each.is_required)
    described = TEMPLATE[: TEMPLATE.index("\nsubject,")]
    for endpoint in Endpoint:
        assert all((endpoint.name_in_full, endpoint.free, endpoint.met, endpoint.time, endpoint.seen))
        assert set(endpoint.columns) <= set(WANTED) & set(tiers_mapping.TARGETS) & set(FACTS)
        assert all(f"\n# {name} " in described for name in endpoint.columns)


def test_negative_or_missing_follow_up_is_refused():
    for bad in (-1.0, np.nan):
        with pytest.raises(OutOfRange):
            FollowUp(np.array([bad]), np.array([True]))


@pytest.mark.parametrize("is_simulated", [True, False])
def test_a_cohort_survives_parquet_with_its_mark(tmp_path, is_simulated):
    cohort = Cohort({**columns(), "score": np.array([0.1, np.nan, 0.3, 1.0])}, is_simulated=is_simulated)
    write_cohort(cohort, tmp_path / "cohort.parquet")
    again = read_cohort(tmp_path / "cohort.parquet")
    assert again.is_simulated is is_simulated
    assert set(again.columns) == set(cohort.columns)
    for name, column in cohort.columns.items():
        np.testing.assert_array_equal(again[name], column)
