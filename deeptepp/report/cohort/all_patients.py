"""Survival of all patients of a cohort, together and by treatment; it takes neither score nor tier."""

from __future__ import annotations

import numpy as np

from deeptepp.domain.cohort import ARM, Arm, Cohort, Endpoint
from deeptepp.errors import NotEstimable
from deeptepp.report.cohort.cohort_outcomes import NOT_RANDOMISED
from deeptepp.report.figures.survival_figure import kaplan_meier_figure
from deeptepp.report.held_curves import few_events, not_followed
from deeptepp.report.report_item import ReportItem
from deeptepp.report.survival_tables import ENDPOINT_NAMES, curve_steps, estimates_table
from deeptepp.stats.event_rule import MIN_EVENTS
from deeptepp.stats.survival.group_comparison import GroupComparison, compare_groups
from deeptepp.wording.sentence import sentence

_GROUP = "group"


def survival_items(cohort: Cohort) -> list[ReportItem]:
    """Show the survival of all patients together and by treatment, which takes no score.

    Returns one for each endpoint, a reason where it is not known of anybody.
    """
    return [_survival_item(cohort, endpoint) for endpoint in cohort.endpoints]


def _survival_item(cohort: Cohort, endpoint: Endpoint) -> ReportItem:
    """Show one endpoint of all patients, and by treatment where there are several."""
    key, number = (f"survival-{endpoint.value}", sentence("Survival, {endpoint}", endpoint=endpoint.value.upper()))
    title = sentence("All patients: {endpoint}", endpoint=ENDPOINT_NAMES[endpoint].lower())
    together = cohort.with_columns(**{_GROUP: np.full(len(cohort), "all patients", dtype=object)})
    try:
        whole = compare_groups(together, _GROUP, ["all patients"], endpoint)
    except NotEstimable as error:
        return ReportItem(key, number, title, reason=str(error))
    try:
        arms: GroupComparison | None = compare_groups(cohort, ARM, [arm.value for arm in Arm], endpoint)
    except NotEstimable:
        arms = None
    curves = [*whole.curves, *(arms.curves if arms and len(arms.curves) > 1 else ())]
    figure = kaplan_meier_figure(
        curves,
        title=title,
        grey_below_events=MIN_EVENTS,
        y_title=ENDPOINT_NAMES[endpoint],
        simulated=cohort.is_simulated,
    )
    notes = (*few_events(curves), *not_followed(whole.n_without_follow_up))
    return ReportItem(
        key=key,
        number=number,
        title=title,
        figures=(figure,),
        tables=(estimates_table(curves),),
        notes=notes if len(curves) == 1 else (*notes, NOT_RANDOMISED),
        data={"curves": curve_steps(curves)},
    )
