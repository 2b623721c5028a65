"""What is kept of an answer, the same from the screen and from the API."""

from __future__ import annotations

from deeptepp.domain.board import Flag
from deeptepp.domain.kept_case import CaseChoices, ScoredCase
from deeptepp.domain.risk import Assessment, Outcome
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.case_files import case_picture
from deeptepp.report.case.document import assessment_to_dict
from deeptepp.scoring.images import CaseImages


def scored_case(
    answer: Assessment,
    bundle: ModelBundle,
    images: CaseImages | None,
    choices: CaseChoices,
    *,
    label: str,
    is_demo: bool = False,
) -> ScoredCase:
    """Gather what is kept of an answer; ``label``: a pseudonym, empty for the next of the day."""
    return ScoredCase(
        assessment=answer,
        document=assessment_to_dict(answer, bundle, label=label),
        study_digest=answer.receipt.input_sha256 if answer.receipt else "",
        label=label,
        choices=choices,
        flags=flags_of(answer),
        picture_png=case_picture(images, answer),
        is_demo=is_demo,
    )


def flags_of(assessment: Assessment) -> tuple[Flag, ...]:
    """Gather what must be kept in mind."""
    is_unstable = assessment.stability is not None and not assessment.stability.is_stable
    raised = {
        Flag.SIMULATED: assessment.is_simulated,
        Flag.WARNINGS: assessment.outcome is Outcome.SCORED_WITH_WARNINGS,
        Flag.OVERRIDE: assessment.is_override,
        Flag.UNSTABLE: is_unstable,
        Flag.NO_SCORE: assessment.score is None,
    }
    return tuple(flag for flag, is_raised in raised.items() if is_raised)
