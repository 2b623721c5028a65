"""The published figures beside those of this server's model, with the corrections that they need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from deeptepp.domain.published import TABLE_2, TABLE_2_READING, TRASTUZUMAB_AUC, PublishedRow, PublishedSet
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.format import auc_ci
from deeptepp.ui.evidence_rows import share_text

FULL_MODEL = "MRI+MV+CP"
"""The published experiment that a bundle with images and clinical facts is compared with."""

CAVEATS = (
    "Events: Table 2 needs 69 patients with recurrence among 607, the text reports 60 relapses among 726. They "
    "agree only if deaths without relapse were counted.",
    "Contralateral cancers (13) are among the 60 relapses, but in neither written definition of the event.",
    "Multi-view artefact: if only patients with recurrence are resliced, the view itself betrays the label, in "
    "training and in testing. `deeptepp evaluate` measures that with permuted labels.",
    "Tiers: 148 of 607 patients lie above the cut-off of Table 2, but at least 168 in the two upper tiers. The "
    "cut-off or the scores of the tiers are others than those of Table 2.",
    f"By trastuzumab the AUC is printed as {TRASTUZUMAB_AUC['treated']:.2f} (treated) and "
    f"{TRASTUZUMAB_AUC['untreated']:.2f} (untreated), both above the pooled 0.88.",
    "Treatment: p = 0.048, 0.144, 0.125 and 0.045 are four separate tests. No interaction was tested; the largest "
    "difference rests on a matched subset with a short follow-up, matched on the follow-up itself.",
)
"""What else must be known when the published figures are read, one thing each."""


def published_tab(bundle: ModelBundle) -> None:
    """Show published figures beside ours.

    Parameters
    ----------
    bundle : ModelBundle
        The model of this server.
    """
    st.subheader("This model beside the published one")
    kind = "simulated patients" if bundle.is_simulated else "another cohort"
    st.markdown(
        "Published: Tong, Hu et al., *European Radiology* 2024, "
        "[doi:10.1007/s00330-024-10609-7](https://doi.org/10.1007/s00330-024-10609-7), Table 2. "
        f"This model was measured on {kind}, so the rows do **not** compare models on the same patients."
    )
    st.table(beside_rows(bundle.metrics), hide_index=True, border="horizontal")
    st.subheader("The published table, as printed and as it must be read")
    st.table([published_row(row) for row in TABLE_2], hide_index=True, border="horizontal")
    st.caption(
        "Counts: numbers of patients, or of views where marked, that give the printed percentages. SENS and SPEC "
        "in percent. AUC of labels: mean of sensitivity and specificity by the counts."
    )
    st.markdown("**How it must be read**\n\n" + "\n".join(f"- {text}" for text in (*TABLE_2_READING, *CAVEATS)))


def beside_rows(metrics: Mapping[str, Any]) -> list[dict[str, str]]:
    """Lay out the full published model, corrected, beside the model of this server.

    Parameters
    ----------
    metrics : mapping
        Of a bundle.

    Returns
    -------
    list of dict of str to str
        Published and own rows, cross-validation first.
    """
    rows = []
    for patients, keys in (
        (PublishedSet.CROSS_VALIDATION, ("cross_validation",)),
        (PublishedSet.TESTING, _TESTING),
    ):
        (row,) = (r for r in TABLE_2 if r.experiment == FULL_MODEL and r.patients is patients)
        rows.append(_published_beside(row))
        rows += [_own(key, metrics[key]) for key in keys if "auc" in metrics.get(key, {})]
    return rows


_TESTING = ("holdout", "fold_1")
"""Our groups that stand where the publication has its testing set."""

_SETS = {
    PublishedSet.CROSS_VALIDATION: "Cross-validation",
    PublishedSet.TESTING: "Testing set",
}

_OWN = {"cross_validation": "Cross-validation", "holdout": "Hold-out", "fold_1": "Fold 1 alone"}


def published_row(row: PublishedRow) -> dict[str, str]:
    """Lay out one published row as printed and as it must be read.

    Parameters
    ----------
    row : PublishedRow
        Of Table 2.

    Returns
    -------
    dict of str to str
        Ready to show.
    """
    return {
        "Model": row.model,
        "Patients": _SETS[row.patients],
        "AUC printed": f"{row.auc:.2f}",
        "AUC of labels": f"{row.balanced_accuracy:.2f}" + (" (the same)" if row.is_auc_of_hard_labels else ""),
        "SENS / SPEC printed": f"{row.sensitivity_pct:.2f} / {row.specificity_pct:.2f}",
        "to be read": f"{row.corrected_sensitivity_pct:.2f} / {row.corrected_specificity_pct:.2f}"
        + (", swapped" if row.are_columns_swapped else ""),
        "Counts": _counts(row),
        "Remark": row.note,
    }


def _counts(row: PublishedRow) -> str:
    """Write the counts behind a row."""
    views = " views" if row.counts_views else ""
    return f"{row.n_true_positive}/{row.n_events}{views}, {row.n_true_negative}/{row.n_free}"


def _published_beside(row: PublishedRow) -> dict[str, str]:
    """Lay out a published row as ours are."""
    counted = "views counted as patients" if row.counts_views else str(row.n_events + row.n_free)
    return {
        "Model": "Published, corrected",
        "Patients": _SETS[row.patients],
        "n": counted,
        "Events": "14" if row.counts_views else str(row.n_events),
        "AUC (95 % CI)": f"{row.auc:.2f} (no CI printed)",
        "Sensitivity at 0.5": f"{row.n_true_positive} of {row.n_events}, {row.corrected_sensitivity_pct:.1f} %",
        "Specificity at 0.5": f"{row.n_true_negative} of {row.n_free}, {row.corrected_specificity_pct:.1f} %",
    }


def _own(key: str, group: Mapping[str, Any]) -> dict[str, str]:
    """Lay out a group of this model, at the cut-off 0.5 of the publication where that was measured."""
    point = group.get("at_half") or group
    return {
        "Model": "This model",
        "Patients": _OWN[key],
        "n": str(group["n"]),
        "Events": str(group["n_events"]),
        "AUC (95 % CI)": auc_ci(group["auc"], group.get("auc_low"), group.get("auc_high")),
        "Sensitivity at 0.5": share_text(point.get("sensitivity")),
        "Specificity at 0.5": share_text(point.get("specificity")),
    }
