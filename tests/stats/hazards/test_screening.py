import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from partial_likelihood import PATIENTS, drawn, lifelines_fit, sample

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import MissingColumn, OutOfRange
from deeptepp.stats.design import design
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.hazards.cox_fit import ALIASED, MONOTONE
from deeptepp.stats.hazards.cox_likelihood import Ties
from deeptepp.stats.hazards.screening import screen
from deeptepp.stats.multiplicity import benjamini_hochberg, holm


@pytest.fixture(scope="module")
def facts():
    times, values = drawn(41)
    rng = np.random.default_rng(41)
    stage = np.array(["I", "II", "III"], dtype=object)[rng.integers(0, 3, times.n)]
    return times, {"age": values[:, 0], "arm": values[:, 1], "stage": stage, "noise": rng.normal(size=times.n)}


def test_every_variable_is_the_model_of_its_own(facts):
    times, columns = facts
    found = screen(times, columns, ["stage", "age"])
    assert [each.name for each in found.variables] == ["stage", "age"]
    for each in found.variables:
        alone = fit_cox(times, design(columns, [each.name]))
        assert each.fit.coefficients.tolist() == alone.coefficients.tolist()
        assert each.p_value == alone.likelihood_ratio.p_value


def test_the_p_value_equals_an_independent_implementation(facts):
    times, columns = facts
    (age,) = screen(times, columns, ["age"]).variables
    theirs, _ = lifelines_fit(times, columns["age"][:, None])
    assert age.p_value == pytest.approx(theirs.log_likelihood_ratio_test().p_value, rel=1e-6)


def test_a_variable_of_several_levels_has_one_test_of_all(facts):
    times, columns = facts
    (stage,) = screen(times, columns, ["stage"]).variables
    assert stage.fit.names == ("stageII", "stageIII")
    assert stage.fit.likelihood_ratio.degrees_of_freedom == 2


def test_p_values_are_adjusted_for_all_that_were_looked_at(facts):
    times, columns = facts
    rows = screen(times, columns, list(columns)).variables
    p_values = [row.p_value for row in rows]
    assert [row.holm for row in rows] == holm(p_values).tolist()
    assert [row.benjamini_hochberg for row in rows] == benjamini_hochberg(p_values).tolist()


def test_a_variable_without_a_test_counts_as_looked_at(facts):
    times, columns = facts
    one = screen(times, columns, ["age"]).variables[0]
    found = screen(times, {**columns, "same": np.ones(times.n)}, ["age", "same"])
    age, same = found.variables
    assert age.holm == pytest.approx(2 * one.holm)
    assert (same.p_value, same.holm, same.benjamini_hochberg, same.is_selected) == (None, None, None, False)
    assert same.reason
    assert same.fit.reasons == (ALIASED,)


def test_selected_is_whose_unadjusted_p_lies_below_the_limit(facts):
    times, columns = facts
    p_values = {row.name: row.p_value for row in screen(times, columns, list(columns)).variables}
    limit = sorted(p_values.values())[1]
    found = screen(times, columns, list(columns), limit=limit)
    assert found.selected == tuple(name for name, p in p_values.items() if p < limit)
    assert len(found.selected) == 1


@pytest.mark.parametrize("missing", [None, np.nan, ""])
def test_patients_whose_value_is_not_known_are_left_out_and_counted(facts, missing):
    times, columns = facts
    gaps = columns["stage"].copy()
    gaps[:20] = missing
    (stage,) = screen(times, {"stage": gaps}, ["stage"]).variables
    rest = FollowUp(times.months[20:], times.event[20:])
    assert (stage.n_missing, stage.fit.n, stage.fit.n_events) == (20, rest.n, rest.n_events)
    assert stage.p_value == screen(rest, {"stage": gaps[20:]}, ["stage"]).variables[0].p_value


def test_numbers_among_missing_entries_stay_numbers(facts):
    times, columns = facts
    gaps = np.array([None, *columns["age"][1:]], dtype=object)
    (age,) = screen(times, {"age": gaps}, ["age"]).variables
    assert age.fit.names == ("age",)
    assert age.n_missing == 1


def test_a_variable_that_nobody_knows_has_no_model_and_a_reason(facts):
    times, _ = facts
    (unknown,) = screen(times, {"x": np.full(times.n, np.nan)}, ["x"]).variables
    assert (unknown.fit, unknown.p_value, unknown.reason) == (None, None, "no value is known")
    assert unknown.n_missing == times.n


def test_a_named_reference_and_a_category_of_numbers(facts):
    times, columns = facts
    grade = np.resize([1.0, 2.0, 3.0], times.n)
    found = screen(
        times, {**columns, "grade": grade}, ["grade", "stage"], reference={"grade": "2", "stage": "III"}
    )
    assert [row.fit.names for row in found.variables] == [("grade1", "grade3"), ("stageI", "stageII")]


def test_a_level_of_one_patient_is_named_infinite_and_the_variable_is_tested_all_the_same():
    # As in a public cohort whose only patient of stage IV has the first event of all.
    rng = np.random.default_rng(42)
    months, event = rng.integers(5, 200, 143).astype(float), rng.random(143) < 0.55
    stage = np.array(["I", "II", "III"], dtype=object)[rng.choice(3, 143, p=[0.32, 0.52, 0.16])]
    months[7], event[7], stage[7] = 2.0, True, "IV"
    (found,) = screen(FollowUp(months, event), {"stage": stage}, ["stage"]).variables
    assert found.fit.reasons == ("", "", MONOTONE)
    assert found.p_value == found.fit.likelihood_ratio.p_value
    assert 0 < found.p_value < 1
    assert [ratio.value is None for ratio in found.fit.hazard_ratios()] == [False, False, True]


def test_without_events_every_variable_has_a_reason(facts):
    times, columns = facts
    found = screen(FollowUp(times.months, np.zeros(times.n, bool)), columns, list(columns))
    assert all(row.p_value is None and row.reason for row in found.variables)
    assert (found.n, found.n_events, found.selected) == (times.n, 0, ())


def test_the_method_names_the_ties_and_the_test(facts):
    times, columns = facts
    found = screen(times, columns, ["age"], ties=Ties.BRESLOW)
    assert found.method == "Cox, Breslow ties, one variable at a time, likelihood ratio test"


def test_a_variable_that_is_no_column_is_refused(facts):
    times, columns = facts
    with pytest.raises(MissingColumn):
        screen(times, columns, ["grade"])


def test_a_reference_that_is_no_level_is_refused(facts):
    times, columns = facts
    with pytest.raises(OutOfRange):
        screen(times, columns, ["stage"], reference={"stage": "IV"})


@given(PATIENTS, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_of_variables_does_not_matter(rows, random):
    times, values, stratum = sample(rows)
    columns = {"a": values[:, 0], "b": values[:, 1], "c": stratum}
    order = list(range(times.n))
    random.shuffle(order)
    changed = {name: column[order] for name, column in columns.items()}
    ours = screen(times, columns, ["a", "b", "c"]).variables
    theirs = screen(FollowUp(times.months[order], times.event[order]), changed, ["c", "b", "a"]).variables[::-1]
    for one, other in zip(ours, theirs, strict=True):
        assert (one.name, one.reason) == (other.name, other.reason)
        for key in ("p_value", "holm", "benjamini_hochberg"):
            assert getattr(other, key) == pytest.approx(getattr(one, key), abs=1e-7)
