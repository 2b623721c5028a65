"""Differences of two treatments, or the reasons why they are not given.

References
----------
Heinze G, Schemper M. Biometrics 2001;57:114-119 (an arm without events).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.design import Design
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.hazards.firth import fit_firth
from deeptepp.stats.hazards.mantel_haenszel import one_step_hazard_ratio
from deeptepp.stats.horizon import told_apart
from deeptepp.stats.survival.fixed_time import compare_survival_at
from deeptepp.stats.survival.rmst import compare_restricted_means
from deeptepp.wording.sentence import sentence


@dataclass(frozen=True, slots=True)
class ContrastEstimates:
    """Differences of two sides, each held back with a reason where it may not be given.

    ``index``, ``reference``: the sides, cut at the horizon. ``horizon_months``: common horizon; None where
    follow-up was not cut. ``wanted_months``: largest horizon of the restricted mean where follow-up was not cut.
    ``reason``: why no difference may be given; empty where it may.
    """

    index: FollowUp
    reference: FollowUp
    horizon_months: float | None
    wanted_months: float
    reason: str
    level: float

    def _held_back(self, method: str, reason: str = "") -> Estimate:
        """Estimate without a value."""
        return Estimate(
            value=None,
            level=self.level,
            n=self.index.n + self.reference.n,
            n_events=self.index.n_events + self.reference.n_events,
            method=method,
            reason=reason or self.reason,
        )

    def difference_at(self, months: float) -> Estimate:
        """Compare survival at one time that both sides were followed to."""
        method = "difference of Kaplan-Meier estimates"
        if self.reason:
            return self._held_back(method)
        if self.horizon_months is not None and months > self.horizon_months:
            return self._held_back(
                method,
                sentence(
                    "both arms are compared up to {months} months only",
                    months=told_apart(self.horizon_months, months),
                ),
            )
        compared = compare_survival_at(self.index, self.reference, months, level=self.level)
        if compared.index.is_beyond_follow_up or compared.reference.is_beyond_follow_up:
            return self._held_back(
                method, sentence("an arm was followed for less than {months:g} months", months=months)
            )
        return compared.difference

    def hazard_ratio(self) -> Estimate:
        """Fit a Cox model, penalised where the likelihood has no maximum, as where a side has no event."""
        if self.reason:
            return self._held_back("hazard ratio")
        both = FollowUp(
            np.concatenate([self.index.months, self.reference.months]),
            np.concatenate([self.index.event, self.reference.event]),
        )
        is_index = np.repeat([1.0, 0.0], [self.index.n, self.reference.n])
        design = Design(("index",), is_index[:, None])
        plain = fit_cox(both, design, level=self.level).hazard_ratios()[0]
        return plain if plain.is_estimable else fit_firth(both, design, level=self.level).hazard_ratios()[0]

    def one_step(self) -> Estimate:
        """Estimate the hazard ratio in one step."""
        if self.reason:
            return self._held_back("one-step hazard ratio")
        return one_step_hazard_ratio(self.index, self.reference, level=self.level)

    def rmst_difference(self) -> Estimate:
        """Compare the months without the event up to the end of what both sides were followed for."""
        if self.reason:
            return self._held_back("difference of restricted mean survival time")
        end = self.horizon_months or min(
            self.wanted_months, float(self.index.months.max()), float(self.reference.months.max())
        )
        if end <= 0:
            return self._held_back("difference of restricted mean survival time", "an arm was not followed at all")
        compared = compare_restricted_means(self.index, self.reference, end, level=self.level).difference
        return replace(
            compared, method=sentence("{method} up to {months:g} months", method=compared.method, months=end)
        )
