"""A recipe of the tiers laboratory followed into a page, its numbers as CSV, and the recipe itself."""

from __future__ import annotations

from dataclasses import replace

from deeptepp import __version__
from deeptepp.domain.cohort import Cohort
from deeptepp.domain.provenance import Model, Provenance, provenance_of
from deeptepp.domain.risk import TierScheme
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.cohort.cohort_curves import BY_TIER, WHOLE, curve_choices, curves_item
from deeptepp.report.cohort.given_tiers import tier_notes
from deeptepp.report.format import months
from deeptepp.report.laboratory.laboratory_list import given_notes, laboratory_parts
from deeptepp.report.laboratory.recipe import CohortChoice, Recipe
from deeptepp.report.look.stamps import marked_cohort, stamp_item
from deeptepp.report.names import group_words
from deeptepp.report.report_item import ReportItem, ReportPart
from deeptepp.report.report_page import ReportPage, model_facts
from deeptepp.report.survival_tables import ENDPOINT_NAMES
from deeptepp.scoring.tiers import TierSource, given_tiers, with_tiers
from deeptepp.wording.sentence import glued, joined, sentence

RECIPE_FILE = "recipe.json"
"""Name of the recipe in the folder of its report."""


def recipe_page(cohort: Cohort, bundle: ModelBundle, recipe: Recipe) -> ReportPage:
    """Follow a recipe into a report.

    ``cohort``: the patients, those of the bundle unless the recipe is of an uploaded cohort; ``bundle``: its
    cut-offs stand beside those of the recipe. Returns tiers, models, treatment and use, the curves alone where
    nobody has a score. Raises NotEstimable: no patient of these treatments has known follow-up.
    """
    is_own = recipe.cohort is CohortChoice.UPLOADED
    model = Model(bundle.sha256, bundle.is_simulated)
    origin = provenance_of(cohort, model, is_reference=not is_own)
    mark = curves_mark(recipe, origin)
    curves = stamp_item(chosen_curves(marked_cohort(cohort, mark), recipe), mark)
    parts = [ReportPart("Curves", (curves,))] if recipe.curves_by or not origin.has_scores else []
    notes = given_notes(cohort, recipe)
    if origin.has_scores:
        parts = [*laboratory_parts(marked_cohort(cohort, origin.mark), recipe, origin.mark), *parts]
    return ReportPage(
        parts=tuple(parts),
        title="Tiers laboratory",
        facts=_facts(recipe, bundle, cohort, origin, notes),
        mark=origin.mark,
    )


def curves_mark(recipe: Recipe, origin: Provenance) -> str:
    """Mark of the curves of a recipe: that of the patients alone, unless tiers divide them."""
    return origin.mark if recipe.curves_by == BY_TIER else origin.patients_mark


def chosen_curves(cohort: Cohort, recipe: Recipe) -> ReportItem:
    """Show survival by the fact that a recipe asks for.

    ``recipe``: brings fact and endpoint, everybody together where it names no fact. Returns curves, a reason where
    the fact does not divide these patients.
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


def is_published(recipe: Recipe, tiers: TierScheme) -> bool:
    """Whether a recipe has the cut-offs of a bundle."""
    return (recipe.low_below, recipe.high_from) == (tiers.low_below, tiers.high_from)


def _facts(
    recipe: Recipe, bundle: ModelBundle, cohort: Cohort, origin: Provenance, notes: tuple[str, ...]
) -> list[tuple[str, str]]:
    """What the page rests on."""
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
        *model_facts(bundle),
        ("Recipe, SHA-256", recipe.digest[:16]),
        ("Made by", f"deeptepp {__version__} report recipe"),
    ]
