"""What the tiers laboratory shows: curves and sizes at once, each slower part when its tab is opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

import streamlit as st

from deeptepp.domain.cohort import Cohort
from deeptepp.errors import DeepTeppError
from deeptepp.report.figures.figure_files import NamedFigure, figures_of
from deeptepp.report.laboratory.laboratory_items import optimism_item
from deeptepp.report.laboratory.laboratory_list import PARTS, Laboratory
from deeptepp.report.laboratory.laboratory_report import chosen_curves, curves_mark
from deeptepp.report.laboratory.laboratory_views import optimism_or_reason, view_tiers
from deeptepp.report.laboratory.recipe import Recipe
from deeptepp.report.look.stamps import marked_cohort, stamp_item
from deeptepp.report.report_item import ReportItem
from deeptepp.report.text_table import table_csv
from deeptepp.stats.prediction.optimism import Optimism
from deeptepp.ui.background.loaded import loaded_bundle
from deeptepp.ui.parts.charts import show_figure
from deeptepp.ui.parts.drawn_once import drawn_once
from deeptepp.ui.parts.figure_saving import save_figures
from deeptepp.ui.parts.save_button import save_button
from deeptepp.ui.parts.shown_table import show_table
from deeptepp.ui.parts.terms import terms_popover
from deeptepp.ui.tiers.tiers_state import Bench
from deeptepp.ui.words.language import say, t

_N_KEPT = 96
"""Results kept for all visitors."""


def result(key: str, cohort: Cohort, digest: str, bench: Bench) -> ReportItem:
    """One part of the laboratory for ``cohort``, named by ``digest``, as ``bench`` asks."""
    recipe = _only(bench.recipe, *PARTS[key].asked)
    if key == "optimism":
        return _optimism_result(cohort, digest, recipe, bench)
    return _answer(key, cohort, digest, recipe, bench)


def curves_result(cohort: Cohort, digest: str, bench: Bench) -> ReportItem:
    """Survival by the fact that was chosen; arguments as for ``result``."""
    recipe = _only(bench.recipe, "endpoint", "curves_by", "tier_source")
    return _answer("curves", cohort, digest, recipe, bench)


def _optimism_result(cohort: Cohort, digest: str, recipe: Recipe, bench: Bench) -> ReportItem:
    """Cut-offs corrected for their search; how many were tried changes without another search."""
    ask = _optimism if bench.is_own else _kept_optimism
    found, why = ask(cohort, digest, recipe.to_json())
    return optimism_item(None if found is None else replace(found, n_tried=max(bench.n_tried, 1)), why)


def kept_name(key: str, digest: str, bench: Bench) -> str:
    """Name a part of the laboratory that all visitors share; empty where it rests on what one of them did."""
    if bench.is_own or key == "optimism":
        return ""
    return f"{key} {digest} {_only(bench.recipe, *PARTS[key].asked).to_json()}"


def show_item(item: ReportItem, *, prefix: str = "tiers", name: str = "") -> None:
    """Show one result: figures, tables, notes, and its numbers as CSV.

    ``prefix``: begins the keys of its elements; ``name``: as ``kept_name`` gives it.
    """
    _body(item, name, prefix)
    if item.is_made:
        _save(item, prefix, name)


@drawn_once
def show_curves(item: ReportItem, name: str) -> None:
    """Show the curves of the tiers, and their first table; ``name`` as ``kept_name`` gives it."""
    if not item.is_made:
        st.info(t("Not shown: {reason}", reason=say(item.reason)))
        return
    show_figure(item.figures[0], key="tiers-km", fallback_alt=item.title)
    show_table(item.tables[0])
    for note in item.notes:
        st.caption(say(note))


@drawn_once
def _body(item: ReportItem, name: str, prefix: str) -> None:
    """Draw a result but for what is saved of it."""
    if not item.figures:  # a figure brings its title
        st.header(say(item.title))
    if not item.is_made:
        st.info(t("Not shown: {reason}", reason=say(item.reason)))
        return
    for i, figure in enumerate(item.figures):
        show_figure(figure, key=f"{prefix}-{item.key}-figure-{i}", fallback_alt=item.title)
    for table in item.tables:
        show_table(table)
    for note in item.notes:
        st.caption(say(note))
    terms_popover(item, key=f"{prefix}-{item.key}-terms")


@drawn_once
def show_tables(item: ReportItem, name: str) -> None:
    """Show the tables that stand below the curves; ``name`` as ``kept_name`` gives it."""
    for table in item.tables[1:]:
        show_table(table)


def figures_on_screen(items: Iterable[ReportItem]) -> tuple[NamedFigure, ...]:
    """Name the figures of items that were made, for saving.

    The result is in the order of the screen.
    """
    return figures_of(item for item in items if item.is_made)


def _save(item: ReportItem, prefix: str, name: str) -> None:
    """Offer the numbers of an item as CSV, and its figures as files."""
    csv = {name: table for name, table in item.data.items() if table.rows}
    csv |= {table.title: table for table in item.tables}
    with st.popover(t("Save numbers and figures"), key=f"{prefix}-{item.key}-save"):
        if item.figures:
            shown = name or "".join(figure.to_json() for figure in item.figures)
            save_figures(
                lambda: figures_of([item]),
                key=f"{prefix}-{item.key}-figures",
                digest=sha256(shown.encode()).hexdigest()[:16],
                label=t("Figure as SVG, PDF and PNG"),
            )
        for title, table in csv.items():
            file_name = f"deeptepp-{item.key}-{title.lower().replace(' ', '-')}.csv"
            content = table_csv(table, mark=item.mark)
            save_button(f"{say(title)} (CSV)", content, file_name, key=f"{prefix}-{item.key}-csv-{title}")


def _only(recipe: Recipe, *names: str) -> Recipe:
    """Keep the cut-offs and what a result depends on, so that other choices find it again."""
    bare = Recipe(low_below=recipe.low_below, high_from=recipe.high_from, cohort=recipe.cohort)
    return replace(bare, **{name: getattr(recipe, name) for name in names})


def _answer(kind: str, cohort: Cohort, digest: str, recipe: Recipe, bench: Bench) -> ReportItem:
    """Ask for a result; what rests on a visitor's own patients is kept nowhere."""
    ask = _made if bench.is_own else _kept
    origin = bench.provenance(loaded_bundle())
    mark = curves_mark(recipe, origin) if kind == "curves" else origin.mark
    return ask(kind, cohort, digest, recipe.to_json(), mark)


def _made(kind: str, _cohort: Cohort, digest: str, recipe: str, mark: str) -> ReportItem:
    """Make a result; why not, where the cohort does not allow it."""
    try:
        asked, cohort = Recipe.from_json(recipe), marked_cohort(_cohort, mark)
        item = chosen_curves(cohort, asked) if kind == "curves" else PARTS[kind].make(Laboratory(cohort, asked))
        return stamp_item(item, mark)
    except DeepTeppError as error:
        return ReportItem(kind, kind, kind.capitalize(), reason=str(error))


_kept = st.cache_resource(max_entries=_N_KEPT, show_spinner=False)(_made)
"""The same, made once; nobody changes it."""


def _optimism(_cohort: Cohort, digest: str, recipe: str) -> tuple[Optimism | None, str]:
    """Correct the cut-offs for their search."""
    try:
        return optimism_or_reason(view_tiers(_cohort, Recipe.from_json(recipe)))
    except DeepTeppError as error:
        return None, str(error)


_kept_optimism = st.cache_data(max_entries=_N_KEPT, show_spinner=False)(_optimism)
"""The same, once."""
