"""A case that is kept: what was found and chosen, its scores, and who may see what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deeptepp.domain.board import Flag
from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.risk import Assessment, Tier, TierName


@dataclass(frozen=True, slots=True)
class CaseChoices:
    """What a reader chose on the way to a score.

    ``drawn``: lesions in boxes that she drew, behind the candidates of the detector; ``selected``: index of the
    lesion that is scored among both; ``is_confirmed``: she looked at its outline; ``overridden``: rules of
    eligibility that refused and were overridden.
    """

    drawn: tuple[Lesion, ...] = ()
    selected: int = 0
    is_confirmed: bool = False
    overridden: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredCase:
    """What is to be kept of a case that was scored.

    ``label``: a pseudonym, empty for one that is given by day and number; ``document``: the answer as plain data,
    as files and interfaces have it; ``study_digest``: of the images, by which they are known again.
    """

    assessment: Assessment
    document: Mapping[str, Any]
    study_digest: str
    label: str = ""
    choices: CaseChoices = field(default_factory=CaseChoices)
    flags: tuple[Flag, ...] = ()
    picture_png: bytes = b""
    is_demo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRow:
    """One line of the list of cases.

    ``id``: random, the end of its link; ``is_label_given``: nobody chose the label; ``owner``: identifier of who
    scored it first, ``owner_title``: what screens call her; ``version``: grows with every change; ``images_utc``:
    when its images were handed in, None where they are not kept.
    """

    id: str
    label: str
    is_label_given: bool
    owner: str
    owner_title: str
    created_utc: datetime
    changed_utc: datetime
    version: int
    score: float | None
    tier: Tier | None
    tier_name: TierName
    bundle_sha256: str
    study_digest: str
    flags: tuple[Flag, ...]
    is_simulated: bool
    is_demo: bool
    images_utc: datetime | None


@dataclass(frozen=True, slots=True)
class KeptScore:
    """One score of a case; the newest is the one that counts.

    ``by_title``: what screens call who asked for it.
    """

    assessment: Assessment
    made_utc: datetime
    by: str
    by_title: str


@dataclass(frozen=True, slots=True)
class KeptCase:
    """A case as it is kept, its scores in the order in which they were made."""

    row: KeptRow
    profile: ClinicalProfile
    choices: CaseChoices
    picture_png: bytes
    scores: tuple[KeptScore, ...]
