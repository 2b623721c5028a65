"""Which two treatments are compared, and how alike their patients are made first.

Three ways are offered, and each says what is wrong with it. Follow-up of women given T+P is short, so that a
comparison without a common horizon compares years of follow-up that only one arm has.

References
----------
Tong Y, Hu Z, et al. Eur Radiol 2024, doi:10.1007/s00330-024-10609-7 (matching on stage and follow-up).
Suissa S. Am J Epidemiol 2008;167:492-499 (bias from using time after treatment began).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deeptepp.domain.cohort import Arm
from deeptepp.wording.sentence import listed, sentence


class Matching(StrEnum):
    """How patients of both arms are chosen."""

    PAPER = "paper"
    """Pairs alike in stage and in observed follow-up of the endpoint, as published; uses the outcome."""
    DEFAULT = "default"
    """Pairs alike in what was known at surgery; both arms cut at a common horizon."""
    OFF = "off"
    """All patients; both arms cut at a common horizon."""

    @property
    def caveat(self) -> str:
        """What the reader must know about it."""
        return {
            "paper": (
                "Matching on observed follow-up uses the outcome: in simulation with equal treatments it finds "
                "p < 0.05 in favour of the arm followed for less in about half of the cohorts."
            ),
            "default": (
                "Treatments were not assigned at random; matching makes alike only what was recorded at surgery."
            ),
            "off": "Treatments were not assigned at random, and nothing was done to make the patients alike.",
        }[self.value]


@dataclass(frozen=True, slots=True)
class TreatmentQuestion:
    """Two treatments to compare.

    Parameters
    ----------
    index, reference : tuple of Arm
        Arms of either side, each on one side only.
    horizon_months : float
        Follow-up up to which the sides are compared, unless one of them was followed for less.

    Examples
    --------
    >>> TreatmentQuestion((Arm.T,), (Arm.NONE,), 60.0).label
    'Tras vs no anti-HER2 therapy'
    """

    index: tuple[Arm, ...]
    reference: tuple[Arm, ...]
    horizon_months: float

    def __post_init__(self) -> None:
        if not self.index or not self.reference or set(self.index) & set(self.reference):
            msg = f"Both sides need arms, each on one side only, got {self.index} against {self.reference}"
            raise ValueError(msg)

    @property
    def index_label(self) -> str:
        """Name of the index side."""
        return _label(self.index)

    @property
    def reference_label(self) -> str:
        """Name of the reference side."""
        return _label(self.reference)

    @property
    def label(self) -> str:
        """Both sides."""
        return sentence("{index} vs {reference}", index=self.index_label, reference=self.reference_label)


def _label(arms: tuple[Arm, ...]) -> str:
    """Name one side."""
    return listed([sentence("no anti-HER2 therapy" if arm is Arm.NONE else arm.short) for arm in arms], last="or")


TP_VS_T = TreatmentQuestion((Arm.TP,), (Arm.T,), 24.0)
"""Whether dual blockade did better than trastuzumab alone; T+P was followed for 14 to 44 months."""
T_VS_NONE = TreatmentQuestion((Arm.T,), (Arm.NONE,), 60.0)
"""Whether trastuzumab did better than no anti-HER2 therapy."""
TREATED_VS_NONE = TreatmentQuestion((Arm.T, Arm.TP), (Arm.NONE,), 60.0)
"""Whether any anti-HER2 therapy did better than none."""
