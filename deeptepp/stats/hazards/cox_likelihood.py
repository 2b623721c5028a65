"""Partial likelihood of Cox's model, with its gradient and information, without a loop over event times.

Patients are sorted once by stratum and falling time. A patient at risk is counted from the latest event time that
she reached, so the sums over risk sets are running sums over event times, and what a risk set contributes to each
of its patients is a running sum the other way round. The information then needs no outer product for each patient.

References
----------
Cox DR. J R Stat Soc B 1972;34:187-220.
Breslow N. Biometrics 1974;30:89-99 (ties).
Efron B. J Am Stat Assoc 1977;72:557-565 (ties).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Ties(StrEnum):
    """How events at one time share their risk set."""

    EFRON = "Efron"
    BRESLOW = "Breslow"


@dataclass(frozen=True, slots=True, eq=False)
class Likelihood:
    """The partial likelihood at one place.

    ``value``: log partial likelihood. ``gradient`` (p,): its first derivative. ``information`` (p, p): minus its
    second derivative. ``means`` (p, n_events): mean of the columns in the risk set of each event, in the order of
    ``RiskSets.deaths``. ``hazard`` (k,): jump of the baseline hazard at each event time, for a linear predictor of
    ``shift`` in its stratum. ``shift`` (s,): largest linear predictor of each stratum.
    """

    value: float
    gradient: Floats
    information: Floats
    means: Floats
    hazard: Floats
    shift: Floats

    def restricted(self, used: npt.NDArray[np.bool_]) -> Likelihood:
        """Keep the derivatives by the columns where ``used`` (p,) is True."""
        information = self.information[np.ix_(used, used)]
        return replace(self, gradient=self.gradient[used], information=information, means=self.means[used])


class RiskSets:
    """Who is at risk at which event.

    ``strata`` (n,): patients of one stratum only share risk sets. ``rows``: patients in at least one risk set, by
    stratum and falling time; ``deaths`` (n_events,): places in ``rows`` of the events, in the same order;
    ``months``, ``stratum``: time and stratum of each distinct event time, in the same order.
    """

    def __init__(self, follow_up: FollowUp, strata: npt.ArrayLike | None, ties: Ties) -> None:
        months = follow_up.months
        labels = np.zeros(len(months)) if strata is None else np.asarray(strata)
        if labels.shape != months.shape:
            msg = "strata must give one value for each patient"
            raise ValueError(msg)
        self.labels, stratum = np.unique(labels, return_inverse=True)
        order = np.lexsort((~follow_up.event, -months, stratum))
        months, event, stratum = months[order], follow_up.event[order], stratum[order]
        # Events precede censorings at their time, so each distinct event time begins at its first event.
        begins = event.copy()
        begins[1:] &= (months[1:] != months[:-1]) | (stratum[1:] != stratum[:-1])
        self.months, self.stratum = months[begins], stratum[begins]
        segment = _latest_event(months, stratum, self.months, self.stratum)
        kept = segment >= 0
        self.rows, self._segment = order[kept].astype(np.int64), segment[kept]
        self.deaths = np.flatnonzero(event[kept])
        self._row_stratum = stratum[kept]
        at = self._segment[self.deaths]
        self._n_deaths = np.bincount(at, minlength=len(self.months))
        self._first_death = np.concatenate([[0], np.cumsum(self._n_deaths)])[:-1]
        self._segment_start = np.flatnonzero(np.diff(self._segment, prepend=-1))
        self._strata_bounds = _bounds(self.stratum)
        self._of_death = at
        self._fraction = np.zeros(len(at))
        if ties is Ties.EFRON:
            self._fraction = (np.arange(len(at)) - self._first_death[at]) / self._n_deaths[at]
        self._has_fractions = bool(self._fraction.any())

    def evaluate(self, columns: Floats, linear: Floats) -> Likelihood:
        """Evaluate the likelihood.

        ``columns`` (p, m): of the patients ``rows``. Returns: with respect to the coefficients of the columns.
        """
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return self._evaluate(columns, linear)

    def _evaluate(self, columns: Floats, linear: Floats) -> Likelihood:
        """Evaluate the likelihood; where a hazard underflows to 0, far from its top, it is no finite number."""
        shift, weight, at_risk = self._weights(linear)
        means = self._means(columns, weight, at_risk)
        # Baseline hazard at each event, and what each patient was exposed to until her exit.
        share = 1 / at_risk
        hazard = self._sum_of_deaths(share[None])[0]
        exposure = self._running(hazard[None], backwards=True)[0][self._segment]
        # Efron's ties: those who have the event at one time are at risk by fractions.
        if self._has_fractions:
            spared = self._sum_of_deaths((self._fraction * share)[None])[0]
            exposure[self.deaths] -= spared[self._of_death]
        expected = weight * exposure
        # Martingale residuals: observed less expected; their product with the columns is the score.
        residual = -expected
        residual[self.deaths] += 1
        shifted = linear[self.deaths] - shift[self._row_stratum[self.deaths]]
        return Likelihood(
            value=float(shifted.sum() - np.log(at_risk).sum()),
            gradient=columns @ residual,
            information=(columns * expected) @ columns.T - means @ means.T,
            means=means,
            hazard=hazard,
            shift=shift,
        )

    def means(self, columns: Floats, linear: Floats) -> Floats:
        """Average columns over the risk set of each event.

        ``columns`` (q, m): any values of the patients ``rows``. Returns (q, n_events): weighted by the hazards, in
        the order of ``deaths``.
        """
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            _, weight, at_risk = self._weights(linear)
            return self._means(columns, weight, at_risk)

    def _weights(self, linear: Floats) -> tuple[Floats, Floats, Floats]:
        """Largest linear predictor by stratum, the hazards (m,) and their sum at risk by event."""
        shift = np.full(len(self.labels), -np.inf)
        if len(linear):
            starts = np.flatnonzero(np.diff(self._row_stratum, prepend=-1))
            shift[self._row_stratum[starts]] = np.maximum.reduceat(linear, starts)
        weight = np.exp(linear - shift[self._row_stratum])
        return shift, weight, self._at_risk(weight[None])[0]

    def _means(self, columns: Floats, weight: Floats, at_risk: Floats) -> Floats:
        """Average columns (q, m) over the risk set of each event."""
        return self._at_risk(columns * weight) / at_risk

    def _at_risk(self, values: Floats) -> Floats:
        """Sum values (q, m) over the risk set of each event; of Efron's ties a growing share is left out."""
        if not len(self.months):
            return np.zeros((len(values), 0))
        total = self._running(np.add.reduceat(values, self._segment_start, axis=1))[:, self._of_death]
        if self._has_fractions:
            tied = self._sum_of_deaths(values[:, self.deaths])
            total -= self._fraction * tied[:, self._of_death]
        return total

    def _sum_of_deaths(self, values: Floats) -> Floats:
        """Sum values (q, n_events) of the events over each event time."""
        if not len(self.months):
            return np.zeros((len(values), 0))
        return np.add.reduceat(values, self._first_death, axis=1)

    def _running(self, values: Floats, *, backwards: bool = False) -> Floats:
        """Cumulate values (q, k) over the event times of each stratum, from the last time or towards it."""
        result = np.empty_like(values)
        for first, last in self._strata_bounds:
            part = slice(first, last)
            if backwards:
                result[:, part] = np.cumsum(values[:, part][:, ::-1], axis=1)[:, ::-1]
            else:
                np.cumsum(values[:, part], axis=1, out=result[:, part])
        return result


def _latest_event(months: Floats, stratum: Ints, event_months: Floats, event_stratum: Ints) -> Ints:
    """Place of the latest event time that each patient reached in her stratum, -1 where there is none."""
    # Times become ranks, so that one ascending key orders stratum and falling time without rounding.
    distinct, rank = np.unique(np.concatenate([-months, -event_months]), return_inverse=True)
    key = stratum * len(distinct) + rank[: len(months)]
    event_key = event_stratum * len(distinct) + rank[len(months) :]
    place = np.searchsorted(event_key, key, side="left")
    inside = place < len(event_key)
    inside[inside] = event_stratum[place[inside]] == stratum[inside]
    return np.where(inside, place, -1).astype(np.int64)


def _bounds(stratum: Ints) -> list[tuple[int, int]]:
    """First and the last place (exclusive) of each run of equal strata."""
    starts = np.flatnonzero(np.diff(stratum, prepend=-1)).tolist()
    return list(pairwise([*starts, len(stratum)]))
