"""Tiers that a table brings: said to be used, or said to be replaced, and how many differ from the cut-offs."""

from __future__ import annotations

from deeptepp.datasets.problems import Problem
from deeptepp.domain.cohort import Cohort
from deeptepp.domain.risk import TierScheme
from deeptepp.report.format import count
from deeptepp.scoring.tiers import GivenTiers, TierSource, given_tiers
from deeptepp.wording.sentence import glued, sentence

EXCHANGED = (
    "The given tiers run against the score: patients given the highest tier have lower scores than those given "
    "the lowest. Were Low and High exchanged?"
)
BY_CUT_OFFS = "Tiers by the cut-offs on the score; the tier column of the table is not used."
AS_GIVEN = "Tiers as given by the table."


def tier_problems(cohort: Cohort, tiers: TierScheme) -> tuple[Problem, ...]:
    """Where the tiers of a table do not go with its scores.

    ``cohort``: with tiers and scores, or without; ``tiers``: cut-offs of the model at hand.
    """
    found = given_tiers(cohort, tiers)
    if found is None:
        return ()
    problems = []
    if found.n_differ:
        told = differing(found, tiers).replace("\u00a0", " ")
        problems.append(Problem.of("cohort.tiers-differ", found=told))
    if found.runs_against_score:
        problems.append(Problem.of("cohort.tiers-against-score", found=EXCHANGED))
    return tuple(problems)


def differing(found: GivenTiers, tiers: TierScheme) -> str:
    """How many given tiers differ from the cut-offs."""
    scheme = sentence(
        "Low below {low_below:.3f}, High from {high_from:.3f}",
        low_below=tiers.low_below,
        high_from=tiers.high_from,
    )
    counted = glued("{} of {}", found.n_differ, count(found.n_compared, "scored patient"))
    return sentence(
        "Given tiers that are not those of the cut-offs: {counted} ({scheme}).", counted=counted, scheme=scheme
    )


def tier_notes(cohort: Cohort, tiers: TierScheme, source: TierSource) -> tuple[str, ...]:
    """What the tiers of a report are made of.

    Returns sentences, none where the cohort brings no tiers.
    """
    found = given_tiers(cohort, tiers)
    if found is None:
        return ()
    notes = [AS_GIVEN if source is TierSource.GIVEN else BY_CUT_OFFS]
    if found.n_compared:
        notes.append(differing(found, tiers))
    if found.runs_against_score:
        notes.append(EXCHANGED)
    n_left_out = found.n_scored_only if source is TierSource.GIVEN else found.n_tiered_only
    if n_left_out:
        what = "a score but no given tier" if source is TierSource.GIVEN else "a given tier but no score"
        notes.append(
            sentence("{n_left_out} with {what}: in no tier.", n_left_out=count(n_left_out, "patient"), what=what)
        )
    return tuple(notes)


def source_of(cohort: Cohort, tiers: TierScheme, asked: TierSource | None) -> TierSource:
    """Choose what tiers are made of where nobody said so."""
    if asked is not None:
        return asked
    return TierSource.CUT_OFFS if given_tiers(cohort, tiers) is None else TierSource.GIVEN
