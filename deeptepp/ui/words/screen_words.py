"""The words of the screens: one place for labels, so that two screens never name one thing differently."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from deeptepp.domain.board import AGREEMENTS, CHOICES, Flag, Moment, Status
from deeptepp.domain.clinical import CLINICAL_FACTS, COMPARED
from deeptepp.domain.progress import Step
from deeptepp.domain.risk import TierName
from deeptepp.report.names import CATEGORIES, FACTS
from deeptepp.report.names import UNKNOWN as UNKNOWN
from deeptepp.ui.words.language import speech, t
from deeptepp.wording.sentence import Words

STEPS: dict[Step, str] = {
    Step.READ: "Read and de-identify the images",
    Step.PHASES: "Find the contrast phases",
    Step.BREAST: "Outline the breasts",
    Step.DETECT: "Look for the tumour",
    Step.ROI: "Cut the region of interest",
    Step.VIEWS: "Slice it in several directions",
    Step.SCORE: "Compute the risk score",
    Step.STABILITY: "Score it again with the outline shifted",
}
"""What each step does, as the progress list says it."""

OPENING_STEPS = (Step.READ, Step.PHASES, Step.BREAST, Step.DETECT)
"""Steps from files to candidates."""

SCORING_STEPS = (Step.ROI, Step.VIEWS, Step.SCORE, Step.STABILITY)
"""Steps from a lesion to a score."""

_MOMENTS: Mapping[Moment, Words] = {
    Moment.BEFORE: "Before the score",
    Moment.SHOWN: "Score shown",
    Moment.SKIPPED: "Score shown without a decision before it",
    Moment.AFTER: "With the score in sight",
}

_FLAGS: Mapping[Flag, Words] = {
    Flag.SIMULATED: "Simulated",
    Flag.WARNINGS: "Warnings",
    Flag.OVERRIDE: "Outside intended use",
    Flag.UNSTABLE: "Unstable tier",
    Flag.NO_SCORE: "Not scored",
}

_STATUSES: Mapping[Status, Words] = {
    Status.OPEN: "To discuss",
    Status.BEFORE: "Decided, score hidden",
    Status.SHOWN: "Score shown, to decide",
    Status.DECIDED: "Decided",
}

_NAMED: tuple[Mapping[Any, str], ...] = (CATEGORIES, CHOICES, AGREEMENTS, _MOMENTS, _FLAGS, _STATUSES)

LABELS = {(type(each), each): words for named in _NAMED for each, words in named.items()}
"""Names of the categories, by kind: members of two kinds with one name and text are the same key."""

FIELDS = FACTS
"""Labels of the clinical facts that the form asks for."""

COMPARED_FIELDS: dict[str, str] = {name: CLINICAL_FACTS[name].label for name in COMPARED}
"""Labels of estimates of others, which stand beside the score."""

MEASURED_ON: dict[str, str] = {
    "cross_validation": "Cross-validation, every patient scored by a model that had not seen her",
    "holdout": "Hold-out, set aside before training",
    "fold_1": "First fold alone",
    "cohort_3": "Cohort 3, never trained on",
}
"""Groups of patients on which a bundle was measured."""


def label(value: object) -> str:
    """Name a category, or say that it is unknown.

    ``value``: a category, True, False, None, or a plain value.
    """
    if value is None:
        return t(UNKNOWN)
    if isinstance(value, bool):
        return t("Yes") if value else t("No")
    return t(LABELS.get((type(value), value), str(value))) if isinstance(value, StrEnum) else str(value)


def tier_words(name: TierName, *, is_alone: bool = False) -> str:
    """Say the tier of a case; no screen says it in another way.

    ``is_alone``: nothing around it says that it is a tier of risk.
    """
    return speech().tier_words(name, is_alone=is_alone)


def phase_words(index: int) -> str:
    """Name a phase.

    Returns pre, Post 1, Post 2 ... in the language of the visitor.
    """
    return t("Pre") if index == 0 else t("Post {k}", k=index)


def plural(n: int, noun: str) -> str:
    """Count a noun.

    Returns for example ``1 series`` or ``3 patients``.

    >>> plural(2, "patient")
    '2 patients'
    >>> plural(5, "series")
    '5 series'
    """
    form = noun if n == 1 or noun.endswith("s") else f"{noun}s"
    return t(f"{{n}} {form}", n=n)
