"""Survival curves as tables: read at fixed times, and step by step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deeptepp.domain.cohort import Endpoint
from deeptepp.report.format import percent_ci
from deeptepp.report.names import group_words
from deeptepp.report.text_table import Table
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve, SurvivalEstimate
from deeptepp.wording.sentence import sentence

ENDPOINT_NAMES = {Endpoint.RFS: "Recurrence-free survival", Endpoint.OS: "Overall survival"}
"""As they are written on axes and in titles."""

HORIZONS_MONTHS = (24.0, 60.0)
"""Where all curves are read, beside the horizon of the publication."""


def estimates_table(curves: Sequence[KaplanMeierCurve]) -> Table:
    """Read curves at two and five years.

    Parameters
    ----------
    curves : sequence of KaplanMeierCurve
        One row each.

    Returns
    -------
    Table
        Patients, events, survival with its interval, median.
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
    """Write survival at one time, or that the follow-up was too short.

    Parameters
    ----------
    estimate : SurvivalEstimate
        Read from a curve.

    Returns
    -------
    str
        Percent with its interval.
    """
    if estimate.is_beyond_follow_up:
        return "follow-up too short"
    return percent_ci(estimate.value, estimate.low, estimate.high)


def curve_steps(curves: Sequence[KaplanMeierCurve]) -> Table:
    """List every step of curves, for CSV.

    Parameters
    ----------
    curves : sequence of KaplanMeierCurve
        The groups.

    Returns
    -------
    Table
        Group, months, number at risk, survival and its limits.
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
