"""The board's own cases at a glance: where they stand, their tiers and scores, and what the score changed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from deeptepp.domain.board import BoardCase
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.board.board_counts import agreement_table, change_table, status_table, tier_table
from deeptepp.report.figures.score_figure import score_distribution_figure
from deeptepp.report.text_table import Table
from deeptepp.ui.parts.charts import show_figure
from deeptepp.ui.words.language import say, t

_FEW = 8
"""Up to so many scores, every patient gets a line of the axis."""


def board_glance(cases: Sequence[BoardCase], bundle: ModelBundle) -> None:
    """Show counts of the cases; nothing of a hidden score but that it is hidden.

    ``cases``: of the chosen meeting, or of the whole board; ``bundle``: its cut-offs are drawn where it scored the
    cases.
    """
    st.header(t("Cases of this board"), anchor=False)
    with st.container(key="board-glance", horizontal=True, gap="medium"):
        for name, make in (
            ("status", status_table),
            ("tiers", tier_table),
            ("changes", change_table),
            ("agreement", agreement_table),
        ):
            with st.container(key=f"board-glance-{name}"):
                _counts(make(cases))
    own = [case for case in cases if case.is_shown and case.score is not None]
    scores = [case.score for case in own if case.score is not None and case.bundle_sha256 == bundle.sha256]
    if scores:
        simulated = any(case.is_simulated for case in own)
        figure = score_distribution_figure(
            scores, bundle.tiers, None, title="Scores of the cases of this board", simulated=simulated
        )
        if len(scores) <= _FEW:
            figure.update_yaxes(dtick=1)
        show_figure(figure, key="board-glance-scores", fallback_alt=t("Scores of the cases of this board"))
    if len(scores) < len(own):
        st.caption(t("{n} cases were scored by another model and are not drawn.", n=len(own) - len(scores)))
    st.header(t("Reference cohort"), anchor=False)


def _counts(table: Table) -> None:
    """Show one table of counts with its title, which holds n."""
    st.markdown(f"**{say(table.title)}**")
    if table.rows:
        st.table(
            [{say(name): say(cell) for name, cell in zip(table.header, row, strict=True)} for row in table.rows],
            hide_index=True,
            border="horizontal",
        )
    else:
        st.caption(t("No case yet."))
    if table.note:
        st.caption(say(table.note))
