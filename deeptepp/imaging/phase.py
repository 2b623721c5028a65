"""Which post-contrast phase is scored: the third one of the published protocol, or the nearest to it in time.

METHOD section 3. Contrast time runs from the start of the first post-contrast acquisition, because minutes of
shimming, injection and repositioning may pass between the pre-contrast images and the injection.
"""

from __future__ import annotations

import numpy as np

from deeptepp.domain.study import PhaseChoice, Study
from deeptepp.errors import NoBreast, UnknownSeries
from deeptepp.imaging.body import body_mask
from deeptepp.imaging.breast import breasts_in
from deeptepp.imaging.resample import block_factors, block_mean, coarse_grid
from deeptepp.wording.sentence import sentence

THIRD_POST = 3
"""Post-contrast phase of the published protocol (doi 10.1007/s00330-024-10609-7)."""

THIRD_POST_PERIOD_S = (45.0, 90.0)
"""Period at which the third phase falls into the early plateau, s; faster series are ultrafast protocols."""

EARLY_PLATEAU_S = 195.0
"""Mean time of the third phase in the published protocol, s after the start of the contrast phases."""

EARLY_PLATEAU_TWO_PHASES_S = 150.0
"""The same for protocols with two post-contrast phases, s (METHOD section 3)."""

_MIN_PERIOD_S = 1.0
"""Post-contrast times closer than this, in s, were not recorded."""

_MISSING_SHARE = 0.5
"""Share of a period by which a phase may come late before one is taken to be missing."""

_PEAK_SPACING_MM = 4.0
"""Blocks on which enhancement is compared when times are unknown, mm."""


def choose_phase(study: Study, *, index: int | None = None) -> PhaseChoice:
    """Choose the phase that is scored.

    ``index``: index into ``study.phases`` chosen by the reader; overrides the rule. Raises UnknownSeries where the
    reader's index is no post-contrast phase.
    """
    # 1. The reader's choice.
    if index is not None:
        if not 1 <= index <= study.n_post:
            raise UnknownSeries(value=f"phase {index}", limit=f"post-contrast phases 1 to {study.n_post}")
        return PhaseChoice(index, "reader", sentence("Post-contrast phase {k} was chosen by the reader.", k=index))
    if study.n_post == 1:
        return PhaseChoice(1, "nearest-195-s", "There is only one post-contrast phase.")
    period = post_period_s(study)
    if period is None:
        return _by_enhancement(study)
    # 2. The third post-contrast phase, where phases follow each other as in the publication.
    low, high = THIRD_POST_PERIOD_S
    if study.n_post >= THIRD_POST and low <= period <= high and _third_is_on_time(study, period):
        reason = sentence(
            "Third of {n} post-contrast phases, one every {period:.0f} s, as in the publication.",
            n=study.n_post,
            period=period,
        )
        return PhaseChoice(THIRD_POST, "third-post", reason)
    # 3. Else the phase nearest to it in time.
    return _by_time(study, period)


def post_period_s(study: Study) -> float | None:
    """Give the median time between post-contrast phases.

    Gives Seconds; None with one post-contrast phase or when times were not recorded.
    """
    steps = np.diff([phase.time_s for phase in study.phases[1:]])
    if not study.has_times or steps.size == 0 or steps.min() < _MIN_PERIOD_S:
        return None
    return float(np.median(steps))


def contrast_time_s(study: Study, index: int) -> float:
    """Give the mean acquisition time of a phase, from the start of the first post-contrast acquisition.

    ``index``: index into ``study.phases``, at least 1. Gives Seconds. A scan is taken to last one period; with one
    post-contrast phase that is unknown and counts 0.
    """
    return study.phases[index].time_s - study.phases[1].time_s + (post_period_s(study) or 0.0) / 2


def _third_is_on_time(study: Study, period_s: float) -> bool:
    """Whether no phase is missing up to the third post-contrast one, so that counting tells its time."""
    elapsed_s = study.phases[THIRD_POST].time_s - study.phases[1].time_s
    return elapsed_s < (THIRD_POST - 1 + _MISSING_SHARE) * period_s


def _by_time(study: Study, period_s: float) -> PhaseChoice:
    """Choose the phase whose mean acquisition time is nearest to the early plateau; the earlier one on a tie."""
    target, rule = (
        (EARLY_PLATEAU_TWO_PHASES_S, "nearest-150-s") if study.n_post == 2 else (EARLY_PLATEAU_S, "nearest-195-s")
    )
    times = [contrast_time_s(study, k) for k in range(1, study.n_post + 1)]
    best = int(np.argmin([abs(t - target) for t in times])) + 1
    reason = sentence(
        "Post-contrast phase {k} of {n}, one every {period:.0f} s: its mean time of {time:.0f} s after "
        "the first one began is nearest to {target:.0f} s.",
        k=best,
        n=study.n_post,
        period=period_s,
        time=times[best - 1],
        target=target,
    )
    return PhaseChoice(best, rule, reason)


def _by_enhancement(study: Study) -> PhaseChoice:
    """Choose the phase with the strongest enhancement in the breasts, when times were not recorded."""
    factors = block_factors(study.grid, _PEAK_SPACING_MM)
    grid = coarse_grid(study.grid, factors)
    images = [block_mean(phase.volume, factors) for phase in study.phases]
    try:
        inside = breasts_in(np.float32(0.5) * (images[0] + images[-1]), grid).mask
    except NoBreast:
        inside = body_mask(images[0], grid)
    if not inside.any():
        inside = np.ones(grid.shape, dtype=bool)
    # Peak enhancement: a high percentile, since a single voxel is noise.
    peaks = [float(np.percentile((image - images[0])[inside], 99.5)) for image in images[1:]]
    best = int(np.argmax(peaks)) + 1
    reason = sentence(
        "Times were not recorded; post-contrast phase {k} of {n} enhances most in the breasts.",
        k=best,
        n=study.n_post,
    )
    return PhaseChoice(best, "peak-enhancement", reason)
