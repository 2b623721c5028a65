import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.restricted_cubic_spline import knots_of, quantiles, spline_columns


def test_the_second_column_is_worked_by_hand():
    # Knots 0, 1, 3: ((x)+^3 - (x-1)+^3 * 3/2 + (x-3)+^3 * 1/2) / 9.
    columns = spline_columns([-1, 0.5, 2, 4], (0, 1, 3))
    assert columns[:, 0].tolist() == [-1, 0.5, 2, 4]
    assert columns[:, 1] == pytest.approx([0, 0.125 / 9, (8 - 1.5) / 9, (64 - 40.5 + 0.5) / 9])


@pytest.mark.parametrize("knots", [(0.0, 1.0, 3.0), (-2.0, -0.5, 1.0, 1.5)])
def test_the_curve_is_straight_beyond_the_outer_knots_and_smooth_at_the_inner_ones(knots):
    for start in (-9.0, 5.0):
        columns = spline_columns(np.array([0.0, 1.0, 2.0]) + start, knots)
        assert np.diff(columns, 2, axis=0) == pytest.approx(0, abs=1e-10)
    step = 1e-4
    for knot in knots:
        around = spline_columns(np.array([-2, -1, 0, 1, 2]) * step + knot, knots)
        second = np.diff(around, 2, axis=0) / step**2
        assert second[0] == pytest.approx(second[-1], abs=1e-2)


def test_knots_lie_at_the_usual_quantiles():
    assert knots_of(np.arange(101), 3) == pytest.approx((10, 50, 90))
    assert knots_of(np.arange(101), 4) == pytest.approx((5, 35, 65, 95))


def test_too_few_distinct_values_carry_no_spline():
    with pytest.raises(NotEstimable, match="too few distinct values"):
        knots_of([0.1] * 9 + [0.5], 3)
    with pytest.raises(OutOfRange):
        knots_of(np.arange(9), 5)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30), st.floats(0, 1))
def test_quantiles_are_of_type_seven(values, share):
    assert quantiles(values, [share])[0] == pytest.approx(np.quantile(values, share), abs=1e-12)


def test_a_quantile_between_equal_values_is_that_value():
    assert quantiles([0.3] * 10, [0.1, 0.37, 0.9]).tolist() == [0.3] * 3
