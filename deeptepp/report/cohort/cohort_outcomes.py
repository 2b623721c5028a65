"""Survival by tier and by treatment as in the figures 3, 4, S4 and S5 of the publication, beside what it printed.

What was printed is described in ``domain/published.toml``: the groups of every comparison by tier and arm. The
same description picks our patients, so that a figure and its twin cannot come to compare different things.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import ARM, TIER, Cohort
from deeptepp.domain.published import COMPARISONS, PublishedComparison
from deeptepp.errors import NotEstimable
from deeptepp.report.figures.survival_figure import comparison_figure
from deeptepp.report.format import p_value as written_p
from deeptepp.report.format import percent
from deeptepp.report.held_curves import held_curves, not_followed
from deeptepp.report.look.theme import ARM_COLOURS, OTHER_COLOURS, TIER_COLOURS
from deeptepp.report.names import group_words
from deeptepp.report.report_item import Beside, ReportItem, key_of
from deeptepp.report.survival_tables import (
    ENDPOINT_NAMES,
    curve_steps,
    estimates_table,
    pairs_table,
    survival_text,
)
from deeptepp.report.text_table import Table
from deeptepp.stats.survival.group_comparison import GroupComparison, compare_groups
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve
from deeptepp.wording.sentence import glued, joined, sentence

_GROUP = "group"
NOT_RANDOMISED = "Treatment was not randomised, and this comparison is not adjusted."
"""Stands below every comparison of treatments as they were given."""


def outcome_items(cohort: Cohort, *, of_treatment: bool) -> list[ReportItem]:
    """Make the unmatched comparisons of the publication from a cohort.

    ``of_treatment``: those that compare treatments inside tiers, else those that compare tiers. Returns figures 3A
    and 3B, or 4A to 4C, and their twins for overall survival, one that the cohort does not allow says why.
    """
    return [
        outcome_item(cohort, published)
        for published in COMPARISONS
        if not published.is_matched and _compares_arms(published) is of_treatment
    ]


def outcome_item(cohort: Cohort, published: PublishedComparison) -> ReportItem:
    """Make one comparison of the publication from a cohort.

    ``published``: which groups are compared, and what was printed. Returns Figure, estimates and the printed
    values, without them and with a reason where no group has patients.
    """
    key, title = (
        key_of(published.where),
        glued("{}: {}", published.title, ENDPOINT_NAMES[published.endpoint].lower()),
    )
    try:
        comparison = _compare(cohort, published)
    except NotEstimable as error:
        return ReportItem(key, published.where, title, reason=str(error))
    held = held_curves(comparison, are_treatments=_compares_arms(published))
    figure = comparison_figure(
        comparison,
        held,
        title=title,
        y_title=ENDPOINT_NAMES[published.endpoint],
        colours=_colours(published, comparison.levels),
        simulated=cohort.is_simulated,
    )
    return ReportItem(
        key=key,
        number=published.where,
        title=title,
        figures=(figure,),
        tables=(estimates_table(comparison.curves), *(() if held.p_value is None else pairs_table(comparison))),
        beside=beside(published, comparison.levels, comparison.curves, held.p_value),
        notes=(
            *([sentence("Not tested: {reason}.", reason=held.reason)] if held.reason else []),
            *_notes(published, comparison),
        ),
        data={"curves": curve_steps(comparison.curves)},
    )


def beside(
    published: PublishedComparison,
    levels: Sequence[str],
    curves: Sequence[KaplanMeierCurve],
    p: float | None,
    *,
    notes: Sequence[str] = (),
) -> Beside:
    """Set printed survival beside ours.

    ``levels``: published label of each of our curves; ``p``: of our log-rank test; ``notes``: what to say before
    the caveats of the publication.
    """
    ours = dict(zip(levels, curves, strict=True))
    rows = [
        (
            group_words(group.label),
            percent(group.survival_pct / 100),
            survival_text(ours[group.label].at(published.horizon_months)) if group.label in ours else "no patient",
        )
        for group in published.curves
    ]
    rows.append(("log-rank", glued("p {}", published.p_text), "not tested" if p is None else written_p(p)))
    years = sentence("{years:.0f}-year survival", years=published.horizon_months / 12)
    table = Table(years, ("Group", "Printed", "Here (95 % CI)"), tuple(rows), "No interval was printed.")
    return Beside(table, (*notes, *published.notes), published.where)


def in_groups(cohort: Cohort, published: PublishedComparison) -> npt.NDArray[np.object_]:
    """Name the published group of every patient.

    Returns (n,) label of the group, empty for patients in none.
    """
    tier, arm = (np.asarray(cohort[name]).astype(str) for name in (TIER, ARM))
    names = np.full(len(cohort), "", dtype=object)
    for group in published.curves:
        names[np.isin(tier, [t.value for t in group.tiers]) & np.isin(arm, [a.value for a in group.arms])] = (
            group.label
        )
    return names


def _compares_arms(published: PublishedComparison) -> bool:
    """Whether the groups differ in treatment."""
    return len({group.arms for group in published.curves}) > 1


def _compare(cohort: Cohort, published: PublishedComparison) -> GroupComparison:
    """Estimate and test the published groups."""
    grouped = cohort.with_columns(**{_GROUP: in_groups(cohort, published)})
    return compare_groups(grouped, _GROUP, [group.label for group in published.curves], published.endpoint)


def _colours(published: PublishedComparison, levels: Sequence[str]) -> list[str]:
    """Colour groups that are one tier by tier, and groups of one treatment by that."""
    by_label = {group.label: group for group in published.curves}
    if not _compares_arms(published):
        return [TIER_COLOURS[by_label[level].tiers[0]] for level in levels]
    # Several treatments together are none of them, and get a colour of their own.
    return [
        ARM_COLOURS[by_label[level].arms[0]] if len(by_label[level].arms) == 1 else OTHER_COLOURS[0]
        for level in levels
    ]


def _notes(published: PublishedComparison, comparison: GroupComparison) -> tuple[str, ...]:
    """What must be known to read the figure."""
    notes = [NOT_RANDOMISED] if _compares_arms(published) else []
    notes += not_followed(comparison.n_without_follow_up)
    absent = [group_words(group.label) for group in published.curves if group.label not in comparison.levels]
    if absent:
        notes.append(sentence("No patient: {absent}.", absent=joined(", ", absent)))
    return tuple(notes)
