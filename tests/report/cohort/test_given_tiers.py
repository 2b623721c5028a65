"""Tiers that a table brings are used, or are said to be replaced, with how many differ."""

import numpy as np
import pytest
import tiny_bundle

from deeptepp.domain.cohort import SCORE, TIER, Cohort
from deeptepp.report.cohort.given_tiers import (
    AS_GIVEN,
    BY_CUT_OFFS,
    EXCHANGED,
    source_of,
    tier_notes,
    tier_problems,
)
from deeptepp.scoring.tiers import TierSource, given_tiers, with_tiers

TIERS = tiny_bundle.TIERS


def cohort(change=lambda tiers: tiers, scores=lambda scores: scores):
    made = tiny_bundle.tiny_cohort()
    return made.with_columns(tier=change(made[TIER].copy()), score=scores(made[SCORE].copy()))


def exchanged(tiers):
    return np.array([{"Low": "High", "High": "Low"}.get(tier, tier) for tier in tiers], dtype=object)


def test_tiers_that_agree_are_worth_no_warning():
    found = given_tiers(cohort(), TIERS)
    assert (found.n, found.n_compared, found.n_differ, found.runs_against_score) == (60, 60, 0, False)
    assert tier_problems(cohort(), TIERS) == ()


def test_exchanged_tiers_are_named_and_counted_and_used_as_they_are():
    own = cohort(exchanged)
    n_differ = int((own[TIER] != with_tiers(own, TIERS, TierSource.CUT_OFFS)[TIER]).sum())
    rules = {each.rule: each.found for each in tier_problems(own, TIERS)}
    assert set(rules) == {"cohort.tiers-differ", "cohort.tiers-against-score"}
    assert f"{n_differ} of 60 scored patients" in rules["cohort.tiers-differ"]
    assert with_tiers(own, TIERS)[TIER].tolist() == own[TIER].tolist()
    assert source_of(own, TIERS, None) is TierSource.GIVEN


@pytest.mark.parametrize(("source", "words"), [(TierSource.GIVEN, AS_GIVEN), (TierSource.CUT_OFFS, BY_CUT_OFFS)])
def test_a_report_says_what_its_tiers_are_made_of(source, words):
    notes = tier_notes(cohort(exchanged), TIERS, source)
    assert notes[0] == words
    assert EXCHANGED in notes
    assert any("scored patients" in note for note in notes)


def test_who_is_in_no_tier_is_counted_for_either_source():
    own = cohort(lambda tiers: np.where(np.arange(60) < 1, "", tiers).astype(object))
    assert any(
        "1\u00a0patient with a score but no given tier" in x for x in tier_notes(own, TIERS, TierSource.GIVEN)
    )
    own = cohort(scores=lambda scores: np.where(np.arange(60) < 2, np.nan, scores))
    notes = tier_notes(own, TIERS, TierSource.CUT_OFFS)
    assert any("2\u00a0patients with a given tier but no score" in note for note in notes)


def test_without_tiers_or_without_scores_nothing_is_compared():
    made = tiny_bundle.tiny_cohort()
    bare = Cohort({k: v for k, v in made.columns.items() if k != TIER}, is_simulated=False)
    assert given_tiers(bare, TIERS) is None
    assert tier_notes(bare, TIERS, TierSource.CUT_OFFS) == ()
    unscored = Cohort({k: v for k, v in made.columns.items() if k != SCORE}, is_simulated=False)
    assert given_tiers(unscored, TIERS).n_compared == 0
    assert tier_problems(unscored, TIERS) == ()
