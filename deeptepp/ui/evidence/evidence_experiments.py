"""Experiments and controls: the score against follow-up, and what was measured by leaving parts out."""

from __future__ import annotations

import re

import streamlit as st

from deeptepp.config import top_folder
from deeptepp.domain.cohort import Cohort
from deeptepp.domain.experiment_suites import SUITE_LIST, Suite
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.cohort.cohort_scores import trastuzumab_item
from deeptepp.report.cohort.cohort_validation import validation_items
from deeptepp.report.report_item import ReportItem
from deeptepp.report.text_table import Table
from deeptepp.ui.parts.charts import show_figure
from deeptepp.ui.parts.drawn_once import drawn_once
from deeptepp.ui.words.language import say, t

_DOCS = top_folder() / "docs"
"""Measured numbers; an image of a container has none."""


def experiments_tab(bundle: ModelBundle, sha256: str) -> None:
    """Show the score against follow-up, then the experiments."""
    st.header(t("The score and the follow-up of the reference cohort"))
    st.caption(t("Most of these patients trained the model; each is scored by a network that had not seen her."))
    for item in _items(bundle.reference, sha256):
        _show(item, f"{item.key} {sha256}")
    st.header(t("What was measured by leaving parts out"))
    st.caption(
        t(
            "Made with a smaller network on the simulated reference cohort, so that all variants could be trained "
            "alike. The figures are in English."
        )
    )
    for name, suite in SUITE_LIST.items():
        if suite.heading:
            _suite(name, suite)


@st.cache_resource(max_entries=2, show_spinner="Measuring the score")
def _items(_reference: Cohort, sha256: str) -> tuple[ReportItem, ...]:
    """Measure once for every model."""
    return (*validation_items(_reference), trastuzumab_item(_reference))


@drawn_once
def _show(item: ReportItem, name: str) -> None:
    """Show one item folded up: the figures are many."""
    with st.expander(say(item.title), key=f"evidence-item-{item.key}"):
        if item.reason:
            st.write(t("Cannot be made from this cohort: {reason}.", reason=say(item.reason)))
        for i, figure in enumerate(item.figures):
            show_figure(figure, key=f"evidence-item-{item.key}-{i}", fallback_alt=item.title)
        for table in (*item.tables, *((item.beside.table,) if item.beside else ())):
            _table(table)
        for note in (*item.notes, *(item.beside.notes if item.beside else ())):
            st.caption(say(note))


def _table(table: Table) -> None:
    """Show a table with its heading and its note."""
    st.markdown(f"**{say(table.title)}**")
    rows = [dict(zip(map(say, table.header), map(say, row), strict=True)) for row in table.rows]
    st.table(rows, hide_index=True, border="horizontal")
    if table.note:
        st.caption(say(table.note))


def _suite(name: str, suite: Suite) -> None:
    """Show the question, the figure or the measured table where the checkout has them, and the command."""
    st.markdown(f"### {t(suite.heading)}")
    st.markdown(t(suite.asks))
    picture, document = _DOCS / "img" / f"{suite.picture}.png", _DOCS / "results" / f"{name}.md"
    if picture.exists():
        alt = t("{title}: the numbers stand in the table below it.", title=t(suite.heading))
        st.image(str(picture), width=860, alt=alt)
    if document.exists():
        with st.expander(t("Measured numbers"), key=f"evidence-suite-{name}"):
            st.markdown(re.sub(r"^(#{1,4} )", r"##\1", document.read_text(encoding="utf-8"), flags=re.MULTILINE))
    else:
        st.write(t("This installation came without the measured numbers. The command below makes them."))
    st.code(f"deeptepp evaluate docs/examples/{suite.settings} --suite {name}", language="bash")
