"""The controls of the tiers laboratory: what they hold is a recipe, whole and valid at any moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import streamlit as st

from deeptepp.domain.cohort import Arm
from deeptepp.domain.risk import Tier
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.laboratory.laboratory_report import is_published
from deeptepp.report.laboratory.recipe import CALIPER_SD, HORIZON_MONTHS, CohortChoice, Contrast, Recipe
from deeptepp.stats.patient_groups import FACTS
from deeptepp.stats.treatment.treatment_question import Matching
from deeptepp.ui.background.drafts import keep_choice
from deeptepp.ui.background.seeds import seed
from deeptepp.ui.parts.choices import segments
from deeptepp.ui.parts.terms import help_on
from deeptepp.ui.tiers.tiers_state import Bench
from deeptepp.ui.words.language import t
from deeptepp.ui.words.screen_words import label
from deeptepp.wording.sentence import Words

_LOW, _HIGH = "tiers-low-below", "tiers-high-from"
_STEP = 0.005
_COHORTS = {CohortChoice.REFERENCE: "Reference patients", CohortChoice.UPLOADED: "Your own cohort"}
_MATCHING = {
    Matching.DEFAULT: "Facts known at surgery",
    Matching.PAPER: "As published (uses follow-up)",
    Matching.OFF: "None",
}
_CONTRASTS = {
    Contrast.TP_T: "Tras+pert vs Tras",
    Contrast.T_NONE: "Tras vs none",
    Contrast.TREATED_NONE: "Tras or Tras+pert vs none",
}


def seed_controls(recipe: Recipe, *, again: bool = False) -> None:
    """Put a recipe into the controls that hold nothing yet."""
    held: dict[str, object] = {
        _LOW: recipe.low_below,
        _HIGH: recipe.high_from,
        "tiers-cohort": recipe.cohort,
        "tiers-endpoint": recipe.endpoint,
        "tiers-arms": list(recipe.arms),
        "tiers-contrast": recipe.contrast,
        "tiers-contrast-tiers": list(recipe.contrast_tiers),
        "tiers-matching": recipe.matching,
        "tiers-caliper": recipe.caliper_sd or 0.2,
        "tiers-no-caliper": recipe.caliper_sd is None,
        "tiers-subgroup": recipe.subgroup,
        "tiers-horizon": recipe.horizon_months,
    }
    for key, value in held.items():
        seed(key, value, again=again)


def cut_off_controls(bench: Bench, bundle: ModelBundle) -> None:
    """Show both cut-offs, endpoint and treatments."""
    held = st.session_state
    for key, name in ((_LOW, t("Low below a score of")), (_HIGH, t("High from a score of"))):
        st.slider(
            name,
            0.0,
            1.0,
            value=held[key],
            step=_STEP,
            format="%.3f",
            key=key,
            on_change=_keep_order,
            kwargs={"is_high": key == _HIGH},
        )
    st.button(
        t("As published"),
        key="tiers-as-published",
        on_click=_snap_back,
        args=(bundle.tiers.low_below, bundle.tiers.high_from),
        disabled=is_published(held_recipe(bench), bundle.tiers),
        help=t("Puts both cut-offs back: highest Youden index, then exact 2-means of the scores above."),
    )
    if bench.uploaded is not None:
        held_cohort, named = held["tiers-cohort"], lambda each: t(_COHORTS[each])
        segments(t("Patients"), tuple(CohortChoice), key="tiers-cohort", default=held_cohort, named=named)
    endpoints = bench.cohort(bundle)[0].endpoints
    keep_choice("tiers-endpoint", endpoints, endpoints[0])
    segments(t("Endpoint"), endpoints, key="tiers-endpoint", default=held["tiers-endpoint"], wrap=True)
    _several(t("Patients treated with"), tuple(Arm), "tiers-arms", bench.recipe.arms)


def treatment_controls(bench: Bench) -> None:
    """Show which treatments are compared, in which tiers, how their patients are made alike, and up to when."""
    held = st.session_state
    with st.container(horizontal=True, key="tiers-treatment-controls"):
        _one(t("Compare"), _CONTRASTS, "tiers-contrast", bench.recipe.contrast)
        _several(t("Inside the tiers"), tuple(Tier), "tiers-contrast-tiers", bench.recipe.contrast_tiers)
        _one(t("Match patients on"), _MATCHING, "tiers-matching", bench.recipe.matching)
        with st.container():
            st.slider(
                t("Caliper (SD of the propensity logit)"),
                *CALIPER_SD,
                value=held["tiers-caliper"],
                step=0.05,
                help=help_on("Caliper, Propensity score"),
                key="tiers-caliper",
                disabled=bool(st.session_state["tiers-no-caliper"]),
            )
            st.checkbox(t("No caliper"), value=held["tiers-no-caliper"], key="tiers-no-caliper")
        horizon_control("stretch")


def horizon_control(width: int | Literal["stretch"] = 420) -> None:
    """Show the time at which survival and net benefit are read.

    ``width``: of the control, px, or what its row has for it.
    """
    st.slider(
        t("Horizon (months)"),
        *HORIZON_MONTHS,
        value=st.session_state["tiers-horizon"],
        step=6.0,
        format="%.0f",
        key="tiers-horizon",
        width=width,
    )


def subgroup_control() -> None:
    """Show which fact divides the patients of the forest."""
    facts: dict[str, Words] = {"": "Every fact"} | {fact: fact for fact in FACTS}
    _one(t("Divide patients by"), facts, "tiers-subgroup", "", width=320)


def _one(
    name: str, options: Mapping[Any, str], key: str, known: object, width: int | Literal["stretch"] = "stretch"
) -> None:
    """Show a choice of one; ``options`` in words, ``known`` is chosen where no choice of before is."""
    keep_choice(key, tuple(options), known)
    index = tuple(options).index(st.session_state[key])
    st.selectbox(
        name, tuple(options), index=index, format_func=lambda each: t(options[each]), key=key, width=width
    )


def _several(name: str, options: Sequence[Any], key: str, before: Sequence[Any]) -> None:
    """Show a choice of several, of which one at least stays."""
    st.pills(
        name,
        options,
        default=st.session_state[key],
        selection_mode="multi",
        format_func=label,
        key=key,
        on_change=_refill,
        args=(key, list(before)),
    )


def held_recipe(bench: Bench) -> Recipe:
    """Read the controls.

    ``bench``: brings what stays where every choice was taken away.
    """
    held, before = st.session_state, bench.recipe
    low = float(held[_LOW])
    return Recipe(
        low_below=low,
        high_from=max(low, float(held[_HIGH])),
        cohort=held["tiers-cohort"] if bench.uploaded is not None else CohortChoice.REFERENCE,
        endpoint=held["tiers-endpoint"] or before.endpoint,
        arms=tuple(held["tiers-arms"]) or before.arms,
        contrast=held["tiers-contrast"],
        contrast_tiers=tuple(held["tiers-contrast-tiers"]) or before.contrast_tiers,
        matching=held["tiers-matching"],
        caliper_sd=None if held["tiers-no-caliper"] else float(held["tiers-caliper"]),
        subgroup=held["tiers-subgroup"],
        horizon_months=float(held["tiers-horizon"]),
        curves_by=before.curves_by,
        tier_source=before.tier_source,
        cohort_sha256=_table_of(bench, held["tiers-cohort"]),
    )


def _table_of(bench: Bench, choice: CohortChoice) -> str:
    """Digest of the table that a recipe rests on; empty for the reference patients."""
    is_own = bench.uploaded is not None and choice is CohortChoice.UPLOADED
    return bench.uploaded.patients if is_own and bench.uploaded is not None else ""


def _keep_order(*, is_high: bool = False) -> None:
    """Let the cut-off that was moved push the other one before it."""
    low, high = float(st.session_state[_LOW]), float(st.session_state[_HIGH])
    if low > high:
        st.session_state[_LOW if is_high else _HIGH] = high if is_high else low


def _refill(key: str, before: list[object]) -> None:
    """Bring the last choices back where all were taken away."""
    if not st.session_state[key]:
        st.session_state[key] = before


def _snap_back(low_below: float, high_from: float) -> None:
    """Put both cut-offs back."""
    st.session_state[_LOW], st.session_state[_HIGH] = low_below, high_from
