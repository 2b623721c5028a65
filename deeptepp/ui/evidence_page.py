"""The evidence page: what the model is, what was measured on it, and that its files are the published ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from deeptepp.domain.cohort import TIER, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.errors import BundleError
from deeptepp.model.bundle import ModelBundle, verify_bundle
from deeptepp.report.figures import kaplan_meier_figure
from deeptepp.report.format import auc_ci, percent_ci
from deeptepp.report.theme import TIER_COLOURS, TIER_GLYPHS
from deeptepp.ui.cards import bundle_card, facts_list
from deeptepp.ui.charts import show_figure
from deeptepp.ui.curves import by_tier, estimates_table
from deeptepp.ui.loaded import bundle_folder, loaded_bundle
from deeptepp.ui.words import MEASURED_ON, label


def evidence_page() -> None:
    """Show the evidence for the model of this server."""
    try:
        bundle = loaded_bundle()
    except BundleError as error:
        bundle_card(error)
        return
    st.title("Evidence")
    kind = "simulated patients" if bundle.is_simulated else "patients"
    st.markdown(
        f"Every score on this server comes from the model **{bundle.name}**, trained on {kind}. This page shows "
        "what was measured on it, on patients whom it had not seen."
    )
    measured, card, files = st.tabs(["What was measured", "Model card", "Files and checksums"])
    with measured:
        _discrimination(bundle)
        _tiers(bundle)
    with card:
        st.markdown(bundle.card or "This model has no card.")
    with files:
        _files(bundle)


def metric_rows(metrics: dict[str, Any]) -> list[dict[str, str]]:
    """Lay out discrimination by group of patients.

    Parameters
    ----------
    metrics : dict
        Of a bundle; groups without an AUC are left out.

    Returns
    -------
    list of dict of str to str
        One row per group, ready to show.
    """
    groups = {key: group for key, group in metrics.items() if isinstance(group, dict) and "auc" in group}
    return [
        {
            "Patients": MEASURED_ON.get(key, key.replace("_", " ")),
            "n": str(group.get("n", "")),
            "Events": str(group.get("n_events", "")),
            "AUC (95 % CI)": auc_ci(group["auc"], group.get("auc_low"), group.get("auc_high")),
            "Sensitivity (95 % CI)": _share(group.get("sensitivity")),
            "Specificity (95 % CI)": _share(group.get("specificity")),
        }
        for key, group in groups.items()
    ]


def _discrimination(bundle: ModelBundle) -> None:
    """Show how well the score tells patients with and without an event apart."""
    st.subheader("How well the score tells patients apart")
    rows = metric_rows(bundle.metrics)
    if not rows:
        st.write("This model came without measurements. Train it with `deeptepp train` to have them made.")
        return
    st.table(rows, hide_index=True, border="horizontal")
    st.caption(
        "AUC: chance that a patient with an event has the higher score; 0.5 is guessing, 1 is perfect. "
        "Sensitivity and specificity at the cut-off between Low and Moderate."
    )


def _tiers(bundle: ModelBundle) -> None:
    """Show cut-offs, sizes and curves of the tiers."""
    st.subheader("Risk tiers")
    tiers, reference = bundle.tiers, bundle.reference
    limits = {
        Tier.LOW: f"below {tiers.low_below:.3f}",
        Tier.MODERATE: f"{tiers.low_below:.3f} to {tiers.high_from:.3f}",
        Tier.HIGH: f"from {tiers.high_from:.3f}",
    }
    sizes = {tier: int((reference[TIER] == tier.value).sum()) for tier in Tier}
    row = st.container(horizontal=True, gap="large", key="evidence-tiers")
    with row.container(key="evidence-cut-offs"):
        rows = [
            {
                "Tier": f"{TIER_GLYPHS[tier]} {label(tier)}",
                "Score": limits[tier],
                "Patients": f"{sizes[tier]} ({100 * sizes[tier] / max(1, len(reference)):.0f} %)",
            }
            for tier in Tier
        ]
        st.table(rows, hide_index=True, border="horizontal")
        if tiers.method:
            st.caption(tiers.method)
    with row.container(key="evidence-curves"):
        endpoint = st.segmented_control(
            "End point",
            tuple(Endpoint),
            default=Endpoint.RFS,
            required=True,
            format_func=label,
            key="evidence-end",
        )
        comparison = by_tier(reference, endpoint or Endpoint.RFS)
        figure = kaplan_meier_figure(
            comparison.curves,
            title="By risk tier",
            p_value=comparison.p_value,
            colours=[TIER_COLOURS[group] for group in comparison.groups if isinstance(group, Tier)],
            y_title=label(comparison.endpoint),
            simulated=bundle.is_simulated,
        )
        show_figure(figure, key="evidence-km", fallback_alt="Survival of the reference cohort by risk tier")
        st.table(estimates_table(comparison), hide_index=True, border="horizontal")


def _files(bundle: ModelBundle) -> None:
    """Show name, digest and checksums of the bundle, checked again when asked."""
    facts = {"Model": bundle.name, "SHA-256 of the model": bundle.sha256, "Score version": bundle.score_version}
    facts_list(facts | {name.replace("_", " ").capitalize(): text for name, text in bundle.provenance.items()})
    if st.button("Check the files again", key="evidence-verify"):
        _checksums.clear()
    try:
        sums = _checksums(bundle_folder(), bundle.sha256)
    except BundleError as error:
        bundle_card(error)
        return
    st.markdown("Every file matches its checksum (SHA-256):")
    facts_list(sums)


@st.cache_data(max_entries=2, ttl="1h", show_spinner="Checking the files")
def _checksums(folder: Path, sha256: str) -> dict[str, str]:
    """Compare every file of the bundle with its checksum."""
    return verify_bundle(folder)


def _share(share: dict[str, Any] | None) -> str:
    """Write a share as k of n with its interval."""
    if not share:
        return ""
    return f"{share['k']} of {share['n']}, {percent_ci(share['value'], share['low'], share['high'])}"
