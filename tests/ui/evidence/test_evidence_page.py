"""Numbers on the evidence page carry n, events and an interval."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deeptepp.domain.published import TABLE_2
from deeptepp.model.bundle import load_bundle
from deeptepp.report.format import NOT_ESTIMABLE, auc_ci, percent_ci
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.ui.evidence.evidence_measured import scored_parts
from deeptepp.ui.evidence.evidence_page import shown_card
from deeptepp.ui.evidence.evidence_published import beside_rows, published_row
from deeptepp.ui.evidence.evidence_rows import (
    external_rows,
    metric_rows,
    off_on_the_whole,
    operating_rows,
    outcome_rows,
    split_table,
    subgroup_rows,
    without_few_events,
)

SHIPPED = Path(__file__).parents[3] / "artifacts" / "deeptepp-sim"

SHARE = {"value": 0.75, "low": 0.5, "high": 0.9, "k": 9, "n": 12}
GROUP = {"n": 60, "n_events": 12, "auc": 0.7512, "auc_low": 0.6, "auc_high": 0.9, "sensitivity": SHARE}


def test_a_group_is_shown_with_counts_and_intervals():
    (row,) = metric_rows({"cross_validation": GROUP, "refit_losses": [1, 2], "oof": {"value": 1}})
    assert row["n"] == "60"
    assert row["Events"] == "12"
    assert row["AUC (95 % CI)"] == auc_ci(0.7512, 0.6, 0.9)
    assert row["Sensitivity (95 % CI)"] == f"9 of 12, {percent_ci(0.75, 0.5, 0.9)}"
    assert row["Specificity (95 % CI)"] == ""


def test_what_could_not_be_estimated_is_said():
    (row,) = metric_rows({"holdout": GROUP | {"auc": None}})
    assert row["AUC (95 % CI)"] == NOT_ESTIMABLE


def test_curves_drawn_on_the_page_are_those_that_were_measured():
    bundle = load_bundle(SHIPPED)
    for key, part in (("cross_validation", "Cross-validation"), ("holdout", "Hold-out"), ("cohort_3", "Cohort 3")):
        scores, events = scored_parts(bundle)[part]
        assert len(scores) == bundle.metrics[key]["n"]
        assert roc_auc(scores, events).auc == pytest.approx(bundle.metrics[key]["auc"], abs=1e-12)


def test_a_bundle_that_learnt_something_else_than_recurrence_gets_no_curves():
    bundle = load_bundle(SHIPPED)
    assert scored_parts(replace(bundle, training={"label": "her2_positive"})) == {}


def test_patients_censored_before_the_horizon_are_left_out():
    bundle = load_bundle(SHIPPED)
    late = replace(bundle, training={"label": "rfs_event_by_tau", "tau_months": 60.0})
    scores, events = scored_parts(late)["Cross-validation"]
    assert len(scores) < bundle.metrics["cross_validation"]["n"]
    assert 0 < events.sum() <= bundle.metrics["cross_validation"]["n_events"]


def test_both_cut_offs_have_a_row_where_both_were_measured():
    point = {"threshold": 0.5, "sensitivity": SHARE, "specificity": SHARE, "accuracy": SHARE}
    rows = operating_rows({"holdout": GROUP | {"at_half": point, "at_cut_off": point | {"threshold": 0.4883}}})
    assert [row["Cut-off"] for row in rows] == ["0.488, of the tiers", "0.5, where the network is undecided"]
    assert operating_rows({"holdout": GROUP}) == []


LINE = {"observed_to_expected": {"value": 1.4, "low": 1.1, "high": 1.9}, "intercept": None, "slope": None}
OTHERS = {
    "groups": {
        name: GROUP
        | {
            "factor": factor,
            "specificity": SHARE,
            "calibration": LINE,
            "tiers": {"Low": 30, "Moderate": 18, "High": 12},
        }
        for factor, name in (("", "all"), ("Treatment", "T+P"), ("Scan protocol", "ge"))
    }
}


def test_other_patients_have_a_row_for_each_treatment_and_scanner():
    measured, tiers = external_rows(OTHERS)
    names = ["All", "Trastuzumab + pertuzumab", "Scan protocol ge"]
    assert [row["Patients"] for row in measured] == [row["Patients"] for row in tiers] == names
    assert measured[0]["AUC (95 % CI)"] == auc_ci(0.7512, 0.6, 0.9)
    assert measured[0]["Observed / expected (95 % CI)"] == "1.40 (1.10 to 1.90)"
    assert measured[0]["Calibration slope (95 % CI)"] == "not estimable"
    assert tiers[2]["Low"].replace("\xa0", " ") == "30 (50.0 %)"


def test_groups_are_named_by_their_column_and_in_older_bundles_by_their_factor():
    groups = {
        name: group | {"column": column, "factor": "Another title"}
        for (name, group), column in zip(OTHERS["groups"].items(), ("", "arm", "protocol"), strict=True)
    }
    assert external_rows({"groups": groups}) == external_rows(OTHERS)


def test_groups_whose_scores_are_off_are_named_and_those_of_few_events_are_not():
    assert off_on_the_whole(OTHERS) == "All, Trastuzumab + pertuzumab, Scan protocol ge"
    few = {name: group | {"n_events": 3} for name, group in OTHERS["groups"].items()}
    assert off_on_the_whole({"groups": few}) == ""
    assert external_rows({"groups": few})[0][0]["Observed / expected (95 % CI)"] == "not estimable"


def test_a_tier_of_other_patients_has_its_survival_or_the_reason_for_none():
    row = {"tier": "Low", "n": 40, "n_events": 2, "rfs": 0.95, "rfs_low": 0.8, "rfs_high": 0.99, "n_at_risk": 20}
    empty = row | {"rfs": None, "rfs_reason": "no patients", "n_at_risk": None}
    known, unknown = outcome_rows([row | {"rfs_reason": ""}, empty])
    assert known["RFS at 60 months (95 % CI)"] == percent_ci(0.95, 0.8, 0.99)
    assert (unknown["RFS at 60 months (95 % CI)"], unknown["At risk"]) == ("no patients", "")


def test_a_subgroup_without_an_auc_says_why():
    row = {"factor": "Nodes", "group": "negative", "n": 8, "n_events": 0, "auc": None, "auc_low": None}
    (shown,) = subgroup_rows({"subgroups": [row | {"auc_high": None, "auc_reason": "no patient has an event"}]})
    assert (shown["AUC (95 % CI)"], shown["Note"]) == (NOT_ESTIMABLE, "no patient has an event")


def test_the_published_model_is_shown_with_its_columns_set_right():
    rows = beside_rows({"cross_validation": GROUP, "holdout": GROUP})
    assert [row["Model"] for row in rows] == ["Published, corrected", "This model"] * 2
    assert rows[0]["Sensitivity at 0.5"] == "63 of 69, 91.3 %"
    assert rows[0]["Specificity at 0.5"] == "453 of 538, 84.2 %"
    assert rows[1]["AUC (95 % CI)"] == auc_ci(0.7512, 0.6, 0.9)


def test_every_swapped_row_says_so():
    shown = [published_row(row) for row in TABLE_2]
    assert sum("swapped" in row["to be read"] for row in shown) == 4
    assert sum("(the same)" in row["AUC of labels"] for row in shown) == 5


def test_headings_of_a_document_stand_below_those_of_the_page():
    assert shown_card("# Title\n\n## Part\n\nNo # here") == "## Title\n\n### Part\n\nNo # here"


def test_the_table_of_a_document_is_taken_apart_into_its_cells():
    text = "Words.\n\n| item | status |\n| --- | --- |\n| 1 | reported |\n| 2 | a \\| b |\n"
    words, rows = split_table(text)
    assert words.strip() == "Words."
    assert rows == [{"item": "1", "status": "reported"}, {"item": "2", "status": "a | b"}]


def test_a_table_that_cannot_be_taken_apart_stays_as_it_is():
    text = "| a | b |\n| --- | --- |\n| 1 |\n"
    assert split_table(text) == (text, [])


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ({"n": 119, "n_events": 1}, "1 event in 119 patients, fewer than 10"),
        ({"n": 40, "n_events": 9}, "9 events in 40 patients, fewer than 10"),
        ({"n": 40, "n_events": 31}, "9 of 40 patients without the event, fewer than 10"),
    ],
)
def test_accuracy_of_too_few_patients_is_not_shown_and_says_why(counts, reason):
    share = {"value": 0.0, "low": 0.0, "high": 0.8, "k": 0, "n": 1}
    group = GROUP | counts | {"auc": 0.084, "sensitivity": share}
    (row,) = metric_rows({"cohort_3": group})
    assert row["AUC (95 % CI)"] == f"not given: {reason}"
    assert row["Sensitivity (95 % CI)"] == "0 of 1, too few for a share"
    (part,) = subgroup_rows({"subgroups": [group | {"factor": "Nodes", "group": "negative", "auc_reason": "few"}]})
    assert (part["AUC (95 % CI)"], part["Note"]) == (f"not given: {reason}", "")
    assert beside_rows({"holdout": group})[-1]["AUC (95 % CI)"] == f"not given: {reason}"


def test_no_document_of_the_shipped_model_shows_an_auc_of_few_events():
    bundle = load_bundle(SHIPPED)
    assert (
        "| Cohort 3 (T+P) | 119 | 1 | not given: 1 event in 119 patients, fewer than 10 | - | - |" in bundle.card
    )
    for text in (bundle.card, *bundle.documents.values()):
        assert "few events" not in text.replace("Groups with few events", "").replace("With few events", "")
        assert without_few_events(text) == text


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            "| Cohort 3 (T+P) | 119 | 1 | 0.085 (interval not estimable); few events | - | 0.297 |",
            "| Cohort 3 (T+P) | 119 | 1 | not given: fewer than 10 events | - | - |",
        ),
        (
            "Cohort 3 (T+P) AUC 0.085 (interval not estimable).",
            "Cohort 3 (T+P) AUC not given: fewer than 10 events.",
        ),
    ],
    ids=["card", "checklist"],
)
def test_documents_of_earlier_bundles_are_shown_without_an_auc_of_few_events(line, shown):
    assert without_few_events(line) == shown
