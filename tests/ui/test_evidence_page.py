"""Numbers on the evidence page carry n, events and an interval."""

from __future__ import annotations

from deeptepp.report.format import NOT_ESTIMABLE, auc_ci, percent_ci
from deeptepp.ui.evidence_page import metric_rows

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
