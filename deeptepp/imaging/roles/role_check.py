"""One answer of the images to one rule on the roles of their phases."""

from __future__ import annotations

from dataclasses import dataclass

from deeptepp.wording.sentence import sentence

CONTRAST = "roles.same-contrast"
SCALE = "roles.same-scale"
PLACE = "roles.same-place"
ORDER = "roles.order"
ARRIVED = "roles.contrast-arrived"

RULES = (CONTRAST, ORDER, SCALE, PLACE, ARRIVED)
"""Rule ids, most telling first: another contrast explains what the later rules find, never the other way round."""


@dataclass(frozen=True, slots=True)
class RoleCheck:
    """What the images say of one rule.

    ``rule``: rule id, one of ``RULES``; ``phase``: the phase that is meant, 0 for the pre-contrast one; None where
    it is the study; ``value``: what was measured; ``limit``: what was expected, in words with its unit;
    ``is_passed``: False where the images contradict their roles; ``sentence``: the finding for the user.
    """

    rule: str
    phase: int | None
    value: float
    limit: str
    is_passed: bool
    sentence: str


def phase_name(phase: int) -> str:
    """Name a phase at the start of a sentence."""
    return sentence("The pre-contrast images") if phase == 0 else sentence("Post-contrast {k}", k=phase)


def others_name(phase: int) -> str:
    """Name inside a sentence what a phase is compared with."""
    return sentence("the pre-contrast images" if phase else "the post-contrast images")
