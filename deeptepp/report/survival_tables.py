"""Survival curves as tables: read at fixed times, and step by step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deeptepp.domain.cohort import Endpoint
from deeptepp.report.format import p_value, percent_ci
from deeptepp.report.names import group_words
from deeptepp.report.text_table import Table
from deeptepp.stats.survival.group_comparison import GroupComparison
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve, SurvivalEstimate
from deeptepp.stats.survival.logrank_pairwise import log_rank_pairwise
from deeptepp.wording.sentence import Words, sentence

ENDPOINT_NAMES = {endpoint: endpoint.name_in_full for endpoint in Endpoint}
"""As they are written on axes and in titles."""

HORIZONS_MONTHS = (24.0, 60.0)
"""Where all curves are read, beside the horizon of the publication."""


PAIRS_NOTE: Words = "Holm: adjusted for the number of pairs, so that their type I error together is 5 %."
"""Stands below the tests of pairs."""


def pairs_table(found: GroupComparison) -> tuple[Table, ...]:
    """Test every pair of three groups or more, in a table of its own; none for fewer groups."""
    if len(found.curves) < 3:
        return ()
    rows = tuple(
        (group_words(pair.first), group_words(pair.second), p_value(pair.test.p_value), p_value(pair.p_holm))
        for pair in log_rank_pairwise(found.follow_up, [curve.label for curve in found.curves])
    )
    return (Table("Log-rank test of each pair", ("Group", "Against", "p", "p (Holm)"), rows, PAIRS_NOTE),)


def estimates_table(curves: Sequence[KaplanMeierCurve]) -> Table:
    """Read curves at two and five years.

    Returns patients, events, survival with its interval, median.
    """
    times = [sentence("{years:.0f} years (95 % CI)", years=months / 12) for months in HORIZONS_MONTHS]
    rows = tuple(
        (
            group_words(curve.label),
            str(curve.n),
            str(curve.n_events),
            *(survival_text(curve.at(months)) for months in HORIZONS_MONTHS),
        )
        for curve in curves
    )
    return Table("Estimates", ("Group", "Patients", "Events", *times), rows, curves[0].method)


def survival_text(estimate: SurvivalEstimate) -> str:
    """Write survival at one time, or that the follow-up was too short."""
    if estimate.is_beyond_follow_up:
        return "follow-up too short"
    return percent_ci(estimate.value, estimate.low, estimate.high)


def curve_steps(curves: Sequence[KaplanMeierCurve]) -> Table:
    """List every step of curves, for CSV.

    Returns group, months, number at risk, survival and its limits.
    """
    rows = []
    for curve in curves:
        at_risk = curve.n_at_risk(curve.months)
        for months, n, value, low, high in zip(
            curve.months, at_risk, curve.survival, curve.low, curve.high, strict=True
        ):
            limits = ("" if np.isnan(x) else f"{x:.6f}" for x in (low, high))
            rows.append((curve.label, f"{months:g}", str(n), f"{value:.6f}", *limits))
    header = ("group", "months", "n_at_risk", "survival", "low", "high")
    return Table("Curves", header, tuple(rows), curves[0].method)
