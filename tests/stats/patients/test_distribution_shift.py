from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ks_2samp, norm

from deeptepp.stats.estimate import Estimate
from deeptepp.stats.multiplicity import holm
from deeptepp.stats.patients.distribution_shift import (
    MAX_LEVELS,
    ShiftVerdict,
    judged,
    shift_of_categories,
    shift_of_estimates,
    shift_of_numbers,
)

RNG = np.random.default_rng(0)
REFERENCE = RNG.normal(50, 10, 600)


def test_numbers_are_tested_by_kolmogorov_smirnov_without_the_unknown():
    incoming = np.append(RNG.normal(54, 10, 200), [np.nan, np.nan])
    found = shift_of_numbers("age", REFERENCE, incoming)
    assert (found.n_reference, found.n_incoming) == (600, 200)
    assert found.p_value == pytest.approx(ks_2samp(REFERENCE, incoming[:200]).pvalue)


def test_psi_is_near_0_for_equal_groups_and_grows_with_the_shift():
    sizes = [shift_of_numbers("age", REFERENCE, RNG.normal(50 + d, 10, 300)).psi for d in (0, 5, 10)]
    assert sizes[0] < 0.03 < sizes[1] < sizes[2]


def test_the_interval_of_the_psi_holds_the_psi_of_the_populations():
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.3, 0.4, 0.3])
    truth, held = float(((p - q) * np.log(p / q)).sum()), []
    for i in range(60):
        one, other = (np.random.default_rng(i).choice(list("abc"), 300, p=x).tolist() for x in (p, q))
        found = shift_of_categories("kind", one, other)
        held.append(found.psi_low < truth < found.psi_high)
    assert np.mean(held) > 0.85


def test_a_level_that_the_reference_does_not_have_is_named():
    found = shift_of_categories("scanner", ["a"] * 100 + ["b"] * 50, ["a"] * 50 + ["new"] * 30)
    assert found.unseen == ("new",)
    assert judged([found])[0].verdict is ShiftVerdict.SHIFT


def test_rare_levels_beyond_the_most_frequent_are_counted_together():
    levels = [f"s{i}" for i in range(3 * MAX_LEVELS)]
    found = shift_of_categories("scanner", levels * 3, levels * 3)
    assert found.p_value > 0.5
    assert (found.n_reference, found.n_incoming) == (180, 180)


def test_p_values_of_a_report_are_adjusted_by_holm():
    shifts = [shift_of_numbers(str(d), REFERENCE, RNG.normal(50 + d, 10, 200)) for d in (0, 2, 3)]
    unknown = shift_of_numbers("unknown", REFERENCE, np.full(9, np.nan))
    found = judged([shifts[0], unknown, *shifts[1:]])
    adjusted = holm([each.p_value for each in shifts])
    assert [found[i].p_adjusted for i in (0, 2, 3)] == pytest.approx(adjusted.tolist())
    assert found[1].verdict is ShiftVerdict.NOT_COMPARED
    assert found[1].reason


def test_few_patients_are_never_said_to_show_no_shift():
    few, many = (judged([shift_of_numbers("age", REFERENCE, RNG.normal(50, 10, n))])[0] for n in (15, 400))
    assert few.verdict is ShiftVerdict.TOO_FEW
    assert many.verdict is ShiftVerdict.NOT_SEEN
    assert many.detectable < 0.5 < few.detectable


def test_a_shift_of_the_size_that_would_have_been_seen_is_seen_in_four_of_five():
    detectable = judged([shift_of_numbers("age", REFERENCE, REFERENCE[:200] + 1)])[0].detectable
    draws = [np.random.default_rng((7, i)) for i in range(100)]
    p = [ks_2samp(r.normal(0, 1, 600), r.normal(detectable, 1, 200)).pvalue for r in draws]
    assert np.mean(np.array(p) < 0.05) > 0.75


def test_estimates_are_compared_by_their_standard_errors():
    one = Estimate(value=0.0, low=-0.2, high=0.2, n=500, n_events=60, method="fit")
    other = replace(one, value=0.5, low=0.2, high=0.8)
    found = shift_of_estimates("intercept", one, other)
    z = 0.5 / (np.hypot(0.2, 0.3) / norm.ppf(0.975))
    assert found.p_value == pytest.approx(2 * norm.sf(z))
    assert shift_of_estimates("intercept", one, replace(other, value=None, reason="few")).reason == "few"
