"""What unknown facts leave open: the range of the score over values that the reference cohort makes plausible."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

import numpy as np

from deeptepp.domain.clinical import CLINICAL_FACTS, ClinicalProfile
from deeptepp.domain.cohort import Cohort
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.progress import Progress, Step, StepReport, silent
from deeptepp.domain.risk import Tier
from deeptepp.errors import Contradiction
from deeptepp.imaging.roi import crop_roi
from deeptepp.model.bundle import ModelBundle
from deeptepp.model.clinical_features import CLINICAL_COLUMNS, FEATURES, values_of
from deeptepp.model.predict import score_profiles
from deeptepp.scoring.images import CaseImages
from deeptepp.views.mosaic import build_views
from deeptepp.wording.sentence import sentence

MAX_COMBINATIONS = 64
"""More combinations of unknown facts than this are not tried; the facts are then varied one at a time."""

_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Values of a number in the reference cohort that count as plausible."""

_Receptors = tuple[bool | None, bool | None]
"""ER and PR of one patient."""


@dataclass(frozen=True, slots=True)
class FieldEffect:
    """What one unknown fact alone could change, the other unknown facts left unknown.

    ``low``, ``high``: lowest and highest score over its plausible values.
    """

    field: str
    low: float
    high: float
    scores: tuple[tuple[Any, float], ...] = ()

    @property
    def spread(self) -> float:
        """Highest minus lowest score."""
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class UnknownRange:
    """Range of the score over what is not known.

    ``score``: with the unknown facts left unknown; ``low``, ``high``: lowest and highest score over plausible
    values, both the score where all is known; ``tiers``: tiers that these scores fall in, ascending; ``by_field``:
    unknown facts, the one that matters most first; ``n_combinations``: sets of facts tried, 0 where all is known;
    ``is_joint``: all combinations were tried, False where there were too many and facts were varied one at a time.
    """

    score: float
    low: float
    high: float
    tiers: tuple[Tier, ...]
    by_field: tuple[FieldEffect, ...]
    n_combinations: int
    is_joint: bool = True


def unknown_range(
    images: CaseImages,
    lesion: Lesion,
    profile: ClinicalProfile,
    bundle: ModelBundle,
    *,
    max_combinations: int = MAX_COMBINATIONS,
    progress: Progress = silent,
) -> UnknownRange:
    """Score one lesion over plausible values of the facts that the network sees and nobody entered.

    Values that the network cannot tell apart are tried once. Left out are combinations that contradict what was
    entered, such as a stage, and pairs of ER and PR that no patient of the reference cohort has. ``bundle``: the
    model, its reference cohort says what is plausible; ``max_combinations``: above this number of combinations
    facts are varied one at a time; ``progress``: told of every step. Returns the range, and what each unknown fact
    does to it.
    """
    levels = {field: _levels(field, profile, bundle) for field in unknown_fields(profile, bundle)}
    singles = [replace_fact(profile, field, value) for field, values in levels.items() for value in values]
    is_joint = prod(map(len, levels.values())) <= max_combinations
    joint = _combinations(profile, levels, bundle.reference) if is_joint and levels else []
    progress(StepReport(Step.ROI, 0.0))
    roi = crop_roi(images.study, images.phase, lesion, bundle.roi)
    progress(StepReport(Step.VIEWS, 0.0))
    stack = build_views(roi, bundle.views)
    progress(StepReport(Step.SCORE, 0.0, sentence("{n} sets of facts", n=len(joint) or len(singles))))
    scores = score_profiles(bundle, stack, [profile, *singles, *joint]).tolist()
    progress(StepReport(Step.SCORE, 1.0))
    by_field = _effects(levels, scores[1 : 1 + len(singles)])
    # Where every combination contradicts what was entered, one fact at a time is what remains.
    tried = scores[1 + len(singles) :] or scores[1:] or scores
    seen = {bundle.tiers.tier_of(score) for score in tried}
    return UnknownRange(
        score=scores[0],
        low=min(tried),
        high=max(tried),
        tiers=tuple(tier for tier in Tier if tier in seen),
        by_field=by_field,
        n_combinations=len(joint) or len(singles),
        is_joint=bool(joint) or not levels,
    )


def seen_fields(bundle: ModelBundle) -> tuple[str, ...]:
    """List the fields of a profile that the network of a bundle sees.

    The result is in the order of the form.
    """
    seen = {field for feature in bundle.features for field in FEATURES[feature].fields}
    return tuple(field for field in CLINICAL_COLUMNS if field in seen)


def unknown_fields(profile: ClinicalProfile, bundle: ModelBundle) -> tuple[str, ...]:
    """List the fields that the network of a bundle sees and that are unknown.

    The result is in the order of the form.
    """
    return tuple(field for field in seen_fields(bundle) if getattr(profile, field) is None)


def known_values(field: str, reference: Cohort) -> list[Any]:
    """Known values of a field in a cohort, as a profile holds them.

    ``reference``: patients, a column that is absent is unknown for all.
    """
    column = reference[field].tolist() if field in reference else []
    fact = CLINICAL_FACTS[field]
    known = [value for each in column if (value := fact.from_table(each)) is not None]
    return [fact.category(str(value)) if fact.category else value for value in known]


def replace_fact(profile: ClinicalProfile, field: str, value: object) -> ClinicalProfile:
    """Replace one fact that the network sees; a stage that then contradicts it is left out.

    Returns the network does not see the stage, so that nothing but this fact changes for it.
    """
    return replace(profile, **{field: value, "stage": None})  # type: ignore[arg-type]  # one field of this class


def _levels(field: str, profile: ClinicalProfile, bundle: ModelBundle) -> list[Any]:
    """Plausible values of a field, each encoded differently."""
    known = known_values(field, bundle.reference)
    values: list[Any] = sorted(set(known)) or list(CLINICAL_FACTS[field].values)
    if known and field == "tumour_size_mm":
        values = np.quantile(known, _QUANTILES).tolist()
    receptors = _receptors_seen(bundle.reference)
    plausible = [value for value in values if _filled(profile, {field: value}, receptors)]
    different: dict[bytes, Any] = {}
    # Where all contradict what was entered, all stand: one entered fact must then be wrong.
    for value in plausible or values:
        encoded = values_of(replace_fact(profile, field, value), bundle.features).tobytes()
        different.setdefault(encoded, value)
    return list(different.values())


def _combinations(
    profile: ClinicalProfile, levels: dict[str, list[Any]], reference: Cohort
) -> list[ClinicalProfile]:
    """Fill in all combinations of values that contradict nothing."""
    receptors = _receptors_seen(reference)
    filled = [
        _filled(profile, dict(zip(levels, values, strict=True)), receptors) for values in product(*levels.values())
    ]
    return [each for each in filled if each is not None]


def _filled(profile: ClinicalProfile, facts: dict[str, Any], receptors: set[_Receptors]) -> ClinicalProfile | None:
    """Fill in facts; None where they contradict what was entered, or pair ER and PR as in nobody."""
    try:
        each = replace(profile, **facts)
    except Contradiction:
        return None
    pair = (each.er_positive, each.pr_positive)
    return each if None in pair or not receptors or pair in receptors else None


def _receptors_seen(reference: Cohort) -> set[_Receptors]:
    """Collect the pairs of ER and PR that patients have; empty when no patient has both known."""
    if "er_positive" not in reference or "pr_positive" not in reference:
        return set()
    pairs = zip(reference["er_positive"].tolist(), reference["pr_positive"].tolist(), strict=True)
    return {(bool(er), bool(pr)) for er, pr in pairs if er in (0, 1) and pr in (0, 1)}


def _effects(levels: dict[str, list[Any]], scores: list[float]) -> tuple[FieldEffect, ...]:
    """Share out the scores of single facts, the widest spread first."""
    effects, start = [], 0
    for field, values in levels.items():
        found = scores[start : start + len(values)]
        start += len(values)
        effects.append(FieldEffect(field, min(found), max(found), tuple(zip(values, found, strict=True))))
    return tuple(sorted(effects, key=lambda effect: -effect.spread))
