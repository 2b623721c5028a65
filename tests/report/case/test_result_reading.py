"""A result read in sentences and rows: out of one hundred, with interval, patients and events."""

import numpy as np
import pytest
from treated_cohorts import cohort_of, tiered

from deeptepp.domain.cohort import Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.report.case.result_reading import (
    arm_sentences,
    other_tier_sentences,
    reading_rows,
    reading_sentences,
    result_reading,
)
from deeptepp.report.format import out_of_hundred


@pytest.fixture(scope="module")
def reading():
    return result_reading(tiered(seed=14), Tier.HIGH, Endpoint.RFS)


def test_her_tier_is_told_at_five_years_and_then_at_two(reading):
    five, two = map(str, reading_sentences(reading))
    at = reading.curve.at(60.0)
    free, low, high = (round(100 * share) for share in (at.value, at.low, at.high))
    assert five == (
        f"Of 100 simulated patients of the High tier, {free} were alive without recurrence 5 years after surgery "
        f"(95 % CI {low} to {high}; patients: {at.n}, events by then: {at.n_events})."
    )
    assert "2 years after surgery" in two


def test_treatments_and_other_tiers_have_a_sentence_each(reading):
    assert [str(s).split(":")[0] for s in arm_sentences(reading)] == [
        "No anti-HER2 treatment",
        "Trastuzumab",
        "Trastuzumab + pertuzumab",
    ]
    assert [str(s).split(" tier")[0] for s in other_tier_sentences(reading)] == ["Low", "Moderate"]
    assert "2 years" in str(arm_sentences(reading)[2])


def test_death_is_told_as_death():
    reading = result_reading(tiered(seed=14), Tier.LOW, Endpoint.OS)
    assert "were alive 5 years" in str(reading_sentences(reading)[0])


def test_every_row_has_patients_events_and_numbers_at_risk(reading):
    rows = reading_rows(reading)
    assert [row[0] for row in rows] == [
        "Low",
        "Moderate",
        "High",
        "High: No anti-HER2 treatment",
        "High: Trastuzumab",
        "High: Trastuzumab + pertuzumab",
    ]
    assert sum(int(row[1]) for row in rows[:3]) == reading.tiers.n
    assert sum(int(row[1]) for row in rows[3:]) == int(rows[2][1])
    assert all(len(row) == 7 for row in rows)


def test_a_tier_of_nobody_is_said_to_be_one():
    cohort = cohort_of(["T"] * 4, [70.0] * 4, [True, False, False, False], tier=["Low"] * 4)
    reading = result_reading(cohort, Tier.HIGH, Endpoint.RFS)
    assert reading.curve is None
    assert arm_sentences(reading) == ()
    assert "no patient of this tier" in str(reading_sentences(reading)[0])


def test_nobody_followed_for_five_years_is_said_and_not_carried_forward():
    cohort = cohort_of(["T"] * 4, [20.0, 30.0, 31.0, 32.0], [True, False, False, False], tier=["Low"] * 4)
    five, two = map(str, reading_sentences(result_reading(cohort, Tier.LOW, Endpoint.RFS)))
    assert five == "Low: none of the 4 patients was followed for 5 years."
    assert "75 were alive without recurrence 2 years" in two


def test_one_hundred_patients_are_whole_patients():
    months, event = np.full(8, 70.0), np.array([True] + [False] * 7)
    months[0] = 3.0
    cohort = cohort_of(["T"] * 8, months, event, tier=["Low"] * 8)
    assert out_of_hundred(result_reading(cohort, Tier.LOW, Endpoint.RFS).curve.at(60.0)) == 88
