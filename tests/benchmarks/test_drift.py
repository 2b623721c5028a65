"""The planted shifts of ``benchmarks/drift.py``, each once, and draws without one."""

import sys
from pathlib import Path

import numpy as np
import pytest

from deeptepp.domain.risk import TierScheme
from deeptepp.tables import read_cohort

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
import drift  # noqa: E402  no package: a script

TIERS = TierScheme(0.1, 0.27)
SUBTLE = {
    "4 years older",
    "stage IIIA in 20 %",
    "grade 3 in 30 %",
    "postmenopausal in 25 %",
    "ER positive in 25 %",
    "3 T in 30 %",
}
"""Shifts that are missed now and then; docs/results/drift.md says how often."""


@pytest.fixture(scope="module")
def everyone():
    return drift.population(read_cohort(ROOT / "artifacts" / "deeptepp-sim" / "reference_cohort.parquet"))


def test_there_are_24_shifts_and_every_plain_one_is_found(everyone):
    assert len({each.title for each in drift.PLANTED}) == 24
    missed = []
    for i, planted in enumerate(drift.PLANTED):
        shifts = drift.draw_shifts(everyone, TIERS, 300, np.random.default_rng(i), planted)
        name, _ = drift.names_of(planted)
        assert name in {each.name for each in shifts}
        if name not in drift.shifted(shifts):
            missed.append(planted.title)
    assert set(missed) <= SUBTLE


def test_without_a_shift_few_reports_call_one(everyone):
    drawn = [drift.draw_shifts(everyone, TIERS, 250, np.random.default_rng(i)) for i in range(20)]
    assert sum(bool(drift.shifted(shifts)) for shifts in drawn) <= 3
