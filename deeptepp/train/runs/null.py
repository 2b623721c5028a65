"""The type I error of the whole pipeline: follow-up that nothing predicts, often, from training to p-value.

The images of one simulated dataset are kept; the follow-up of its patients is drawn again under the preset
``no_signal`` and everything after that is done afresh: split, training, cut-offs, tiers, tests. What is asked of
patients whom nothing was chosen on, the held-out ones, must be an honest null. The same tests on the patients of
the cross-validation, on whose scores the cut-offs were found, are reported beside it, because they are not.

References
----------
Altman DG et al. Dangers of using "optimal" cutpoints. J Natl Cancer Inst 1994;86:829-835.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from deeptepp.domain.risk import Tier, TierScheme
from deeptepp.errors import BadSetting, NotEstimable
from deeptepp.simulate.simulated_cohort import redraw_outcomes
from deeptepp.stats.prediction.cutoffs import find_tier_scheme
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.stats.survival.logrank import log_rank
from deeptepp.stats.survival.logrank_permutation import log_rank_by_permutation
from deeptepp.train.data.dataset import Dataset, read_dataset
from deeptepp.train.fit.journal import Listener, silent
from deeptepp.train.runs.run import Run, run_trial
from deeptepp.train.settings import TrainSettings

PRESET = "no_signal"
"""Outcomes follow a biology that neither images nor clinical facts carry."""

ALPHA = 0.05
"""Level of the tests and of one minus the intervals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """What one draw of follow-up came to.

    ``n_in_folds``, ``n_events_in_folds``, ``n_holdout``, ``n_events_holdout``: patients and events. ``auc``,
    ``auc_low``, ``auc_high``: out-of-fold, with DeLong's interval. ``auc_holdout``: of the held-out patients.
    ``auc_holdout_low``, ``auc_holdout_high``: its interval; None where it cannot be estimated. ``p_holdout``:
    log-rank test between the tiers of the held-out patients, by permutation, because a tier can be as small as one
    patient; None where there is one tier or no event. ``p_holdout_chi_square``: the same by the chi-square
    distribution, as it is usually printed. ``p_in_folds``: by the chi-square distribution, of the patients on
    whose scores the cut-offs were found.
    """

    seed: int
    n_in_folds: int
    n_events_in_folds: int
    n_holdout: int
    n_events_holdout: int
    auc: float
    auc_low: float
    auc_high: float
    auc_holdout: float | None
    auc_holdout_low: float | None
    auc_holdout_high: float | None
    p_holdout: float | None
    p_holdout_chi_square: float | None
    p_in_folds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NullReport:
    """How often chance looked like signal.

    ``n_covering``, ``n_covering_holdout``: draws whose AUC interval holds 0.5, out-of-fold and held out.
    ``n_with_interval_holdout``: draws with such an interval in the held-out patients. ``n_significant_holdout``,
    ``n_tested_holdout``: log-rank p, by permutation, below ``ALPHA`` in the held-out patients, and how many could
    be tested. ``n_significant_chi_square``: of these, how many would be significant by the chi-square
    distribution. ``n_significant_in_folds``, ``n_tested_in_folds``: the same where the cut-offs were found.
    ``most_by_chance``: no more than so many of ``n_tested_holdout`` are significant in 97.5 % of honest pipelines.
    """

    draws: tuple[Draw, ...]
    n_covering: int
    n_covering_holdout: int
    n_with_interval_holdout: int
    n_significant_holdout: int
    n_tested_holdout: int
    n_significant_chi_square: int
    n_significant_in_folds: int
    n_tested_in_folds: int
    most_by_chance: int

    @property
    def is_honest(self) -> bool:
        """Whether the held-out patients gave no more false alarms than chance does."""
        return self.n_significant_holdout <= self.most_by_chance


def run_null(
    base: TrainSettings,
    *,
    folder: Path,
    n_draws: int = 20,
    dataset: Dataset | None = None,
    progress: Listener = silent,
) -> NullReport:
    """Train and test on follow-up without signal.

    ``base``: of every draw but its seed. ``folder``: keeps the state and one ``draw.json`` per draw: the same call
    goes on where it was stopped. ``dataset``: simulated patients; else the settings' ``dataset`` is read.
    """
    if base.protocol != "strict":
        raise BadSetting(key="protocol", value=base.protocol, limit="strict: a null needs patients held out")
    if dataset is None:
        read = read_dataset(base.dataset)
        if not isinstance(read, Dataset):
            raise BadSetting(key="dataset", value="without regions of interest", limit="simulated patients")
        dataset = read
    draws = []
    for seed in range(n_draws):
        draws.append(_draw(base, dataset, seed, folder / f"draw-{seed:03d}"))
        last = draws[-1]
        interval = f"{last.auc:.3f} ({last.auc_low:.3f}-{last.auc_high:.3f})"
        tested = "" if last.p_holdout is None else f", log-rank p {last.p_holdout:.3f} in held-out patients"
        progress(f"null {seed + 1} of {n_draws}: AUC {interval} out-of-fold{tested}")
    return count_draws(draws)


def count_draws(draws: Sequence[Draw]) -> NullReport:
    """Count what the draws came to."""
    held = [p for p in (draw.p_holdout for draw in draws) if p is not None]
    inside = [p for p in (draw.p_in_folds for draw in draws) if p is not None]
    intervals = [
        (draw.auc_holdout_low, draw.auc_holdout_high)
        for draw in draws
        if draw.auc_holdout_low is not None and draw.auc_holdout_high is not None
    ]
    return NullReport(
        draws=tuple(draws),
        n_covering=sum(draw.auc_low <= 0.5 <= draw.auc_high for draw in draws),
        n_covering_holdout=sum(low <= 0.5 <= high for low, high in intervals),
        n_with_interval_holdout=len(intervals),
        n_significant_holdout=sum(p < ALPHA for p in held),
        n_tested_holdout=len(held),
        n_significant_chi_square=sum(
            draw.p_holdout_chi_square is not None and draw.p_holdout_chi_square < ALPHA for draw in draws
        ),
        n_significant_in_folds=sum(p < ALPHA for p in inside),
        n_tested_in_folds=len(inside),
        most_by_chance=int(binom.ppf(1 - ALPHA / 2, len(held), ALPHA)) if held else 0,
    )


def _draw(base: TrainSettings, dataset: Dataset, seed: int, folder: Path) -> Draw:
    """Run one draw, or read what it came to before."""
    path = folder / "draw.json"
    if path.exists():
        return Draw(**json.loads(path.read_text("utf-8")))
    cohort = redraw_outcomes(dataset.cohort, preset=PRESET, seed=seed)
    drawn = replace(dataset, cohort=cohort, sha256=f"{dataset.sha256}-{PRESET}-{seed}")
    run = run_trial(replace(base, seed=seed), folder=folder, dataset=drawn, with_refit=False)
    found = _measure(run, seed)
    path.write_text(json.dumps(asdict(found), indent=2) + "\n", encoding="utf-8")
    return found


def _measure(run: Run, seed: int) -> Draw:
    """AUC and log-rank tests of one run."""
    inside, held = run.split.in_folds, run.split.is_holdout
    events = run.labels.event
    curve = roc_auc(run.scores[inside], events[inside])
    held_auc: tuple[float | None, float | None, float | None] = (None, None, None)
    with suppress(NotEstimable):
        other = roc_auc(run.scores[held], events[held])
        held_auc = (other.auc, other.low, other.high)
    tiers = _tiers(run)
    return Draw(
        seed=seed,
        n_in_folds=int(inside.sum()),
        n_events_in_folds=int(events[inside].sum()),
        n_holdout=int(held.sum()),
        n_events_holdout=int(events[held].sum()),
        auc=curve.auc,
        auc_low=curve.auc if curve.low is None else curve.low,
        auc_high=curve.auc if curve.high is None else curve.high,
        auc_holdout=held_auc[0],
        auc_holdout_low=held_auc[1],
        auc_holdout_high=held_auc[2],
        p_holdout=_p_value(run, tiers, held, is_permuted=True),
        p_holdout_chi_square=_p_value(run, tiers, held),
        p_in_folds=_p_value(run, tiers, inside),
    )


def _tiers(run: Run) -> TierScheme | None:
    """Find the cut-offs on the out-of-fold scores, None where none does better than chance."""
    inside = run.split.in_folds
    try:
        return find_tier_scheme(run.scores[inside], run.labels.event[inside])
    except NotEstimable:
        return None


def _p_value(
    run: Run, tiers: TierScheme | None, chosen: npt.NDArray[np.bool_], *, is_permuted: bool = False
) -> float | None:
    """Test whether the tiers of some patients differ in recurrence-free survival."""
    if tiers is None:
        return None
    follow_up = run.dataset.cohort.follow_up()
    names = np.array([tiers.tier_of(float(score)).value for score in run.scores])
    groups = [follow_up.where(chosen & (names == tier.value)) for tier in Tier]
    groups = [group for group in groups if group.n]
    try:
        return log_rank_by_permutation(groups) if is_permuted else log_rank(groups).p_value
    except NotEstimable:
        return None
