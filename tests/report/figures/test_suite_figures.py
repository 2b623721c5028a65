"""The figures of the experiments follow the JSON of their suites."""

import numpy as np
import pytest

from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.report.figures.suite_figures import suite_figures

GROUP = {
    "n": 100,
    "n_events": 20,
    "auc": 0.55,
    "auc_low": 0.45,
    "auc_high": 0.65,
    "views": {"auc": 0.9, "auc_low": 0.85, "auc_high": 0.95},
    "correlation": {"score": {"value": 0.4, "low": 0.2, "high": 0.6}},
    "calibration": {"slope": {"value": 0.8, "low": 0.5, "high": 1.1}},
}
CURVE = {
    "label": "DeepTEPP",
    "arm": None,
    "false_positive_rate": [1.0, 0.3, 0.0],
    "sensitivity": [1.0, 0.7, 0.0],
    "auc": 0.7,
    "low": 0.6,
    "high": 0.8,
    "n": 100,
    "n_events": 20,
}


def content(suite, **changes):
    rng = np.random.default_rng(0)
    patients = {
        "fold": [0] * 40 + [-1] * 10,
        "is_known": [True] * 49 + [False],
        "event": (rng.random(50) < 0.3).tolist(),
        "scores": rng.random(50).tolist(),
    }
    experiment = {"name": "MRI+MV+CP", "title": "whole model", "patients": patients}
    arms = [CURVE | {"label": "trastuzumab", "arm": "T"}, CURVE | {"label": "no trastuzumab", "arm": "none"}]
    return {
        "suite": suite,
        "is_simulated": True,
        "experiments": [experiment | {"metrics": {"cross_validation": GROUP}}],
        "roc": {
            "by_model": {"cross_validation": [CURVE], "holdout": [CURVE]},
            "by_trastuzumab": {"MRI+MV+CP": arms},
        },
    } | changes


def alt(figure):
    return figure.layout.meta["alt"]


def test_table_2_gives_curves_by_model_and_arm_and_calibration():
    figures = suite_figures(content("table2"))
    assert set(figures) == {"figure-s3a", "figure-s3a-holdout", "figure-s3b", "calibration"}
    assert "DeepTEPP: AUC 0.70 (0.60–0.80)" in alt(figures["figure-s3a"])
    assert "no trastuzumab: AUC" in alt(figures["figure-s3b"])


def test_calibration_is_of_known_patients_in_folds_alone():
    assert "40\u00a0patients" in alt(suite_figures(content("table2"))["calibration"])


def test_the_permutation_control_sets_patients_beside_views():
    words = alt(suite_figures(content("permutation"))["permutation-control"])
    assert "AUC, patients 0.55 (0.45–0.65), AUC, views as patients 0.90 (0.85–0.95)" in words


def test_ablations_show_the_correlation_only_where_the_truth_is_known():
    assert "correlation" in alt(suite_figures(content("ablations"))["ablations"])
    real = {k: v for k, v in GROUP.items() if k != "correlation"}
    experiments = [{"name": "a", "title": "a", "metrics": {"cross_validation": real}, "patients": {}}]
    words = alt(suite_figures(content("ablations", experiments=experiments, is_simulated=False))["ablations"])
    assert "correlation" not in words
    assert SIMULATED_COHORT not in words


@pytest.mark.parametrize("suite", ["table2", "table_s2", "ablations", "permutation", "protocol"])
def test_every_figure_of_simulated_patients_is_marked(suite):
    figures = suite_figures(content(suite))
    assert figures
    assert all(alt(figure).startswith(SIMULATED_COHORT) for figure in figures.values())


def test_a_figure_without_results_is_left_out():
    empty = {"by_model": {}, "by_trastuzumab": {}}
    assert suite_figures(content("table2", roc=empty, experiments=[])) == {}
    assert suite_figures({"suite": "other"}) == {}
