import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeptepp.errors import OutOfRange
from deeptepp.stats.multiplicity import benjamini_hochberg, holm

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_adjusted_values_are_those_of_r():
    # p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_one_test_is_left_alone_and_none_passes_one():
    assert holm([0.2]) == pytest.approx([0.2])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert len(holm([])) == 0


def test_a_missing_p_value_is_refused():
    with pytest.raises(OutOfRange):
        holm([0.1, float("nan")])


@given(P_VALUES, st.randoms(use_true_random=False))
def test_the_order_of_the_tests_does_not_matter(p, random):
    order = list(range(len(p)))
    random.shuffle(order)
    assert np.array_equal(holm(p)[order], holm(np.array(p)[order]))


@given(P_VALUES)
def test_adjusting_lies_between_nothing_and_bonferroni_and_keeps_the_order(p):
    adjusted, p = holm(p), np.array(p)
    assert (adjusted >= p).all()
    assert (adjusted <= np.minimum(p * len(p), 1)).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()


def test_benjamini_hochberg_equals_the_closed_form():
    # 0.01 * 4, 0.02 * 4/2, 0.03 * 4/3 all give 0.04; 0.9 stays.
    assert benjamini_hochberg([0.9, 0.01, 0.03, 0.02]) == pytest.approx([0.9, 0.04, 0.04, 0.04])


@given(P_VALUES)
def test_benjamini_hochberg_is_never_stricter_than_holm_nor_holm_than_bonferroni(p):
    assert (benjamini_hochberg(p) <= holm(p) + 1e-15).all()
    assert (holm(p) <= np.minimum(np.array(p) * len(p), 1)).all()
    assert (benjamini_hochberg(p) >= np.array(p)).all()


def test_no_test_at_all_is_no_error():
    assert len(benjamini_hochberg([])) == 0
