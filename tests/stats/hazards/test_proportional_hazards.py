import numpy as np
import pandas as pd
import pytest
from lifelines.statistics import proportional_hazard_test
from partial_likelihood import drawn, lifelines_fit

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.design import Design
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.hazards.cox_likelihood import Ties
from deeptepp.stats.hazards.proportional_hazards import check_proportional_hazards
from deeptepp.stats.survival.kaplan_meier import kaplan_meier


def follow_up(months, event):
    return FollowUp(np.array(months, dtype=float), np.array(event, dtype=bool))


def checked(times, values, *, strata=None, ties=Ties.EFRON):
    design = Design(tuple(f"x{i}" for i in range(values.shape[1])), values)
    fit = fit_cox(times, design, strata=strata, ties=ties)
    return fit, check_proportional_hazards(times, design, fit, strata=strata)


def share_before(times):
    """Share with the event before each time, as a function for any clock."""
    curve = kaplan_meier(times)
    return lambda months: 1 - curve.survival[np.searchsorted(curve.months, months, side="left") - 1]


def their_clock(times):
    """The same clock as an independent implementation asks for it."""
    share = share_before(times)
    return lambda months, _event, _weights: pd.Series(share(months.to_numpy()), index=months.index)


def with_a_slope(times, values, beta):
    """Log likelihood of the events where coefficients change with the share before; for times without ties."""
    share = share_before(times)
    clock = share(times.months)
    middle = clock[times.event].mean()
    total = 0.0
    for i in np.flatnonzero(times.event):
        at_risk = times.months >= times.months[i]
        now = beta[: len(beta) // 2] + (clock[i] - middle) * beta[len(beta) // 2 :]
        total += values[i] @ now - np.log(np.exp(values[at_risk] @ now).sum())
    return total


def derivatives(function, place, step=1e-3):
    """Slope and curvature by central differences."""
    p, steps = len(place), step * np.eye(len(place))
    slope = np.array([(function(place + s) - function(place - s)) / (2 * step) for s in steps])
    curvature = np.empty((p, p))
    for i in range(p):
        for j in range(p):
            corners = [function(place + a * steps[i] + b * steps[j]) for a in (1, -1) for b in (1, -1)]
            curvature[i, j] = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * step**2)
    return slope, curvature


def test_each_test_is_the_score_test_of_a_coefficient_that_changes():
    times, values = drawn(31, 80)
    values = (values - [50, 0]) / [10, 1]
    fit, found = checked(times, values)
    place = np.concatenate([fit.coefficients, [0, 0]])
    slope, curvature = derivatives(lambda beta: with_a_slope(times, values, beta), place)
    assert slope[:2] == pytest.approx([0, 0], abs=1e-4)
    spread = -np.linalg.inv(curvature)[2:, 2:]
    assert found.together.statistic == pytest.approx(slope[2:] @ spread @ slope[2:], rel=1e-3)
    covariance = np.linalg.inv(spread)
    assert [each.statistic for each in found.by_column] == pytest.approx(
        slope[2:] ** 2 / np.diag(covariance), rel=1e-3
    )


def test_pairs_give_what_an_independent_implementation_gives():
    # In strata of two with one event the spread is the same at every event: the older formula is the newer one.
    rng = np.random.default_rng(32)
    months = rng.exponential(20, (60, 2))
    times, strata = (
        follow_up(months.ravel(), (months == months.min(axis=1, keepdims=True)).ravel()),
        np.repeat(np.arange(60), 2),
    )
    values = np.tile([0.0, 1.0], 60)[:, None]
    _, found = checked(times, values, strata=strata)
    theirs, frame = lifelines_fit(times, values, strata=strata)
    expected = proportional_hazard_test(theirs, frame, time_transform=their_clock(times))
    assert found.by_column[0].statistic == pytest.approx(expected.test_statistic.item(), rel=1e-6)
    assert found.by_column[0].p_value == pytest.approx(expected.p_value.item(), rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_large_cohorts_give_about_what_an_independent_implementation_gives(seed):
    rng = np.random.default_rng(seed)
    arm = rng.random(3000) < 0.5
    months = np.where(arm, rng.weibull(1.3, 3000), rng.weibull(1.0, 3000)) * 20
    times = FollowUp(months, np.ones(3000, bool))
    _, found = checked(times, arm[:, None].astype(float))
    theirs, frame = lifelines_fit(times, arm[:, None].astype(float))
    expected = proportional_hazard_test(theirs, frame, time_transform=their_clock(times))
    assert found.by_column[0].statistic == pytest.approx(expected.test_statistic.item(), rel=0.05)


def test_hazards_that_cross_are_found_and_proportional_ones_are_mostly_not():
    rng = np.random.default_rng(33)
    arm = (np.arange(600) % 2).astype(float)
    crossing = FollowUp(np.where(arm == 1, rng.weibull(2, 600), rng.weibull(0.7, 600)) * 20, np.ones(600, bool))
    assert checked(crossing, arm[:, None])[1].by_column[0].p_value < 1e-6
    p_values = []
    for _ in range(200):
        times = FollowUp(rng.exponential(20 / np.exp(0.5 * arm[:100])), np.ones(100, bool))
        p_values.append(checked(times, arm[:100, None])[1].by_column[0].p_value)
    assert 2 <= (np.array(p_values) < 0.05).sum() <= 20
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.08)


def test_one_column_alone_is_the_test_of_all():
    times, values = drawn(34)
    _, found = checked(times, values[:, 1:])
    assert found.together.statistic == pytest.approx(found.by_column[0].statistic)
    assert (found.together.degrees_of_freedom, found.names) == (1, ("x0",))


@pytest.mark.parametrize("ties", list(Ties))
def test_neither_row_order_nor_units_matter(ties):
    times, values = drawn(35, grid=5)
    order = np.random.default_rng(1).permutation(times.n)
    changed = FollowUp(times.months[order] * 30.4375, times.event[order])
    _, ours = checked(times, values, ties=ties)
    _, theirs = checked(changed, values[order] * [365.25, 1] + [7, 0], ties=ties)
    assert [each.statistic for each in theirs.by_column] == pytest.approx(
        [each.statistic for each in ours.by_column]
    )
    assert theirs.together.statistic == pytest.approx(ours.together.statistic)


def test_two_fits_of_strata_that_are_one_agree():
    times, values = drawn(36)
    _, plain = checked(times, values)
    _, stratified = checked(times, values, strata=np.zeros(times.n))
    assert stratified.together.statistic == pytest.approx(plain.together.statistic)


def test_columns_without_an_estimate_are_left_out():
    times, values = drawn(37)
    _, two = checked(times, values)
    _, found = checked(times, values[:, [0, 1, 1]])
    assert found.names == ("x0", "x1")
    assert found.together.statistic == pytest.approx(two.together.statistic)
    assert found.together.degrees_of_freedom == 2


def test_without_any_estimate_there_is_nothing_to_test():
    _, found = checked(follow_up([1, 2, 3], [0, 0, 0]), np.array([[1.0], [0.0], [1.0]]))
    assert (found.names, found.by_column, found.together.p_value) == ((), (), None)
    assert found.together.reason


def test_events_at_one_time_show_no_slope_and_say_so():
    _, found = checked(follow_up([3] * 6, [1, 0, 1, 1, 0, 0]), np.array([[1.0], [1], [0], [1], [0], [0]]))
    assert found.by_column[0].p_value is None
    assert found.by_column[0].reason == found.together.reason == "all events are at one time"
