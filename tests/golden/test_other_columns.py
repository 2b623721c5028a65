"""Columns that R was not asked about, against lifelines and scikit-learn where they are exact."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from golden.oracle import Case, by_group, follow_up
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test, pairwise_logrank_test
from lifelines.utils import restricted_mean_survival_time
from sklearn.metrics import roc_auc_score

from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.stats.survival.kaplan_meier import kaplan_meier
from deeptepp.stats.survival.logrank import log_rank
from deeptepp.stats.survival.logrank_pairwise import log_rank_pairwise
from deeptepp.stats.survival.rmst import area_to

ORACLE = Path(__file__).parents[3] / "shared" / "oracle"
COLUMNS = {"time": "time", "status": "status"}

# Group column, how many quantile groups to make of it (0: its own levels), and a horizon.
SURVIVAL = [
    ("lung", "ecog", 0, 400),
    ("lung", "age", 4, 500),
    ("veteran", "prior", 0, 200),
    ("veteran", "trt", 0, 365),
    ("veteran", "karno", 3, 120),
    ("gbsg", "age", 4, 1500),
    ("gbsg", "nodecat", 0, 2000),
    ("gbsg", "er", 5, 1000),
    ("ovarian", "rx", 0, 500),
    ("aml", "x", 0, 25),
]
SCORES = [("asah", "poor", name) for name in ("age", "wfns", "ndka")] + [("gbsg", "status", "nodes")]

pytestmark = pytest.mark.real


def table(name, *used):
    if not (ORACLE / "data" / f"{name}.csv").exists():
        pytest.skip(f"the data of the oracle are not beside the checkout ({name}.csv)")
    return Case("none", name, ORACLE, {"data": f"data/{name}.csv"}).table(*used)


def groups_of(name, column, n_groups):
    frame = table(name, "time", "status", column)
    if n_groups:
        frame["part"] = pd.qcut(frame[column], n_groups, duplicates="drop").cat.codes.map("part {}".format)
        column = "part"
    return frame, by_group(frame, column)


@pytest.mark.parametrize(("name", "column", "n_groups", "horizon"), SURVIVAL)
def test_curves_and_restricted_means_equal_lifelines(name, column, n_groups, horizon):
    _, groups = groups_of(name, column, n_groups)
    assert len(groups) > 1
    for rows in groups.values():
        times = follow_up(rows, COLUMNS)
        fitter = KaplanMeierFitter().fit(times.months, times.event)
        curve = kaplan_meier(times)
        assert curve.survival == pytest.approx(fitter.survival_function_.iloc[:, 0].to_numpy(), abs=1e-12)
        band = fitter.confidence_interval_.to_numpy()
        inside = (curve.survival > 0) & (curve.survival < 1)
        assert curve.low[inside] == pytest.approx(band[inside, 0], abs=1e-9)
        assert curve.high[inside] == pytest.approx(band[inside, 1], abs=1e-9)
        expected = restricted_mean_survival_time(fitter, t=horizon)
        assert area_to(curve, horizon).estimate.value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("name", "column", "n_groups", "horizon"), SURVIVAL)
def test_log_rank_tests_equal_lifelines(name, column, n_groups, horizon):
    _, groups = groups_of(name, column, n_groups)
    followed = [follow_up(rows, COLUMNS) for rows in groups.values()]
    label = np.repeat(list(groups), [times.n for times in followed])
    months, event = (np.concatenate([getattr(times, part) for times in followed]) for part in ("months", "event"))
    expected = multivariate_logrank_test(months, label, event)
    test = log_rank(followed)
    assert test.statistic == pytest.approx(expected.test_statistic, rel=1e-9)
    assert test.p_value == pytest.approx(expected.p_value, abs=1e-12)
    theirs = pairwise_logrank_test(months, label, event).summary["p"]
    for pair in log_rank_pairwise(followed, list(groups)):
        assert pair.test.p_value == pytest.approx(theirs[pair.first, pair.second], abs=1e-12)


@pytest.mark.parametrize(("name", "status", "score"), SCORES)
def test_areas_equal_scikit_learn(name, status, score):
    frame = table(name, status, score)
    event, values = frame[status].to_numpy(float) == 1, frame[score].to_numpy(float)
    assert roc_auc(values, event).auc == pytest.approx(roc_auc_score(event, values), abs=1e-12)
