"""A recipe of the tiers laboratory followed into a page, its numbers as CSV, and the recipe itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from deeptepp import __version__
from deeptepp.domain.cohort import Cohort
from deeptepp.domain.provenance import Model, Provenance, provenance_of
from deeptepp.domain.risk import TierScheme
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.cohort.cohort_curves import BY_TIER, WHOLE, curve_choices, curves_item
from deeptepp.report.cohort.given_tiers import tier_notes
from deeptepp.report.format import count, months
from deeptepp.report.laboratory.laboratory_items import decision_item, optimism_item, tiers_item, treatment_item
from deeptepp.report.laboratory.laboratory_views import Laboratory, run_recipe
from deeptepp.report.laboratory.recipe import CohortChoice, Recipe
from deeptepp.report.look.stamps import marked_cohort, stamp_all, stamp_item
from deeptepp.report.names import group_words
from deeptepp.report.report_item import ReportItem, ReportPart
from deeptepp.report.report_page import ReportPage, write_parts
from deeptepp.report.survival_tables import ENDPOINT_NAMES
from deeptepp.scoring.tiers import TierSource, given_tiers, with_tiers
from deeptepp.stats.event_rule import MIN_EVENTS
from deeptepp.wording.sentence import glued, joined, sentence

RECIPE_FILE = "recipe.json"
"""Name of the recipe in the folder of its report."""


def write_recipe_report(cohort: Cohort, bundle: ModelBundle, recipe: Recipe, out: Path) -> list[Path]:
    """Follow a recipe and write what it shows.

    Parameters
    ----------
    cohort : Cohort
        The patients.
    bundle : ModelBundle
        Its cut-offs stand beside those of the recipe.
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
        No patient of these treatments has known follow-up.
    """
    written = write_parts(recipe_page(cohort, bundle, recipe), out)
    path = out / RECIPE_FILE
    path.write_text(recipe.to_json(), encoding="utf-8")
    return [*written, path]


def recipe_page(cohort: Cohort, bundle: ModelBundle, recipe: Recipe) -> ReportPage:
    """Follow a recipe into a report.

    Parameters
    ----------
    cohort : Cohort
        The patients; those of the bundle unless the recipe is of an uploaded cohort.
    bundle : ModelBundle
        Its cut-offs stand beside those of the recipe.
    recipe : Recipe
        What to look at.

    Returns
    -------
    ReportPage
        Tiers, models, treatment and use; the curves alone where nobody has a score.

    Raises
    ------
    NotEstimable
        No patient of these treatments has known follow-up.
    """
    is_own = recipe.cohort is CohortChoice.UPLOADED
    model = Model(bundle.sha256, bundle.is_simulated)
    origin = provenance_of(cohort, model, is_reference=not is_own)
    mark = curves_mark(recipe, origin)
    curves = stamp_item(chosen_curves(marked_cohort(cohort, mark), recipe), mark)
    parts = [ReportPart("Curves", (curves,))] if recipe.curves_by or not origin.has_scores else []
    notes = given_notes(cohort, recipe)
    if origin.has_scores:
        found = run_recipe(marked_cohort(cohort, origin.mark), recipe)
        parts = [*laboratory_parts(found, notes, origin.mark), *parts]
    return ReportPage(
        parts=tuple(parts),
        title="Tiers laboratory",
        facts=_facts(recipe, bundle, cohort, origin, notes),
        mark=origin.mark,
    )


def curves_mark(recipe: Recipe, origin: Provenance) -> str:
    """Give the mark of the curves of a recipe: that of the patients alone, unless tiers divide them.

    Parameters
    ----------
    recipe : Recipe
        Brings what divides the patients.
    origin : Provenance
        Where patients and scores come from.

    Returns
    -------
    str
        Empty where nothing is simulated.
    """
    return origin.mark if recipe.curves_by == BY_TIER else origin.patients_mark


def chosen_curves(cohort: Cohort, recipe: Recipe) -> ReportItem:
    """Show survival by the fact that a recipe asks for.

    Parameters
    ----------
    cohort : Cohort
        The patients.
    recipe : Recipe
        Brings fact and endpoint; everybody together where it names no fact.

    Returns
    -------
    ReportItem
        Curves; a reason where the fact does not divide these patients.
    """
    name = recipe.curves_by or WHOLE
    source = TierSource.CUT_OFFS if given_tiers(cohort, recipe.tiers) is None else recipe.tier_source
    tiered = with_tiers(cohort, recipe.tiers, source)
    choices = curve_choices(tiered)
    if name not in choices:
        reason = "this fact is not recorded, or does not divide the patients"
        return ReportItem("curves", "Curves", sentence("Survival by {name}", name=name), reason=reason)
    item = curves_item(tiered, choices[name], recipe.endpoint)
    if name != BY_TIER:
        return item
    return replace(item, notes=(*tier_notes(cohort, recipe.tiers, source), *item.notes))


def given_notes(cohort: Cohort, recipe: Recipe) -> tuple[str, ...]:
    """Say what the laboratory, whose tiers are those of its cut-offs, does to tiers that a table brings.

    Parameters
    ----------
    cohort : Cohort
        As the table has it.
    recipe : Recipe
        Brings the cut-offs.

    Returns
    -------
    tuple of str
        Sentences; none for the reference patients.
    """
    if recipe.cohort is not CohortChoice.UPLOADED:
        return ()
    return tier_notes(cohort, recipe.tiers, TierSource.CUT_OFFS)


def laboratory_parts(found: Laboratory, notes: tuple[str, ...] = (), mark: str = "") -> tuple[ReportPart, ...]:
    """Lay out what a recipe shows.

    Parameters
    ----------
    found : Laboratory
        From ``run_recipe``.
    notes : tuple of str
        What must be known of tiers that the table brings.
    mark : str
        Borne by every item; empty where neither patients nor model are simulated.

    Returns
    -------
    tuple of ReportPart
        Tiers, models, treatment, use.
    """
    few = too_few(found.tiers.comparison.n_events)
    tiers = tiers_item(found.tiers)
    tiers = replace(tiers, notes=(*notes, *tiers.notes))
    by_title: dict[str, tuple[ReportItem, ...]] = {
        "Tiers": (tiers, optimism_item(found.optimism, found.why_no_optimism)),
        "Prognosis": tuple(held_back(item, few) for item in (found.adjusted, found.subgroups)),
        "Treatment by tier": (treatment_item(found.treatment),),
        "Use": (decision_item(found.tiers, found.decision),),
    }
    return tuple(ReportPart(title, stamp_all(items, mark)) for title, items in by_title.items())


def too_few(n_events: int) -> str:
    """Say that there are too few events for a model; empty where there are enough."""
    return (
        sentence("{n_events}, fewer than {min_events}", n_events=count(n_events, "event"), min_events=MIN_EVENTS)
        if n_events < MIN_EVENTS
        else ""
    )


def held_back(item: ReportItem, reason: str) -> ReportItem:
    """Keep an item back with a reason; as it is without one."""
    return ReportItem(item.key, item.number, item.title, reason=reason) if reason else item


def is_published(recipe: Recipe, tiers: TierScheme) -> bool:
    """Tell whether a recipe has the cut-offs of a bundle."""
    return (recipe.low_below, recipe.high_from) == (tiers.low_below, tiers.high_from)


def _facts(
    recipe: Recipe, bundle: ModelBundle, cohort: Cohort, origin: Provenance, notes: tuple[str, ...]
) -> list[tuple[str, str]]:
    """Tell what the page rests on."""
    own = " (as the model has them)" if is_published(recipe, bundle.tiers) else ""
    caliper = (
        "no caliper"
        if recipe.caliper_sd is None
        else sentence("caliper {caliper_sd:g} SD", caliper_sd=recipe.caliper_sd)
    )
    return [
        ("Patients", glued("{}, {}", len(cohort), origin.patients)),
        ("Patients and scores", origin.sentence),
        *([("Table, SHA-256", recipe.cohort_sha256[:16])] if recipe.cohort_sha256 else []),
        *([("Tiers", joined(" ", notes))] if notes else []),
        (
            "Cut-offs",
            sentence(
                "Low below {low_below:.4f}, High from {high_from:.4f}{own}",
                low_below=recipe.low_below,
                high_from=recipe.high_from,
                own=own,
            ),
        ),
        (
            "Cut-offs of the model",
            sentence("{before:.4f} and {end:.4f}", before=bundle.tiers.low_below, end=bundle.tiers.high_from),
        ),
        ("Endpoint", ENDPOINT_NAMES[recipe.endpoint]),
        ("Treatments", joined(", ", map(group_words, recipe.arms))),
        ("Matching", glued("{}, {}", recipe.matching, caliper)),
        ("Horizon", months(recipe.horizon_months)),
        (
            "Model",
            sentence(
                "{name}, {value} training patients",
                name=bundle.name,
                value="simulated" if bundle.is_simulated else "real",
            ),
        ),
        ("Model, SHA-256", bundle.sha256[:16]),
        ("Recipe, SHA-256", recipe.digest[:16]),
        ("Made by", f"deeptepp {__version__} report recipe"),
    ]
