"""Columns in another unit than their name says are asked, and never one whose unit is right."""

from pathlib import Path

import numpy as np
import pytest

from deeptepp.datasets.columns.mapping import UNITS
from deeptepp.datasets.columns.unit_checks import in_units, unit_problems
from deeptepp.datasets.own import examine_cohort
from deeptepp.datasets.public.registry import ADAPTERS, read_public
from deeptepp.domain.cohort import Cohort
from deeptepp.simulate.simulated_cohort import simulate_cohort

PUBLIC = Path(__file__).parents[4] / "shared" / "data" / "clinical"
PER_MONTH = {"days": 365.25 / 12, "weeks": 365.25 / 84, "years": 1 / 12}


def drawn(rng) -> Cohort:
    """A centre's cohort: 40 to 900 patients of three arms, 2 to 13 events per 100 patient-years, short or long."""
    n = int(rng.choice([40, 150, 320, 900]))
    arm = rng.choice(["none", "T", "T+P"], n, p=rng.dirichlet([1, 1, 1]))
    first, accrual = rng.uniform(0.5, 12), rng.uniform(1, 8)
    seen = np.minimum(rng.uniform(first, first + accrual, n) * 12, np.where(arm == "T+P", 160, 290))
    event = rng.exponential(12 / rng.uniform(0.02, 0.13), n)
    death = event + rng.exponential(40, n)
    columns = {
        "subject": np.arange(n).astype(str).astype(object),
        "arm": arm.astype(object),
        "rfs_months": np.minimum(event, seen),
        "rfs_event": event < seen,
        "os_months": np.minimum(death, seen),
        "os_event": death < seen,
        "tumour_size_mm": np.clip(np.round(rng.uniform(9, 35) * np.exp(rng.normal(0, 0.5, n)), 1), 1, 150),
        "ki67_pct": np.clip(rng.gamma(2.2, 14, n), 1, 95).round(),
        "score": rng.beta(1.5, 4, n),
    }
    return Cohort(columns, is_simulated=False)


def scaled(cohort, factor, *names):
    return cohort.with_columns(**{name: np.asarray(cohort[name], float) * factor for name in names})


def asked(cohort, **options):
    return {each.asks: each.choices[0] for each in unit_problems(cohort, **options) if each.is_question}


def test_a_cohort_in_the_right_units_is_never_asked():
    rng = np.random.default_rng(5)
    assert [asked(drawn(rng)) for _ in range(150)] == [{}] * 150
    assert [asked(simulate_cohort(seed=seed)) for seed in range(3)] == [{}] * 3


@pytest.mark.real
@pytest.mark.parametrize("name", sorted(set(ADAPTERS) - {"ispy2"}))
def test_a_public_table_is_never_asked_in_months_and_always_in_days(name):
    cohort = read_public(name, PUBLIC / name.replace("-", "_")).her2_positive().cohort
    assert asked(cohort) == {}
    in_days = scaled(cohort, PER_MONTH["days"], "rfs_months", "os_months")
    assert asked(in_days) == {"rfs_months": "days", "os_months": "days"}


@pytest.mark.parametrize("unit", PER_MONTH)
@pytest.mark.parametrize("names", [("rfs_months", "os_months"), ("rfs_months",), ("os_months",)])
def test_times_in_another_unit_are_asked_in_both_columns_and_in_each_alone(unit, names):
    cohort = simulate_cohort(seed=1)
    wrong = scaled(cohort, PER_MONTH[unit], *names)
    assert set(names) & set(asked(wrong)), asked(wrong)
    answers = dict.fromkeys(names, unit)
    mended = in_units(wrong, answers)
    np.testing.assert_allclose(mended["rfs_months"], cohort["rfs_months"])
    assert asked(mended, sure=answers) == {}


@pytest.mark.parametrize(
    ("name", "factor", "likely"),
    [("tumour_size_mm", 0.1, "cm"), ("ki67_pct", 0.01, "fraction"), ("score", 100, "percent")],
)
def test_sizes_shares_and_scores_in_another_unit_are_asked(name, factor, likely):
    cohort = drawn(np.random.default_rng(2))
    assert asked(scaled(cohort, factor, name)) == {name: likely}
    assert likely in UNITS[name]


def test_few_patients_and_a_short_follow_up_are_no_question():
    cohort = drawn(np.random.default_rng(3))
    few = cohort.where(np.arange(len(cohort)) < 5)
    assert asked(scaled(few, 0.1, "tumour_size_mm", "rfs_months", "os_months")) == {}
    short = cohort.with_columns(
        rfs_months=np.linspace(1, 20, len(cohort)),
        os_months=np.linspace(1, 20, len(cohort)),
        rfs_event=np.arange(len(cohort)) == 0,
        os_event=np.arange(len(cohort)) == 0,
    )
    told = unit_problems(short)
    assert {each.rule for each in told} == {"cohort.short-follow-up"}
    assert not any(each.is_refusal for each in told)


def test_one_patient_who_is_followed_longer_than_her_treatment_exists_is_refused_by_her_row():
    cohort = drawn(np.random.default_rng(4))
    months = np.array(cohort["os_months"])
    row = int(np.flatnonzero(cohort["arm"] == "T+P")[0])
    months[row] = 260.0
    (problem,) = unit_problems(cohort.with_columns(os_months=months), sure=("os_months",))
    assert (problem.rule, problem.rows) == ("cohort.longer-than-treatment", (row + 1,))


def test_a_question_stops_a_table_of_ours_until_the_unit_is_said(tmp_path):
    cohort = scaled(simulate_cohort(seed=1), PER_MONTH["weeks"], "rfs_months", "os_months")
    names = ("subject", "arm", "rfs_months", "rfs_event", "os_months", "os_event")
    lines = [",".join(str(cohort[name][i]) for name in names) for i in range(len(cohort))]
    path = tmp_path / "cohort.csv"
    path.write_text("\n".join([",".join(names), *lines]).replace("True", "1").replace("False", "0"))
    problems = examine_cohort(path).problems
    assert {each.asks for each in problems if each.is_question} == {"rfs_months", "os_months"}
    assert "cohort.too-many-months" not in {each.rule for each in problems}
    said = examine_cohort(path, units={"rfs_months": "weeks", "os_months": "weeks"})
    assert not any(each.is_refusal for each in said.problems)
    assert np.median(said.cohort["os_months"]) < 120
