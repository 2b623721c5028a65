"""Curves by any fact need no score, carry their numbers, and are tested where there are events enough."""

import numpy as np
import pytest
import tiny_bundle

from deeptepp.domain.cohort import SCORE, SOURCE, TIER, Cohort, Endpoint
from deeptepp.report.cohort.cohort_curves import BY_ARM, WHOLE, curve_choices, curves_item, fact_items
from deeptepp.simulate.simulated_cohort import simulate_cohort


@pytest.fixture(scope="module")
def unscored():
    columns = dict(simulate_cohort(seed=2).columns)
    source = np.array(["centre-a", "centre-b"], dtype=object)[np.arange(len(columns["subject"])) % 2]
    kept = {name: column for name, column in columns.items() if name not in (SCORE, TIER)}
    return Cohort({**kept, SOURCE: source}, is_simulated=True)


def test_every_recorded_fact_is_a_choice(unscored):
    choices = curve_choices(unscored)
    wanted = {
        WHOLE,
        BY_ARM,
        "Node stage",
        "Nodes",
        "ER",
        "PR",
        "Tumour size in three groups",
        "Histological grade",
    }
    assert set(choices) >= wanted | {"Stage", "Breast surgery", "Source"}
    assert "Tier" not in choices
    assert list(choices)[:2] == [WHOLE, BY_ARM]
    assert "Tier" in curve_choices(tiny_bundle.tiny_cohort())


@pytest.mark.parametrize("endpoint", Endpoint)
def test_a_curve_carries_patients_events_intervals_and_numbers_at_risk(unscored, endpoint):
    by = curve_choices(unscored)["Node stage"]
    item = curves_item(unscored, by, endpoint)
    table = item.tables[0]
    assert {"Group", "Patients", "Events", "5 years (95 % CI)"} <= set(table.header)
    assert sum(int(row[1]) for row in table.rows) == len(unscored) - by.n_unknown
    assert "Log-rank test p" in table.note
    legend = " ".join(str(note.text) for note in item.figures[0].layout.annotations)
    assert "Number at risk" in legend
    assert "events" in item.figures[0].layout.meta["alt"]
    assert len(item.data["curves"].rows) > 10


def test_too_few_events_and_groups_without_one_are_not_tested(unscored):
    by = curve_choices(unscored)["Node stage"]
    few = np.zeros(len(unscored), dtype=bool)
    few[:5] = True
    item = curves_item(unscored.with_columns(rfs_event=few), by, Endpoint.RFS)
    assert "Not tested: 5 events, fewer than 10." in item.tables[0].note
    assert "p" not in str(item.figures[0].layout.title.subtitle.text).split("band")[0]
    none_in_n0 = np.asarray(unscored["rfs_event"]) & (np.asarray(by.of_patient) != "N0")
    item = curves_item(unscored.with_columns(rfs_event=none_in_n0), by, Endpoint.RFS)
    assert "Not tested: no event in N0." in item.tables[0].note


def test_whose_fact_is_unknown_is_counted(unscored):
    stage = np.asarray(unscored["node_stage"], dtype=object).copy()
    stage[0] = None
    patchy = unscored.with_columns(node_stage=stage)
    item = curves_item(patchy, curve_choices(patchy)["Node stage"], Endpoint.RFS)
    assert "1\u00a0patient with this fact unknown: in no curve." in item.notes


def test_a_cohort_without_facts_says_so():
    bare = {k: v for k, v in tiny_bundle.tiny_cohort().columns.items() if k[:3] in ("sub", "rfs", "os_")}
    alone = Cohort({**bare, "arm": np.array(["T"] * 60, dtype=object)}, is_simulated=True)
    assert [item.reason for item in fact_items(alone)] == ["no recorded fact divides the patients"]
    assert list(curve_choices(alone)) == [WHOLE]
