import numpy as np
import pytest
from hypothesis import given
from partial_likelihood import PATIENTS, drawn, lifelines_fit, sample

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import MissingColumn
from deeptepp.stats.design import Design, design
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.hazards.cox_fit import ALIASED, MONOTONE, UNSTABLE
from deeptepp.stats.hazards.interaction import compare_nested, interaction


@pytest.fixture(scope="module")
def facts():
    times, values = drawn(51, 200)
    tier = np.array(["High", "Low", "Moderate"], dtype=object)[np.random.default_rng(51).integers(0, 3, times.n)]
    return times, {"arm": values[:, 1], "age": values[:, 0], "tier": tier}


def by_hand(columns):
    """Columns (n, 5): arm, tiers beyond the first, and their products."""
    tiers = np.column_stack([columns["tier"] == "Low", columns["tier"] == "Moderate"]).astype(float)
    return np.column_stack([columns["arm"], tiers, columns["arm"][:, None] * tiers])


@pytest.mark.parametrize("is_stratified", [False, True])
def test_the_likelihood_ratio_is_twice_the_rise_of_an_independent_implementation(facts, is_stratified):
    times, columns = facts
    strata = np.arange(times.n) % 2 if is_stratified else None
    values = by_hand(columns)
    small, large = (lifelines_fit(times, values[:, :k], strata=strata)[0].log_likelihood_ for k in (3, 5))
    found = interaction(times, columns, "arm", "tier", strata=strata)
    assert found.likelihood_ratio.statistic == pytest.approx(2 * (large - small), abs=1e-7)
    assert found.likelihood_ratio.degrees_of_freedom == 2


def test_both_models_are_fits_with_and_without_the_products(facts):
    times, columns = facts
    found = interaction(times, columns, "arm", "tier", covariates=["age"])
    assert found.main.names == ("arm", "tierLow", "tierModerate", "age")
    assert found.full.names == (*found.main.names, "arm:tierLow", "arm:tierModerate")
    assert found.added == ("arm:tierLow", "arm:tierModerate")
    assert found.main.coefficients == pytest.approx(
        fit_cox(times, design(columns, ["arm", "tier", "age"])).coefficients
    )


def test_one_added_column_has_the_square_of_its_wald_statistic(facts):
    times, columns = facts
    found = interaction(times, columns, "arm", "age")
    assert found.wald.statistic == pytest.approx(found.full.z[-1] ** 2)
    assert found.wald.p_value == pytest.approx(found.full.p_values[-1])


def test_the_wald_test_is_the_contrast_of_the_added_columns(facts):
    times, columns = facts
    found = interaction(times, columns, "arm", "tier")
    beta, covariance = found.full.coefficients[3:], found.full.covariance[3:, 3:]
    assert found.wald.statistic == pytest.approx(beta @ np.linalg.inv(covariance) @ beta)
    assert found.wald.degrees_of_freedom == 2


def test_neither_the_reference_nor_the_order_of_the_two_columns_matters(facts):
    times, columns = facts
    expected = interaction(times, columns, "arm", "tier").likelihood_ratio.statistic
    other = interaction(times, columns, "tier", "arm", reference={"tier": "Moderate", "arm": "1"})
    assert other.likelihood_ratio.statistic == pytest.approx(expected, abs=1e-8)


def test_effects_within_tiers_are_main_effect_and_product_together(facts):
    # In strata of the tier a model of each tier alone is the model with all products.
    times, columns = facts
    full = interaction(times, columns, "arm", "tier", strata=columns["tier"]).full
    effect = dict(zip(full.names, full.coefficients, strict=True))
    for tier, log in (("High", effect["arm"]), ("Low", effect["arm"] + effect["arm:tierLow"])):
        mine = columns["tier"] == tier
        alone = fit_cox(times.where(mine), Design(("arm",), columns["arm"][mine, None]))
        assert log == pytest.approx(alone.coefficients[0], abs=1e-7)


def test_an_effect_that_differs_is_found_and_one_that_does_not_is_mostly_not():
    rng = np.random.default_rng(52)
    columns = {"arm": np.resize([0.0, 1.0], 400), "tier": np.repeat(["High", "Low"], 200)}
    opposite = np.where(columns["tier"] == "High", -1.0, 1.0) * columns["arm"]
    times = FollowUp(rng.exponential(20 / np.exp(opposite)), np.ones(400, bool))
    assert interaction(times, columns, "arm", "tier").likelihood_ratio.p_value < 1e-6
    p_values = []
    for _ in range(200):
        times = FollowUp(rng.exponential(20 / np.exp(columns["arm"][150:250])), np.ones(100, bool))
        part = {name: column[150:250] for name, column in columns.items()}
        p_values.append(interaction(times, part, "arm", "tier").likelihood_ratio.p_value)
    assert 2 <= (np.array(p_values) < 0.05).sum() <= 20


def test_a_tier_whose_arm_has_no_event_is_tested_by_the_likelihood_ratio_alone():
    times, values = drawn(53, 200)
    columns = {"arm": values[:, 1], "tier": np.resize(["High", "Low"], 200)}
    event = times.event & ~((columns["arm"] == 1) & (columns["tier"] == "Low"))
    found = interaction(FollowUp(times.months, event), columns, "arm", "tier")
    assert found.full.reasons[-1] == MONOTONE
    assert found.likelihood_ratio.p_value is not None
    assert found.wald.p_value is None
    assert found.wald.reason == MONOTONE


def test_a_tier_of_one_arm_has_a_product_that_says_nothing_and_costs_no_degree_of_freedom(facts):
    times, columns = facts
    chosen = (columns["tier"] != "Low") | (columns["arm"] == 0)
    part = {name: column[chosen] for name, column in columns.items()}
    found = interaction(times.where(chosen), part, "arm", "tier")
    assert dict(zip(found.full.names, found.full.reasons, strict=True))["arm:tierLow"] == ALIASED
    assert found.likelihood_ratio.degrees_of_freedom == found.wald.degrees_of_freedom == 1


def test_without_events_there_is_nothing_to_compare(facts):
    times, columns = facts
    found = interaction(FollowUp(times.months, np.zeros(times.n, bool)), columns, "arm", "tier")
    assert (found.likelihood_ratio.p_value, found.wald.p_value) == (None, None)
    assert found.likelihood_ratio.reason


def test_a_likelihood_that_was_not_maximised_is_not_compared():
    # A number whose neighbours are close orders all events: hazards outgrow what a float holds.
    times = FollowUp(np.arange(1.0, 6.0), np.ones(5, bool))
    full = Design(("x", "y"), np.array([[0.0, 10], [1, 8], [0, 7.5], [1, 7.49], [0, 1]]))
    found = compare_nested(times, full.drop(["y"]), full)
    assert UNSTABLE in found.full.reasons
    assert (found.likelihood_ratio.p_value, found.likelihood_ratio.reason) == (None, UNSTABLE)


def test_equal_models_differ_in_nothing(facts):
    times, columns = facts
    same = design(columns, ["arm", "age"])
    found = compare_nested(times, same, same)
    assert found.added == ()
    assert (found.likelihood_ratio.p_value, found.wald.p_value) == (None, None)


def test_a_larger_model_that_lacks_a_column_is_refused(facts):
    times, columns = facts
    with pytest.raises(MissingColumn, match="age"):
        compare_nested(times, design(columns, ["arm", "age"]), design(columns, ["arm", "tier"]))


@given(PATIENTS)
def test_more_columns_are_never_less_likely(rows):
    times, values, strata = sample(rows)
    whole = Design(("a", "b"), values)
    found = compare_nested(times, whole.drop(["b"]), whole, strata=strata)
    assert found.full.log_likelihood >= found.main.log_likelihood - 1e-8
    assert found.likelihood_ratio.degrees_of_freedom in (0, 1)
