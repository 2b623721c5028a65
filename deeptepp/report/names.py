"""Names of facts and categories, in English, for screens and for files."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from deeptepp.domain.clinical import (
    CLINICAL_FACTS,
    COMPARED,
    AxillarySurgery,
    BreastSurgery,
    Her2Status,
    Menopause,
    NodeStage,
    Sex,
)
from deeptepp.domain.cohort import Arm, Endpoint
from deeptepp.domain.risk import Assessment, Finding, Severity, Tier
from deeptepp.domain.study import Side

UNKNOWN = "Unknown"
"""Choice of a category that was not determined; the default everywhere."""

CATEGORIES: dict[StrEnum, str] = {
    Sex.FEMALE: "Female",
    Sex.MALE: "Male",
    Sex.OTHER: "Other",
    Menopause.PRE: "Premenopausal",
    Menopause.POST: "Postmenopausal",
    NodeStage.N0: "N0 (none)",
    NodeStage.N1: "N1 (1 to 3)",
    NodeStage.N2: "N2 (4 to 9)",
    NodeStage.N3: "N3 (10 or more)",
    Her2Status.POSITIVE: "Positive",
    Her2Status.NEGATIVE: "Negative",
    BreastSurgery.CONSERVING: "Breast-conserving",
    BreastSurgery.MASTECTOMY: "Mastectomy",
    AxillarySurgery.SENTINEL: "Sentinel nodes",
    AxillarySurgery.DISSECTION: "Axillary dissection",
    Arm.NONE: "No anti-HER2 treatment",
    Arm.T: "Trastuzumab",
    Arm.TP: "Trastuzumab + pertuzumab",
    **{endpoint: endpoint.name_in_full for endpoint in Endpoint},
    Tier.LOW: "Low",
    Tier.MODERATE: "Moderate",
    Tier.HIGH: "High",
}
"""Names of the categories of facts, treatments and results."""

FACTS: dict[str, str] = {name: fact.label for name, fact in CLINICAL_FACTS.items() if name not in COMPARED}
"""Labels of the clinical facts that the form asks for."""

ARM_SHORT: dict[Arm, str] = {arm: arm.short for arm in Arm}
"""Names of the treatments where there is little room; in ``CATEGORIES`` they stand in full."""

SIDES: dict[Side | None, str] = {Side.LEFT: "Left breast", Side.RIGHT: "Right breast", None: "Side not known"}
"""Which breast a lesion or a volume belongs to."""


OUTSIDE_USE = "Why this case is outside the intended use"
"""Heading over the rules that were overridden."""

NOT_SCORED = "Why there is no score"
"""Heading over the rules that refused."""

KEEP_IN_MIND = "Keep in mind"
"""Heading over warnings and notes."""


def by_heading(assessment: Assessment, findings: Sequence[Finding]) -> list[tuple[str, list[Finding]]]:
    """Divide findings into those that refused and the others, each under its heading.

    Returns English heading and its findings, none without findings.
    """
    refused = [finding for finding in findings if finding.severity is Severity.REFUSAL]
    others = [finding for finding in findings if finding.severity is not Severity.REFUSAL]
    first = OUTSIDE_USE if assessment.is_override else NOT_SCORED
    return [(heading, some) for heading, some in ((first, refused), (KEEP_IN_MIND, others)) if some]


def group_words(group: str) -> str:
    """Name a group of a column by what people say, where its value is the code of a treatment.

    Returns short name of the treatment, other names, and ``none``, as they are.

    >>> group_words("T"), group_words("T+P"), group_words("none"), group_words("T2")
    ('Tras', 'Tras+pert', 'none', 'T2')
    """
    return Arm(group).short if group in (Arm.T, Arm.TP) else group


def name_of(value: object) -> str:
    """Name a category, a truth or a number in English.

    ``value``: a category, True, False, None, or a plain value. Returns numbers without a useless decimal.

    >>> name_of(None), name_of(True), name_of(24.0), name_of(Arm.T)
    ('Unknown', 'Yes', '24', 'Trastuzumab')
    """
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, StrEnum):
        return CATEGORIES.get(value, str(value))
    return f"{value:g}" if isinstance(value, float) else str(value)
