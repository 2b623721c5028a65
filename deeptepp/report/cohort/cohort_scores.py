"""The score itself: tiers, ROC curves and Table 2 of the publication, beside what it printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deeptepp.domain.cohort import ARM, RFS_EVENT, SCORE, TIER, Arm, Cohort
from deeptepp.domain.published import TIER_COUNTS, TIER_PCT, TRASTUZUMAB_AUC
from deeptepp.domain.published_caveats import CAVEATS, Caveat
from deeptepp.domain.risk import Tier, TierScheme
from deeptepp.errors import NotEstimable
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.cohort.cohort_models import Suite, backbones_item, models_item, table_2_item
from deeptepp.report.cohort.given_tiers import AS_GIVEN
from deeptepp.report.figures.roc_figure import RocLine, roc_figure
from deeptepp.report.figures.score_figure import score_distribution_figure
from deeptepp.report.format import auc_ci, count, count_of
from deeptepp.report.report_item import Beside, ReportItem
from deeptepp.report.text_table import Table
from deeptepp.scoring.tiers import TierSource
from deeptepp.stats.event_rule import why_not_measured
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.stats.prediction.roc_band import roc_band
from deeptepp.wording.sentence import glued, joined, sentence

UNTIERED = "the cohort has neither scores nor tiers"
"""Reason of what needs tiers."""

_STATUS = (
    "The event is recurrence or death seen at any time of follow-up, as in the publication; censoring is ignored."
)


def tiers_item(
    cohort: Cohort,
    tiers: TierScheme,
    *,
    source: TierSource = TierSource.CUT_OFFS,
    tier_notes: tuple[str, ...] = (),
) -> ReportItem:
    """Show scores, cut-offs and the size of each tier.

    ``tier_notes``: what must be known of given tiers. Returns twin of the tiers in figure 2.
    """
    found = np.asarray(cohort[TIER]).astype(str)
    if not np.isin(found, [tier.value for tier in Tier]).any():
        return ReportItem("figure-2", "Figure 2", "Patients by tier", reason=UNTIERED)
    n = int(np.isin(found, [tier.value for tier in Tier]).sum())
    sizes = {tier: int((found == tier.value).sum()) for tier in Tier}
    figures = []
    if SCORE in cohort and np.isfinite(np.asarray(cohort[SCORE], dtype=np.float64)).any():
        figures.append(
            score_distribution_figure(
                cohort[SCORE], tiers, None, title=_SCORES_TITLES[source], simulated=cohort.is_simulated
            )
        )
    rows = tuple(
        (tier.value, glued("{} ({:g} %)", TIER_COUNTS[tier], TIER_PCT[tier]), count_of(sizes[tier], n))
        for tier in Tier
    )
    notes = [
        *tier_notes,
        *(
            [sentence("{cohort} without a tier.", cohort=count(len(cohort) - n, "patient"))]
            if n < len(cohort)
            else []
        ),
    ]
    note = sentence(
        "Low below {low_below:.3f}, High from {high_from:.3f}. {how_found}",
        low_below=tiers.low_below,
        high_from=tiers.high_from,
        how_found=tiers.how_found,
    )
    if source is TierSource.GIVEN:
        note = AS_GIVEN
    return ReportItem(
        key="figure-2",
        number="Figure 2",
        title="Patients by tier",
        figures=tuple(figures),
        tables=(Table("Tiers", ("Tier", "Patients"), tuple((row[0], row[2]) for row in rows), note),),
        beside=Beside(
            Table("Patients by tier", ("Tier", "Printed", "Here"), rows),
            (CAVEATS[Caveat.TWO_CUT_OFFS],),
            "Figure 2 and Results",
        ),
        notes=tuple(notes),
    )


def trastuzumab_item(cohort: Cohort) -> ReportItem:
    """Show the ROC curve of the score with and without trastuzumab.

    Returns Figure S3B, patients given both antibodies are drawn apart.
    """
    title = "ROC curves of the score by anti-HER2 therapy"
    score, arm = np.asarray(cohort[SCORE], dtype=np.float64), np.asarray(cohort[ARM]).astype(str)
    event = np.asarray(cohort[RFS_EVENT]).astype(bool)
    chosen = np.isfinite(score) & np.isfinite(np.asarray(cohort["rfs_months"], dtype=np.float64))
    lines, notes = [], []
    for each in Arm:
        members = chosen & (arm == each.value)
        try:
            lines.append(_line(each, score[members], event[members]))
        except NotEstimable as error:
            notes.append(glued("{}: {}", each.short, error.sentence))
    if not lines:
        return ReportItem(
            "figure-s3b",
            "Figure S3B",
            title,
            reason=joined("; ", notes) or "no treatment has patients of both outcomes",
        )
    ours = {line.arm: auc_ci(line.auc, line.low, line.high) for line in lines}
    here = {each: "not given" if (chosen & (arm == each.value)).any() else "not in this cohort" for each in Arm}
    rows = (
        ("with trastuzumab", f"{TRASTUZUMAB_AUC['treated']:.2f}", ours.get(Arm.T, here[Arm.T])),
        ("without", f"{TRASTUZUMAB_AUC['untreated']:.2f}", ours.get(Arm.NONE, here[Arm.NONE])),
    )
    return ReportItem(
        key="figure-s3b",
        number="Figure S3B",
        title=title,
        figures=(roc_figure(lines, title=title, simulated=cohort.is_simulated),),
        beside=Beside(
            Table("AUC", ("Patients", "Printed", "Here (95 % CI)"), rows),
            (CAVEATS[Caveat.AUC_BY_ARM],),
            "Figure S3B",
        ),
        notes=(_STATUS, *notes),
    )


def _line(arm: Arm, scores: np.ndarray[Any, np.dtype[np.float64]], events: np.ndarray[Any, Any]) -> RocLine:
    """Make the curve of one treatment, with its band where the patients carry one."""
    if not len(scores):
        raise NotEstimable(what="The ROC curve", reason="no patient has a score")
    few = why_not_measured(len(events), int(events.sum()))
    if few:
        raise NotEstimable(what="The ROC curve", reason=few)
    curve = roc_auc(scores, events)
    try:
        band = roc_band(scores, events)
    except NotEstimable:
        band = None
    return RocLine.of_curve(_ARMS[arm], curve, arm=arm, band=band)


def _whole(cohort: Cohort) -> RocLine | None:
    """Make the curve of all patients but those given both antibodies, as published; None where there is none."""
    score = np.asarray(cohort[SCORE], dtype=np.float64)
    known = np.isfinite(score) & np.isfinite(np.asarray(cohort["rfs_months"], dtype=np.float64))
    members = known & (np.asarray(cohort[ARM]).astype(str) != Arm.TP.value)
    event = np.asarray(cohort[RFS_EVENT]).astype(bool)[members]
    if why_not_measured(len(event), int(event.sum())):
        return None
    try:
        curve = roc_auc(score[members], event)
    except NotEstimable:
        return None
    return RocLine.of_curve("score of the cohort, cohorts 1 and 2", curve)


_SCORES_TITLES = {
    TierSource.CUT_OFFS: "Scores of the cohort",
    TierSource.GIVEN: "Scores of the cohort, in the tiers of the cut-offs, not the given ones",
}
"""Given tiers may be others than those that the cut-offs make."""

_ARMS = {Arm.NONE: "no anti-HER2 therapy", Arm.T: "trastuzumab", Arm.TP: "trastuzumab + pertuzumab"}


def score_items(
    cohort: Cohort,
    bundle: ModelBundle,
    suites: Mapping[str, Suite],
    experiment: str,
    *,
    source: TierSource = TierSource.CUT_OFFS,
    tier_notes: tuple[str, ...] = (),
) -> Sequence[ReportItem]:
    """Make all items on the score.

    ``bundle``: brings the cut-offs and what was measured on it; ``tier_notes``: what must be known of given tiers.
    """
    has_scores = SCORE in cohort and np.isfinite(np.asarray(cohort[SCORE], dtype=np.float64)).any()
    unscored = ReportItem(
        "figure-s3b",
        "Figure S3B",
        "ROC curves of the score by anti-HER2 therapy",
        reason="the cohort has no scores",
    )
    return (
        tiers_item(cohort, bundle.tiers, source=source, tier_notes=tier_notes),
        models_item(suites.get("table2"), _whole(cohort) if has_scores else None, simulated=cohort.is_simulated),
        trastuzumab_item(cohort) if has_scores else unscored,
        table_2_item(suites.get("table2"), bundle, experiment),
        backbones_item(suites.get("table_s2"), bundle),
    )
