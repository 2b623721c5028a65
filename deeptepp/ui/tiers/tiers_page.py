"""The tiers laboratory: cut-offs and comparisons that move, and an own cohort to try the score on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import streamlit as st

from deeptepp.domain.risk import Finding
from deeptepp.errors import BundleError
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.laboratory.laboratory_list import PARTS
from deeptepp.report.laboratory.recipe import CohortChoice
from deeptepp.report.report_item import ReportItem
from deeptepp.ui.background.loaded import loaded_bundle
from deeptepp.ui.background.seeds import whole_run
from deeptepp.ui.parts.cards import bundle_card, findings_list
from deeptepp.ui.parts.figure_saving import save_figures
from deeptepp.ui.parts.fragments import fragment
from deeptepp.ui.parts.terms import terms_expander
from deeptepp.ui.tiers.tiers_controls import (
    cut_off_controls,
    held_recipe,
    horizon_control,
    seed_controls,
    subgroup_control,
    treatment_controls,
)
from deeptepp.ui.tiers.tiers_keep import keep_state, said_origin
from deeptepp.ui.tiers.tiers_results import (
    figures_on_screen,
    kept_name,
    result,
    show_curves,
    show_item,
    show_tables,
)
from deeptepp.ui.tiers.tiers_state import Bench, current_bench, write_address
from deeptepp.ui.tiers.tiers_validation import validation_part
from deeptepp.ui.words.language import t

_CONTROLS: dict[str, Callable[[Bench], None]] = {
    "treatment": treatment_controls,
    "subgroups": lambda bench: subgroup_control(),
    "decision": lambda bench: horizon_control(),
}
"""What can be set above a part, by its key."""


def tiers_page() -> None:
    """Show the laboratory, or say that there is no model to try."""
    try:
        bundle = loaded_bundle()
    except BundleError as error:
        bundle_card(error)
        return
    bench = current_bench(bundle)
    st.title(t("Tiers laboratory"))
    st.markdown(
        t(
            "Move the cut-offs and see what becomes of the tiers. Nothing here changes the model: a case is "
            "always scored with the cut-offs that the model was published with."
        ),
        width=860,
    )
    _refusal(bench)
    if bench.is_sent_to_cut_offs:
        bench.is_sent_to_cut_offs = False
        _seed_again(bench)
        st.session_state["tiers-part"] = t("Move the cut-offs")
    bench_part, own = st.tabs(
        [t("Move the cut-offs"), t("Validate in your own cohort")],
        key="tiers-part",
        on_change=_seed_again,
        args=(bench,),
    )
    if bench_part.open:
        with bench_part:
            _bench(bench, bundle)
    if own.open:
        with own:
            validation_part(bench, bundle)
    terms_expander(key="tiers-terms")


def _refusal(bench: Bench) -> None:
    """Say once why the address was not followed."""
    if bench.refusal is not None:
        findings_list([Finding.from_error(bench.refusal)])
        st.caption(t("The published cut-offs are shown instead."))
        bench.refusal = None
    elif bench.recipe.cohort is CohortChoice.UPLOADED and bench.uploaded is None:
        st.info(
            t(
                "This link belongs to an uploaded table that is not stored. Upload it again under “Validate in "
                "your own cohort”; until then the reference patients are shown."
            )
        )
    if bench.is_of_another_table:
        st.warning(
            t(
                "This link was made with another table than the one that you uploaded: the numbers here are not "
                "those that it was shared for."
            )
        )


@fragment()
def _bench(bench: Bench, bundle: ModelBundle) -> None:
    """Show controls and results; a moved control draws only this again."""
    seed_controls(bench.recipe)
    bench.take(held_recipe(bench))
    cohort, digest = bench.cohort(bundle)
    with st.container(horizontal=True, key="tiers-bench"):
        with st.container(key="tiers-controls"):
            cut_off_controls(bench, bundle)
        with st.container(key="tiers-curves"):
            item = result("tiers", cohort, digest, bench)
            if bench.is_own:
                st.caption(said_origin(bench.provenance(bundle)))
            show_curves(item, kept_name("tiers", digest, bench))
    _tried(bench)
    save_figures(
        lambda: figures_on_screen(_all_items(bench, bundle)),
        key="tiers-all-figures",
        digest=f"{digest[:16]}-{bench.recipe.digest[:16]}",
        label=t("Save all figures (zip)"),
    )
    _parts(bench, bundle)
    write_address(bench.recipe, bundle)
    keep_state(bench.recipe, bench.uploaded if bench.is_own else None, key="tiers")
    whole_run()


def _all_items(bench: Bench, bundle: ModelBundle) -> tuple[ReportItem, ...]:
    """Make every result that has a figure, whichever tab is open."""
    cohort, digest = bench.cohort(bundle)
    drawn = sorted((key for key, part in PARTS.items() if part.is_drawn), key=lambda key: key != "tiers")
    return tuple(result(key, cohort, digest, bench) for key in drawn)


def _seed_again(bench: Bench) -> None:
    """Tell the browser what the controls of a tab hold: it forgot them while they were out of sight."""
    seed_controls(bench.recipe, again=True)


def _tried(bench: Bench) -> None:
    """How many cut-offs were looked at."""
    n = bench.n_tried
    said = (
        t("1 pair of cut-offs looked at in this session.")
        if n == 1
        else t("{n} pairs of cut-offs looked at in this session.", n=n)
    )
    warning = t("Trying many cut-offs makes the best one look better than it is; see “Optimism”.")
    st.caption(f"**{said}** {warning}")


def _parts(bench: Bench, bundle: ModelBundle) -> None:
    """Show the part that is open; the others are not computed."""
    cohort, digest = bench.cohort(bundle)
    tabs = st.tabs([t(part.tab) for part in PARTS.values()], key="tiers-tab", on_change=_seed_again, args=(bench,))
    opened = next((i for i, tab in enumerate(tabs) if tab.open), 0)
    key, part = list(PARTS.items())[opened]
    with tabs[opened]:
        if key in _CONTROLS:
            _CONTROLS[key](bench)
        with st.spinner(t(part.waiting)) if part.waiting else nullcontext():
            item = result(key, cohort, digest, bench)
        name = kept_name(key, digest, bench)
        if key == "tiers":
            show_tables(item, name)
        else:
            show_item(item, name=name)
