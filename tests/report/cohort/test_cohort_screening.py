"""Univariate models of each fact beside what was printed of them."""

import numpy as np
import pytest

from deeptepp.domain.cohort import RFS_EVENT, RFS_MONTHS, Cohort, Endpoint
from deeptepp.report.cohort.cohort_prognosis import adjusted_item
from deeptepp.report.cohort.cohort_screening import SELECTED, screening_item
from deeptepp.simulate.simulated_cohort import simulate_cohort
from deeptepp.stats.design import design
from deeptepp.stats.hazards.cox import fit_cox

REQUIRED = ("subject", "arm", "rfs_months", "rfs_event", "os_months", "os_event")


@pytest.fixture(scope="module")
def patients():
    return simulate_cohort(seed=1)


def rows_of(table):
    return {row[0]: row[1:] for row in table.rows}


def small(n=40, **columns):
    """Make patients with an event in every second."""
    months = np.arange(1.0, n + 1)
    event = np.arange(n) % 2 == 0
    return Cohort(
        {
            "subject": np.arange(n),
            "arm": np.full(n, "unknown"),
            "rfs_months": months,
            "rfs_event": event,
            "os_months": months,
            "os_event": np.zeros(n, dtype=bool),
            **columns,
        },
        is_simulated=True,
    )


def test_every_row_is_the_model_of_its_fact_alone(patients):
    row = rows_of(screening_item(patients, Endpoint.RFS).tables[0])["Nodes: positive"]
    positive = patients["node_stage"] != "N0"
    follow_up = patients.follow_up(Endpoint.RFS)
    ratio = fit_cox(follow_up, design({"x": positive}, ["x"])).hazard_ratios()[0]
    assert row[0] == str(positive.sum())
    assert row[1] == str(follow_up.where(positive).n_events)
    assert row[2] == f"{ratio.value:.2f} ({ratio.low:.2f}\u2013{ratio.high:.2f})"


def test_the_facts_named_in_print_stand_first_beside_ours(patients):
    item = screening_item(patients, Endpoint.RFS)
    rows = item.beside.table.rows
    assert [row[0] for row in rows[: len(SELECTED)]] == list(SELECTED)
    assert [row[1] for row in rows[: len(SELECTED)]] == ["p < 0.05"] * len(SELECTED)
    assert "Anti-HER2 therapy" not in [row[0] for row in rows]
    assert all(row[2].startswith("p ") for row in rows)


def test_adjusted_p_are_never_below_the_unadjusted(patients):
    tested = [row[4:] for row in screening_item(patients, Endpoint.RFS).tables[0].rows if row[4]]
    numbers = [[float(p.split(" ")[-1]) for p in row] for row in tested if row[0] != "not tested"]
    assert len(numbers) == 12
    assert all(p <= rate <= family for p, rate, family in numbers)


@pytest.mark.parametrize("n_events", [0, 9])
def test_a_treatment_with_few_events_has_neither_ratio_nor_p(patients, n_events):
    arm, event = patients["arm"], patients[RFS_EVENT]
    few = event & ((arm != "T+P") | (np.cumsum(event & (arm == "T+P")) <= n_events))
    quiet = patients.with_columns(**{RFS_EVENT: few, "tier": np.where(patients["age_years"] > 50, "High", "Low")})
    rows = rows_of(screening_item(quiet, Endpoint.RFS).tables[0])
    shown = int((few & (arm == "T+P")).sum())
    assert rows["Anti-HER2 therapy: Tras+pert"][2].startswith(
        f"not given: fewer than 10 events with Tras+pert ({shown})"
    )
    assert rows["Anti-HER2 therapy: none"][3:] == ("not tested", "", "")
    adjusted = rows_of(adjusted_item(quiet, Endpoint.RFS).tables[0])
    assert adjusted["Anti-HER2 therapy: Tras+pert against none"][1] == "not tested"
    assert f"Tras+pert ({shown})" in adjusted["Anti-HER2 therapy: Tras+pert against none"][0]


def test_a_duplicate_is_named_and_treatment_is_called_not_randomised(patients):
    notes = screening_item(patients, Endpoint.RFS).notes
    assert any("ER and Molecular subtype" in note for note in notes)
    assert any("not randomised" in note for note in notes)


def test_overall_survival_has_no_printed_twin_and_a_file_of_its_own(patients):
    item = screening_item(patients, Endpoint.OS)
    assert item.beside is None
    assert item.key != screening_item(patients, Endpoint.RFS).key


def test_a_level_without_events_is_penalised():
    er = np.arange(40) % 2 == 0  # all events are ER positive
    row = rows_of(screening_item(small(er_positive=er), Endpoint.RFS).tables[0])["ER: negative"]
    assert row[1] == "0"
    assert row[2].endswith("penalised (Firth)")
    assert not row[2].startswith("0.00")


def test_unknown_facts_and_follow_up_are_left_out_and_counted():
    er = np.tile([1.0, 1.0, 0.0, 0.0, np.nan], 8)
    cohort = small(er_positive=er)
    months = cohort[RFS_MONTHS].copy()
    months[:2] = np.nan
    item = screening_item(cohort.with_columns(**{RFS_MONTHS: months}), Endpoint.RFS)
    rows = rows_of(item.tables[0])
    assert int(rows["ER: positive"][0]) + int(rows["ER: negative"][0]) == 30
    assert "2\u00a0patients without known follow-up left out." in item.notes
    assert "Not known, and left out of their model: ER 8." in item.notes
    assert not any("randomised" in note for note in item.notes)


def test_an_unknown_treatment_is_no_level(patients):
    arm = patients["arm"].astype(object)
    arm[:50] = "unknown"
    item = screening_item(patients.with_columns(arm=arm), Endpoint.RFS)
    assert not any("unknown" in name for name in rows_of(item.tables[0]))
    assert any("Anti-HER2 therapy 50" in note for note in item.notes)


def test_without_events_there_is_a_reason(patients):
    never = patients.with_columns(**{RFS_EVENT: np.zeros(len(patients), dtype=bool)})
    item = screening_item(never, Endpoint.RFS)
    assert item.reason == "no event was seen"
    assert item.tables == ()


def test_without_follow_up_or_facts_there_is_a_reason(patients):
    nobody = patients.with_columns(**{RFS_MONTHS: np.full(len(patients), np.nan)})
    assert screening_item(nobody, Endpoint.RFS).reason == "nobody's follow-up is known"
    assert screening_item(small(), Endpoint.RFS).reason == "no fact divides the patients"
