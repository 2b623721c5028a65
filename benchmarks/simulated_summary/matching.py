"""Matching on observed follow-up, in the ways that the publication may have done it.

Observed follow-up is no baseline fact: an early relapse cuts it short. The publication names what was matched on,
stage and time of recurrence-free survival, and not how; the survival of the matched depends on that.

References
----------
Tong et al., Eur Radiol 2024, doi 10.1007/s00330-024-10609-7, Statistical analysis.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import ARM, RFS_MONTHS, Arm, Cohort, Endpoint, FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.stats.treatment.matching import MatchedPairs, match_pairs
from deeptepp.stats.treatment.propensity import fit_propensity

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

CALIPER_SD = 0.2
"""Largest distance of the logits of a pair, in their standard deviations."""

CALIPER_MONTHS = 3.0
"""Largest distance of the observed times of a pair; it comes close to the reference and was chosen for that."""


class Matching(StrEnum):
    """How T+P is matched with T on observed follow-up."""

    PROPENSITY = "propensity"
    """By a propensity score on stage and observed follow-up, caliper 0.2 SD of its logit."""
    EXACT = "exact"
    """Inside stages, by observed follow-up itself, caliper 3 months."""

    @property
    def words(self) -> str:
        """What is matched on and how closely, for titles."""
        if self is Matching.PROPENSITY:
            return "propensity of stage and observed RFS time"
        return f"stage and observed RFS time within {CALIPER_MONTHS:g} months"


def match_on_follow_up(cohort: Cohort, matching: Matching) -> tuple[FollowUp, FollowUp] | None:
    """Match T+P with T by stage and observed follow-up.

    Parameters
    ----------
    cohort : Cohort
        Patients of both arms and of one tier, with their stage.
    matching : Matching
        The algorithm.

    Returns
    -------
    tuple of FollowUp or None
        Recurrence-free survival of the matched with T and with T+P; None where nobody could be matched.
    """
    is_index = np.asarray(cohort[ARM] == Arm.TP.value)
    follow_up = cohort.follow_up(Endpoint.RFS)
    try:
        pairs = _pairs(cohort, is_index, matching)
    except NotEstimable:
        return None
    if len(pairs[0]) == 0:
        return None
    single, dual = (FollowUp(follow_up.months[rows], follow_up.event[rows]) for rows in pairs)
    return single, dual


def _pairs(cohort: Cohort, is_index: Bools, matching: Matching) -> tuple[Ints, Ints]:
    """Give the rows of T and of T+P of each pair."""
    stage, months = cohort["stage"], cohort[RFS_MONTHS]
    if matching is Matching.EXACT:
        sd = float(months.std(ddof=1)) if len(months) > 1 else 0.0
        return _rows(match_pairs(months, is_index, caliper_sd=CALIPER_MONTHS / sd if sd else None, exact=stage))
    propensity = fit_propensity({"stage": stage, RFS_MONTHS: months}, ("stage", RFS_MONTHS), is_index)
    included = np.flatnonzero(propensity.is_included)
    pairs = match_pairs(propensity.logit[included], is_index[included], caliper_sd=CALIPER_SD)
    reference, index = _rows(pairs)
    return included[reference], included[index]


def _rows(pairs: MatchedPairs) -> tuple[Ints, Ints]:
    """Give the rows of both sides."""
    return pairs.reference, pairs.index
