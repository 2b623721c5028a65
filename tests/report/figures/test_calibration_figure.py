import numpy as np
import pytest

from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.errors import NotEstimable
from deeptepp.report.figures.calibration_figure import calibration_figure, group_by_score
from deeptepp.stats.proportion import proportion

RNG = np.random.default_rng(3)
SCORES = RNG.beta(1, 3, 400)
EVENTS = RNG.random(400) < SCORES


def test_groups_hold_every_patient_once_in_the_order_of_scores():
    groups = group_by_score(SCORES, EVENTS, 8)
    assert sum(g.observed.n for g in groups) == 400
    assert sum(g.observed.n_events for g in groups) == EVENTS.sum()
    assert np.all(np.diff([g.mean_score for g in groups]) > 0)
    assert max(g.observed.n for g in groups) - min(g.observed.n for g in groups) <= 2


def test_patients_of_one_score_stay_in_one_group():
    groups = group_by_score([0.2] * 30 + [0.7] * 3, [False] * 30 + [True] * 3, 8)
    assert [(g.observed.n, round(g.mean_score, 3)) for g in groups] == [(30, 0.2), (3, 0.7)]


def test_scores_that_are_risks_lie_near_the_diagonal():
    for group in group_by_score(SCORES, EVENTS, 5):
        assert group.observed.low - 0.02 <= group.mean_score <= group.observed.high + 0.02


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
