"""Damaged studies are read right or refused by name; ``make mutations`` tries two thousand."""

import tempfile
from pathlib import Path

import pytest
from mutations.judge import Outcome, differences, outcome_of
from mutations.studies import KINDS, NAME, study
from mutations.table import faults, row_of
from mutations.trial import read, trial, usual, zipped

from deeptepp.errors import UnreadablePixels

N_QUICK = 160
FIRST_SEEDS = range(0, N_QUICK, 10)
"""The quick part takes ten seeds in each test, so that a failure names few."""


@pytest.fixture(scope="module")
def home():
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.parametrize("first", FIRST_SEEDS)
def test_a_damaged_study_is_read_right_or_refused_by_name(first, home):
    wrong = faults([row_of(trial(seed, home)) for seed in range(first, first + 10)])
    assert not wrong, wrong


@pytest.mark.parametrize("kind", KINDS)
def test_an_undamaged_study_is_read_as_it_is(kind, home):
    assert differences(usual(kind, home), is_scaled=study(kind).is_scaled) == set()


def test_the_judge_sees_other_phases_and_what_is_said(home):
    whole = usual("one series", home)
    (home / "other.zip").write_bytes(zipped(study("one series").files[8:], "stored zip"))
    got = read(home / "other.zip")
    if not isinstance(got, Exception):
        assert outcome_of(got, whole, "", is_scaled=False) == Outcome("other, in silence", "fewer phases, order")
    assert outcome_of(whole, whole, f"read {NAME}", is_scaled=False).end == "an identifier said"
    assert outcome_of(KeyError("x"), whole, "", is_scaled=False).end == "an exception without a name"
    assert outcome_of(UnreadablePixels(value=1, reason="damaged"), whole, "", is_scaled=False).end == "refused"
