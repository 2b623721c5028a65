import numpy as np
import pytest

from deeptepp.domain.cohort import FollowUp
from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.errors import NotEstimable
from deeptepp.report.figures.decision_figure import decision_curve_figure
from deeptepp.stats.prediction.decision_curve import decision_curve_at

RNG = np.random.default_rng(4)
RISK = RNG.beta(1, 4, 300)
EVENT = RNG.random(300) < RISK
THRESHOLDS = np.linspace(0, 0.5, 26)
KNOWN = FollowUp(np.ones(len(EVENT)), EVENT)
CURVE = decision_curve_at(RISK, KNOWN, 1.0, THRESHOLDS, label="Score")


def drawn(*curves, simulated=False):
    return decision_curve_figure(curves, title="All", simulated=simulated)


def trace(figure, name):
    return next(t for t in figure.data if t.name == name)


def test_lines_are_those_of_the_statistics_and_nobody_positive_is_zero():
    figure = drawn(CURVE)
    assert list(trace(figure, "Score").y) == list(CURVE.net_benefit)
    assert list(trace(figure, "everybody positive").y) == list(CURVE.treat_all)
    assert set(trace(figure, "nobody positive").y) == {0}


def test_the_axis_shows_all_that_lies_above_nobody_positive():
    low, high = drawn(CURVE).layout.yaxis.range
    assert low < 0
    assert high > max(CURVE.net_benefit.max(), CURVE.treat_all.max())


def test_models_differ_in_dash_for_print():
    curves = [decision_curve_at(RISK, KNOWN, 1.0, THRESHOLDS, label=name) for name in "abcd"]
    figure = drawn(*curves)
    assert len({trace(figure, name).line.dash for name in "abcd"}) == 4


def test_thresholds_without_follow_up_leave_a_gap_that_is_explained():
    follow_up = FollowUp(np.where(RISK > 0.4, 10.0, 70.0), EVENT)
    figure = drawn(decision_curve_at(RISK, follow_up, 60.0, THRESHOLDS, label="Score"))
    assert np.isnan(trace(figure, "Score").y).any()
    assert not trace(figure, "Score").connectgaps
    assert "not followed to the horizon" in figure.layout.title.subtitle.text.replace("<br>", " ")


def test_words_hold_patients_events_and_values():
    alt = drawn(CURVE, simulated=True).layout.meta["alt"]
    assert alt.startswith(SIMULATED_COHORT)
    assert f"300\u00a0patients, {EVENT.sum()}\u00a0events" in alt
    assert f"threshold 50\u00a0%: {CURVE.net_benefit[-1]:.3f}" in alt


def test_nothing_to_draw_is_refused_with_its_reason():
    with pytest.raises(NotEstimable):
        drawn()
    follow_up = FollowUp(np.full(300, 10.0), np.zeros(300, dtype=bool))
    with pytest.raises(NotEstimable, match="not followed to the horizon"):
        drawn(decision_curve_at(RISK, follow_up, 60.0, [0.0]))


def test_the_mark_has_a_strip_above_every_curve():
    figure = drawn(CURVE, simulated=True)
    (mark,) = [a for a in figure.layout.annotations if a.name == "simulated"]
    low, high = figure.layout.yaxis.range
    assert low + mark.y * (high - low) >= np.nanmax([CURVE.net_benefit, CURVE.treat_all])
    assert low == drawn(CURVE).layout.yaxis.range[0]
