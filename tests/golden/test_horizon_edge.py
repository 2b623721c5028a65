"""Follow-up that ends at, just before or just after the horizon: every estimator says what R says of it.

``horizon/horizon.R`` made ``horizon/data.csv`` and ``horizon/expected.json``; R is not needed here.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from deeptepp.domain.cohort import RFS_EVENT, RFS_MONTHS, FollowUp
from deeptepp.stats.horizon import censor_at, known_at
from deeptepp.stats.prediction.adequacy import validation_adequacy
from deeptepp.stats.prediction.brier import brier_score
from deeptepp.stats.prediction.concordance import harrell_c, uno_c
from deeptepp.stats.prediction.cutoffs import find_tier_scheme
from deeptepp.stats.prediction.decision_curve import decision_curve_at
from deeptepp.stats.prediction.dynamic_auc import dynamic_auc
from deeptepp.stats.prediction.horizon_recalibration import recalibration_at
from deeptepp.stats.prediction.operating_point import at_threshold, youden
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.stats.prediction.survival_calibration import calibration_at
from deeptepp.stats.survival.censoring import censoring_weights
from deeptepp.stats.survival.fixed_time import compare_survival_at
from deeptepp.stats.survival.kaplan_meier import kaplan_meier
from deeptepp.stats.survival.logrank import log_rank
from deeptepp.stats.survival.rmst import area_to, compare_restricted_means
from deeptepp.stats.treatment.contrast_estimates import ContrastEstimates
from deeptepp.stats.treatment.number_needed import number_needed
from deeptepp.train.data.dataset import _label
from deeptepp.train.settings import TrainSettings

HERE = Path(__file__).parent / "horizon"
EXPECTED = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
DATA = pd.read_csv(HERE / "data.csv")
WAYS = tuple(name for name in EXPECTED if name != "made")
FOLLOWED = tuple(way for way in WAYS if EXPECTED[way]["survival"] is not None)
HORIZON, TIMES, THRESHOLDS = 60.0, (24.0, 36.0, 60.0), (0.1, 0.2, 0.3, 0.4)
CLOSED, ITERATED = 1e-9, 1e-5


@dataclass
class Edge:
    """One way of ending follow-up: the patients and what R said of them."""

    who: FollowUp
    risk: np.ndarray
    lp: np.ndarray
    is_index: np.ndarray
    said: dict

    @property
    def sides(self):
        """Follow-up of both arms, T+P first."""
        return self.who.where(self.is_index), self.who.where(~self.is_index)


def edge_of(way):
    rows = DATA[DATA["way"] == way]
    who = FollowUp(rows["months"].to_numpy(), rows["status"].to_numpy() == 1)
    risk = rows[["risk24", "risk36", "risk60"]].to_numpy()
    return Edge(who, risk, rows["lp"].to_numpy(), rows["arm"].to_numpy() == "T+P", EXPECTED[way])


@pytest.fixture(params=WAYS)
def edge(request):
    return edge_of(request.param)


@pytest.fixture(params=FOLLOWED)
def followed(request):
    return edge_of(request.param)


@pytest.fixture(params=[way for way in WAYS if way not in FOLLOWED])
def short(request):
    return edge_of(request.param)


def near(found, said, tolerance=CLOSED):
    assert_allclose(found, said, rtol=tolerance, atol=tolerance)


def test_r_saw_follow_up_end_on_every_side_of_the_horizon():
    last = {way: edge_of(way).who.months.max() for way in WAYS}
    assert last["at"] == HORIZON
    assert last["before"] < last["just_before"] < HORIZON < last["just_after"] < last["after"]
    at = edge_of("at").who
    is_then = at.months == HORIZON
    assert at.event[is_then].sum() >= 3  # events tie with censorings at the horizon itself
    assert (~at.event[is_then]).sum() > 40


def test_weights_are_those_of_survival(followed):
    near(censoring_weights(followed.who, known_at(followed.who, HORIZON)), followed.said["weights"])


def test_survival_at_the_horizon(followed):
    found, said = kaplan_meier(followed.who).at(HORIZON), followed.said["survival"]
    near(
        (found.value, found.standard_error, found.low, found.high),
        [said[k] for k in ("surv", "se", "low", "high")],
    )
    assert (found.n_at_risk, found.n_events, found.is_beyond_follow_up) == (said["at_risk"], said["events"], False)


def test_restricted_mean_and_its_difference(edge):
    said, arms = edge.said["rmean"], edge.said["arms"]
    z = 1.959963984540054
    found = area_to(kaplan_meier(edge.who), HORIZON).estimate
    near((found.value, found.high), (said["mean"], said["mean"] + z * said["se"]))
    compared = compare_restricted_means(*edge.sides, HORIZON)
    near((compared.difference.value, compared.standard_error), (arms["rmst"], arms["rmst_se"]))
    assert ("beyond the last observation" in found.reason) == (edge.said["survival"] is None)


def test_brier_score_and_its_mean_over_time(followed):
    said = followed.said["brier"]
    found = brier_score(followed.who, followed.risk[:, 2], HORIZON)
    near((found.score.value, found.null), (said["model"], said["null"]))
    each = [brier_score(followed.who, p, time).score.value for p, time in zip(followed.risk.T, TIMES, strict=True)]
    near(np.trapezoid(each, TIMES) / (TIMES[-1] - TIMES[0]), said["integrated"])


@pytest.mark.parametrize(("risk", "name"), [(1.0, "certain"), (0.0, "never")])
def test_everyone_relapses_scores_the_survival_and_nobody_the_risk(followed, risk, name):
    found = brier_score(followed.who, np.full(followed.who.n, risk), HORIZON).score.value
    survival = kaplan_meier(followed.who).at(HORIZON).value
    near(found, followed.said["brier"][name])
    near(found, survival if risk else 1 - survival)


def test_auc_at_the_horizon(followed):
    found, said = dynamic_auc(followed.who, followed.lp, HORIZON), followed.said["auc"]
    near(found.auc.value, said["model"])
    assert (found.n_cases, found.n_controls) == (said["cases"], said["controls"])


def test_concordance_up_to_the_horizon(edge):
    near(harrell_c(edge.who, edge.lp, horizon_months=HORIZON).index.value, edge.said["harrell"])
    near(uno_c(edge.who, edge.lp, horizon_months=HORIZON).index.value, edge.said["uno"])


def test_calibration(edge):
    found, said = calibration_at(edge.who, edge.risk[:, 2], HORIZON), edge.said["calibration"]
    near(found.slope.value, said["slope"], ITERATED)
    if "ratio" not in said:
        assert found.ratio.value is None
        assert "before the horizon" in found.ratio.reason
        assert all(group.is_beyond_follow_up for group in found.groups)
        return
    near(
        (found.ratio.value, found.ratio.low, found.ratio.high), [said[f"ratio{k}"] for k in ("", "_low", "_high")]
    )
    near([group.observed for group in found.groups], [group["observed"] for group in said["groups"]])
    assert [group.n_events for group in found.groups] == [group["events"] for group in said["groups"]]
    for curve, name in ((found.straight, "straight"), (found.smooth, "smooth")):
        near([getattr(curve, k) for k in ("ici", "e50", "e90", "emax")], list(said[name].values()), ITERATED)


def test_recalibration(followed):
    found, said = recalibration_at(followed.who, followed.risk[:, 2], HORIZON), followed.said["recalibration"]
    near((found.intercept.value, found.slope.value), (said["intercept"], said["slope"]), ITERATED)


def test_decision_curve(followed):
    found = decision_curve_at(followed.risk[:, 2], followed.who, HORIZON, THRESHOLDS)
    near(found.net_benefit, followed.said["net_benefit"])
    near(found.treat_all, followed.said["treat_all"])
    assert found.n_events == followed.said["survival"]["events"]


def test_difference_and_number_needed_at_the_horizon(followed):
    said = followed.said["arms"]
    found = compare_survival_at(*followed.sides, HORIZON).difference
    near(found.value, said["difference"])
    near(found.high - found.low, 2 * 1.959963984540054 * said["difference_se"])
    held = ContrastEstimates(*followed.sides, HORIZON, HORIZON, "", 0.95).difference_at(HORIZON)
    near(held.value, said["difference"])
    sure = number_needed(held)
    assert sure.value is None
    assert "holds 0" in sure.reason  # R's interval holds 0 as well
    assert abs(said["difference"]) < 1.96 * said["difference_se"]


def test_arms_cut_at_the_horizon(edge):
    said = edge.said["arms"]
    sides = [censor_at(side, HORIZON) for side in edge.sides]
    near(log_rank(sides).statistic, said["logrank"])
    assert [side.n_events for side in sides] == said["events_cut"][::-1]
    ratio = ContrastEstimates(*sides, HORIZON, HORIZON, "", 0.95).hazard_ratio()
    near(np.log((ratio.value, ratio.high)), (said["cox"], said["cox"] + 1.959963984540054 * said["cox_se"]), 1e-5)


def test_operating_point_cutoff_and_labels_of_the_patients_known_at_the_horizon(edge):
    known, said = known_at(edge.who, HORIZON), edge.said["operating"]
    table = {RFS_MONTHS: edge.who.months, RFS_EVENT: edge.who.event}
    asked = TrainSettings(label="rfs_event_by_tau", tau_months=HORIZON, dataset=HERE, output=HERE)
    labels = _label(table, asked)
    assert (labels.event == known.is_case).all()
    assert (labels.is_known == known.is_known).all()
    if said is None:
        assert known.n_free == 0
        return
    scores, events = edge.risk[known.is_known, 2], known.is_case[known.is_known]
    assert (len(scores), events.sum()) == (said["n"], said["events"])
    near(roc_auc(scores, events).auc, said["auc"])
    point = at_threshold(scores, events, 0.3)
    near((point.sensitivity.value, point.specificity.value), (said["sensitivity"], said["specificity"]))
    best = youden(scores, events)
    near((best.threshold, best.youden), (said["threshold"], said["youden"]))
    assert find_tier_scheme(scores, events).low_below == pytest.approx(said["threshold"])


def test_adequacy(followed):
    found, said = validation_adequacy(followed.who, HORIZON), followed.said["adequacy"]
    near((found.events.value, found.ratio.value), (said["events"], said["ratio_width"]))


def test_follow_up_that_ends_before_the_horizon_gives_no_number_and_says_when_it_ended(short):
    who, p = short.who, short.risk[:, 2]
    recalibrated = recalibration_at(who, p, HORIZON)
    adequate = validation_adequacy(who, HORIZON)
    said = [
        brier_score(who, p, HORIZON).score,
        dynamic_auc(who, short.lp, HORIZON).auc,
        calibration_at(who, p, HORIZON).observed,
        recalibrated.intercept,
        recalibrated.slope,
        adequate.ratio,
        adequate.concordance,
        ContrastEstimates(*short.sides, None, HORIZON, "", 0.95).difference_at(HORIZON),
    ]
    assert [each.value for each in said] == [None] * len(said)
    assert all("ends at" in each.reason or "followed for less" in each.reason for each in said)
    assert not any("ends at 60 " in each.reason for each in said)
    assert np.isnan(decision_curve_at(p, who, HORIZON, THRESHOLDS).treat_all).all()
    assert kaplan_meier(who).at(HORIZON).is_beyond_follow_up


@pytest.mark.parametrize("way", FOLLOWED)
def test_the_number_does_not_jump_where_follow_up_ends_at_the_horizon(way):
    after, here = edge_of("just_after"), edge_of(way)
    for measure in (
        lambda e: brier_score(e.who, e.risk[:, 2], HORIZON).score,
        lambda e: dynamic_auc(e.who, e.lp, HORIZON).auc,
        lambda e: recalibration_at(e.who, e.risk[:, 2], HORIZON).slope,
        lambda e: calibration_at(e.who, e.risk[:, 2], HORIZON).ratio,
        lambda e: area_to(kaplan_meier(e.who), HORIZON).estimate,
        lambda e: compare_survival_at(*e.sides, HORIZON).difference,
    ):
        there, found = measure(after), measure(here)
        near((found.value, found.low, found.high), (there.value, there.low, there.high))
