"""Monotone fusion: clinical-pathological (CP) facts add to the log odds of the images, each with a given sign.

log odds of the score = recalibrated log odds of the images + sum of effect x feature. Features rise as the
prognosis worsens and no effect is below 0, so that a worse fact cannot lower the score, whatever the images say.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from math import isfinite

import numpy as np
import numpy.typing as npt

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.cohort import Cohort
from deeptepp.domain.risk import Recalibration
from deeptepp.errors import BadSetting
from deeptepp.model.clinical_features import ORDINAL_FEATURES, feature_values, values_of

Floats = npt.NDArray[np.float64]

_RECEPTORS = ("er_negative", "pr_negative")
"""Features of which one tells much of the other."""


@dataclass(frozen=True, slots=True)
class FactOdds:
    """What the facts of one patient add to the log odds, over all that is plausible where facts are unknown.

    ``log_odds`` (m,): one value where all is known; ``shares`` (m,): weight of each, sum 1.
    """

    log_odds: Floats
    shares: Floats

    def joined(self, softmax: Floats, recalibration: Recalibration) -> Floats:
        """Recalibrate the softmax of the images by view (V,) and add the facts; probabilities (V,)."""
        each = recalibration(softmax[None, :], self.log_odds[:, None])  # (m, V)
        return np.asarray(self.shares @ each, dtype=np.float64)


@dataclass(frozen=True)
class ClinicalEffects:
    """Effects of CP facts on the log odds, fitted on out-of-fold scores of the images.

    ``features``: keys of ``ORDINAL_FEATURES``, none where the network takes the facts itself; ``effects``: log
    odds ratio of each, not below 0; ``plausible`` (m, features): features of patients of the training folds who
    know all of them, over whom an unknown fact is averaged. Effects count from the mean of these patients. Raises
    BadSetting where a feature is unknown, lengths differ, or an effect is below 0.
    """

    features: tuple[str, ...] = ()
    effects: tuple[float, ...] = ()
    plausible: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "features", tuple(self.features))
        object.__setattr__(self, "effects", tuple(self.effects))
        object.__setattr__(self, "plausible", tuple(map(tuple, self.plausible)))
        if not set(self.features) <= set(ORDINAL_FEATURES):
            raise BadSetting(
                key="effects.features", value=", ".join(self.features), limit=", ".join(ORDINAL_FEATURES)
            )
        lengths = {len(self.effects), *map(len, self.plausible)}
        if self.features and (lengths != {len(self.features)} or not self.plausible):
            raise BadSetting(key="effects", value="lists of different lengths", limit="one entry per feature")
        if not all(isfinite(effect) and effect >= 0 for effect in self.effects):
            raise BadSetting(key="effects.effects", value=self.effects, limit="not below 0")

    @cached_property
    def _rows(self) -> Floats:
        """Plausible patients as an array (m, features)."""
        return np.array(self.plausible, dtype=np.float64).reshape(-1, len(self.features))

    @cached_property
    def centre(self) -> Floats:
        """Mean of the plausible patients (features,), whose facts add 0."""
        return self._rows.mean(axis=0) if self.features else np.zeros(0)

    def of(self, profile: ClinicalProfile) -> FactOdds:
        """What the facts of one profile add; unknown facts are averaged over the plausible patients."""
        return self._of(values_of(profile, self.features))

    def of_cohort(self, cohort: Cohort) -> list[FactOdds]:
        """What the facts of every patient of a cohort add; a column that is absent is unknown for all."""
        return [self._of(row) for row in feature_values(cohort, self.features)]

    def _of(self, values: Floats) -> FactOdds:
        """Add up the effects of features (features,), NaN where unknown."""
        unknown = np.isnan(values)
        if not unknown.any():
            rows, shares = values[None], np.ones(1)
        else:
            # Every unknown feature as each plausible patient has it.
            rows = np.where(unknown, self._rows, values)
            rows, shares = self._other_receptor(rows, values)
        return FactOdds((rows - self.centre) @ np.array(self.effects), shares)

    def _other_receptor(self, rows: Floats, values: Floats) -> tuple[Floats, Floats]:
        """Weigh the two values of a receptor that is unknown by the other one, where that is known."""
        shares = np.full(len(rows), 1 / len(rows))
        if not set(_RECEPTORS) <= set(self.features):
            return rows, shares
        places = [self.features.index(name) for name in _RECEPTORS]
        for known, unknown in permutations(places):
            if np.isnan(values[known]) or not np.isnan(values[unknown]):
                continue
            # Both values in every row, each with its share among patients who agree in the known receptor.
            negative = self._share_negative(known, unknown, bool(values[known]))
            both = np.repeat(rows, 2, axis=0)
            both[0::2, unknown], both[1::2, unknown] = 0.0, 1.0
            return both, np.tile([1 - negative, negative], len(rows)) / len(rows)
        return rows, shares

    def _share_negative(self, known: int, unknown: int, is_negative: bool) -> float:
        """Share of plausible patients with the one receptor negative, given the other.

        Of all patients where the given one would turn the order round, or nobody has it.
        """
        other, given = self._rows[:, unknown], self._rows[:, known] > 0
        if given.all() or not given.any():
            return float(other.mean())
        by_value = float(other[~given].mean()), float(other[given].mean())
        return by_value[is_negative] if by_value[0] <= by_value[1] else float(other.mean())
