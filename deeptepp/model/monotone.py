"""Whether a worse clinical fact ever lowers a score: counted on drawn profiles, through the path that serves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deeptepp.domain.clinical import CLINICAL_FACTS, ClinicalProfile
from deeptepp.domain.lesion import ViewStack
from deeptepp.model.bundle import ModelBundle
from deeptepp.model.clinical_features import FEATURES, ORDINAL_FEATURES, values_of
from deeptepp.model.predict import score_profiles

_SHARE_UNKNOWN = 0.2
"""Share of facts that are left unknown in a drawn profile."""


@dataclass(frozen=True, slots=True)
class Reversals:
    """What was found: pairs of profiles that differ in one fact, and those whose worse one scores lower.

    ``by_field``: lower scores by the fact that got worse; ``n_equal``: pairs with exactly the same score.
    """

    n_pairs: int
    by_field: dict[str, int]
    n_equal: int

    @property
    def n(self) -> int:
        """Pairs whose worse profile scores lower."""
        return sum(self.by_field.values())


def noise_stack(bundle: ModelBundle, rng: np.random.Generator) -> ViewStack:
    """Draw mosaics of noise, as good as any to ask what facts do beside an image."""
    side, names = bundle.views.mosaic_px, bundle.views.names
    shape = (len(names), len(bundle.roi.channels), side, side)
    return ViewStack(rng.standard_normal(shape, dtype=np.float32), names)


def count_reversals(
    bundle: ModelBundle, stacks: Sequence[ViewStack], n_pairs: int, rng: np.random.Generator
) -> Reversals:
    """Draw pairs of profiles that differ in one fact, and score both with the same image.

    ``stacks``: mosaics of the images, which take turns; ``n_pairs``: in all; other facts may be unknown.
    """
    fields = [name for name in CLINICAL_FACTS if any(name in FEATURES[each].fields for each in bundle.features)]
    pairs = [_draw_pair(fields[i % len(fields)], fields, rng) for i in range(n_pairs if fields else 0)]
    by_field, n_equal = dict.fromkeys(fields, 0), 0
    for turn, stack in enumerate(stacks):
        mine = pairs[turn :: len(stacks)]
        if not mine:
            break
        scores = score_profiles(bundle, stack, [each for _, *both in mine for each in both])
        for k, (field, _, _) in enumerate(mine):
            better, worse = scores[2 * k], scores[2 * k + 1]
            by_field[field] += bool(worse < better)
            n_equal += bool(worse == better)
    return Reversals(len(pairs), by_field, n_equal)


def _draw_pair(
    field: str, fields: Sequence[str], rng: np.random.Generator
) -> tuple[str, ClinicalProfile, ClinicalProfile]:
    """Draw a profile, and the same with one fact worse."""
    others = {name: _draw(name, rng) for name in fields if name != field and rng.random() >= _SHARE_UNKNOWN}
    one, two = _two_values(field, rng)
    profiles = [ClinicalProfile.from_mapping(others | {field: value}) for value in (one, two)]
    ordinal = [name for name, feature in ORDINAL_FEATURES.items() if field in feature.fields]
    badness = [values_of(profile, tuple(ordinal)).sum() for profile in profiles]
    better, worse = profiles if badness[0] < badness[1] else reversed(profiles)
    return field, better, worse


def _two_values(field: str, rng: np.random.Generator) -> tuple[object, object]:
    """Draw two different values of a fact."""
    one = _draw(field, rng)
    while (two := _draw(field, rng)) == one:
        pass
    return one, two


def _draw(field: str, rng: np.random.Generator) -> object:
    """Draw a value of a fact, evenly over what it may be."""
    fact = CLINICAL_FACTS[field]
    if fact.limits is not None and not fact.is_whole:
        return float(np.round(rng.uniform(*fact.limits), 1))
    return fact.values[int(rng.integers(len(fact.values)))]
