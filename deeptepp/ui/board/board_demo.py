"""Eight simulated patients for a first meeting."""

from __future__ import annotations

from collections.abc import Callable

from deeptepp.domain.board import Flag, NewCase
from deeptepp.domain.clinical import CLINICAL_FACTS, ClinicalProfile
from deeptepp.domain.cohort import SCORE, Cohort
from deeptepp.domain.risk import Assessment, Finding, Outcome, RiskScore, Severity
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.document import assessment_to_dict
from deeptepp.scoring.tiers import percentile
from deeptepp.simulate.demo_board import demo_indices, demo_pictures

_NOTE = Finding(
    "board.demo-case",
    Severity.NOTE,
    "Simulated patient of the reference cohort. The score comes from a model that had not seen her; the picture "
    "was simulated for the board.",
)


def demo_cases(bundle: ModelBundle, report: Callable[[float], None]) -> list[NewCase]:
    """Make the cases of a demo meeting.

    ``report``: told of the share done, in [0, 1]. Returns eight of them, spread over tiers and treatments, each
    marked as simulated.
    """
    rows = demo_indices(bundle.reference)
    cases = []
    for i, row in enumerate(rows):
        report(i / len(rows))
        cases.append(_demo_case(bundle, row))
    return cases


def _demo_case(bundle: ModelBundle, row: int) -> NewCase:
    """Make one case of one reference patient."""
    score = float(bundle.reference[SCORE][row])
    assessment = Assessment(
        Outcome.SCORED,
        profile_of(bundle.reference, row),
        (_NOTE,),
        score=RiskScore(score),
        tier=bundle.tiers.tier_of(score),
        percentile=percentile(score, bundle.reference),
        is_simulated=True,
    )
    small, slices = demo_pictures(bundle.reference, row)
    return NewCase(
        profile=assessment.profile,
        assessment=assessment_to_dict(assessment, bundle),
        bundle_sha256=bundle.sha256,
        thumbnail_png=small,
        pictures=slices,
        flags=(Flag.SIMULATED,),
        is_simulated=True,
    )


def profile_of(cohort: Cohort, row: int) -> ClinicalProfile:
    """Read the clinical facts of one patient of a cohort."""
    known = [(fact, cohort[name].tolist()[row]) for name, fact in CLINICAL_FACTS.items() if name in cohort]
    return ClinicalProfile.from_mapping({fact.name: fact.from_table(value) for fact, value in known})
