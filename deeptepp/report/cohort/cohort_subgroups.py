"""The tier in subgroups of patients, as in the figures S6A and S6B of the publication, and each fact by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from deeptepp.domain.cohort import TIER, Cohort, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.errors import NotEstimable
from deeptepp.report.cohort.cohort_prognosis import complete
from deeptepp.report.figures.forest_figure import forest_figure
from deeptepp.report.figures.forest_rows import ForestBlock, ForestRow
from deeptepp.report.format import count, ratio_ci
from deeptepp.report.format import p_value as written_p
from deeptepp.report.names import group_words
from deeptepp.report.report_item import Beside, ReportItem, key_of
from deeptepp.report.survival_tables import ENDPOINT_NAMES
from deeptepp.report.text_table import Table
from deeptepp.stats.estimate import chi_square_test
from deeptepp.stats.event_rule import held_back, why_no_ratio
from deeptepp.stats.hazards.mantel_haenszel import SubgroupAnalysis, one_step_hazard_ratio, subgroup_analysis
from deeptepp.stats.patient_groups import groupings
from deeptepp.wording.sentence import sentence

_NUMBERS = {Endpoint.RFS: "Figure S6A", Endpoint.OS: "Figure S6B"}

_SIDES = ("Mod. + High", "Low")
"""Names of both sides, index first."""

_PRINTED = Table(
    "Subgroups",
    ("Printed", "Here"),
    (("a higher score predicts worse outcome in all subgroups", "hazard ratio of each subgroup"),),
    "The figures are in the supplement; the text gives no number of them.",
)


def subgroup_item(cohort: Cohort, endpoint: Endpoint, *, fact: str = "") -> ReportItem:
    """Compare the upper tiers with Low inside subgroups.

    ``endpoint``: recurrence-free or overall survival; ``fact``: name of the one fact that divides the patients, as
    ``groupings`` names it, every fact when left out. Returns forest of one-step hazard ratios with the test of
    heterogeneity of each fact.
    """
    number, title = (
        _NUMBERS.get(endpoint, endpoint.value.upper()),
        sentence("Moderate or High against Low: {endpoint}", endpoint=ENDPOINT_NAMES[endpoint].lower()),
    )
    patients = cohort.where(complete(cohort, endpoint, [TIER]))
    is_upper = np.asarray(patients[TIER]).astype(str) != Tier.LOW.value
    try:
        follow_up = patients.follow_up(endpoint)
        sides = follow_up.where(is_upper), follow_up.where(~is_upper)
        few = why_no_ratio({name: side.n_events for name, side in zip(_SIDES, sides, strict=True)})
        overall = held_back(one_step_hazard_ratio(*sides), few)
        analyses = _analyses(patients, endpoint, fact)
        figure = forest_figure(
            [_block(name, labels, analysis) for name, labels, analysis in analyses],
            title=title,
            arms=_SIDES,
            overall=ForestRow("All patients", (overall,), tuple((side.n_events, side.n) for side in sides)),
            notes=("one-step (Peto) hazard ratio",),
            simulated=cohort.is_simulated,
        )
    except NotEstimable as error:
        return ReportItem(key_of(number), number, title, reason=str(error))
    return ReportItem(
        key=key_of(number),
        number=number,
        title=title,
        figures=(figure,),
        beside=Beside(_PRINTED, where=number),
        notes=(
            sentence(
                "One-step estimates pull large hazard ratios towards 1; the Cox models above do not. No p is "
                "adjusted for {analyses} looked at.",
                analyses=count(len(analyses), "fact"),
            ),
        ),
        data={"subgroups": _table(analyses)},
    )


def _analyses(
    patients: Cohort, endpoint: Endpoint, fact: str
) -> list[tuple[str, tuple[str, ...], SubgroupAnalysis]]:
    """Analyse every fact that divides the patients."""
    found = []
    for grouping in groupings(patients):
        if fact not in ("", grouping.name):
            continue
        known = grouping.of_patient != ""
        members = patients.where(known)
        analysis = subgroup_analysis(
            members.follow_up(endpoint),
            np.asarray(members[TIER]).astype(str) != Tier.LOW.value,
            grouping.of_patient[known],
        )
        found.append((grouping.name, grouping.labels, _given(analysis)))
    if not found:
        raise NotEstimable(what="The forest", reason="no fact divides the patients")
    return found


def _given(analysis: SubgroupAnalysis) -> SubgroupAnalysis:
    """Hold ratios back where a side has no event or both have few, and the test where fewer than two are left."""
    parts = []
    for part in analysis.subgroups:
        few = why_no_ratio(dict(zip(_SIDES, (part.n_events_index, part.n_events_reference), strict=True)))
        parts.append(replace(part, hazard_ratio=held_back(part.hazard_ratio, few)))
    test = analysis.heterogeneity
    if sum(part.hazard_ratio.value is not None for part in parts) < 2:
        test = chi_square_test(0.0, 0, test.method, reason="fewer than two subgroups can be compared")
    return replace(analysis, subgroups=tuple(parts), heterogeneity=test)


def _block(name: str, labels: tuple[str, ...], analysis: SubgroupAnalysis) -> ForestBlock:
    """Lay out one fact, its groups in clinical order."""
    by_label = {part.label: part for part in analysis.subgroups}
    rows = tuple(ForestRow.of_subgroup(by_label[label], label=group_words(label)) for label in labels)
    return ForestBlock(name, rows, analysis.heterogeneity.p_value)


def _table(analyses: list[tuple[str, tuple[str, ...], SubgroupAnalysis]]) -> Table:
    """List all subgroups, for CSV."""
    rows = [
        (
            name,
            group_words(part.label),
            str(part.n_index),
            str(part.n_events_index),
            str(part.n_reference),
            str(part.n_events_reference),
            ratio_ci(part.hazard_ratio.value, part.hazard_ratio.low, part.hazard_ratio.high),
            part.hazard_ratio.reason,
            written_p(analysis.heterogeneity.p_value),
        )
        for name, _, analysis in analyses
        for part in analysis.subgroups
    ]
    header = ("fact", "subgroup", "n upper", "events upper", "n Low", "events Low", "HR (95 % CI)", "reason")
    return Table("Subgroups", (*header, "p of heterogeneity"), tuple(rows))
