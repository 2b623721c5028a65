"""A recipe of the tiers laboratory followed into a page, its numbers as CSV, and the recipe itself."""

from __future__ import annotations

from pathlib import Path

from deeptepp import __version__
from deeptepp.domain.cohort import Cohort
from deeptepp.domain.risk import TierScheme
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.format import months
from deeptepp.report.laboratory import Laboratory, run_recipe
from deeptepp.report.laboratory_items import decision_item, optimism_item, tiers_item, treatment_item
from deeptepp.report.recipe import Recipe
from deeptepp.report.report_item import ReportItem, ReportPart
from deeptepp.report.report_page import write_report
from deeptepp.report.survival_tables import ENDPOINT_NAMES
from deeptepp.stats.evidence import MIN_EVENTS

RECIPE_FILE = "recipe.json"
"""Name of the recipe in the folder of its report."""


def write_recipe_report(cohort: Cohort, bundle: ModelBundle, recipe: Recipe, out: Path) -> list[Path]:
    """Follow a recipe and write what it shows.

    Parameters
    ----------
    cohort : Cohort
        With the column ``SCORE``.
    bundle : ModelBundle
        Made the scores; its cut-offs stand beside those of the recipe.
    recipe : Recipe
        What to look at.
    out : Path
        Folder to write.

    Returns
    -------
    list of Path
        The page, the CSV files, the recipe.

    Raises
    ------
    NotEstimable
        No patient of these treatments has a score and known follow-up.
    """
    is_simulated = cohort.is_simulated or bundle.is_simulated
    found = run_recipe(Cohort(cohort.columns, is_simulated), recipe)
    written = write_report(
        laboratory_parts(found),
        out,
        title="Tiers laboratory",
        facts=_facts(found, bundle, cohort),
        simulated=is_simulated,
    )
    path = out / RECIPE_FILE
    path.write_text(recipe.to_json(), encoding="utf-8")
    return [*written, path]


def laboratory_parts(found: Laboratory) -> tuple[ReportPart, ...]:
    """Lay out what a recipe shows.

    Parameters
    ----------
    found : Laboratory
        From ``run_recipe``.

    Returns
    -------
    tuple of ReportPart
        Tiers, models, treatment, use.
    """
    few = too_few(found.tiers.comparison.n_events)
    return (
        ReportPart("Tiers", (tiers_item(found.tiers), optimism_item(found.optimism, found.why_no_optimism))),
        ReportPart("Prognosis", tuple(held_back(item, few) for item in (found.adjusted, found.subgroups))),
        ReportPart("Treatment by tier", (treatment_item(found.treatment),)),
        ReportPart("Use", (decision_item(found.tiers, found.decision),)),
    )


def too_few(n_events: int) -> str:
    """Say that there are too few events for a model; empty where there are enough."""
    return f"{n_events} events, fewer than {MIN_EVENTS}" if n_events < MIN_EVENTS else ""


def held_back(item: ReportItem, reason: str) -> ReportItem:
    """Keep an item back with a reason; as it is without one."""
    return ReportItem(item.key, item.number, item.title, reason=reason) if reason else item


def is_published(recipe: Recipe, tiers: TierScheme) -> bool:
    """Tell whether a recipe has the cut-offs of a bundle."""
    return (recipe.low_below, recipe.high_from) == (tiers.low_below, tiers.high_from)


def _facts(found: Laboratory, bundle: ModelBundle, cohort: Cohort) -> list[tuple[str, str]]:
    """Tell what the page rests on."""
    recipe = found.tiers.recipe
    own = " (as the model has them)" if is_published(recipe, bundle.tiers) else ""
    caliper = "no caliper" if recipe.caliper_sd is None else f"caliper {recipe.caliper_sd:g} SD"
    return [
        ("Patients", f"{len(cohort)}, {'simulated' if cohort.is_simulated else 'real'}"),
        ("Cut-offs", f"Low below {recipe.low_below:.4f}, High from {recipe.high_from:.4f}{own}"),
        ("Cut-offs of the model", f"{bundle.tiers.low_below:.4f} and {bundle.tiers.high_from:.4f}"),
        ("Endpoint", ENDPOINT_NAMES[recipe.endpoint]),
        ("Treatments", ", ".join(recipe.arms)),
        ("Matching", f"{recipe.matching}, {caliper}"),
        ("Horizon", months(recipe.horizon_months)),
        ("Model", f"{bundle.name}, {'simulated' if bundle.is_simulated else 'real'} training patients"),
        ("Model, SHA-256", bundle.sha256[:16]),
        ("Recipe, SHA-256", recipe.digest[:16]),
        ("Made by", f"deeptepp {__version__} report recipe"),
    ]
