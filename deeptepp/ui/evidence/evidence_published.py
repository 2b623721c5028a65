"""The published figures beside those of this server's model, with the corrections that they need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from deeptepp.domain.published import TABLE_2, TABLE_2_READING, PublishedRow, PublishedSet
from deeptepp.domain.published_caveats import CAVEATS
from deeptepp.model.bundle import ModelBundle
from deeptepp.ui.evidence.evidence_rows import auc_text, share_text
from deeptepp.ui.parts.drawn_once import drawn_once
from deeptepp.ui.words.language import say, t

FULL_MODEL = "MRI+MV+CP"
"""The published experiment that a bundle with images and clinical facts is compared with."""

MULTI_VIEW = (
    "Multi-view artefact: if only patients with recurrence are resliced, the view itself betrays the label, in "
    "training and in testing. `deeptepp evaluate` measures that with permuted labels."
)
"""What permuted labels show, beside the caveats by arithmetic."""


@drawn_once
def published_tab(bundle: ModelBundle, sha256: str) -> None:
    """Show published figures beside ours."""
    st.header(t("This model beside the published one"))
    kind = t("simulated patients") if bundle.is_simulated else t("another cohort")
    st.markdown(
        t(
            "Published: Tong, Hu et al., *European Radiology* 2024, "
            "[doi:10.1007/s00330-024-10609-7](https://doi.org/10.1007/s00330-024-10609-7), Table 2. "
            "This model was measured on {kind}, so the rows do **not** compare models on the same patients.",
            kind=kind,
        )
    )
    st.table(beside_rows(bundle.metrics), hide_index=True, border="horizontal")
    st.header(t("The published table, as printed and as it must be read"))
    st.table([published_row(row) for row in TABLE_2], hide_index=True, border="horizontal")
    st.caption(
        t(
            "Counts: numbers of patients, or of views where marked, that give the printed percentages. SENS and "
            "SPEC in percent. AUC of labels: mean of sensitivity and specificity by the counts."
        )
    )
    st.markdown(f"**{t('How it must be read')}**\n\n" + _bullets((*TABLE_2_READING, MULTI_VIEW)))
    with st.expander(t("What else conflicts in print ({n})", n=len(CAVEATS)), key="evidence-caveats"):
        st.markdown(_bullets(CAVEATS.values()))


def _bullets(texts: Iterable[str]) -> str:
    """List sentences of the catalogue."""
    return "\n".join(f"- {t(text)}" for text in texts)


def beside_rows(metrics: Mapping[str, Any]) -> list[dict[str, str]]:
    """Lay out the full published model, corrected, beside the model of this server.

    Returns published and own rows, cross-validation first.
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
    """Lay out one published row as printed and as it must be read."""
    return {
        t("Model"): say(row.model),
        t("Patients"): t(_SETS[row.patients]),
        t("AUC printed"): f"{row.auc:.2f}",
        t("AUC of labels"): f"{row.balanced_accuracy:.2f}"
        + (t(" (the same)") if row.is_auc_of_hard_labels else ""),
        t("SENS / SPEC printed"): f"{row.sensitivity_pct:.2f} / {row.specificity_pct:.2f}",
        t("to be read"): f"{row.corrected_sensitivity_pct:.2f} / {row.corrected_specificity_pct:.2f}"
        + (t(", swapped") if row.are_columns_swapped else ""),
        t("Counts"): _counts(row),
        t("Remark"): say(row.note),
    }


def _counts(row: PublishedRow) -> str:
    """Write the counts behind a row."""
    views = t(" views") if row.counts_views else ""
    return f"{row.n_true_positive}/{row.n_events}{views}, {row.n_true_negative}/{row.n_free}"


def _published_beside(row: PublishedRow) -> dict[str, str]:
    """Lay out a published row as ours are."""
    counted = t("views counted as patients") if row.counts_views else str(row.n_events + row.n_free)
    return {
        t("Model"): t("Published, corrected"),
        t("Patients"): t(_SETS[row.patients]),
        t("n"): counted,
        t("Events"): "14" if row.counts_views else str(row.n_events),
        t("AUC (95 % CI)"): t("{auc:.2f} (no CI printed)", auc=row.auc),
        t("Sensitivity at 0.5"): _counted(row.n_true_positive, row.n_events, row.corrected_sensitivity_pct),
        t("Specificity at 0.5"): _counted(row.n_true_negative, row.n_free, row.corrected_specificity_pct),
    }


def _counted(k: int, n: int, share_pct: float) -> str:
    """Write a count with its share, as printed."""
    return t("{k} of {n}, {share}", k=k, n=n, share=f"{share_pct:.1f} %")


def _own(key: str, group: Mapping[str, Any]) -> dict[str, str]:
    """Lay out a group of this model, at the cut-off 0.5 of the publication where that was measured."""
    point = group.get("at_half") or group
    return {
        t("Model"): t("This model"),
        t("Patients"): t(_OWN[key]),
        t("n"): str(group["n"]),
        t("Events"): str(group["n_events"]),
        t("AUC (95 % CI)"): auc_text(group),
        t("Sensitivity at 0.5"): share_text(point.get("sensitivity")),
        t("Specificity at 0.5"): share_text(point.get("specificity")),
    }
