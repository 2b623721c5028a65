"""Clinical-pathological (CP) facts of one patient; anything not known is ``None``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from deeptepp.domain.clinical_facts import Section, fact, facts_of, shown
from deeptepp.errors import Contradiction, UnknownField
from deeptepp.wording.sentence import listed, sentence


class Sex(StrEnum):
    """DICOM PatientSex."""

    FEMALE = "F"
    MALE = "M"
    OTHER = "O"


class Menopause(StrEnum):
    """Menopausal status at diagnosis."""

    PRE = "pre"
    POST = "post"


class NodeStage(StrEnum):
    """Pathological N category, AJCC 8th edition, anatomic."""

    N0 = "N0"
    N1 = "N1"
    N2 = "N2"
    N3 = "N3"


class Stage(StrEnum):
    """Anatomic stage group, AJCC 8th edition."""

    I = "I"  # noqa: E741  the name of the stage
    IIA = "IIA"
    IIB = "IIB"
    IIIA = "IIIA"
    IIIB = "IIIB"
    IIIC = "IIIC"
    IV = "IV"


class Her2Status(StrEnum):
    """HER2 by IHC 3+ or ISH, ASCO/CAP 2018."""

    POSITIVE = "positive"
    NEGATIVE = "negative"


class BreastSurgery(StrEnum):
    """Operation on the breast."""

    CONSERVING = "conserving"
    MASTECTOMY = "mastectomy"


class AxillarySurgery(StrEnum):
    """Operation on the axilla."""

    SENTINEL = "sentinel"
    DISSECTION = "dissection"


def _age_group(years: float) -> str:
    """Name a group of ages as the publication's Table 1 does."""
    return "under 50" if years < 50 else "50 to 65" if years <= 65 else "over 65"


_RECEPTOR: dict[str, Any] = {
    "help": "1 % or more stained nuclei counts as positive.",
    "answers": ("Positive", "Negative"),
    "groups": ("positive", "negative"),
    "group_of": lambda value: "positive" if value else "negative",
}
"""What is the same of both hormone receptors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalProfile:
    """What the oncologist knows; every field may be unknown.

    Raises
    ------
    OutOfRange
        A number lies outside of its limits.
    Contradiction
        Stage does not agree with tumour size and nodes, or HR status with ER and PR.

    Examples
    --------
    >>> ClinicalProfile.from_mapping({"her2_status": "positive", "tumour_size_mm": 24}).tumour_stage
    'T2'
    """

    # Files list the facts in this order, and so does the form within each section and rank.
    sex: Sex | None = fact("Sex", Section.ELIGIBILITY, form_rank=1, category=Sex)
    age_years: float | None = fact(
        "Age at diagnosis (years)",
        Section.RECORDED,
        help="18 to 110 years.",
        limits=(18, 110),
        unit="years",
        short="Age",
        groups=("under 50", "50 to 65", "over 65"),
        group_of=_age_group,
    )
    menopause: Menopause | None = fact(
        "Menopausal status", Section.RECORDED, category=Menopause, short="Menopause", groups=tuple(Menopause)
    )
    tumour_size_mm: float | None = fact(
        "Tumour size (mm)",
        Section.SCORE,
        help="Largest invasive diameter, from pathology or imaging. 1 to 200 mm.",
        limits=(1, 200),
        unit="mm",
        short="Tumour size",
        groups=("up to 20 mm", "over 20 mm"),
        group_of=lambda mm: "up to 20 mm" if mm <= 20 else "over 20 mm",
        levels=(10.0, 35.0, 60.0),
    )
    node_stage: NodeStage | None = fact(
        "Lymph nodes",
        Section.SCORE,
        help="AJCC 8th edition, from pathology where known.",
        category=NodeStage,
        short="Nodes",
        groups=("negative", "positive"),
        group_of=lambda stage: "negative" if str(stage) == "N0" else "positive",
    )
    stage: Stage | None = fact(
        "Stage group",
        Section.ELIGIBILITY,
        form_rank=1,
        help="Anatomic stage group, AJCC 8th edition. It is checked against size and nodes.",
        category=Stage,
        short="Stage",
        groups=("stage I", "stage II", "stage III", "stage IV"),
        group_of=lambda stage: f"stage {str(stage).rstrip('ABC')}",
    )
    grade: int | None = fact(
        "Histological grade",
        Section.SCORE,
        limits=(1, 3),
        is_whole=True,
        short="Grade",
        groups=("1 or 2", "3"),
        group_of=lambda grade: "3" if int(grade) == 3 else "1 or 2",
    )
    er_positive: bool | None = fact("Oestrogen receptor (ER)", Section.SCORE, short="ER", **_RECEPTOR)
    pr_positive: bool | None = fact("Progesterone receptor (PR)", Section.SCORE, short="PR", **_RECEPTOR)
    ki67_pct: float | None = fact(
        "Ki-67 (%)",
        Section.RECORDED,
        help="Share of stained nuclei, 0 to 100 %.",
        limits=(0, 100),
        unit="%",
        short="Ki-67",
        groups=("below 14 %", "14 % or more"),
        group_of=lambda pct: "below 14 %" if pct < 14 else "14 % or more",
    )
    her2_status: Her2Status | None = fact(
        "HER2 status",
        Section.ELIGIBILITY,
        help="IHC 3+ or amplified by ISH counts as positive (ASCO/CAP 2018).",
        category=Her2Status,
    )
    is_invasive: bool | None = fact("Invasive carcinoma", Section.ELIGIBILITY)
    had_biopsy_before_mr: bool | None = fact(
        "Biopsy before the MR",
        Section.ELIGIBILITY,
        help="A biopsy changes enhancement; such patients were not part of the cohort.",
    )
    had_neoadjuvant_therapy: bool | None = fact(
        "Systemic therapy before surgery",
        Section.ELIGIBILITY,
        help="Such patients were not part of the cohort.",
    )
    breast_surgery: BreastSurgery | None = fact(
        "Breast surgery",
        Section.RECORDED,
        category=BreastSurgery,
        short="Breast surgery",
        groups=tuple(BreastSurgery),
    )
    axillary_surgery: AxillarySurgery | None = fact(
        "Axillary surgery",
        Section.RECORDED,
        category=AxillarySurgery,
        short="Axillary surgery",
        groups=tuple(AxillarySurgery),
    )
    her2dx_score: float | None = fact(
        "HER2DX risk score (0 to 100)", Section.COMPARED, limits=(0, 100), short="HER2DX"
    )
    predict_os_pct: float | None = fact(
        "PREDICT, overall survival at 5 years (%)", Section.COMPARED, limits=(0, 100), unit="%", short="PREDICT"
    )

    def __post_init__(self) -> None:
        for name, known in CLINICAL_FACTS.items():
            known.check(getattr(self, name))
        expected = self.stages_allowed
        if self.stage is not None and expected is not None and self.stage not in expected:
            tumour = self.tumour_stage or sentence("T unknown")
            nodes = self.node_stage or sentence("N unknown")
            raise Contradiction(
                field="stage",
                value=self.stage.value,
                limit=sentence(
                    "{tumour} {nodes}, which is {stages}",
                    tumour=tumour,
                    nodes=nodes,
                    stages=listed(expected, last="or"),
                ),
            )

    @property
    def tumour_stage(self) -> str | None:
        """T1, T2 or T3 by size; T4 (skin or chest wall) is not a size and is not derived."""
        if self.tumour_size_mm is None:
            return None
        return "T1" if self.tumour_size_mm <= 20 else "T2" if self.tumour_size_mm <= 50 else "T3"

    @property
    def hr_positive(self) -> bool | None:
        """Hormone-receptor status: ER or PR positive."""
        if self.er_positive or self.pr_positive:
            return True
        return None if self.er_positive is None or self.pr_positive is None else False

    @property
    def stages_allowed(self) -> tuple[Stage, ...] | None:
        """Anatomic stage groups that agree with T and N, or None when either is unknown.

        References
        ----------
        AJCC Cancer Staging Manual, 8th edition, chapter 48, anatomic stage groups. IIIB needs T4 and IV needs
        metastasis, which size and nodes cannot exclude.
        """
        if self.tumour_stage is None or self.node_stage is None:
            return None
        t, n = int(self.tumour_stage[1]), int(self.node_stage.value[1])
        if n == 3:
            group = Stage.IIIC
        elif n == 2 or (t == 3 and n == 1):
            group = Stage.IIIA
        else:
            group = (Stage.I, Stage.IIA, Stage.IIB)[t - 1 + n]
        extra = () if n == 3 else (Stage.IIIB,)
        return (group, *extra, Stage.IV)

    @classmethod
    def from_mapping(cls, facts: Mapping[str, object]) -> ClinicalProfile:
        """Read a profile from plain values, as a TOML or JSON file holds them.

        Parameters
        ----------
        facts : mapping of str to object
            Field names of this class; missing, ``None`` or ``"unknown"`` is unknown.

        Returns
        -------
        ClinicalProfile
            The checked profile.

        Raises
        ------
        UnknownField
            A key is not a field of this class.
        OutOfRange
            A value is not one of the categories or not in its range.
        Contradiction
            See the class.
        """
        values: dict[str, object] = {}
        for key, raw in facts.items():
            if key not in CLINICAL_FACTS:
                nearest = get_close_matches(key, CLINICAL_FACTS, n=1, cutoff=0.0)
                raise UnknownField(field=shown(key), nearest=nearest[0])
            if raw is None or (isinstance(raw, str) and raw.strip().lower() in ("", "unknown")):
                continue
            values[key] = CLINICAL_FACTS[key].parse(raw)
        return cls(**values)  # type: ignore[arg-type]  # each value was parsed to its field's type

    def to_mapping(self) -> dict[str, object]:
        """Give the known fields as plain values; the inverse of ``from_mapping``."""
        values = {name: getattr(self, name) for name in CLINICAL_FACTS}
        return {k: v.value if isinstance(v, StrEnum) else v for k, v in values.items() if v is not None}


CLINICAL_FACTS = facts_of(ClinicalProfile)
"""The facts by name, in the order of the class: the one list that all others are made of."""

RANGES: dict[str, tuple[float, float]] = {
    name: known.limits for name, known in CLINICAL_FACTS.items() if known.limits is not None
}
"""Closed interval that each number must lie in."""

CATEGORIES: dict[str, type[StrEnum]] = {
    name: known.category for name, known in CLINICAL_FACTS.items() if known.category is not None
}
"""Enum of each categorical field."""

FLAGS = tuple(name for name, known in CLINICAL_FACTS.items() if known.is_flag)
"""Fields that are true or false."""

SHARES = tuple(name for name, known in CLINICAL_FACTS.items() if known.is_share)
"""Numbers from 0 to 100, which may be mistaken for fractions of 1."""


def asked_in(section: Section) -> tuple[str, ...]:
    """List the facts of a section in the order of the form."""
    asked = [known for known in CLINICAL_FACTS.values() if known.section is section]
    return tuple(known.name for known in sorted(asked, key=lambda known: known.form_rank))


COMPARED = asked_in(Section.COMPARED)
"""Estimates of others, entered by hand: shown beside the score, and no part of it."""
