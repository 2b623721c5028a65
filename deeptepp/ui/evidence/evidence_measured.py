"""What was measured on the model of this server: discrimination, calibration, subgroups and tiers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from deeptepp.domain.cohort import RFS_EVENT, RFS_MONTHS, SCORE, SET, TIER, Cohort, Endpoint, FollowUp
from deeptepp.domain.risk import Tier
from deeptepp.errors import NotEstimable
from deeptepp.model.bundle import EXTERNAL, ModelBundle
from deeptepp.report.figures.calibration_figure import calibration_figure
from deeptepp.report.figures.roc_figure import RocLine, roc_figure
from deeptepp.report.figures.survival_figure import comparison_figure
from deeptepp.report.format import auc_ci, ratio_ci
from deeptepp.report.held_curves import held_curves
from deeptepp.report.look.theme import TIER_GLYPHS
from deeptepp.report.survival_tables import estimates_table
from deeptepp.stats.event_rule import why_not_measured
from deeptepp.stats.horizon import known_at
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.ui.evidence.evidence_rows import (
    external_rows,
    metric_rows,
    off_on_the_whole,
    operating_rows,
    outcome_rows,
    subgroup_rows,
)
from deeptepp.ui.parts.charts import show_figure
from deeptepp.ui.parts.choices import endpoint_choice
from deeptepp.ui.parts.drawn_once import drawn_once
from deeptepp.ui.parts.shown_table import show_table
from deeptepp.ui.parts.terms import help_on
from deeptepp.ui.result.curves import by_tier, untested_words
from deeptepp.ui.words.language import say, t
from deeptepp.ui.words.screen_words import label
from deeptepp.wording.sentence import sentence

PARTS: dict[str, str] = {
    "training": "Cross-validation",
    "holdout": "Hold-out",
    "cohort-3": "Cohort 3",
}
"""Parts that reference patients played, by their name in the reference cohort."""


_RANK = "The score ranks patients; it is not the probability of an event."

_PROBABILITY = (
    "The score is meant as the probability of an event during follow-up. It was scaled on the patients of the "
    "cross-validation, so that agreement there is flattered; the model card gives that of the patients held out."
)


def measured_tab(bundle: ModelBundle, sha256: str) -> None:
    """Show all that was measured."""
    _accuracy(bundle, sha256)
    row = st.container(horizontal=True, gap="large", key="evidence-tiers")
    with row.container(key="evidence-cut-offs"):
        _cut_offs(bundle, sha256)
    with row.container(key="evidence-curves"):
        _survival(bundle, sha256, endpoint_choice("evidence-end"))


@drawn_once
def _accuracy(bundle: ModelBundle, sha256: str) -> None:
    """Show all but the tiers, which begin with their heading."""
    _discrimination(bundle)
    _other_patients(bundle)
    _curves(bundle)
    _operating_points(bundle.metrics)
    _subgroups(bundle.metrics)
    st.header(t("Risk tiers"), help=help_on("Youden, Two-means, Kaplan-Meier, Log-rank"))


def scored_parts(bundle: ModelBundle) -> dict[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]]:
    """Scores and labels of the reference patients by the part they played.

    Returns (n,) patients with a score and a known label, empty where the label is not one of recurrence.
    """
    reference = bundle.reference
    if bundle.training.get("label", "rfs_event") not in ("rfs_event", "rfs_event_by_tau"):
        return {}
    event, is_known = _labels(reference, bundle.training)
    scores = np.asarray(reference[SCORE], dtype=np.float64)
    part = reference[SET] if SET in reference else np.full(len(reference), "training", dtype=object)
    usable = is_known & np.isfinite(scores)
    chosen = {name: usable & (part == key) for key, name in PARTS.items()}
    return {name: (scores[members], event[members]) for name, members in chosen.items() if members.any()}


def _labels(reference: Cohort, training: Mapping[str, Any]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Who has the event, and of whom that is known."""
    event = np.asarray(reference[RFS_EVENT], dtype=bool)
    if training.get("label", "rfs_event") == "rfs_event":
        return event, np.ones_like(event)
    months = np.asarray(reference[RFS_MONTHS], dtype=np.float64)
    is_followed = np.isfinite(months)
    followed = FollowUp(np.where(is_followed, months, 0.0), event & is_followed)
    known = known_at(followed, float(training["tau_months"]))
    return known.is_case, known.is_known


def _discrimination(bundle: ModelBundle) -> None:
    """Show how well the score tells patients with and without an event apart."""
    st.header(t("How well the score tells patients apart"), help=help_on("AUC, CI, sensitivity, specificity"))
    rows = metric_rows(bundle.metrics)
    if not rows:
        st.write(t("This model came without measurements. Train it with `deeptepp train` to have them made."))
        return
    st.table(rows, hide_index=True, border="horizontal")
    st.caption(
        t(
            "AUC: chance that a patient with an event has the higher score; 0.5 is guessing, 1 is perfect. "
            "Sensitivity and specificity at the cut-off between Low and Moderate."
        )
    )
    ceiling = bundle.metrics.get("ceiling", {})
    truth = bundle.metrics.get("cross_validation", {}).get("correlation", {}).get("score")
    if truth and ceiling.get("truth_auc") is not None:
        st.caption(
            t(
                "The patients are simulated, so the truth is known: the score follows it with a correlation of "
                "{correlation}; whoever knew it exactly would reach an AUC of {auc}.",
                correlation=ratio_ci(truth["value"], truth["low"], truth["high"]),
                auc=auc_ci(ceiling["truth_auc"], ceiling["truth_auc_low"], ceiling["truth_auc_high"]),
            )
        )


def _other_patients(bundle: ModelBundle) -> None:
    """Show what patients came to who had no part in the making of the model, one table per dataset."""
    for found in bundle.metrics.get(EXTERNAL, ()):
        st.header(t("On other patients"), help=help_on("Calibration-in-the-large, Calibration slope, Tier"))
        told = found["description"]
        kind = t("simulated patients") if found["is_simulated"] else t("patients")
        scanners = ", ".join(told.get("scanners", ())) or t("not said")
        st.markdown(
            t(
                "{n} {kind}, none of whom had a part in the making of the model. They were scored once, and "
                "nothing was fitted to them. Scan protocols of other centres: {scanners}.",
                n=found["groups"]["all"]["n"],
                kind=kind,
                scanners=scanners,
            )
        )
        measured, tiers = external_rows(found)
        st.table(measured, hide_index=True, border="horizontal")
        st.table(tiers, hide_index=True, border="horizontal")
        st.caption(
            t(
                "Observed / expected: 1 is right, above 1 more events than the scores say. "
                "Calibration-in-the-large: 0 is right. Slope: 1 is right, below 1 the scores are too extreme. "
                "Sensitivity and specificity at the cut-off between Low and Moderate."
            )
        )
        if groups := off_on_the_whole(found):
            st.caption(
                t(
                    "Here the scores are off on the whole, since the interval leaves out 1: {groups}. `deeptepp "
                    "recalibrate` fits a model to the patients of a centre.",
                    groups=groups,
                )
            )
        st.table(outcome_rows(found["tier_outcomes"]), hide_index=True, border="horizontal")


def _curves(bundle: ModelBundle) -> None:
    """Show ROC curves and calibration, drawn from the reference patients."""
    parts = scored_parts(bundle)
    few = {name: why_not_measured(len(events), int(events.sum())) for name, (_, events) in parts.items()}
    lines = _roc_lines({name: part for name, part in parts.items() if not few[name]})
    if not lines:
        return
    main = bundle.metrics.get("cross_validation", {})
    point = tuple(main.get(key, {}).get("value") for key in ("sensitivity", "specificity"))
    row = st.container(horizontal=True, gap="large", key="evidence-roc-row")
    with row.container(key="evidence-roc"):
        figure = roc_figure(
            lines,
            title="ROC curves of the score",
            operating_point=None if None in point else point,
            simulated=bundle.is_simulated,
        )
        show_figure(figure, key="evidence-roc-figure", fallback_alt=t("ROC curves of the score"))
        for part, reason in few.items():
            if reason:
                st.caption(t("{part}: not drawn, {reason}.", part=t(part), reason=say(reason)))
    with row.container(key="evidence-calibration"):
        name, (scores, events) = next((name, part) for name, part in parts.items() if not few[name])
        figure = calibration_figure(
            scores,
            events,
            title=sentence("Calibration, {groups}", groups=sentence(name).lower()),
            facts=_calibration_facts(main.get("calibration")),
            simulated=bundle.is_simulated,
        )
        show_figure(figure, key="evidence-calibration-figure", fallback_alt=t("Calibration of the score"))
        st.caption(
            t("Points below the dotted line: the score is higher than the share of patients with an event.")
            + " "
            + t(_RANK if bundle.recalibration.is_identity else _PROBABILITY)
        )


def _roc_lines(parts: Mapping[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]]) -> list[RocLine]:
    """Draw the parts whose curve has an interval."""
    lines = []
    for name, (scores, events) in parts.items():
        try:
            curve = roc_auc(scores, events)
        except NotEstimable:
            continue
        if curve.low is not None:
            lines.append(RocLine.of_curve(name, curve))
    return lines


def _calibration_facts(calibration: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Write the slope, where it was measured."""
    slope = (calibration or {}).get("slope")
    return (
        (sentence("slope {slope}", slope=ratio_ci(slope["value"], slope["low"], slope["high"])),) if slope else ()
    )


def _operating_points(metrics: Mapping[str, Any]) -> None:
    """Show both cut-offs."""
    rows = operating_rows(metrics)
    if rows:
        with st.expander(t("Sensitivity, specificity and accuracy at both cut-offs")):
            st.table(rows, hide_index=True, border="horizontal")


def _subgroups(metrics: Mapping[str, Any]) -> None:
    """Show the AUC of subgroups."""
    rows = subgroup_rows(metrics)
    if rows:
        with st.expander(t("Subgroups of the cross-validation")):
            st.table(rows, hide_index=True, border="horizontal")
            st.caption(
                t(
                    "Neither planned nor adjusted for their number: they show gaps; they cannot prove there are "
                    "none."
                )
            )


@drawn_once
def _cut_offs(bundle: ModelBundle, sha256: str) -> None:
    """Show cut-offs and sizes of the tiers."""
    tiers, reference = bundle.tiers, bundle.reference
    limits = {
        Tier.LOW: t("below {cut:.3f}", cut=tiers.low_below),
        Tier.MODERATE: t("{low:.3f} to {high:.3f}", low=tiers.low_below, high=tiers.high_from),
        Tier.HIGH: t("from {cut:.3f}", cut=tiers.high_from),
    }
    sizes = {tier: int((reference[TIER] == tier.value).sum()) for tier in Tier}
    rows = [
        {
            t("Tier"): f"{TIER_GLYPHS[tier]} {label(tier)}",
            t("Score"): limits[tier],
            t("Patients"): f"{sizes[tier]} ({100 * sizes[tier] / max(1, len(reference)):.0f} %)",
        }
        for tier in Tier
    ]
    st.table(rows, hide_index=True, border="horizontal")
    if tiers.method:
        st.caption(say(tiers.how_found))


@drawn_once
def _survival(bundle: ModelBundle, sha256: str, endpoint: Endpoint) -> None:
    """Show what followed in each tier."""
    comparison = by_tier(bundle.reference, endpoint)
    held = held_curves(comparison, are_treatments=False)
    figure = comparison_figure(
        comparison, held, title="By risk tier", y_title=label(comparison.endpoint), simulated=bundle.is_simulated
    )
    show_figure(figure, key="evidence-km", fallback_alt=t("Survival of the reference cohort by risk tier"))
    for words in untested_words(held):
        st.caption(words)
    show_table(estimates_table(comparison.curves), has_note=False)
