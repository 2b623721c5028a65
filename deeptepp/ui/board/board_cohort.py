"""The reference cohort at a glance."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from deeptepp.domain.cohort import SCORE, Cohort
from deeptepp.errors import NotEstimable
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.figures.cohort_figures import events_figure, follow_up_figure, tier_mix_figure
from deeptepp.report.figures.outcome_flow_figure import flow_to_outcome_figure
from deeptepp.report.figures.score_figure import score_distribution_figure
from deeptepp.ui.parts.charts import show_figure
from deeptepp.ui.words.language import t

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def cohort_view(bundle: ModelBundle) -> None:
    """Show who the reference patients are and what became of them."""
    kind = t("simulated patients") if bundle.reference.is_simulated else t("patients")
    st.markdown(
        t(
            "The {n} {kind} of the reference cohort: every tier and every curve on this page comes from them.",
            n=len(bundle.reference),
            kind=kind,
        )
    )
    with st.container(key="board-cohort", horizontal=True, gap="medium"):
        for name, figure in _figures(bundle.sha256, bundle).items():
            with st.container(key=f"board-cohort-{name}"):
                if isinstance(figure, str):
                    st.caption(figure)
                else:
                    show_figure(figure, key=f"board-figure-{name}", fallback_alt=name)


@st.cache_resource(max_entries=2, show_spinner="Counting the cohort")
def _figures(sha256: str, _bundle: ModelBundle) -> dict[str, Figure | str]:
    """Draw every figure once for a model; a reason stands where one cannot be drawn."""
    cohort = _bundle.reference
    draw: dict[str, Callable[[Cohort], Figure]] = {
        "tiers": tier_mix_figure,
        "flow": flow_to_outcome_figure,
        "scores": lambda c: score_distribution_figure(c[SCORE], _bundle.tiers, None, simulated=c.is_simulated),
        "follow-up": follow_up_figure,
        "events": events_figure,
    }
    return {name: _drawn(make, cohort) for name, make in draw.items()}


def _drawn(make: Callable[[Cohort], Figure], cohort: Cohort) -> Figure | str:
    """Draw one figure, or say why not."""
    try:
        return make(cohort)
    except NotEstimable as error:
        return str(error)
