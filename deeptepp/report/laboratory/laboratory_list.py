"""The parts of the tiers laboratory: one list for the tabs of the screen and for the report of a recipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from deeptepp.domain.cohort import Cohort
from deeptepp.report.cohort.cohort_prognosis import adjusted_item
from deeptepp.report.cohort.cohort_subgroups import subgroup_item
from deeptepp.report.cohort.given_tiers import tier_notes
from deeptepp.report.format import count
from deeptepp.report.laboratory.laboratory_items import decision_item, optimism_item, tiers_item, treatment_item
from deeptepp.report.laboratory.laboratory_views import (
    TierView,
    decision_curves,
    optimism_or_reason,
    view_tiers,
    view_treatment,
)
from deeptepp.report.laboratory.recipe import CohortChoice, Recipe
from deeptepp.report.look.stamps import stamp_all
from deeptepp.report.report_item import ReportItem, ReportPart
from deeptepp.scoring.tiers import TierSource
from deeptepp.stats.event_rule import MIN_EVENTS
from deeptepp.wording.sentence import Words, sentence


class Laboratory:
    """A recipe in a cohort; what several parts need is computed once."""

    def __init__(self, cohort: Cohort, recipe: Recipe) -> None:
        self.cohort, self.recipe = cohort, recipe

    @cached_property
    def view(self) -> TierView:
        """Tiers by the cut-offs of the recipe; ``NotEstimable`` where nobody has a score and known follow-up."""
        return view_tiers(self.cohort, self.recipe)

    @property
    def too_few(self) -> str:
        """That there are too few events for a model; empty where there are enough."""
        n = self.view.comparison.n_events
        told = {"n_events": count(n, "event"), "min_events": MIN_EVENTS}
        return sentence("{n_events}, fewer than {min_events}", **told) if n < MIN_EVENTS else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaboratoryPart:
    """One result.

    ``asked``: fields of the recipe that it depends on, beside the cut-offs and the choice of patients;
    ``waiting``: said while it is made, where that takes long.
    """

    tab: Words
    heading: Words
    asked: tuple[str, ...]
    make: Callable[[Laboratory], ReportItem]
    waiting: Words = ""
    is_drawn: bool = True


def _tiers(of: Laboratory) -> ReportItem:
    """Show curves and sizes, and what is done to tiers that a table brings."""
    item = tiers_item(of.view)
    return replace(item, notes=(*given_notes(of.cohort, of.recipe), *item.notes))


def _adjusted(of: Laboratory) -> ReportItem:
    """Show the Cox model of tier, stage and treatment."""
    return _held_back(adjusted_item(of.view.cohort, of.recipe.endpoint), of.too_few)


def _subgroups(of: Laboratory) -> ReportItem:
    """Show the forest of the upper tiers against Low."""
    return _held_back(subgroup_item(of.view.cohort, of.recipe.endpoint, fact=of.recipe.subgroup), of.too_few)


PARTS: dict[str, LaboratoryPart] = {
    "treatment": LaboratoryPart(
        tab="Treatments",
        heading="Treatment by tier",
        asked=("endpoint", "contrast", "contrast_tiers", "matching", "caliper_sd", "horizon_months"),
        make=lambda of: treatment_item(view_treatment(of.cohort, of.recipe)),
        waiting="Comparing treatments",
    ),
    "tiers": LaboratoryPart(tab="Survival estimates", heading="Tiers", asked=("arms", "endpoint"), make=_tiers),
    "adjusted": LaboratoryPart(
        tab="Hazard ratios", heading="Prognosis", asked=("arms", "endpoint"), make=_adjusted, is_drawn=False
    ),
    "subgroups": LaboratoryPart(
        tab="Subgroups", heading="Prognosis", asked=("arms", "endpoint", "subgroup"), make=_subgroups
    ),
    "decision": LaboratoryPart(
        tab="Net benefit",
        heading="Use",
        asked=("arms", "endpoint", "horizon_months"),
        make=lambda of: decision_item(of.view, decision_curves(of.view)),
    ),
    "optimism": LaboratoryPart(
        tab="Optimism",
        heading="Tiers",
        asked=("arms", "endpoint"),
        make=lambda of: optimism_item(*optimism_or_reason(of.view)),
        waiting="Finding the cut-offs again in 200 resamples",
        is_drawn=False,
    ),
}
"""By the key of the item, in the order of the tabs."""

_HEADINGS = ("Tiers", "Prognosis", "Treatment by tier", "Use")
"""Order of the report."""


def laboratory_parts(cohort: Cohort, recipe: Recipe, mark: str = "") -> tuple[ReportPart, ...]:
    """Follow a recipe into all parts, by heading; each item bears the mark.

    Raises ``NotEstimable`` where no patient of these treatments has a score and known follow-up.
    """
    of = Laboratory(cohort, recipe)
    by_heading: dict[str, list[ReportItem]] = {heading: [] for heading in _HEADINGS}
    for part in PARTS.values():
        by_heading[part.heading].append(part.make(of))
    return tuple(ReportPart(heading, stamp_all(items, mark)) for heading, items in by_heading.items())


def given_notes(cohort: Cohort, recipe: Recipe) -> tuple[str, ...]:
    """Say what the laboratory, whose tiers are those of its cut-offs, does to tiers that a table brings.

    There are no such sentences for the reference patients.
    """
    if recipe.cohort is not CohortChoice.UPLOADED:
        return ()
    return tier_notes(cohort, recipe.tiers, TierSource.CUT_OFFS)


def _held_back(item: ReportItem, reason: str) -> ReportItem:
    """Keep an item back with a reason; as it is without one."""
    return ReportItem(item.key, item.number, item.title, reason=reason) if reason else item
