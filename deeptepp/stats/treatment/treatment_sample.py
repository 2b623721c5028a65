"""The patients of two treatments that are compared: chosen, matched, and followed up to a common horizon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import ARM, TIER, Cohort, Endpoint, FollowUp
from deeptepp.domain.risk import Tier
from deeptepp.errors import MissingColumn, NotEstimable
from deeptepp.stats.design import as_text
from deeptepp.stats.horizon import censor_at
from deeptepp.stats.treatment.balance import Balance, SmdDenominator, balance_of
from deeptepp.stats.treatment.matching import MatchedPairs, match_pairs
from deeptepp.stats.treatment.propensity import DroppedLevel, Propensity, fit_propensity
from deeptepp.stats.treatment.treatment_question import Matching, TreatmentQuestion
from deeptepp.wording.sentence import joined, sentence

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

STAGE = "stage"
"""Column that the published matching uses beside the follow-up."""
_EXTENT = ("node_stage", "tumour_size_mm")
"""What stage is made of."""
_BIOLOGY = ("er_positive", "age_years", "grade", "pr_positive")

_UNKNOWN = ("", "nan", "None", "unknown")


@dataclass(frozen=True, slots=True, eq=False)
class TreatmentSample:
    """Who is compared.

    ``before_index``, ``before_reference`` (n,): rows of the cohort with known follow-up, by side. ``index``,
    ``reference`` (m,): rows compared; under matching the i-th of both are a pair. ``follow_up_index``,
    ``follow_up_reference``: their times and events, cut at the horizon. ``horizon_months``: common horizon; None
    where follow-up was not cut. ``pairs``: the matching, rows as of the cohort; None where none was done.
    ``balance``: of the covariates, before and after; None where a side is empty or no covariate is known.
    ``covariates``: columns of the propensity. ``dropped``: levels of a category that only one side has; their
    patients were left out before matching. ``warnings``: what else was left out or could not be done.
    """

    before_index: Ints
    before_reference: Ints
    index: Ints
    reference: Ints
    follow_up_index: FollowUp
    follow_up_reference: FollowUp
    horizon_months: float | None
    pairs: MatchedPairs | None
    balance: Balance | None
    covariates: tuple[str, ...]
    dropped: tuple[DroppedLevel, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Chosen:
    """Rows of both sides after matching."""

    index: Ints
    reference: Ints
    pairs: MatchedPairs | None = None
    balance: Balance | None = None
    covariates: tuple[str, ...] = ()
    dropped: tuple[DroppedLevel, ...] = ()
    warnings: tuple[str, ...] = ()


def sample_treatments(
    cohort: Cohort,
    question: TreatmentQuestion,
    *,
    tiers: Sequence[Tier] | None = None,
    endpoint: Endpoint = Endpoint.RFS,
    matching: Matching = Matching.DEFAULT,
    caliper_sd: float | None = 0.2,
    covariates: Sequence[str] | None = None,
    denominator: SmdDenominator = SmdDenominator.ATT,
) -> TreatmentSample:
    """Choose the patients of both sides.

    ``cohort``: patients; with the column ``TIER`` where tiers are given. ``tiers``: tiers to take patients from;
    all patients when left out. ``matching``: how they are made alike. By default pairs are made inside each tier
    where there are several. Returns: possibly with an empty side.
    """
    absent = [name for name in covariates or () if name not in cohort]
    if absent:
        raise MissingColumn(value=", ".join(absent))
    # Who had one of the two treatments, in these tiers, with follow-up.
    rows = _members(cohort, question, tiers, endpoint)
    is_index = np.isin(_text(cohort, ARM), [arm.value for arm in question.index])
    before_index, before_reference = rows[is_index[rows]], rows[~is_index[rows]]
    # What arms are made alike in: facts of baseline, or the publication's, which hold the outcome.
    if matching is Matching.PAPER:
        if STAGE not in cohort:
            raise MissingColumn(value=STAGE)
        wanted: Sequence[str] = (STAGE, endpoint.months)
    else:
        wanted = baseline_covariates(cohort) if covariates is None else covariates
    by_tier = tiers is not None and len(tiers) > 1 and matching is not Matching.PAPER
    facts = _Facts(cohort, wanted, is_index, denominator, TIER if by_tier else None)
    # Everybody, or pairs by propensity.
    if matching is Matching.OFF or not len(before_index) or not len(before_reference):
        chosen = facts.everybody(rows)
    else:
        chosen = facts.matched(rows, caliper_sd)
    # Both arms are censored at one horizon.
    months, event = _follow_up(cohort, endpoint)
    sides = [FollowUp(months[side], event[side]) for side in (chosen.index, chosen.reference)]
    horizon = None if matching is Matching.PAPER else _horizon(sides, question.horizon_months)
    warnings = chosen.warnings
    if horizon is not None:
        sides = [censor_at(side, horizon) for side in sides]
        if horizon < question.horizon_months:
            warnings = (
                *warnings,
                sentence("One arm was followed for {months:.1f} months only; both are cut there.", months=horizon),
            )
    return TreatmentSample(
        before_index=before_index,
        before_reference=before_reference,
        index=chosen.index,
        reference=chosen.reference,
        follow_up_index=sides[0],
        follow_up_reference=sides[1],
        horizon_months=horizon,
        pairs=chosen.pairs,
        balance=chosen.balance,
        covariates=chosen.covariates,
        dropped=chosen.dropped,
        warnings=warnings,
    )


def baseline_covariates(cohort: Cohort) -> tuple[str, ...]:
    """Choose what was known at surgery, weightiest first.

    Returns: nodes and size, or stage where the cohort does not know both; then receptors, age and grade as it has
    them.
    """
    known = [name for name in (*_EXTENT, STAGE, *_BIOLOGY) if name in cohort and _is_known(cohort[name]).any()]
    left_out = (STAGE,) if all(name in known for name in _EXTENT) else _EXTENT if STAGE in known else ()
    return tuple(name for name in known if name not in left_out)


def _text(cohort: Cohort, column: str) -> npt.NDArray[np.str_]:
    """Column as text, (n,)."""
    return np.asarray(cohort[column]).astype(str)


def _follow_up(cohort: Cohort, endpoint: Endpoint) -> tuple[npt.NDArray[np.float64], Bools]:
    """Months, NaN where unknown, and events, (n,) each."""
    months = np.asarray(cohort[endpoint.months], dtype=np.float64)
    return months, np.asarray(np.asarray(cohort[endpoint.event]) == 1, dtype=bool)


def _members(
    cohort: Cohort, question: TreatmentQuestion, tiers: Sequence[Tier] | None, endpoint: Endpoint
) -> Ints:
    """Rows of both arms in these tiers whose follow-up is known."""
    chosen = np.isfinite(_follow_up(cohort, endpoint)[0])
    chosen &= np.isin(_text(cohort, ARM), [arm.value for arm in (*question.index, *question.reference)])
    if tiers is not None:
        if TIER not in cohort:
            raise MissingColumn(value=TIER)
        chosen &= np.isin(_text(cohort, TIER), [tier.value for tier in tiers])
    return np.flatnonzero(chosen)


def _horizon(sides: Sequence[FollowUp], wanted: float) -> float | None:
    """Wanted horizon, or the end of the shorter follow-up; None without patients."""
    if not all(side.n for side in sides):
        return None
    longest = min(float(side.months.max()) for side in sides)
    return min(wanted, longest) if longest > 0 else None


@dataclass(frozen=True, slots=True, eq=False)
class _Facts:
    """Covariates of the patients, and how to make both sides alike in them."""

    cohort: Cohort
    wanted: Sequence[str]
    is_index: Bools
    denominator: SmdDenominator
    stratum: str | None

    def everybody(self, rows: Ints) -> _Chosen:
        """Compare all patients; the balance is that of the patients whose covariates are known."""
        columns, complete, warnings = self._complete(rows)
        index, reference = rows[self.is_index[rows]], rows[~self.is_index[rows]]
        is_index = self.is_index[complete]
        can_compare = bool(columns) and is_index.any() and not is_index.all()
        balance = balance_of(columns, is_index, None, denominator=self.denominator) if can_compare else None
        return _Chosen(index, reference, balance=balance, warnings=warnings)

    def matched(self, rows: Ints, caliper_sd: float | None) -> _Chosen:
        """Match on the propensity of the covariates; nobody is compared where it cannot be estimated."""
        columns, complete, warnings = self._complete(rows)
        model, terms, reason = _fit_what_fits(columns, self.is_index[complete])
        if model is None:
            nobody = np.array([], dtype=np.int64)
            return _Chosen(
                nobody, nobody, warnings=(*warnings, sentence("Nobody could be matched: {reason}.", reason=reason))
            )
        if len(terms) < len(columns):
            given_up = joined(", ", [name for name in columns if name not in terms])
            warnings = (
                *warnings,
                sentence("Together all covariates separate the arms; given up: {names}.", names=given_up),
            )
        # 1:1 pairs on the logit of the propensity, within the caliper and inside each tier.
        kept = complete[model.is_included]
        exact = None if self.stratum is None else _text(self.cohort, self.stratum)[kept]
        is_index = self.is_index[kept]
        local = match_pairs(model.logit[model.is_included], is_index, caliper_sd=caliper_sd, exact=exact)
        # Standardised mean differences before and after.
        facts = {name: values[model.is_included] for name, values in columns.items()}
        balance = balance_of(facts, is_index, local, denominator=self.denominator)
        pairs = _of_cohort(local, kept)
        return _Chosen(pairs.index, pairs.reference, pairs, balance, terms, model.dropped, warnings)

    def _complete(self, rows: Ints) -> tuple[dict[str, npt.NDArray[Any]], Ints, tuple[str, ...]]:
        """Covariates of the rows that know them all, those rows, and what was left out."""
        known = {name: _is_known(np.asarray(self.cohort[name])[rows]) for name in self.wanted}
        warnings = [
            sentence("{name} is unknown for everybody and not used.", name=name)
            for name, k in known.items()
            if not k.any()
        ]
        used = [name for name, is_known in known.items() if is_known.any()]
        complete = np.logical_and.reduce([known[name] for name in used]) if used else np.ones(len(rows), bool)
        n_left_out = int((~complete).sum())
        if n_left_out:
            warnings.append(sentence("{n} of {total} patients lack a covariate.", n=n_left_out, total=len(rows)))
        columns = {name: _typed(np.asarray(self.cohort[name])[rows][complete]) for name in used}
        return columns, rows[complete], tuple(warnings)


def _is_known(values: npt.NDArray[Any]) -> Bools:
    """Which facts are known, (n,)."""
    return np.array([v is not None and v == v and str(v) not in _UNKNOWN for v in values.tolist()], dtype=bool)


def _typed(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Yes/no and numbers as numbers, all else as text."""
    if values.dtype.kind in "biuf":
        return values.astype(np.float64)
    try:
        return np.array([float(v) for v in values.tolist()])
    except ValueError:
        return np.array(as_text(values))


def _fit_what_fits(
    columns: Mapping[str, npt.NDArray[Any]], is_index: Bools
) -> tuple[Propensity | None, tuple[str, ...], str]:
    """Fit the propensity on as many covariates, first ones first, as do not separate the arms."""
    reason = "no covariate is known"
    for n in range(len(columns), 0, -1):
        terms = tuple(columns)[:n]
        try:
            return fit_propensity(columns, terms, is_index), terms, ""
        except NotEstimable as error:
            reason = str(error.facts["reason"])
    return None, (), reason


def _of_cohort(pairs: MatchedPairs, rows: Ints) -> MatchedPairs:
    """Count the rows of pairs in the cohort."""
    return MatchedPairs(
        rows[pairs.index],
        rows[pairs.reference],
        pairs.distances,
        pairs.caliper,
        pairs.sd_logit,
        pairs.n_index,
        pairs.n_reference,
        pairs.n_unmatched,
        pairs.method,
    )
