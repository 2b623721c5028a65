"""A visitor's own cohort: what it can answer, and how the score does in it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from deeptepp.domain.cohort import SCORE, Cohort, Endpoint
from deeptepp.domain.risk import SIMULATED_COHORT
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.clinical_reference import clinical_items
from deeptepp.report.cohort_power import power_item
from deeptepp.report.cohort_prognosis import complete, known_in
from deeptepp.report.cohort_validation import adequacy_item, validation_items
from deeptepp.report.recipe import CohortChoice
from deeptepp.report.report_item import ReportItem
from deeptepp.ui.language import t
from deeptepp.ui.tiers_results import show_item
from deeptepp.ui.tiers_state import Bench
from deeptepp.ui.tiers_upload import upload_part


@st.fragment
def validation_part(bench: Bench, bundle: ModelBundle) -> None:
    """Take a cohort, say what is wrong with it, and measure the score in it.

    Parameters
    ----------
    bench : Bench
        The laboratory; remembers the cohort.
    bundle : ModelBundle
        Made the scores, or will have.
    """
    upload_part(bench)
    if bench.uploaded is not None:
        _show_cohort(bench, bundle, bench.uploaded.cohort)


def _show_cohort(bench: Bench, bundle: ModelBundle, cohort: Cohort) -> None:
    """Say what the cohort holds, what it can answer, and how the score does in it."""
    known = complete(cohort, Endpoint.RFS, [])
    follow_up = cohort.where(known).follow_up(Endpoint.RFS)
    n_scored = int(known_in(cohort, SCORE).sum())
    st.markdown(
        t(
            "**Patients: {n}**; with known follow-up: {known}; recurrences or deaths: {events}; "
            "with a score: {scored}.",
            n=len(cohort),
            known=follow_up.n,
            events=follow_up.n_events,
            scored=n_scored,
        )
    )
    if cohort.is_simulated or (bundle.is_simulated and n_scored):
        st.caption(
            f"**{SIMULATED_COHORT}** "
            + t("The model learnt from simulated patients, so every score and tier of it is simulated.")
        )
    if n_scored:
        if bench.recipe.cohort is not CohortChoice.UPLOADED and st.button(
            t("Move the cut-offs on these patients"),
            key="tiers-use-own",
            type="primary",
        ):
            _use_own(bench)
            st.rerun()
    else:
        _unscored(cohort)
    marked = Cohort(cohort.columns, cohort.is_simulated or (bundle.is_simulated and n_scored > 0))
    with st.spinner(t("Measuring the score in these patients") if n_scored else t("Measuring the clinical facts")):
        items: list[ReportItem] = validation_items(marked) if n_scored else clinical_items(cohort, bundle)
    if follow_up.n and not any(item.key == "adequacy" for item in items):
        items.append(adequacy_item(follow_up))
    # Whether the patients are enough is told before anything is measured in them.
    items.sort(key=lambda item: item.key != "adequacy")
    for item in (*items, power_item(marked, Endpoint.RFS)):
        show_item(item, prefix="tiers-own")


def _unscored(cohort: Cohort) -> None:
    """Say what is missing for a score."""
    facts = [name for name in ("tumour_size_mm", "node_stage", "stage", "er_positive") if name in cohort]
    has = t("The clinical facts are there, but") if facts else t("Without scores")
    st.info(
        t(
            "{has} the score also needs the breast MR of every patient. Add a column “score” with values in "
            "[0, 1]: `deeptepp score` computes it from each study on a machine that has the images, and "
            "`deeptepp prepare` reads a whole cohort with its images.",
            has=has,
        )
    )
    st.markdown(
        t(
            "**What follows is measured with the clinical facts alone, not with the DeepTEPP score**: a logistic "
            "regression on the facts that the network is given, fitted on the patients of the reference cohort "
            "whom the network learnt from. No tiers are made of it; the cut-offs belong to the score."
        ),
        width=860,
    )


def _use_own(bench: Bench) -> None:
    """Look at the uploaded patients in the other tab."""
    bench.recipe = replace(bench.recipe, cohort=CohortChoice.UPLOADED)
    bench.is_sent_to_cut_offs = True
