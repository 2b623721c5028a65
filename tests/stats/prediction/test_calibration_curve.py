import numpy as np
import pytest

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.design import Design
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.hazards.cox_fit import MONOTONE
from deeptepp.stats.prediction.calibration_curve import smooth_curve, straight_curve
from deeptepp.stats.restricted_cubic_spline import knots_of, spline_columns


@pytest.fixture(scope="module")
def predicted():
    """Follow-up, predicted risk at 60 months and log(-log(1 - p)) of 300 patients."""
    rng = np.random.default_rng(61)
    log_hazard = np.log(0.4) + 0.8 * rng.normal(size=300)
    months, lost = rng.exponential(60 / np.exp(log_hazard)), rng.uniform(20, 120, 300)
    return FollowUp(np.minimum(months, lost), months <= lost), -np.expm1(-np.exp(log_hazard)), log_hazard


def test_the_straight_curve_is_a_cox_model_on_the_log_hazard(predicted):
    follow_up, p, x = predicted
    found = straight_curve(follow_up, p, x, 60, "")
    expected = 1 - fit_cox(follow_up, Design(("x",), x[:, None])).survival_at(60, x[:, None])
    assert found.observed == pytest.approx(expected)
    assert (found.knots, found.reason) == ((), "")


@pytest.mark.parametrize("n_knots", [3, 4])
def test_the_smooth_curve_is_a_cox_model_on_its_spline(predicted, n_knots):
    follow_up, p, x = predicted
    found = smooth_curve(follow_up, p, x, 60, n_knots, "")
    columns = spline_columns(x, knots_of(x, n_knots))
    names = tuple(f"x{i}" for i in range(columns.shape[1]))
    assert found.observed == pytest.approx(1 - fit_cox(follow_up, Design(names, columns)).survival_at(60, columns))
    assert f"{n_knots} knots" in found.method


def test_the_distances_are_mean_median_ninetieth_percentile_and_largest(predicted):
    follow_up, p, x = predicted
    found = straight_curve(follow_up, p, x, 60, "")
    distance = np.abs(found.observed - p)
    expected = (distance.mean(), *np.quantile(distance, [0.5, 0.9]), distance.max())
    assert (found.ici, found.e50, found.e90, found.emax) == pytest.approx(expected)


def test_a_straight_curve_rises_with_the_prediction_where_patients_differ_as_predicted(predicted):
    follow_up, p, x = predicted
    found = straight_curve(follow_up, p, x, 60, "")
    assert (np.diff(found.observed[np.argsort(p)]) >= 0).all()
    assert found.ici < 0.08


@pytest.mark.parametrize("curve", [straight_curve, lambda *a: smooth_curve(*a[:4], 3, a[4])])
def test_a_reason_given_beforehand_is_passed_on(predicted, curve):
    found = curve(*predicted, 60, "no event was seen")
    assert (found.ici, found.emax, found.reason, len(found.observed)) == (None, None, "no event was seen", 0)


def test_too_few_distinct_predictions_for_the_knots_have_a_reason(predicted):
    follow_up, _, _ = predicted
    x = np.resize([-1.0, 0.0], follow_up.n)
    found = smooth_curve(follow_up, -np.expm1(-np.exp(x)), x, 60, 4, "")
    assert found.ici is None
    assert "distinct" in found.reason


def test_predictions_that_separate_have_a_reason_and_no_curve():
    follow_up = FollowUp(np.array([1.0, 2, 3, 4]), np.array([True, True, False, False]))
    x = np.array([0.5, 0.5, -2, -2])
    found = straight_curve(follow_up, -np.expm1(-np.exp(x)), x, 3, "")
    assert (found.ici, found.reason) == (None, MONOTONE)
