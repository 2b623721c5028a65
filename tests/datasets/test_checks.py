"""Everything that spoils a training run is found in the facts beforehand."""

import numpy as np
import pytest

from deeptepp.datasets.checks import Classes, Demands, problems_of
from deeptepp.domain.cohort import Cohort
from deeptepp.simulate.simulated_cohort import simulate_cohort

DEMANDS = Demands(n_folds=2, holdout_fraction=0.0)


def make_cohort(n=12, **changes):
    columns = {
        "subject": np.arange(n).astype(str),
        "arm": np.array(["T", "none", "T+P"] * (n // 3), dtype=object),
        "rfs_months": np.full(n, 20.0),
        "rfs_event": np.arange(n) % 2 == 0,
        "os_months": np.full(n, 30.0),
        "os_event": np.zeros(n, dtype=bool),
        "tumour_size_mm": np.full(n, 22.0),
        "node_stage": np.full(n, "N1"),
        "er_positive": np.ones(n, dtype=bool),
        "pr_positive": np.zeros(n, dtype=bool),
    }
    return Cohort(columns | changes, is_simulated=True)


def with_one(name, value, row=3, dtype=object):
    column = np.array(make_cohort()[name], dtype=dtype)
    column[row] = value
    return make_cohort(**{name: column})


def found(cohort, demands=DEMANDS, **options):
    return {p.rule: p for p in problems_of(cohort, demands, **options)}


def test_a_sound_cohort_has_no_problem():
    assert found(make_cohort()) == {}


def test_the_simulated_cohort_has_no_problem():
    assert found(simulate_cohort(seed=0), Demands()) == {}


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("rfs_months", np.nan, "cohort.absent-months"),
        ("rfs_months", np.inf, "cohort.absent-months"),
        ("os_months", "thirty", "cohort.absent-months"),
        ("rfs_months", -1.0, "cohort.negative-months"),
        ("rfs_event", 2, "cohort.bad-event"),
        ("rfs_event", np.nan, "cohort.bad-event"),
        ("os_event", None, "cohort.bad-event"),
        ("rfs_months", 30.2, "cohort.rfs-after-os"),
        ("arm", "H", "cohort.unknown-arm"),
        ("arm", "", "cohort.unknown-arm"),
        ("tumour_size_mm", 900.0, "clinical.out-of-range"),
        ("tumour_size_mm", "big", "clinical.out-of-range"),
        ("node_stage", "Doe", "clinical.out-of-range"),
        ("er_positive", "+", "clinical.out-of-range"),
    ],
)
def test_one_bad_cell_is_refused_by_its_row_and_not_repeated(name, value, rule):
    problem = found(with_one(name, value), first_row=2)[rule]
    assert problem.is_refusal
    assert problem.rows == (5,)
    assert name in problem.found
    assert "Doe" not in problem.found
    assert "900" not in problem.found


def test_facts_that_exclude_each_other_are_refused_with_both_named():
    problem = found(make_cohort(stage=np.array(["I"] + [None] * 11, dtype=object)))["clinical.contradiction"]
    assert problem.rows == (1,)
    assert "T2 N1" in problem.found


def test_a_rounded_end_of_follow_up_is_no_contradiction():
    assert found(with_one("rfs_months", 30.04)) == {}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"os_event": np.ones(12, dtype=bool)}, "cohort.death-not-counted"),
        ({"os_months": np.full(12, np.nan)}, "cohort.no-survival"),
        ({"arm": np.full(12, "T", dtype=object)}, "cohort.no-cohort-3"),
        ({"er_positive": np.zeros(12, dtype=bool), "pr_positive": np.ones(12, dtype=bool)}, "er-negative-pr"),
        ({"pr_positive": np.array([None] * 11 + [True], dtype=object)}, "clinical.missing"),
    ],
)
def test_what_can_be_lived_with_is_a_warning(changes, rule):
    problems = problems_of(make_cohort(**changes), DEMANDS)
    assert [rule in p.rule for p in problems] == [True]
    assert not problems[0].is_refusal


def test_a_fact_unknown_for_all_is_refused_only_where_the_network_is_given_it():
    cohort = make_cohort(node_stage=np.array([None] * 12, dtype=object))
    assert found(cohort)["clinical.unknown-for-all"].is_refusal
    images_only = Demands(n_folds=2, holdout_fraction=0.0, needs_clinical=False)
    assert not found(cohort, images_only)["clinical.missing"].is_refusal


def test_gaps_in_follow_up_are_counted_where_it_is_not_needed():
    lenient = Demands(n_folds=2, holdout_fraction=0.0, needs_follow_up=False)
    assert not found(with_one("rfs_months", np.nan), lenient)["cohort.absent-months"].is_refusal


@pytest.mark.parametrize(
    ("event", "rule"),
    [
        (np.zeros(12, dtype=bool), "cohort.no-events"),
        (np.ones(12, dtype=bool), "cohort.one-class"),
        (np.arange(12) == 0, "cohort.too-few-events"),
        (np.arange(12) > 0, "cohort.too-few-events"),
        # Events in cohort 3 teach nothing.
        (np.arange(12) % 3 == 2, "cohort.no-events"),
    ],
)
def test_classes_that_do_not_fill_the_folds_are_refused(event, rule):
    assert found(make_cohort(rfs_event=event))[rule].is_refusal


def test_the_hold_out_counts_against_the_folds():
    cohort = make_cohort(rfs_event=np.isin(np.arange(12), (0, 1)))
    assert "cohort.too-few-events" not in found(cohort)
    assert "cohort.too-few-events" in found(cohort, Demands(n_folds=2, holdout_fraction=0.5))


def test_another_label_brings_its_own_classes():
    classes = Classes(np.zeros(12, dtype=bool), np.ones(12, dtype=bool), np.zeros(12, dtype=bool))
    assert "cohort.no-events" in found(make_cohort(), classes=classes)
