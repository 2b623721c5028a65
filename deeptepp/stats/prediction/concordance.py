"""Whether patients with a higher marker have the event earlier: Harrell's and Uno's C.

Two patients can be compared where one had the event while the other was still under observation without it; at
equal times a censoring counts as later than an event. Tied markers count one half, two events at one time do not
count. The standard error is the infinitesimal jackknife (the influence of each patient, with the weights for
censoring taken as known); the interval is symmetric on the logit scale, so that it stays in (0, 1).

References
----------
Harrell FE, Califf RM, Pryor DB, Lee KL, Rosati RA. JAMA 1982;247:2543-2546.
Uno H, Cai T, Pencina MJ, D'Agostino RB, Wei LJ. Stat Med 2011;30:1105-1117.
Therneau TM, Watson DA. The concordance statistic and the Cox model. Mayo Clinic Technical Report 85, 2017.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import OutOfRange
from deeptepp.stats.estimate import Estimate, normal_quantile
from deeptepp.stats.horizon import known_at, told_apart
from deeptepp.stats.prediction.concordance_pairs import ConcordanceCounts, Pairs, merged, pairs_of
from deeptepp.stats.survival.censoring import censoring_survival
from deeptepp.wording.sentence import sentence

Floats = npt.NDArray[np.float64]

NO_PAIR = "no two patients can be compared: nobody had the event while another was still under observation"
"""Reason of an absent index."""

ONE_SIDED = "all pairs agree, so no interval can be given"
"""Reason of an absent interval."""


@dataclass(frozen=True, slots=True)
class Concordance:
    """A concordance index.

    ``index``: c with its logit-scale interval; ``n_events`` counts the events up to the horizon.
    ``standard_error``: of C itself. ``counts``: pairs behind it. ``horizon_months``: only events up to here count;
    None for all.
    """

    index: Estimate
    standard_error: float | None
    counts: ConcordanceCounts
    horizon_months: float | None


def harrell_c(
    follow_up: FollowUp,
    marker: npt.ArrayLike,
    *,
    horizon_months: float | None = None,
    strata: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> Concordance:
    """Measure Harrell's C, the share of comparable pairs that the marker puts in the right order.

    ``marker`` (n,): finite; higher means an earlier event. ``horizon_months``: count only events up to this time.
    ``strata`` (n,): compare only patients of the same stratum. Returns: without a value where no pair can be
    compared.
    """
    x = checked_marker(follow_up, marker)
    counted = _counted(follow_up, horizon_months)
    name = "Harrell's C" if strata is None else "Harrell's C inside strata"
    labels = np.zeros(follow_up.n) if strata is None else np.asarray(strata)
    if labels.shape != x.shape:
        msg = f"strata {labels.shape} must give one value for each of {follow_up.n} patients"
        raise ValueError(msg)
    stratum = np.unique(labels, return_inverse=True)[1]
    whose = [stratum == number for number in range(int(stratum.max(initial=-1)) + 1)]
    parts = [pairs_of(follow_up.where(i), x[i], counted[i], np.ones(int(i.sum()))) for i in whose]
    return _concordance(follow_up, merged(parts, whose), counted, (name, horizon_months, level))


def uno_c(
    follow_up: FollowUp, marker: npt.ArrayLike, *, horizon_months: float | None = None, level: float = 0.95
) -> Concordance:
    """Measure Uno's C, which does not depend on how long patients were followed.

    Each event at t counts with weight 1 / G(t-)^2. ``marker`` (n,): finite; higher means an earlier event.
    ``horizon_months``: count only events up to this time; choose it where enough patients are still under
    observation. Returns: without a value where no pair can be compared.
    """
    x = checked_marker(follow_up, marker)
    counted = _counted(follow_up, horizon_months)
    weights = censoring_survival(follow_up).before(follow_up.months) ** -2.0 * counted if counted.any() else x * 0
    pairs = pairs_of(follow_up, x, counted, weights)
    return _concordance(follow_up, pairs, counted, ("Uno's C", horizon_months, level))


def checked_marker(follow_up: FollowUp, marker: npt.ArrayLike) -> Floats:
    """Give a marker as one finite column.

    Returns (n,): the marker.
    """
    x = np.asarray(marker, dtype=np.float64)
    if x.shape != follow_up.months.shape:
        msg = f"marker {x.shape} must be one column of {follow_up.n} patients"
        raise ValueError(msg)
    if not np.isfinite(x).all():
        raise OutOfRange(field="marker", value="missing or infinite", limit="finite numbers")
    return x


def _counted(follow_up: FollowUp, horizon_months: float | None) -> npt.NDArray[np.bool_]:
    """Whose events count, (n,)."""
    if horizon_months is None:
        return follow_up.event
    if not horizon_months > 0:
        raise OutOfRange(field="horizon_months", value=horizon_months, limit="(0, inf)")
    return known_at(follow_up, horizon_months).is_case


def _concordance(
    follow_up: FollowUp, pairs: Pairs, counted: npt.NDArray[np.bool_], asked: tuple[str, float | None, float]
) -> Concordance:
    """Turn the sums over pairs into an index with its interval."""
    name, horizon, level = asked
    method = sentence(
        "{name}, jackknife interval on the logit scale"
        if horizon is None
        else "{name} up to {months:g} months, jackknife interval on the logit scale",
        name=name,
        months=horizon,
    )
    n_pairs = float(pairs.all_as_event.sum())
    value = low = high = error = None
    reason = NO_PAIR
    if n_pairs > 0:
        # Share of comparable pairs in order, ties one half.
        value = float(pairs.agreeing_as_event.sum() / n_pairs)
        # Infinitesimal jackknife: what each patient's pairs add.
        error = float(np.sqrt((((pairs.agreeing - value * pairs.all) / n_pairs) ** 2).sum()))
        reason = _end_of_follow_up(follow_up, horizon)
        if 0 < value < 1 and error > 0:
            half = normal_quantile(level) * error / (value * (1 - value))
            low, high = float(expit(logit(value) - half)), float(expit(logit(value) + half))
        else:
            error = None
            reason = ONE_SIDED if value in (0, 1) else "the jackknife variance is 0 on these data"
    index = Estimate(
        value=value,
        low=low,
        high=high,
        level=level,
        n=follow_up.n,
        n_events=int(counted.sum()),
        method=method,
        reason=reason,
    )
    return Concordance(index, error, pairs.counts, horizon)


def _end_of_follow_up(follow_up: FollowUp, horizon: float | None) -> str:
    """That the index stops before the horizon where follow-up does."""
    last = float(follow_up.months.max(initial=0.0))
    if horizon is None or horizon <= last:
        return ""
    return sentence(
        "follow-up ends at {last} months, so the index is that up to there", last=told_apart(last, horizon)
    )
