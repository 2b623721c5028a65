"""Two models, or two tables of scores, on the same patients: agreement, discrimination, tiers, net benefit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp import __version__
from deeptepp.domain.cohort import Cohort
from deeptepp.domain.provenance import MARKS, Model, provenance_of
from deeptepp.domain.risk import Tier
from deeptepp.errors import NotEstimable
from deeptepp.report.centres.score_pairs import ScorePairs, pair_scores
from deeptepp.report.cohort.cohort_validation import HORIZONS_MONTHS
from deeptepp.report.format import auc_ci, count, count_of, p_value, signed_ci
from deeptepp.report.look.stamps import stamp_all
from deeptepp.report.report_item import ReportItem, ReportPart
from deeptepp.report.report_page import ReportPage
from deeptepp.report.text_table import Table
from deeptepp.stats.correlation import spearman
from deeptepp.stats.estimate import normal_quantile
from deeptepp.stats.event_rule import why_not_measured, why_not_validated
from deeptepp.stats.horizon import known_at
from deeptepp.stats.prediction.agreement import METHOD as AGREEMENT_METHOD
from deeptepp.stats.prediction.agreement import agreement_of
from deeptepp.stats.prediction.auc_comparison import compare_auc
from deeptepp.stats.prediction.net_benefit_difference import METHOD as NET_BENEFIT_METHOD
from deeptepp.stats.prediction.net_benefit_difference import net_benefit_difference
from deeptepp.stats.prediction.reclassification import METHOD as NRI_METHOD
from deeptepp.stats.prediction.reclassification import Reclassification, cross_tiers, reclassify
from deeptepp.wording.sentence import sentence

THRESHOLDS = np.round(np.arange(0.05, 0.505, 0.05), 2)
"""Risks of recurrence at which a decision might turn, as on the decision curve of a cohort, at a fifth of them."""

_TIERS = tuple(Tier)


@dataclass(frozen=True, slots=True, eq=False)
class ScoredTable:
    """One side of a comparison: its patients with scores and tiers, and the model that made them, where known."""

    label: str
    cohort: Cohort
    model: Model | None = None

    @property
    def mark(self) -> str:
        """Mark that its patients or its model ask for."""
        model = self.model or Model("", is_simulated=False)
        return provenance_of(self.cohort, model, is_reference=self.model is not None).mark


def comparison_page(first: ScoredTable, second: ScoredTable) -> ReportPage:
    """Compare two scores of the same patients; raises what ``pair_scores`` raises."""
    pairs, horizon = pair_scores(first.cohort, second.cohort), HORIZONS_MONTHS[-1]
    mark = next((each for each in MARKS if each in (first.mark, second.mark)), "")
    items = (
        _agreement(pairs),
        _discrimination(pairs, horizon),
        _tiers(pairs),
        _reclassified(pairs, horizon),
        _net_benefit(pairs, horizon),
    )
    known = known_at(pairs.follow_up, horizon)
    facts = [
        ("A", first.label),
        ("B", second.label),
        ("Patients of both", _patients(pairs)),
        (
            "Follow-up",
            sentence(
                "known of {n}; {events} by {months:g} months, {free} free of it then",
                n=count(pairs.follow_up.n, "patient"),
                events=count(known.n_cases, "event"),
                months=horizon,
                free=known.n_free,
            ),
        ),
        ("Differences", "A less B"),
        ("Made by", f"deeptepp {__version__} compare"),
    ]
    parts = (ReportPart("A and B", stamp_all(items, mark)),)
    return ReportPage(parts=parts, title="Two scores of the same patients", facts=facts, mark=mark)


def _patients(pairs: ScorePairs) -> str:
    """Say who is scored in both, and who in one alone."""
    n = len(pairs.first)
    return sentence(
        "{n} scored in both; {first} in A alone, {second} in B alone are left out",
        n=n,
        first=pairs.n_first - n,
        second=pairs.n_second - n,
    )


def _agreement(pairs: ScorePairs) -> ReportItem:
    """Compare the numbers themselves."""
    number, title = "Comparison 1", "Do the scores agree?"
    try:
        found, ranks = agreement_of(pairs.first, pairs.second), spearman(pairs.first, pairs.second)
    except NotEstimable as error:
        return ReportItem("agreement", number, title, reason=str(error))
    rows = tuple(
        (name, _three(each.value, each.low, each.high))
        for name, each in (
            ("Mean difference", found.mean),
            ("Lower limit of agreement", found.lower_limit),
            ("Upper limit of agreement", found.upper_limit),
            ("Rank correlation (Spearman)", ranks),
        )
    )
    note = sentence("{method}; {n}.", method=AGREEMENT_METHOD, n=count(len(pairs.first), "patient"))
    table = Table("Agreement of the scores", ("Measure", "Value (95 % CI)"), rows, note)
    return ReportItem("agreement", number, title, tables=(table,))


def _discrimination(pairs: ScorePairs, horizon: float) -> ReportItem:
    """Compare both AUC in those whose outcome by the horizon is known."""
    number, title = "Comparison 2", sentence("Discrimination at {n:g} months", n=horizon)
    known = known_at(pairs.follow_up, horizon)
    chosen, events = known.is_known, known.is_case[known.is_known]
    few = why_not_measured(len(events), int(events.sum()))
    if few:
        return ReportItem("discrimination", number, title, reason=few)
    one, other = (scores[pairs.is_followed][chosen] for scores in (pairs.first, pairs.second))
    found = compare_auc(one, other, events)
    # Each area with the interval that DeLong's variance gives it.
    halves = [normal_quantile(found.level) * variance**0.5 for variance in found.variance]
    alone = [
        (name, auc_ci(auc, auc - half, auc + half), "")
        for name, auc, half in zip(("AUC of A", "AUC of B"), found.auc, halves, strict=True)
    ]
    apart = ("Difference", _three(found.difference, found.low, found.high), found.reason or p_value(found.p_value))
    note = sentence(
        "Paired DeLong; {n}, {events}. Who was censored earlier is left out: {left}.",
        n=count(found.n, "patient"),
        events=count(found.n_events, "event"),
        left=count(pairs.follow_up.n - found.n, "patient"),
    )
    table = Table("Areas under the ROC curve", ("Measure", "Value (95 % CI)", "Remark"), (*alone, apart), note)
    return ReportItem("discrimination", number, title, tables=(table,))


def _tiers(pairs: ScorePairs) -> ReportItem:
    """Count patients by both tiers."""
    number, title = "Comparison 3", "Who changes tier?"
    both = (pairs.first_tiers >= 0) & (pairs.second_tiers >= 0)
    if not both.any():
        return ReportItem("tiers", number, title, reason=_NO_TIERS)
    counts = cross_tiers(pairs.first_tiers[both], pairs.second_tiers[both], len(_TIERS))
    stay, n = int(np.trace(counts)), int(both.sum())
    note = sentence("Rows A, columns B. {stay} keep their tier.", stay=count_of(stay, n))
    return ReportItem("tiers", number, title, tables=(_cross_table("Tiers of all patients", counts, note),))


_NO_TIERS = "one of the tables has no tiers"


def _reclassified(pairs: ScorePairs, horizon: float) -> ReportItem:
    """Count who moves up and down, with the event and without."""
    number, title = "Comparison 4", sentence("Reclassification at {n:g} months", n=horizon)
    known = known_at(pairs.follow_up, horizon)
    first, second = (tiers[pairs.is_followed] for tiers in (pairs.first_tiers, pairs.second_tiers))
    chosen = known.is_known & (first >= 0) & (second >= 0)
    if not chosen.any():
        return ReportItem("reclassification", number, title, reason=_NO_TIERS)
    # From B to A: above 0, A moves the right way.
    found = reclassify(second[chosen], first[chosen], known.is_case[chosen], len(_TIERS))
    tables = (_nri_table(found), *_moves(found))
    return ReportItem("reclassification", number, title, tables=tables, notes=(_NRI_NOTE,))


_NRI_NOTE = (
    "The sum of both parts counts a patient with the event as much as one without, whatever their numbers; it is "
    "no measure of use by itself. Tiers are no treatment: a patient who moves up is not helped by that alone."
)


def _nri_table(found: Reclassification) -> Table:
    """Lay out both parts and their sum."""
    named = (
        ("With the event: up less down", found.of_events),
        ("Without the event: down less up", found.of_free),
        ("Sum (NRI)", found.total),
    )
    rows = tuple((name, _three(each.value, each.low, each.high), each.reason) for name, each in named)
    note = sentence(
        "{method}, from B to A; {n}, {events}.",
        method=NRI_METHOD,
        n=count(found.total.n, "patient"),
        events=count(found.total.n_events, "event"),
    )
    return Table("Net reclassification", ("Part", "Share (95 % CI)", "Remark"), rows, note)


def _moves(found: Reclassification) -> Iterator[Table]:
    """Cross both tiers among those with the event, and those without."""
    for title, counts in (
        ("Tiers of patients with the event", found.table_of_events),
        ("Tiers of patients without the event", found.table_of_free),
    ):
        yield _cross_table(title, counts.T, "Rows A, columns B.")


def _cross_table(title: str, counts: npt.NDArray[np.int64], note: str) -> Table:
    """Lay out counts by both tiers (k, k)."""
    rows = tuple((tier.value, *map(str, row)) for tier, row in zip(_TIERS, counts.tolist(), strict=True))
    return Table(title, ("A \\ B", *(tier.value for tier in _TIERS)), rows, note)


def _net_benefit(pairs: ScorePairs, horizon: float) -> ReportItem:
    """Compare what acting on either is worth."""
    number, title = "Comparison 5", sentence("Net benefit at {n:g} months", n=horizon)
    few = why_not_validated(pairs.follow_up, horizon) if pairs.follow_up.n else _NO_FOLLOW_UP
    if few:
        return ReportItem("net-benefit", number, title, reason=few)
    one, other = (scores[pairs.is_followed] for scores in (pairs.first, pairs.second))
    found = net_benefit_difference(one, other, pairs.follow_up, horizon, THRESHOLDS)
    columns = (found.thresholds, 1000 * found.difference, 1000 * found.low, 1000 * found.high)
    rows = tuple(
        (f"{100 * t:.0f} %", _one(value, low, high)) for t, value, low, high in zip(*columns, strict=True)
    )
    note = sentence(
        "{method}; {n}, {events}. One more per 1,000 is one more patient with the event found, and no more "
        "false alarms. Both scores must be probabilities.",
        method=NET_BENEFIT_METHOD,
        n=count(found.n, "patient"),
        events=count(found.n_events, "event"),
    )
    table = Table("Net benefit, A less B", ("Threshold", "Per 1,000 patients (95 % CI)"), rows, note)
    return ReportItem("net-benefit", number, title, tables=(table,))


_NO_FOLLOW_UP = "follow-up is known of nobody"


def _three(value: float | None, low: float | None, high: float | None) -> str:
    """Write a difference of scores or shares with three decimals."""
    return _written(value, low, high, 3)


def _one(value: float, low: float, high: float) -> str:
    """Write a number of patients with one decimal."""
    return _written(value, low, high, 1)


def _written(value: float | None, low: float | None, high: float | None, digits: int) -> str:
    """Write a number that may lie below 0 with its interval."""
    if value is None or low is None or high is None:
        return signed_ci(value, low, high)
    numbers = (f"{each:.{digits}f}".replace("-", "\N{MINUS SIGN}") for each in (value, low, high))
    return sentence("{value} ({low} to {high})", **dict(zip(("value", "low", "high"), numbers, strict=True)))
