import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from deeptepp.errors import MissingColumn, NotEstimable, OutOfRange
from deeptepp.stats.treatment.propensity import DroppedLevel, fit_propensity

RNG = np.random.default_rng(3)
AGE = RNG.normal(55, 10, 300)
IS_INDEX = RNG.random(300) < expit((AGE - 55) / 10)


def test_a_yes_no_column_gives_the_log_odds_of_its_shares():
    # 1 of 4 without, 3 of 5 with the fact had the index treatment.
    fact = [0, 0, 0, 0, 1, 1, 1, 1, 1]
    treated = [1, 0, 0, 0, 1, 1, 1, 0, 0]
    model = fit_propensity({"fact": fact}, ["fact"], treated)
    assert model.intercept == pytest.approx(logit(1 / 4), abs=1e-12)
    assert model.coefficients == pytest.approx([logit(3 / 5) - logit(1 / 4)], abs=1e-12)
    assert model.logit[0] == round(logit(1 / 4), 10)


def test_the_score_equations_hold_at_machine_precision():
    income = np.exp(RNG.normal(8, 2, 300))
    model = fit_propensity({"age": AGE, "income": income}, ["age", "income"], IS_INDEX)
    linear = model.intercept + AGE * model.coefficients[0] + income * model.coefficients[1]
    residual = IS_INDEX - expit(linear)
    assert abs(residual.sum()) < 1e-9
    assert abs((residual * AGE).sum()) < 1e-9 * np.abs(AGE).sum()
    assert abs((residual * income).sum()) < 1e-9 * income.sum()


@given(st.floats(1e-6, 1e6), st.floats(-1e4, 1e4))
def test_the_logit_does_not_depend_on_the_unit_of_a_column(scale, shift):
    own = fit_propensity({"age": AGE}, ["age"], IS_INDEX).logit
    other = fit_propensity({"age": (AGE / 10 + shift) * scale}, ["age"], IS_INDEX).logit
    assert other == pytest.approx(own, abs=1e-8)


def test_row_order_does_not_matter():
    order = RNG.permutation(300)
    own = fit_propensity({"age": AGE}, ["age"], IS_INDEX).logit
    assert fit_propensity({"age": AGE[order]}, ["age"], IS_INDEX[order]).logit == pytest.approx(
        own[order], abs=1e-9
    )


def test_a_level_without_index_patients_is_left_out_and_reported():
    stage = np.array(["I"] * 20 + ["IIA"] * 30 + ["IIB"] * 30)
    treated = np.r_[np.zeros(20, bool), np.arange(30) % 3 == 0, np.arange(30) % 2 == 0]
    model = fit_propensity({"stage": stage}, ["stage"], treated)
    assert model.dropped == (DroppedLevel("stage", "I", 0, 20),)
    assert "stage I: no patient had the index treatment; 20 patients were left out" in model.dropped[0].sentence
    assert model.names == ("stageIIB",)
    assert np.isnan(model.logit[:20]).all()
    assert model.logit[20] == round(logit(1 / 3), 10)
    assert (model.n_index, model.n_reference) == (25, 35)


def test_leaving_out_one_level_can_empty_another():
    # All with stage I were untreated; among the others every patient of grade 1 was treated.
    stage = ["I", "I", "I", "II", "II", "II", "II", "II", "II"]
    grade = ["1", "2", "2", "1", "2", "2", "3", "3", "2"]
    treated = [0, 0, 0, 1, 0, 1, 0, 1, 1]
    model = fit_propensity({"stage": stage, "grade": grade}, ["stage", "grade"], treated)
    assert model.dropped == (DroppedLevel("stage", "I", 0, 3), DroppedLevel("grade", "1", 1, 0))
    assert "1 patient was left out" in model.dropped[1].sentence
    assert model.is_included.sum() == 5


@pytest.mark.parametrize("fact", [[0, 0, 1, 1, 1], [False, False, True, True, True]])
def test_yes_no_columns_are_categories_too(fact):
    model = fit_propensity({"fact": fact}, ["fact"], [0, 0, 0, 1, 1])
    assert model.dropped == (DroppedLevel("fact", str(fact[0]), 0, 2),)
    assert np.isnan(model.coefficients[0])
    assert model.repeated == ("fact",)


def test_a_reference_level_that_is_left_out_gives_way():
    stage = ["I", "I", "IIA", "IIA", "IIB", "IIB", "IIB"]
    model = fit_propensity({"stage": stage}, ["stage"], [0, 0, 0, 1, 1, 1, 0], reference={"stage": "I"})
    assert model.names == ("stageIIB",)


def test_a_column_that_repeats_another_has_no_coefficient_and_changes_nothing():
    alone = fit_propensity({"age": AGE}, ["age"], IS_INDEX)
    twice = fit_propensity(
        {"age": AGE, "months": AGE * 12, "one": np.full(300, 7.3)}, ["age", "months", "one"], IS_INDEX
    )
    assert twice.repeated == ("months", "one")
    assert np.isnan(twice.coefficients[1:]).all()
    assert twice.logit == pytest.approx(alone.logit, abs=1e-9)


def test_no_term_gives_everybody_the_same_logit():
    model = fit_propensity({}, [], [1, 0, 0, 0])
    assert set(model.logit) == {round(logit(0.25), 10)}


@pytest.mark.parametrize("treated", [[0, 0, 0], [1, 1, 1]])
def test_one_treatment_has_no_propensity(treated):
    with pytest.raises(NotEstimable):
        fit_propensity({"age": [1.0, 2.0, 3.0]}, ["age"], treated)


def test_a_number_that_separates_the_treatments_is_refused():
    with pytest.raises(NotEstimable, match="separate"):
        fit_propensity({"age": [1.0, 2.0, 3.0, 4.0]}, ["age"], [0, 0, 1, 1])


def test_missing_columns_and_values_are_refused():
    with pytest.raises(MissingColumn, match="weight"):
        fit_propensity({"age": AGE}, ["weight"], IS_INDEX)
    with pytest.raises(OutOfRange):
        fit_propensity({"age": np.where(AGE > 70, np.nan, AGE)}, ["age"], IS_INDEX)


def test_a_long_reach_is_no_separation():
    # Follow-up of one arm is short; most of the other arm lies far beyond it, but some overlap.
    months = np.r_[14.0:44.0, 16.0, 20.0, 25.0, 33.0, 44.0:460.0]
    treated = np.r_[np.ones(30, bool), np.zeros(len(months) - 30, bool)]
    model = fit_propensity({"months": months}, ["months"], treated)
    assert model.logit.min() < -40
    residual = treated - expit(model.intercept + model.coefficients[0] * months)
    assert abs(residual.sum()) < 1e-9
    assert abs((residual * months).sum()) < 1e-7


def test_a_number_that_separates_most_but_ties_at_one_value_is_refused():
    with pytest.raises(NotEstimable, match="separate"):
        fit_propensity({"age": [1.0, 2.0, 3.0, 3.0, 4.0, 5.0]}, ["age"], [0, 0, 0, 1, 1, 1])
