"""Pertuzumab added to trastuzumab inside a tier, as in figures 3C, 3D and S4C of the publication, three ways.

The first figure is the default comparison: pairs alike in what was known at surgery, both arms cut at a common
horizon. The publication's own matching follows with what is wrong with it, then all patients without matching.
"""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from deeptepp.domain.cohort import Arm, Cohort, Endpoint
from deeptepp.domain.published import PublishedComparison, comparison_of
from deeptepp.domain.risk import Tier
from deeptepp.errors import DeepTeppError, NotEstimable
from deeptepp.report.cohort.cohort_outcomes import beside
from deeptepp.report.figures.balance_figure import balance_figure
from deeptepp.report.figures.survival_figure import kaplan_meier_figure
from deeptepp.report.format import hazard_ratio
from deeptepp.report.format import p_value as written_p
from deeptepp.report.look.theme import ARM_COLOURS
from deeptepp.report.report_item import Beside, ReportItem, key_of
from deeptepp.report.survival_tables import ENDPOINT_NAMES, curve_steps, survival_text
from deeptepp.report.text_table import Table
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.event_rule import MIN_EVENTS
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve
from deeptepp.stats.treatment.balance import Balance
from deeptepp.stats.treatment.covariate_names import in_words
from deeptepp.stats.treatment.treatment_effect import (
    LANDMARKS_MONTHS,
    TreatmentContrast,
    TreatmentSide,
    contrast_treatments,
)
from deeptepp.stats.treatment.treatment_question import TP_VS_T, Matching
from deeptepp.wording.sentence import glued, sentence

WAYS = {
    Matching.DEFAULT: "Matched on facts known at surgery, common horizon",
    Matching.PAPER: "As published: matched on stage and follow-up",
    Matching.OFF: "All patients, common horizon",
}
"""How patients are chosen, in the order of the report."""

_NUMBERS = {
    (Tier.MODERATE, Endpoint.RFS): "Figure 3C",
    (Tier.HIGH, Endpoint.RFS): "Figure 3D",
    (Tier.MODERATE, Endpoint.OS): "Figure S4C",
    (Tier.HIGH, Endpoint.OS): "Figure S4D",
}
"""The fourth is not in the publication."""


def treatment_items(cohort: Cohort) -> list[ReportItem]:
    """Compare trastuzumab + pertuzumab with trastuzumab in both upper tiers, for both endpoints.

    Returns figures 3C, 3D, S4C and the fourth that was not published.
    """
    return [treatment_item(cohort, tier, endpoint) for tier, endpoint in _NUMBERS]


def treatment_item(cohort: Cohort, tier: Tier, endpoint: Endpoint) -> ReportItem:
    """Compare trastuzumab + pertuzumab with trastuzumab in one tier.

    ``endpoint``: recurrence-free or overall survival. Returns curves, three ways of comparing, balance, and the
    printed values, a reason where nothing can be compared.
    """
    number = _NUMBERS[tier, endpoint]
    title = glued("{}, {}: {}", tier.value, TP_VS_T.label, ENDPOINT_NAMES[endpoint].lower())
    try:
        contrasts = [
            contrast_treatments(cohort, TP_VS_T, tiers=[tier], endpoint=endpoint, matching=way) for way in WAYS
        ]
        default, paper, _ = contrasts
        if default.index.curve is None or default.reference.curve is None:
            raise NotEstimable(what=glued("{} in {}", TP_VS_T.label, tier.value), reason=default.reason)
    except DeepTeppError as error:
        return ReportItem(key_of(number), number, title, reason=str(error))
    figures = [_curves(contrast, tier) for contrast in (default, paper) if contrast.index.curve]
    balances = [contrast.sample.balance for contrast in (default, paper)]
    balances = [None if balance is None else in_words(balance) for balance in balances]
    if balances[0] is not None:
        title_of_balance = sentence(
            "{value}, {label}: before and after matching", value=tier.value, label=TP_VS_T.label
        )
        figures.append(balance_figure(balances[0], title=title_of_balance, simulated=cohort.is_simulated))
    published = comparison_of(f"{tier.value.lower()}-dual", endpoint)
    return ReportItem(
        key=key_of(number),
        number=number,
        title=title,
        figures=tuple(figures),
        tables=(contrasts_table(contrasts),),
        beside=None if published is None else _beside(published, paper),
        notes=_notes(contrasts),
        data={
            **{f"curves-{c.matching.value}": curve_steps(_both(c)) for c in contrasts if c.index.curve},
            **{
                f"balance-{way.value}": balance_table(balance)
                for way, balance in zip((Matching.DEFAULT, Matching.PAPER), balances, strict=True)
                if balance is not None
            },
        },
    )


def contrasts_table(contrasts: Sequence[TreatmentContrast]) -> Table:
    """Set ways of comparing two treatments side by side.

    Returns patients, events and survival of each arm, hazard ratio, difference in survival and in restricted mean,
    or why they are held back.
    """
    rows = tuple(
        (
            WAYS[each.matching],
            glued("{} / {}", each.index.n, each.reference.n),
            glued("{} / {}", each.index.n_events, each.reference.n_events),
            *(_survival(side) for side in (each.index, each.reference)),
            _held_back(each)
            or hazard_ratio(each.hazard_ratio.value, each.hazard_ratio.low, each.hazard_ratio.high),
            _held_back(each) or _points(each.differences[0].difference),
            _held_back(each) or _months(each.rmst_difference),
            written_p(each.p_value) if each.is_reportable else "not tested",
        )
        for each in contrasts
    )
    index, reference = contrasts[0].question.index_label, contrasts[0].question.reference_label
    header = (
        "Patients chosen",
        glued("n {} / {}", index, reference),
        "Events",
        sentence("24-month survival, {arm}", arm=index),
        sentence("24-month survival, {arm}", arm=reference),
        "HR (95 % CI)",
        "24-month difference",
        "RMST difference",
        "p",
    )
    note = sentence(
        "HR: Cox. Difference = {index} minus {reference}, 95 % CI. RMST: mean months without the event up to "
        "the horizon. Nothing is compared where an arm has fewer than {n} events or where matching left the "
        "arms less alike than they were.",
        index=index,
        reference=reference,
        n=MIN_EVENTS,
    )
    return Table(contrasts[0].question.label, header, rows, note)


def balance_table(balance: Balance, *, index: str = Arm.TP.short, reference: str = Arm.T.short) -> Table:
    """List how alike both arms are.

    ``balance``: before and after matching. Returns means, standardised differences, variance ratios and
    Kolmogorov-Smirnov distances.
    """
    rows = tuple(
        (
            row.name,
            *(
                "" if value is None else f"{value:.4g}"
                for value in (
                    row.mean_index_before,
                    row.mean_reference_before,
                    row.smd_before,
                    row.mean_index_after,
                    row.mean_reference_after,
                    row.smd_after,
                    row.variance_ratio_after,
                    row.ks_after,
                )
            ),
        )
        for row in balance.rows
    )
    means = (sentence("mean {index}", index=index), sentence("mean {reference}", reference=reference), "SMD")
    header = ("covariate", *means, *(sentence("{name} matched", name=name) for name in means))
    return Table(
        "Balance",
        (*header, "variance ratio matched", "KS matched"),
        rows,
        sentence("SMD: {sentence}", sentence=balance.denominator.sentence),
    )


def _both(contrast: TreatmentContrast) -> list[KaplanMeierCurve]:
    """Curves of both sides, the reference first."""
    return [side.curve for side in (contrast.reference, contrast.index) if side.curve is not None]


def _curves(contrast: TreatmentContrast, tier: Tier) -> go.Figure:
    """Draw both sides, a side with too few events in grey; untested where the contrast is held back."""
    return kaplan_meier_figure(
        _both(contrast),
        title=glued("{}. {}", tier.value, WAYS[contrast.matching]),
        p_value=contrast.p_value,
        colours=[ARM_COLOURS[Arm.T], ARM_COLOURS[Arm.TP]],
        grey_below_events=MIN_EVENTS,
        y_title=ENDPOINT_NAMES[contrast.endpoint],
        simulated=contrast.is_simulated,
    )


def _beside(published: PublishedComparison, paper: TreatmentContrast) -> Beside:
    """Set the printed values beside our twin of the publication's own matching."""
    curves = {side.label: side.curve for side in (paper.reference, paper.index) if side.curve is not None}
    return beside(published, tuple(curves), tuple(curves.values()), paper.p_value, notes=(paper.matching.caveat,))


def _held_back(contrast: TreatmentContrast) -> str:
    """Why no difference is given; empty where one is."""
    return "" if contrast.is_reportable else sentence("not given: {reason}", reason=contrast.cause)


def _survival(side: TreatmentSide) -> str:
    """Write the survival of one arm with its interval."""
    return "" if side.curve is None else survival_text(side.curve.at(LANDMARKS_MONTHS[0]))


def _points(difference: Estimate) -> str:
    """Write a difference of survival in percentage points."""
    if difference.value is None:
        return sentence("not given: {reason}", reason=difference.reason)
    return _signed(100 * difference.value, difference, 100, "points")


def _months(difference: Estimate) -> str:
    """Write a difference of restricted means."""
    if difference.value is None:
        return sentence("not given: {reason}", reason=difference.reason)
    return _signed(difference.value, difference, 1, "months")


def _signed(value: float, difference: Estimate, scale: float, unit: str) -> str:
    """Write a difference with its interval."""
    if difference.low is None or difference.high is None:
        return sentence("{value:+.1f} {unit} (CI not estimable)", value=value, unit=unit)
    return glued("{:+.1f} {} ({:+.1f} to {:+.1f})", value, unit, scale * difference.low, scale * difference.high)


def _notes(contrasts: Sequence[TreatmentContrast]) -> tuple[str, ...]:
    """What each way of comparing left out and what it cannot tell."""
    notes = []
    for contrast in contrasts:
        notes += [
            glued("{}: {}", WAYS[contrast.matching], warning)
            for warning in (contrast.matching.caveat, *contrast.warnings)
        ]
        notes.append(glued("{}: {}.", WAYS[contrast.matching], contrast.badge.sentence))
    return tuple(notes)
