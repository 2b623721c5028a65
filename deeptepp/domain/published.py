"""Figures of the paper, as printed and as they must be read; shown beside ours and never mixed with them.

The counts behind Table 2 follow from its percentages: the only numbers of patients with and without recurrence
that give SENS, SPEC and ACC of the cross-validation rows are 69 and 538, and of the testing rows 14 and 108. They
also show that SPEC and SENS changed places in the four rows with multi-view augmentation, and that those testing
rows count views of the same patients as patients.

References
----------
Tong et al., Eur Radiol 2024, doi 10.1007/s00330-024-10609-7, Table 2 and its text.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deeptepp.wording.sentence import sentence


class PublishedSet(StrEnum):
    """Patients of a published row."""

    CROSS_VALIDATION = "CV"
    TESTING = "T"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRow:
    """One row of Table 2 with the counts that it comes from.

    Parameters
    ----------
    model : str
        As printed.
    experiment : str
        Name of our experiment of the same kind.
    patients : PublishedSet
        Cross-validation or testing set.
    auc : float
        As printed.
    accuracy_pct, specificity_pct, sensitivity_pct : float
        As printed, column by column, %.
    n_true_positive, n_events : int
        Counts that reproduce the sensitivity: of patients, or of views where ``counts_views``.
    n_true_negative, n_free : int
        Counts that reproduce the specificity.
    are_columns_swapped : bool
        SPEC and SENS were printed in each other's column.
    counts_views : bool
        Views were counted in the place of patients.
    note : str
        What else does not add up; empty where all does.
    """

    model: str
    experiment: str
    patients: PublishedSet
    auc: float
    accuracy_pct: float
    specificity_pct: float
    sensitivity_pct: float
    n_true_positive: int
    n_events: int
    n_true_negative: int
    n_free: int
    are_columns_swapped: bool = False
    counts_views: bool = False
    note: str = ""

    @property
    def corrected_sensitivity_pct(self) -> float:
        """The printed sensitivity, taken from the other column where they were swapped, %."""
        return self.specificity_pct if self.are_columns_swapped else self.sensitivity_pct

    @property
    def corrected_specificity_pct(self) -> float:
        """The printed specificity, taken from the other column where they were swapped, %."""
        return self.sensitivity_pct if self.are_columns_swapped else self.specificity_pct

    @property
    def balanced_accuracy(self) -> float:
        """Mean of sensitivity and specificity by the counts: the AUC of hard labels."""
        return (self.n_true_positive / self.n_events + self.n_true_negative / self.n_free) / 2

    @property
    def is_auc_of_hard_labels(self) -> bool:
        """Whether the printed AUC is the balanced accuracy, to its two decimals."""
        return abs(self.balanced_accuracy - self.auc) <= 0.005


_CV, _T = PublishedSet.CROSS_VALIDATION, PublishedSet.TESTING

TABLE_2 = (
    PublishedRow(
        model="CP only",
        experiment="CP",
        patients=_CV,
        auc=0.71,
        accuracy_pct=87.49,
        specificity_pct=97.21,
        sensitivity_pct=11.59,
        n_true_positive=8,
        n_events=69,
        n_true_negative=523,
        n_free=538,
        note=sentence("the counts give an accuracy of 87.48 %"),
    ),
    PublishedRow(
        model="CP only",
        experiment="CP",
        patients=_T,
        auc=0.73,
        accuracy_pct=85.25,
        specificity_pct=93.52,
        sensitivity_pct=21.43,
        n_true_positive=3,
        n_events=14,
        n_true_negative=101,
        n_free=108,
    ),
    PublishedRow(
        model="MRI",
        experiment="MRI",
        patients=_CV,
        auc=0.76,
        accuracy_pct=89.79,
        specificity_pct=96.65,
        sensitivity_pct=36.23,
        n_true_positive=25,
        n_events=69,
        n_true_negative=520,
        n_free=538,
    ),
    PublishedRow(
        model="MRI",
        experiment="MRI",
        patients=_T,
        auc=0.65,
        accuracy_pct=74.77,
        specificity_pct=87.04,
        sensitivity_pct=42.86,
        n_true_positive=18,
        n_events=42,
        n_true_negative=94,
        n_free=108,
        counts_views=True,
        note=sentence(
            "the accuracy fits no counts; three views per patient with recurrence give 74.67 %, patients 81.97 %"
        ),
    ),
    PublishedRow(
        model="MRI + CP",
        experiment="MRI+CP",
        patients=_CV,
        auc=0.78,
        accuracy_pct=80.23,
        specificity_pct=84.20,
        sensitivity_pct=49.28,
        n_true_positive=34,
        n_events=69,
        n_true_negative=453,
        n_free=538,
        note=sentence("453 true negatives, as in two other rows"),
    ),
    PublishedRow(
        model="MRI + CP",
        experiment="MRI+CP",
        patients=_T,
        auc=0.74,
        accuracy_pct=82.79,
        specificity_pct=88.89,
        sensitivity_pct=35.71,
        n_true_positive=5,
        n_events=14,
        n_true_negative=96,
        n_free=108,
    ),
    PublishedRow(
        model="MRI with MV",
        experiment="MRI+MV",
        patients=_CV,
        auc=0.85,
        accuracy_pct=84.35,
        specificity_pct=85.51,
        sensitivity_pct=84.20,
        n_true_positive=59,
        n_events=69,
        n_true_negative=453,
        n_free=538,
        are_columns_swapped=True,
        note=sentence("453 true negatives, as in two other rows"),
    ),
    PublishedRow(
        model="MRI with MV",
        experiment="MRI+MV",
        patients=_T,
        auc=0.86,
        accuracy_pct=85.45,
        specificity_pct=75.00,
        sensitivity_pct=96.30,
        n_true_positive=84,
        n_events=112,
        n_true_negative=104,
        n_free=108,
        are_columns_swapped=True,
        counts_views=True,
        note=sentence("112 is 14 patients with 8 views"),
    ),
    PublishedRow(
        model="DeepTEPP (MRI with MV + CP)",
        experiment="MRI+MV+CP",
        patients=_CV,
        auc=0.88,
        accuracy_pct=85.01,
        specificity_pct=91.30,
        sensitivity_pct=84.20,
        n_true_positive=63,
        n_events=69,
        n_true_negative=453,
        n_free=538,
        are_columns_swapped=True,
        note=sentence("453 true negatives, as in two other rows"),
    ),
    PublishedRow(
        model="DeepTEPP (MRI with MV + CP)",
        experiment="MRI+MV+CP",
        patients=_T,
        auc=0.87,
        accuracy_pct=90.00,
        specificity_pct=80.95,
        sensitivity_pct=93.52,
        n_true_positive=34,
        n_events=42,
        n_true_negative=101,
        n_free=108,
        are_columns_swapped=True,
        counts_views=True,
        note=sentence("42 is 14 patients with 3 views"),
    ),
)
"""Table 2, as printed, with its counts."""

BACKBONE_AUC: dict[str, dict[PublishedSet, float | None]] = {
    "VGG16": {_CV: None, _T: 0.51},
    "DenseNet169": {_CV: None, _T: 0.62},
    "Shake-Shake": {_CV: None, _T: 0.61},
    "SE-ResNeXt50": {_CV: None, _T: 0.58},
    "MM_ResNet": {_CV: 0.76, _T: 0.65},
}
"""AUC of Table S2 as far as the main text gives them, by our name of the network; those of the other four are not
labelled CV or T and stand beside the testing AUC of 0.65."""

CONTRAST_P = {
    ("MRI", _CV): "< 0.001",
    ("CP", _CV): "< 0.001",
    ("MRI+CP", _CV): "< 0.001",
    ("MRI+MV", _CV): "0.297",
    ("MRI", _T): "< 0.001",
    ("CP", _T): "< 0.001",
    ("MRI+CP", _T): "0.022",
    ("MRI+MV", _T): "0.286",
}
"""Printed p values of DeepTEPP against each other model; the test is not named and nothing was adjusted."""

TRASTUZUMAB_AUC = {"treated": 0.94, "untreated": 0.93}
"""AUC of DeepTEPP by trastuzumab, Figure S3B; both cannot lie above a pooled 0.88 in an ordinary way."""

TABLE_2_READING = (
    "SPEC and SENS are printed in each other's column in the four multi-view rows (453/538, 59/69, 63/69, 104/108 "
    "and 101/108 leave no other reading); corrected here.",
    "The cross-validation rows are patients pooled over the folds: 69 with and 538 without recurrence.",
    "The testing set (14 and 108) fits a part of the same 607 patients only: it is not shown to be independent.",
    "The testing rows with views count 8 or 3 views of each patient with recurrence, one of the others: 112 and "
    "42 'cases' are the same 14 patients.",
    "In 5 of the 10 rows the AUC is the mean of sensitivity and specificity to two decimals, so that it was most "
    "likely computed from hard labels; in the other five it is not.",
    "ACC, SPEC and SENS come from the larger of two probabilities (cut-off 0.5), not from Youden's cut-off.",
)
"""How Table 2 must be read, one sentence each."""
