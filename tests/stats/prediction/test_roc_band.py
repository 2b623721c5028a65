import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.stats.prediction.roc_band import roc_band


def sample(n=200, shift=1.0, seed=0):
    rng = np.random.default_rng(seed)
    event = np.arange(n) < 0.3 * n
    return rng.normal(size=n) + shift * event, event


def test_the_curve_inside_the_band_is_the_curve_of_the_scores():
    # Scores 3, 2 | 1 with the event against 2, 0: at no false positive 1 of 3, at one half all 3 through a tie.
    band = roc_band([3, 2, 1, 2, 0], [1, 1, 1, 0, 0], n_points=3, n_draws=20)
    assert band.sensitivity == pytest.approx([1 / 3, 1, 1])
    assert list(band.specificity) == [1, 0.5, 0]


def test_the_band_encloses_the_curve_and_never_falls():
    band = roc_band(*sample())
    assert (band.low <= band.sensitivity + 1e-12).all()
    assert (band.sensitivity <= band.high + 1e-12).all()
    assert (np.diff(band.low) >= 0).all()
    assert (np.diff(band.high) >= 0).all()


def test_the_band_is_as_wide_as_independent_draws_of_patients_make_it():
    x, y = sample(400, seed=3)
    band = roc_band(x, y, n_points=11)
    truth = [
        np.interp(0.3, 1 - c.specificity[::-1], c.sensitivity[::-1])
        for c in (roc_auc(*sample(400, seed=s)) for s in range(300))
    ]
    assert band.high[3] - band.low[3] == pytest.approx(3.92 * np.std(truth), rel=0.3)


def test_perfect_scores_have_a_band_without_width():
    band = roc_band([1, 2, 3, 4, 5, 6], [0, 0, 0, 1, 1, 1])
    assert (band.low == 1).all()
    assert (band.high == 1).all()


def test_counts_and_method_are_told():
    band = roc_band(*sample(), n_draws=50, level=0.9)
    assert (band.n, band.n_events, band.n_draws, band.level) == (200, 60, 50, 0.9)
    assert "stratified" in band.method


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(30)), st.floats(0.1, 10))
def test_order_of_patients_and_unit_of_the_score_do_not_matter(order, unit):
    x, y = sample(30)
    first, second = (
        roc_band(x, y, n_draws=30),
        roc_band(unit * x[list(order)], y[list(order)], n_draws=30),
    )
    assert (first.low == second.low).all()
    assert (first.high == second.high).all()


@pytest.mark.parametrize("events", [[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0]])
def test_a_class_of_less_than_two_has_no_band(events):
    with pytest.raises(NotEstimable):
        roc_band([1, 2, 3, 4], events)


def test_missing_scores_and_levels_outside_are_refused():
    with pytest.raises(OutOfRange):
        roc_band([1, np.nan, 3, 4], [0, 0, 1, 1])
    with pytest.raises(OutOfRange):
        roc_band([1, 2, 3, 4], [0, 0, 1, 1], level=1.0)
