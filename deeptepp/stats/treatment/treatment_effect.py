"""The treatment question: two treatments compared inside tiers, with what the comparison cannot tell.

Where an arm has fewer than ``MIN_EVENTS`` events (``stats.event_rule``), or matching left the arms less alike
than they were (``stats.treatment.balance``), no difference is given: every difference is an estimate without a
value and with that reason.

References
----------
Tong Y, Hu Z, et al. Eur Radiol 2024, doi:10.1007/s00330-024-10609-7 (the comparisons of figure 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deeptepp.domain.cohort import Cohort, Endpoint, FollowUp
from deeptepp.domain.risk import Tier
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.event_rule import why_not_compared
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve, kaplan_meier
from deeptepp.stats.survival.logrank import LogRankTest, log_rank
from deeptepp.stats.treatment.contrast_estimates import ContrastEstimates
from deeptepp.stats.treatment.covariate_names import in_words
from deeptepp.stats.treatment.evidence import EvidenceBadge, grade_evidence
from deeptepp.stats.treatment.treatment_question import Matching, TreatmentQuestion
from deeptepp.stats.treatment.treatment_sample import TreatmentSample, sample_treatments
from deeptepp.wording.sentence import joined, sentence

LANDMARKS_MONTHS = (24.0, 60.0)
"""Times at which survival is compared."""


@dataclass(frozen=True, slots=True, eq=False)
class TreatmentSide:
    """One side of a contrast.

    ``n_before``, ``n_events_before``: patients of these tiers with follow-up, and all of their events.
    ``follow_up``: of the patients compared, cut at the horizon. ``curve``: None where nobody is left to compare.
    """

    label: str
    n_before: int
    n_events_before: int
    follow_up: FollowUp
    curve: KaplanMeierCurve | None

    @property
    def n(self) -> int:
        """Patients compared."""
        return self.follow_up.n

    @property
    def n_events(self) -> int:
        """Their events up to the horizon."""
        return self.follow_up.n_events


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalDifference:
    """Survival of the index side less that of the reference side at one time; as a share, not in per cent."""

    months: float
    difference: Estimate


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TreatmentContrast:
    """Two treatments compared.

    ``tiers``: tiers the patients are from; None for all patients. ``matching``: how the patients were made alike.
    ``sample``: who was compared: pairs, balance, and what was left out. ``differences``: at ``LANDMARKS_MONTHS``;
    without a value beyond the follow-up compared. ``hazard_ratio``: Cox regression; penalised (Firth) where its
    likelihood has no maximum. ``one_step``: one-step (Peto) hazard ratio. ``rmst_difference``: months without the
    event, index less reference, up to the end of what is compared. ``test``: log-rank test of both sides; print
    ``p_value``, which is held back where the contrast is not reportable. ``is_reportable``: whether each side has
    events enough for a difference, and matching did not make the sides less alike. ``cause``: why it is not
    reportable; empty where it is. ``reason``: the same, with what follows. ``warnings``: what else the reader must
    know beside the caveat of the matching.
    ``badge``: what the contrast is worth. ``is_simulated``: the patients are not real.
    """

    question: TreatmentQuestion
    tiers: tuple[Tier, ...] | None
    endpoint: Endpoint
    matching: Matching
    sample: TreatmentSample
    index: TreatmentSide
    reference: TreatmentSide
    differences: tuple[SurvivalDifference, ...]
    hazard_ratio: Estimate
    one_step: Estimate
    rmst_difference: Estimate
    test: LogRankTest | None
    is_reportable: bool
    cause: str
    reason: str
    warnings: tuple[str, ...]
    badge: EvidenceBadge
    is_simulated: bool

    @property
    def n(self) -> int:
        """Patients compared."""
        return self.index.n + self.reference.n

    @property
    def n_events(self) -> int:
        """Their events."""
        return self.index.n_events + self.reference.n_events

    @property
    def p_value(self) -> float | None:
        """Of the log-rank test; None where the contrast is not reportable or there is no test."""
        return self.test.p_value if self.test and self.is_reportable else None


def contrast_treatments(
    cohort: Cohort,
    question: TreatmentQuestion,
    *,
    tiers: Sequence[Tier] | None = None,
    endpoint: Endpoint = Endpoint.RFS,
    matching: Matching = Matching.DEFAULT,
    caliper_sd: float | None = 0.2,
    covariates: Sequence[str] | None = None,
    level: float = 0.95,
) -> TreatmentContrast:
    """Compare two treatments inside a tier, several tiers, or all patients.

    Parameters
    ----------
    cohort : Cohort
        Patients; with the column ``TIER`` where tiers are given.
    question : TreatmentQuestion
        The two treatments, and up to when they are compared.
    tiers : sequence of Tier, optional
        Tiers to take patients from; all patients when left out.
    endpoint : Endpoint
        What is counted as an event.
    matching : Matching
        How the patients are made alike.
    caliper_sd : float or None
        Largest distance of a pair, in standard deviations of the propensity logit; None for no limit.
    covariates : sequence of str, optional
        Columns to match on in place of those recorded at surgery.
    level : float
        Of the confidence intervals.

    Returns
    -------
    TreatmentContrast
        Hazard ratio, differences and test; where nothing can be compared, the reason in their place. An example is
        in ``docs/python.md``.
    """
    sample = sample_treatments(
        cohort,
        question,
        tiers=tiers,
        endpoint=endpoint,
        matching=matching,
        caliper_sd=caliper_sd,
        covariates=covariates,
    )
    one, other = sample.follow_up_index, sample.follow_up_reference
    # Arms that matching left less alike, or with too few events, are not compared.
    unlike = "" if sample.balance is None else in_words(sample.balance).why_no_effect
    cause = _why_not(sample, question, unlike)
    reason = sentence("{reason}, so no difference is given", reason=cause) if cause else ""
    estimates = ContrastEstimates(one, other, sample.horizon_months, question.horizon_months, reason, level)
    hazard_ratio, rmst_difference = estimates.hazard_ratio(), estimates.rmst_difference()
    return TreatmentContrast(
        question=question,
        tiers=None if tiers is None else tuple(tiers),
        endpoint=endpoint,
        matching=matching,
        sample=sample,
        index=_side(cohort, endpoint, question.index_label, sample.before_index, one, level),
        reference=_side(cohort, endpoint, question.reference_label, sample.before_reference, other, level),
        differences=tuple(SurvivalDifference(at, estimates.difference_at(at)) for at in LANDMARKS_MONTHS),
        hazard_ratio=hazard_ratio,
        one_step=estimates.one_step(),
        rmst_difference=rmst_difference,
        test=log_rank([one, other]) if one.n and other.n else None,
        is_reportable=not reason,
        cause=cause,
        reason=reason,
        warnings=(*(level.sentence for level in sample.dropped), *sample.warnings),
        badge=grade_evidence(
            one,
            other,
            hazard_ratio,
            rmst_difference,
            index_label=question.index_label,
            is_simulated=cohort.is_simulated,
            is_alike=not unlike,
        ),
        is_simulated=cohort.is_simulated,
    )


def _why_not(sample: TreatmentSample, question: TreatmentQuestion, unlike: str) -> str:
    """Why no difference is given; empty where one is."""
    sides = (question.index_label, sample.follow_up_index), (question.reference_label, sample.follow_up_reference)
    empty = [label for label, side in sides if not side.n]
    if empty:
        return sentence("no patient with {arms} is left to compare", arms=joined(" and none with ", empty))
    few = why_not_compared({label: side.n_events for label, side in sides})
    causes = [cause for cause in (few, unlike) if cause]
    return joined("; ", causes) if causes else ""


def _side(
    cohort: Cohort,
    endpoint: Endpoint,
    label: str,
    before: np.ndarray[tuple[int], np.dtype[np.int64]],
    follow_up: FollowUp,
    level: float,
) -> TreatmentSide:
    """Describe one side."""
    return TreatmentSide(
        label=label,
        n_before=len(before),
        n_events_before=int((np.asarray(cohort[endpoint.event])[before] == 1).sum()),
        follow_up=follow_up,
        curve=kaplan_meier(follow_up, label=label, level=level) if follow_up.n else None,
    )
