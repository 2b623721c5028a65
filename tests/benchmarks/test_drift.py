"""The planted shifts of ``benchmarks/drift.py``, each once, and draws without one."""

import sys
from pathlib import Path

import numpy as np
import pytest

from deeptepp.model.bundle import load_bundle
from deeptepp.stats.patients import distribution_shift

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
import drift  # noqa: E402  no package: a script

BUNDLE = load_bundle(ROOT / "artifacts" / "deeptepp-sim")
TIERS = BUNDLE.tiers
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
    return drift.population(BUNDLE.reference)


@pytest.fixture(autouse=True)
def without_bootstrap(monkeypatch):
    monkeypatch.setattr(distribution_shift, "N_DRAWS", 2)


def missed(everyone, planted):
    """Titles of the shifts that one draw of each does not show; each has its row in the report."""
    titles = set()
    for i, each in enumerate(planted):
        shifts = drift.draw_shifts(everyone, TIERS, 300, np.random.default_rng(i), each)
        name, _ = drift.names_of(each)
        assert name in {shift.name for shift in shifts}
        titles |= set() if name in drift.shifted(shifts) else {each.title}
    return titles


def test_plain_shifts_of_every_kind_are_found(everyone):
    assert len({each.title for each in drift.PLANTED}) == 24
    assert missed(everyone, drift.PLANTED[1::4]) <= SUBTLE


@pytest.mark.long
def test_every_plain_shift_is_found(everyone):
    assert missed(everyone, drift.PLANTED) <= SUBTLE


@pytest.mark.long
def test_without_a_shift_few_reports_call_one(everyone):
    drawn = [drift.draw_shifts(everyone, TIERS, 250, np.random.default_rng(i)) for i in range(200)]
    assert sum(bool(drift.shifted(shifts)) for shifts in drawn) <= 20
