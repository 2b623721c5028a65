import numpy as np
import pytest

from deeptepp.domain.cohort import FollowUp
from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.report.figures.survival_calibration_figure import survival_calibration_figure
from deeptepp.stats.prediction.survival_calibration import calibration_at

RNG = np.random.default_rng(4)
RISK = RNG.beta(1, 4, 400)
TIMES = RNG.exponential(-60 / np.log1p(-RISK))
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
