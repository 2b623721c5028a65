import numpy as np
import pytest

from deeptepp.domain.cohort import FollowUp
from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.errors import NotEstimable
from deeptepp.report.figures.calibration_figure import (
    calibration_figure,
    group_by_score,
    survival_calibration_figure,
)
from deeptepp.stats.prediction.survival_calibration import calibration_at
from deeptepp.stats.proportion import proportion

RNG = np.random.default_rng(3)
SCORES = RNG.beta(1, 3, 400)
EVENTS = RNG.random(400) < SCORES


def test_groups_hold_every_patient_once_in_the_order_of_scores():
    groups = group_by_score(SCORES, EVENTS, 8)
    assert sum(g.n for g in groups) == 400
    assert sum(g.n_events for g in groups) == EVENTS.sum()
    assert np.all(np.diff([g.predicted for g in groups]) > 0)
    assert max(g.n for g in groups) - min(g.n for g in groups) <= 2


def test_patients_of_one_score_stay_in_one_group():
    groups = group_by_score([0.2] * 30 + [0.7] * 3, [False] * 30 + [True] * 3, 8)
    assert [(g.n, round(g.predicted, 3)) for g in groups] == [(30, 0.2), (3, 0.7)]


def test_scores_that_are_risks_lie_near_the_diagonal():
    for group in group_by_score(SCORES, EVENTS, 5):
        assert group.low - 0.02 <= group.predicted <= group.high + 0.02


def test_points_and_whiskers_are_shares_with_wilson_intervals():
    figure = calibration_figure([0.1] * 20 + [0.8] * 10, [False] * 19 + [True] * 11, title="All", simulated=False)
    (points,) = [trace for trace in figure.data if trace.name == "groups"]
    share = proportion(1, 20)
    assert points.y[0] == share.value
    assert points.y[0] + points.error_y.array[0] == pytest.approx(share.high)
    assert points.y[0] - points.error_y.arrayminus[0] == pytest.approx(share.low)


def test_the_histogram_counts_every_patient():
    bars = [t for t in calibration_figure(SCORES, EVENTS, title="All", simulated=True).data if t.type == "bar"]
    assert {bar.name: sum(bar.y) for bar in bars} == {
        "with an event": EVENTS.sum(),
        "without an event": (~EVENTS).sum(),
    }


def test_the_words_carry_counts_and_the_mark():
    figure = calibration_figure(SCORES, EVENTS, title="All", facts=["slope 1.00"], simulated=True)
    assert figure.layout.meta["alt"].startswith(SIMULATED_COHORT)
    assert f"400\u00a0patients, {EVENTS.sum()}\u00a0events" in figure.layout.title.subtitle.text
    assert "slope 1.00" in figure.layout.title.subtitle.text


def test_nobody_is_refused():
    with pytest.raises(NotEstimable):
        calibration_figure([], [], title="Nobody", simulated=False)


RNG_2 = np.random.default_rng(4)
RISK = RNG_2.beta(1, 4, 400)
TIMES = RNG_2.exponential(-60 / np.log1p(-RISK))
FOLLOW_UP = FollowUp(np.minimum(TIMES, 90.0), TIMES <= 90)
CALIBRATION = calibration_at(FOLLOW_UP, RISK, 60.0, n_groups=5)


def drawn(calibration=CALIBRATION, risk=RISK, **options):
    return survival_calibration_figure(calibration, risk, title="All", **{"simulated": False, **options})


def trace(figure, name):
    return next((t for t in figure.data if t.name == name), None)


def test_groups_lie_at_their_means_with_their_intervals():
    groups = trace(drawn(), "groups")
    for i, group in enumerate(CALIBRATION.groups):
        assert (groups.x[i], groups.y[i]) == (group.mean_predicted, group.observed)
        assert groups.y[i] + groups.error_y.array[i] == pytest.approx(group.high)
        assert groups.y[i] - groups.error_y.arrayminus[i] == pytest.approx(group.low)


def test_the_smooth_curve_is_that_of_the_statistics_by_rising_prediction():
    curve = trace(drawn(), "smooth curve")
    assert (np.diff(curve.x) >= 0).all()
    place = np.flatnonzero(CALIBRATION.smooth.predicted == curve.x[7])[0]
    assert curve.y[7] == CALIBRATION.smooth.observed[place]


def test_groups_are_drawn_over_the_smooth_curve():
    names = [t.name for t in drawn().data]
    assert names.index("ideal") < names.index("smooth curve") < names.index("groups")


def test_the_histogram_has_forty_bins_of_scores_and_fifty_of_risks():
    scores = calibration_figure(SCORES, EVENTS, title="All", simulated=True)
    assert [len(t.y) for t in scores.data if t.type == "bar"] == [40, 40]
    assert len(trace(drawn(), "predicted risks").y) == 50


def test_every_patient_is_in_the_histogram():
    assert sum(trace(drawn(), "predicted risks").y) == len(RISK)


def test_facts_give_ratio_slope_and_distance_with_patients_and_events():
    subtitle = drawn().layout.title.subtitle.text.replace("<br>", " ")
    assert f"400\u00a0patients, {CALIBRATION.n_events}\u00a0events by 60\u00a0months" in subtitle
    assert f"O/E\u00a0{CALIBRATION.ratio.value:.2f} (" in subtitle
    assert f"slope\u00a0{CALIBRATION.slope.value:.2f} (" in subtitle
    assert f"ICI {CALIBRATION.ici:.3f}" in subtitle


def test_both_axes_end_alike_above_predictions_and_groups():
    layout = drawn().layout
    end = layout.xaxis.range[1]
    assert layout.yaxis.range[1] == pytest.approx(1.02 * end)
    assert end >= max(g.high for g in CALIBRATION.groups)
    assert end <= 1


def test_groups_not_followed_to_the_horizon_are_open_and_said():
    short = FollowUp(np.minimum(TIMES, 40.0), TIMES <= 40)
    figure = drawn(calibration_at(short, RISK, 60.0), RISK)
    assert trace(figure, "groups") is None
    assert trace(figure, "groups beyond follow-up").marker.symbol == "circle-open"
    assert "O/E not estimable: " in figure.layout.title.subtitle.text
    assert "not followed to the horizon" in figure.layout.meta["alt"]


def test_equal_predictions_have_a_point_and_no_curve():
    constant = np.full(len(RISK), 0.2)
    figure = drawn(calibration_at(FOLLOW_UP, constant, 60.0), constant)
    assert trace(figure, "smooth curve") is None
    assert "slope not estimable: all predictions are equal" in figure.layout.title.subtitle.text.replace(
        "<br>", " "
    )
    assert "No smooth curve" in figure.layout.meta["alt"]


def test_words_hold_every_group_and_the_mark():
    alt = drawn(simulated=True).layout.meta["alt"]
    assert alt.startswith(SIMULATED_COHORT)
    for group in CALIBRATION.groups:
        assert f"{group.n_events} of {group.n}" in alt
