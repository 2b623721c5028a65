"""How much better cut-offs look on the patients they were found on than they would on others.

Harrell's bootstrap: in each resample the cut-offs are found anew by the published rule (highest Youden index, then
exact 2-means of the scores above), measured in that resample and in the original patients. The mean loss is the
optimism, and is taken off what the chosen cut-offs show. Intervals are percentiles of what the chosen cut-offs
show in the resamples, moved by it; they stand for chance in the patients and not for the choice.

References
----------
Harrell FE, Lee KL, Mark DB. Stat Med 1996;15:361-387.
Noma H et al. Stat Med 2021;40:5691-5701 (location-shifted interval).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.domain.risk import TierScheme
from deeptepp.errors import NotEstimable
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.prediction.concordance_pairs import counts_of
from deeptepp.stats.prediction.cutoffs import find_tier_scheme
from deeptepp.stats.prediction.ranked_scores import rank_scores
from deeptepp.wording.sentence import sentence

Floats = npt.NDArray[np.float64]

N_DRAWS = 200
"""Resamples, as Harrell advises for optimism."""

MEASURES = ("Youden index", "AUC of the tiers", "C of the tiers")
"""What is corrected: the lower cut-off alone, then all three tiers."""

METHOD = "Harrell's bootstrap, cut-offs found again in each resample"


@dataclass(frozen=True, slots=True)
class CorrectedMeasure:
    """One measure before and after the correction.

    ``name``: one of ``MEASURES``. ``apparent``: on the patients at hand. ``optimism``: mean loss from a resample
    to the original patients. ``corrected``: apparent less optimism.
    """

    name: str
    apparent: float
    optimism: float
    corrected: Estimate


@dataclass(frozen=True, slots=True)
class Optimism:
    """What searching for cut-offs adds to how good they look.

    ``measures``: in the order of ``MEASURES``. ``n_draws``, ``n_usable``: resamples drawn, and those in which
    cut-offs could be found. ``n_tried``: pairs of cut-offs looked at before these were chosen.
    """

    measures: tuple[CorrectedMeasure, ...]
    n: int
    n_events: int
    n_draws: int
    n_usable: int
    n_tried: int

    @property
    def sentence(self) -> str:
        """What it means, with the number of cut-offs tried."""
        return sentence(
            (
                "{n} pairs of cut-offs were looked at in this session. The correction stands for one "
                "search by the published rule, in {k} of {draws} resamples of {m} patients with {events} "
                "events; every further pair that is tried adds optimism that no resampling can see. Only "
                "other patients can."
            )
            if self.n_tried != 1
            else (
                "1 pair of cut-offs was looked at in this session. The correction stands for one search "
                "by the published rule, in {k} of {draws} resamples of {m} patients with {events} "
                "events; every further pair that is tried adds optimism that no resampling can see. Only "
                "other patients can."
            ),
            n=self.n_tried,
            k=self.n_usable,
            draws=self.n_draws,
            m=self.n,
            events=self.n_events,
        )


def correct_optimism(
    scores: npt.ArrayLike,
    follow_up: FollowUp,
    tiers: TierScheme,
    *,
    n_tried: int = 1,
    n_draws: int = N_DRAWS,
    seed: int = 0,
    level: float = 0.95,
    progress: Callable[[int, int], None] | None = None,
) -> Optimism:
    """Correct what cut-offs show for having been found on the same patients.

    ``scores`` (n,): in [0, 1]. ``n_tried``: pairs of cut-offs looked at. ``progress``: told the resamples done and
    their number; it stops the work by raising. Returns: measures before and after the correction. Raises
    ``NotEstimable``: nobody, or everybody, has the event, the scores do not separate them, or no resample allows
    cut-offs.
    """
    x = np.asarray(scores, dtype=np.float64)
    apparent = _measured(x, follow_up, tiers)
    rng = np.random.default_rng(np.random.SeedSequence((seed, 0x0971)))
    chosen, inside, outside = [], [], []
    for i in range(n_draws):
        # A bootstrap sample; cut-offs are found anew in it.
        drawn = rng.integers(0, len(x), len(x))
        resample = FollowUp(follow_up.months[drawn], follow_up.event[drawn])
        try:
            found = find_tier_scheme(x[drawn], resample.event)
            of_draw = [_measured(x[drawn], resample, scheme) for scheme in (tiers, found)]
            # The same cut-offs in the original patients.
            elsewhere = _measured(x, follow_up, found)
        except NotEstimable:
            continue
        finally:
            if progress is not None:
                progress(i + 1, n_draws)
        chosen.append(of_draw[0])
        inside.append(of_draw[1])
        outside.append(elsewhere)
    if not inside:
        raise NotEstimable(what="The optimism of the cut-offs", reason="no resample allowed cut-offs to be found")
    # Optimism: the mean loss from the sample to the original patients.
    optimism = (np.array(inside) - np.array(outside)).mean(axis=0)
    limits = np.quantile(np.array(chosen), [(1 - level) / 2, (1 + level) / 2], axis=0) - optimism
    n_events = follow_up.n_events

    def corrected(i: int) -> Estimate:
        return Estimate(
            value=float(apparent[i] - optimism[i]),
            low=float(limits[0, i]),
            high=float(limits[1, i]),
            level=level,
            n=len(x),
            n_events=n_events,
            method=METHOD,
        )

    return Optimism(
        measures=tuple(
            CorrectedMeasure(name, float(apparent[i]), float(optimism[i]), corrected(i))
            for i, name in enumerate(MEASURES)
        ),
        n=len(x),
        n_events=n_events,
        n_draws=n_draws,
        n_usable=len(inside),
        n_tried=n_tried,
    )


def _measured(x: Floats, follow_up: FollowUp, tiers: TierScheme) -> Floats:
    """Measure cut-offs: Youden index of the lower one, AUC and C of the three tiers, (3,)."""
    y = follow_up.event
    if not 0 < int(y.sum()) < len(y):
        raise NotEstimable(what="How well the cut-offs separate", reason="all patients, or none, have the event")
    positive = x >= tiers.low_below
    level = positive.astype(np.float64) + (x >= tiers.high_from)
    counts = counts_of(follow_up, level, y)
    if not counts.n_comparable:
        raise NotEstimable(what="The C index of the tiers", reason="no two patients can be compared")
    auc, *_ = rank_scores(level, y).auc()
    return np.array([positive[y].mean() - positive[~y].mean(), auc, counts.index])
