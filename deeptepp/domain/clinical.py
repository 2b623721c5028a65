"""Clinical-pathological (CP) facts of one patient; anything not known is ``None``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from enum import StrEnum

from deeptepp.errors import Contradiction, OutOfRange, UnknownField
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


RANGES: dict[str, tuple[float, float]] = {
    "age_years": (18.0, 110.0),
    "tumour_size_mm": (1.0, 200.0),
    "grade": (1, 3),
    "ki67_pct": (0.0, 100.0),
    "her2dx_score": (0.0, 100.0),
    "predict_os_pct": (0.0, 100.0),
}
"""Closed interval that each number must lie in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalProfile:
    """What the oncologist knows; every field may be unknown.

    Raises
    ------
    OutOfRange
        A number lies outside of ``RANGES``.
    Contradiction
        Stage does not agree with tumour size and nodes, or HR status with ER and PR.
    """

    sex: Sex | None = None
    age_years: float | None = None
    menopause: Menopause | None = None
    tumour_size_mm: float | None = None
    node_stage: NodeStage | None = None
    stage: Stage | None = None
    grade: int | None = None
    er_positive: bool | None = None
    pr_positive: bool | None = None
    ki67_pct: float | None = None
    her2_status: Her2Status | None = None
    is_invasive: bool | None = None
    had_biopsy_before_mr: bool | None = None
    had_neoadjuvant_therapy: bool | None = None
    breast_surgery: BreastSurgery | None = None
    axillary_surgery: AxillarySurgery | None = None
    her2dx_score: float | None = None
    """HER2DX risk score; entered by hand for comparison, never computed here."""
    predict_os_pct: float | None = None
    """PREDICT Breast estimate of five-year overall survival, %; entered by hand for comparison."""

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise OutOfRange(field=name, value=value, limit=f"[{low:g}, {high:g}]")
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
        known = [f.name for f in fields(cls)]
        for key, raw in facts.items():
            if key not in known:
                nearest = get_close_matches(key, known, n=1, cutoff=0.0)
                raise UnknownField(field=_shown(key), nearest=nearest[0])
            if raw is None or (isinstance(raw, str) and raw.strip().lower() in ("", "unknown")):
                continue
            values[key] = _parse(key, raw)
        return cls(**values)  # type: ignore[arg-type]  # each value was parsed to its field's type

    def to_mapping(self) -> dict[str, object]:
        """Give the known fields as plain values; the inverse of ``from_mapping``."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: v.value if isinstance(v, StrEnum) else v for k, v in values.items() if v is not None}


COMPARED = ("her2dx_score", "predict_os_pct")
"""Estimates of others, entered by hand: shown beside the score, and no part of it."""

CATEGORIES: dict[str, type[StrEnum]] = {
    "sex": Sex,
    "menopause": Menopause,
    "node_stage": NodeStage,
    "stage": Stage,
    "her2_status": Her2Status,
    "breast_surgery": BreastSurgery,
    "axillary_surgery": AxillarySurgery,
}
"""Enum of each categorical field."""

_NO_FACT = 10**9
"""Whole numbers from here on are refused as they stand: one of hundreds of digits has no float."""

_SHOWN_CHARACTERS = 60
"""Characters of an entry that a message repeats."""

_FLAGS = ("er_positive", "pr_positive", "is_invasive", "had_biopsy_before_mr", "had_neoadjuvant_therapy")


def _parse(key: str, raw: object) -> object:
    """Turn one plain value into the type of its field."""
    if key in CATEGORIES:
        category = CATEGORIES[key]
        try:
            return category(str(raw))
        except ValueError:
            raise OutOfRange(field=key, value=_shown(raw), limit=_one_of(category)) from None
    if key in _FLAGS:
        if not isinstance(raw, bool):
            raise OutOfRange(field=key, value=_shown(raw), limit="true, false or unknown")
        return raw
    return _parse_number(key, raw)


def _parse_number(key: str, raw: object) -> float:
    """Turn one plain value into a number; its range is for the profile to check."""
    low, high = RANGES[key]
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        raise OutOfRange(
            field=key, value=_shown(raw), limit=sentence("a number in [{low:g}, {high:g}]", low=low, high=high)
        )
    if isinstance(raw, int) and abs(raw) >= _NO_FACT:
        raise OutOfRange(field=key, value=_shown(raw), limit=f"[{low:g}, {high:g}]")
    if key == "grade":
        if not float(raw).is_integer():
            raise OutOfRange(field=key, value=raw, limit="1, 2 or 3")
        return int(raw)
    return float(raw)


def _one_of(category: type[StrEnum]) -> str:
    """List the names of a category."""
    return ", ".join(member.value for member in category)


def _shown(raw: object) -> str:
    """Repeat what was entered, cut to a length that a message can hold."""
    text = str(raw)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
