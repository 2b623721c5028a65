"""Clinical-pathological (CP) facts as the numbers that enter the classifiers.

Each feature gives two numbers: its value, standardised on the training fold, and a flag that is 1 where it is
unknown. An unknown value is imputed by the training mean, which is 0 once standardised.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import isfinite

import numpy as np
import numpy.typing as npt

from deeptepp.domain.clinical import CLINICAL_FACTS, ClinicalProfile, NodeStage, asked_in
from deeptepp.domain.clinical_facts import Section
from deeptepp.domain.cohort import Cohort
from deeptepp.errors import BadSetting, MissingColumn

CLINICAL_COLUMNS = asked_in(Section.SCORE)
"""Fields of ``ClinicalProfile`` from which all features are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One number that the network takes.

    ``of``: gives it for a profile whose fields are known, True counts as 1; ``counts``: how it takes its facts,
    where the field alone does not say it.
    """

    fields: tuple[str, ...]
    of: Callable[[ClinicalProfile], float | None]
    name: str
    counts: str = ""


PUBLISHED_FEATURES: dict[str, Feature] = {
    # T1, T2, T3 count as 0, 1, 2.
    "tumour_stage": Feature(
        fields=("tumour_size_mm",),
        of=lambda profile: None if profile.tumour_stage is None else int(profile.tumour_stage[1]) - 1,
        name="tumour size class",
        counts="Size counts only as T1 (up to 20 mm), T2 (up to 50 mm) or T3.",
    ),
    "node_positive": Feature(
        fields=("node_stage",),
        of=lambda profile: None if profile.node_stage is None else profile.node_stage is not NodeStage.N0,
        name="nodal status",
        counts="Lymph nodes count only as N0 or positive; N1, N2 and N3 are the same to the score.",
    ),
    "er_positive": Feature(fields=("er_positive",), of=lambda profile: profile.er_positive, name="ER"),
    "pr_positive": Feature(fields=("pr_positive",), of=lambda profile: profile.pr_positive, name="PR"),
    "hr_positive": Feature(
        fields=("er_positive", "pr_positive"),
        of=lambda profile: profile.hr_positive,
        name="hormone-receptor subtype",
        counts="ER and PR count also together, as hormone receptor positive or negative.",
    ),
}
"""The five CP features with a univariate p < 0.05, as numbers or None. Where no tumour is ER-negative and
PR-positive, HR status (the molecular subtype) is the same column as ER; the paper enters both, and so do we.

References
----------
Tong et al., Eur Radiol 2024, doi 10.1007/s00330-024-10609-7.
"""

PUBLISHED_COLUMNS = tuple(
    name for name in CLINICAL_COLUMNS if any(name in each.fields for each in PUBLISHED_FEATURES.values())
)
"""Fields of ``ClinicalProfile`` that the published features are made from."""

_SIZE_KNOTS_MM = (0.0, 20.0, 50.0, 200.0)
"""Borders of T1, T2 and T3; within each the size counts by the millimetre."""


def _size_share(profile: ClinicalProfile, low_mm: float, high_mm: float) -> float | None:
    """How much of the stretch from ``low_mm`` to ``high_mm`` a tumour fills, 0 to 1."""
    size = profile.tumour_size_mm
    return None if size is None else min(max((size - low_mm) / (high_mm - low_mm), 0.0), 1.0)


def _reaches(profile: ClinicalProfile, field: str, level: object) -> bool | None:
    """Whether an ordered fact is at its ``level`` or above."""
    value = getattr(profile, field)
    return None if value is None else bool(value >= level)


def _is_negative(profile: ClinicalProfile, field: str) -> bool | None:
    """Whether a receptor is negative."""
    value = getattr(profile, field)
    return None if value is None else not value


ORDINAL_FEATURES: dict[str, Feature] = {
    # Size fills its stretches one after the other, nodes and grade their levels: a thermometer encoding.
    **{
        f"size_{low_mm:g}_to_{high_mm:g}_mm": Feature(
            fields=("tumour_size_mm",),
            of=partial(_size_share, low_mm=low_mm, high_mm=high_mm),
            name=f"tumour size from {low_mm:g} to {high_mm:g} mm",
            counts="" if low_mm else "Size counts by the millimetre.",
        )
        for low_mm, high_mm in pairwise(_SIZE_KNOTS_MM)
    },
    **{
        f"node_{stage.lower()}": Feature(
            fields=("node_stage",),
            of=partial(_reaches, field="node_stage", level=stage),
            name=f"nodal status {stage} or higher",
            counts="Lymph nodes count as N0, N1, N2 and N3." if stage is NodeStage.N1 else "",
        )
        for stage in (NodeStage.N1, NodeStage.N2, NodeStage.N3)
    },
    "er_negative": Feature(
        fields=("er_positive",), of=partial(_is_negative, field="er_positive"), name="ER negative"
    ),
    "pr_negative": Feature(
        fields=("pr_positive",), of=partial(_is_negative, field="pr_positive"), name="PR negative"
    ),
    **{
        f"grade_{grade}": Feature(
            fields=("grade",),
            of=partial(_reaches, field="grade", level=grade),
            name=f"histological grade {grade} or higher",
            counts="A fact that is known to be worse never lowers the score." if grade == 2 else "",
        )
        for grade in (2, 3)
    },
}
"""Facts as numbers that rise as the prognosis worsens, for effects whose sign is given (``ClinicalEffects``)."""

FEATURES = PUBLISHED_FEATURES | ORDINAL_FEATURES
"""Every feature by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalSchema:
    """How a profile becomes a vector, as fitted on the training fold alone.

    ``features``: keys of ``FEATURES``; ``mean``: mean of the known values of each feature; ``sd``: standard
    deviation of the known values; 1 for a feature that never varied; ``had_missing``: whether the feature was
    unknown for anyone in the training fold. Where it was not, the network has learnt nothing of its flag, so the
    flag stays 0 and an unknown value is imputed only. Raises BadSetting where a feature is unknown, a number is
    not usable, or the lengths differ.
    """

    features: tuple[str, ...]
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    had_missing: tuple[bool, ...]

    def __post_init__(self) -> None:
        for name in ("features", "mean", "sd", "had_missing"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not set(self.features) <= set(FEATURES):
            raise BadSetting(key="clinical.features", value=", ".join(self.features), limit=", ".join(FEATURES))
        if not len(self.features) == len(self.mean) == len(self.sd) == len(self.had_missing):
            raise BadSetting(key="clinical", value="lists of different lengths", limit="one entry per feature")
        if not (all(map(isfinite, self.mean)) and all(isfinite(sd) and sd > 0 for sd in self.sd)):
            raise BadSetting(key="clinical.sd", value=self.sd, limit="positive")

    @property
    def length(self) -> int:
        """F: number of values that a profile becomes, features first, then their flags."""
        return 2 * len(self.features)

    def encode(self, profile: ClinicalProfile) -> npt.NDArray[np.float32]:
        """Turn one profile into the vector that the network takes.

        ``profile``: any of the facts may be unknown. Gives (F,) float32: standardised features, then one missing
        flag for each.
        """
        encoded: npt.NDArray[np.float32] = self._encode(values_of(profile, self.features)[None])[0]
        return encoded

    def encode_cohort(self, cohort: Cohort) -> npt.NDArray[np.float32]:
        """Turn a cohort into the vectors that the network takes.

        ``cohort``: Patients; a clinical column that is absent is unknown for all of them. Gives (n, F) float32:
        one row per patient, as ``encode`` gives it. Raises OutOfRange where a clinical value is none of its
        categories or out of its range.
        """
        return self._encode(feature_values(cohort, self.features))

    def _encode(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
        """Standardise values (n, features), NaN where unknown, and append the flags."""
        is_missing = np.isnan(values)
        standard = np.where(is_missing, 0.0, (values - np.array(self.mean)) / np.array(self.sd))
        return np.concatenate(
            [standard, is_missing & np.array(self.had_missing, dtype=bool)], axis=1, dtype=np.float32
        )


def fit_schema(cohort: Cohort, features: tuple[str, ...] = tuple(PUBLISHED_FEATURES)) -> ClinicalSchema:
    """Measure means, standard deviations and missingness on the training fold.

    ``cohort``: the training fold, and nobody else; ``features``: keys of ``FEATURES``; empty for a network of
    images alone. Gives what ``encode`` needs. Raises MissingColumn where a feature is unknown for everyone;
    OutOfRange where a clinical value is none of its categories or out of its range.
    """
    values = feature_values(cohort, features)
    is_known = ~np.isnan(values)
    never_known = [name for i, name in enumerate(features) if not is_known[:, i].any()]
    if never_known:
        raise MissingColumn(value=", ".join(never_known))
    # Mean and standard deviation of the training patients who know the fact.
    sd = np.nanstd(values, axis=0)
    return ClinicalSchema(
        features=features,
        mean=tuple(np.nanmean(values, axis=0).tolist()),
        sd=tuple(np.where(sd > 0, sd, 1.0).tolist()),
        had_missing=tuple(not is_known[:, i].all() for i in range(len(features))),
    )


def values_of(profile: ClinicalProfile, features: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """Features of one profile, NaN where unknown."""
    known = [FEATURES[name].of(profile) for name in features]
    return np.array([np.nan if value is None else value for value in known], dtype=np.float64)


def feature_values(cohort: Cohort, features: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """Features of a cohort, (n, features), NaN where unknown."""
    columns = {name: cohort[name].tolist() for name in CLINICAL_COLUMNS if name in cohort}
    rows = []
    for i in range(len(cohort)):
        facts = {name: CLINICAL_FACTS[name].from_table(column[i]) for name, column in columns.items()}
        rows.append(values_of(ClinicalProfile.from_mapping(facts), features))
    return np.array(rows, dtype=np.float64).reshape(len(cohort), len(features))
