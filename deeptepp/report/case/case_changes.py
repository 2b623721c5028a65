"""What changed between two scores of one case: facts, tumour, phase, and what became of the score."""

from __future__ import annotations

from dataclasses import dataclass

from deeptepp.domain.clinical import COMPARED
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.risk import Assessment
from deeptepp.report.format import score as written_score
from deeptepp.report.names import FACTS, SIDES
from deeptepp.report.speech import ENGLISH, Speech
from deeptepp.wording.sentence import glued


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs between two scores."""

    what: str
    before: str
    after: str

    def __str__(self) -> str:
        return glued("{}: {} → {}", self.what, self.before, self.after)


def changes_between(before: Assessment, after: Assessment, speech: Speech = ENGLISH) -> tuple[Change, ...]:
    """List which inputs differ.

    Returns facts in the order of the form, then the tumour and the phase, empty where all are the same.
    """
    t = speech.t
    pairs: list[tuple[str, str, str]] = [
        (
            t(label),
            speech.fact(field, getattr(before.profile, field)),
            speech.fact(field, getattr(after.profile, field)),
        )
        for field, label in FACTS.items()
        if field not in COMPARED
    ]
    pairs.append((t("Tumour"), lesion_words(before.lesion, speech), lesion_words(after.lesion, speech)))
    old, new = (t("Post {k}", k=each.phase.index) if each.phase else "" for each in (before, after))
    pairs.append((t("Phase"), old, new))
    found = [Change(*pair) for pair in pairs if pair[1] != pair[2]]
    if not any(change.what == t("Tumour") for change in found) and _moved(before.lesion, after.lesion):
        found.append(Change(t("Tumour outline"), t("earlier"), t("another of the same size")))
    return tuple(found)


def score_change(before: Assessment, after: Assessment, speech: Speech = ENGLISH) -> Change:
    """Say old and new score with their tiers.

    Returns for example ``Score: 0.296 High -> 0.277 Moderate/High, unstable``.
    """
    return Change(speech.t("Score"), score_words(before, speech), score_words(after, speech))


def score_words(assessment: Assessment, speech: Speech = ENGLISH) -> str:
    """Write a score with its tier.

    Returns for example ``0.296 High``, or that it was not scored.
    """
    if assessment.score is None:
        return speech.t("Not scored")
    return glued("{} {}", written_score(assessment.score.probability), speech.tier_words(assessment.tier_name))


def lesion_words(lesion: Lesion | None, speech: Speech = ENGLISH) -> str:
    """Say side, longest diameter and volume of a tumour.

    Returns for example ``Left breast, 26 mm, 4.1 ml``.
    """
    if lesion is None:
        return speech.t("none")
    volume = f"{lesion.volume_ml:.1f}" if lesion.volume_ml >= 0.1 else f"{lesion.volume_ml:.2f}"
    return glued("{}, {:.0f} mm, {} ml", speech.t(SIDES[lesion.side]), lesion.longest_diameter_mm, volume)


def _moved(before: Lesion | None, after: Lesion | None) -> bool:
    """Whether two outlines of one size are not the same voxels."""
    if before is None or after is None or before is after:
        return False
    same_shape = before.mask.shape == after.mask.shape
    return not same_shape or bool(
        (before.mask != after.mask).any() or (before.grid.affine != after.grid.affine).any()
    )
