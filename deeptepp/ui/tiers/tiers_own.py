"""What a visitor's own cohort can answer: its curves by any fact, and how the score does in it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from deeptepp.domain.cohort import SCORE, Cohort, Endpoint
from deeptepp.domain.provenance import Model, Provenance, ScoreSource, provenance_of
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.cohort.clinical_reference import clinical_items
from deeptepp.report.cohort.cohort_curves import BY_TIER, WHOLE, curve_choices
from deeptepp.report.cohort.cohort_prognosis import complete, known_in
from deeptepp.report.cohort.cohort_validation import adequacy_item, validation_items
from deeptepp.report.cohort.given_tiers import tier_problems
from deeptepp.report.laboratory.power import power_item
from deeptepp.report.laboratory.recipe import CohortChoice, Recipe
from deeptepp.report.look.stamps import marked_cohort, stamp_all
from deeptepp.report.report_item import ReportItem
from deeptepp.scoring.tiers import TierSource, given_tiers
from deeptepp.ui.background.seeds import seed
from deeptepp.ui.parts.choices import endpoint_choice, segments
from deeptepp.ui.parts.figure_saving import save_figures
from deeptepp.ui.tiers.tiers_keep import keep_state, said_origin
from deeptepp.ui.tiers.tiers_results import curves_result, figures_on_screen, show_item
from deeptepp.ui.tiers.tiers_state import Bench, Uploaded
from deeptepp.ui.words.language import say, t

SOURCES = {TierSource.GIVEN: "as your table gives them", TierSource.CUT_OFFS: "by the cut-offs on the score"}
"""What tiers can be made of, as the choice says it."""

_USED_WHERE = (
    "Curves by tier show the tiers of your table unless you choose the cut-offs; the tab “Move the cut-offs” "
    "always shows those of its cut-offs."
)

_BY, _ENDPOINT, _SOURCE = "tiers-own-by", "tiers-own-endpoint", "tiers-own-source"


def show_cohort(bench: Bench, bundle: ModelBundle, uploaded: Uploaded) -> None:
    """What a cohort holds and where it comes from, draw its curves, and measure the score in it."""
    cohort = uploaded.cohort
    origin = provenance_of(cohort, Model(bundle.sha256, bundle.is_simulated))
    _counts(cohort)
    _origin(origin, bundle)
    for problem in tier_problems(cohort, bundle.tiers):
        st.warning(f"{say(problem.found)} {t(_USED_WHERE)}")
    if not origin.has_scores:
        _unscored(cohort)
    elif bench.recipe.cohort is not CohortChoice.UPLOADED and st.button(
        t("Move the cut-offs on these patients"), key="tiers-use-own", type="primary"
    ):
        _use_own(bench)
        st.rerun()
    recipe = _chosen(bench, bundle, uploaded)
    curves = curves_result(cohort, uploaded.digest, Bench(recipe, uploaded=uploaded))
    items = (curves, *_measured(cohort, bundle, origin))
    save_figures(
        lambda: figures_on_screen(items),
        key="tiers-own-all-figures",
        digest=f"{uploaded.digest[:16]}-{recipe.digest[:16]}",
        label=t("Save all figures (zip)"),
    )
    show_item(curves, prefix="tiers-own")
    if not origin.has_scores:
        _instead()
    for item in items[1:]:
        show_item(item, prefix="tiers-own")
    keep_state(recipe, uploaded, key="tiers-own")


def _counts(cohort: Cohort) -> None:
    """Count patients, follow-up, events and scores."""
    follow_up = cohort.where(complete(cohort, Endpoint.RFS, [])).follow_up(Endpoint.RFS)
    st.markdown(
        t(
            "**Patients: {n}**; with known follow-up: {known}; recurrences or deaths: {events}; "
            "with a score: {scored}.",
            n=len(cohort),
            known=follow_up.n,
            events=follow_up.n_events,
            scored=int(known_in(cohort, SCORE).sum()),
        )
    )


def _origin(origin: Provenance, bundle: ModelBundle) -> None:
    """Where patients and scores come from, with the mark that follows from it."""
    st.caption(said_origin(origin))
    if origin.scores is ScoreSource.ELSEWHERE:
        st.caption(
            t(
                "Were they computed by this model? Then name it in a column “score_model” ({digest}), so that "
                "every figure says so.",
                digest=bundle.sha256[:12],
            )
        )


def _chosen(bench: Bench, bundle: ModelBundle, uploaded: Uploaded) -> Recipe:
    """Let the visitor choose endpoint and what divides the patients of the curves."""
    cohort = uploaded.cohort
    st.header(t("Survival in your cohort"))
    choices = tuple(curve_choices(cohort))
    seed(_BY, choices[min(1, len(choices) - 1)], again=st.session_state.get(_BY) not in choices)
    with st.container(horizontal=True, vertical_alignment="bottom", key="tiers-own-curves-by"):
        by = st.selectbox(
            t("Curves by"),
            choices,
            index=choices.index(st.session_state[_BY]),
            format_func=say,
            key=_BY,
            width=320,
        )
        endpoint = endpoint_choice(_ENDPOINT, wrap=True)
        source = _source(cohort, bundle) if by == BY_TIER else bench.recipe.tier_source
    return replace(
        Recipe.as_published(bundle.tiers),
        cohort=CohortChoice.UPLOADED,
        endpoint=endpoint,
        curves_by=by or WHOLE,
        tier_source=source,
        cohort_sha256=uploaded.patients,
    )


def _source(cohort: Cohort, bundle: ModelBundle) -> TierSource:
    """Let the visitor choose what tiers are made of, where the table brings both tiers and scores."""
    found = given_tiers(cohort, bundle.tiers)
    if found is None or not found.n_compared:
        return TierSource.CUT_OFFS if found is None else TierSource.GIVEN
    return segments(
        t("Tiers"),
        tuple(TierSource),
        key=_SOURCE,
        default=TierSource.GIVEN,
        named=lambda each: t(SOURCES[each]),
        wrap=True,
    )


def _measured(cohort: Cohort, bundle: ModelBundle, origin: Provenance) -> tuple[ReportItem, ...]:
    """Validate the score, or the facts where there is none; whether patients are enough comes first."""
    marked = marked_cohort(cohort, origin.mark)
    follow_up = cohort.where(complete(cohort, Endpoint.RFS, [])).follow_up(Endpoint.RFS)
    words = t("Measuring the score in these patients") if origin.has_scores else t("Measuring the clinical facts")
    with st.spinner(words):
        items = (
            list(stamp_all(validation_items(marked), origin.mark))
            if origin.has_scores
            else clinical_items(marked, bundle)
        )
    if follow_up.n and not any(item.key == "adequacy" for item in items):
        items.append(adequacy_item(follow_up))
    items.sort(key=lambda item: item.key != "adequacy")
    return (*items, *stamp_all([power_item(marked, Endpoint.RFS)], origin.patients_mark))


def _unscored(cohort: Cohort) -> None:
    """What is missing for a score."""
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


def _instead() -> None:
    """What is measured where there is no score."""
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
