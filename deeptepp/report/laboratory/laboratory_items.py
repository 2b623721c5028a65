"""What the tiers laboratory found, as figures, tables and sentences: the same on the screen and in a file."""

from __future__ import annotations

from deeptepp.domain.cohort import Arm
from deeptepp.domain.risk import Tier
from deeptepp.errors import NotEstimable
from deeptepp.report.cohort.cohort_treatment import balance_table, contrasts_table
from deeptepp.report.figures.balance_figure import balance_figure
from deeptepp.report.figures.decision_figure import decision_curve_figure
from deeptepp.report.figures.survival_figure import comparison_figure, kaplan_meier_figure
from deeptepp.report.format import count, fixed, months, percent
from deeptepp.report.format import p_value as written_p
from deeptepp.report.held_curves import few_events, held_curves, not_followed
from deeptepp.report.laboratory.laboratory_views import TierView, TreatmentView, known_follow_up
from deeptepp.report.look.theme import ARM_COLOURS, OTHER_COLOURS
from deeptepp.report.report_item import ReportItem
from deeptepp.report.survival_tables import ENDPOINT_NAMES, curve_steps, estimates_table, pairs_table
from deeptepp.report.text_table import Table
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.event_rule import MIN_EVENTS, why_not_validated
from deeptepp.stats.prediction.decision_curve import DecisionCurve
from deeptepp.stats.prediction.optimism import METHOD, Optimism
from deeptepp.stats.treatment.covariate_names import in_words
from deeptepp.stats.treatment.treatment_effect import TreatmentSide
from deeptepp.wording.sentence import glued, joined, sentence

_LIMITS = ("value", "low", "high")
"""Of an estimate, as its sentence names them."""

NO_EFFECT = "A difference between patients treated differently is no effect of treatment."
SAME_PATIENTS = (
    "The risk of a tier is read from the same patients whom it is judged on, so its curve is better than it would "
    "be elsewhere. The score is read as the risk by the horizon, which it was not made to be."
)


def tiers_item(view: TierView) -> ReportItem:
    """Show tiers, their curves and tests.

    ``view``: tiers by the cut-offs of a recipe. Returns curves in grey and untested below ten events, sizes and
    estimates.
    """
    comparison, recipe = view.comparison, view.recipe
    name = ENDPOINT_NAMES[recipe.endpoint]
    held = held_curves(comparison, are_treatments=False)
    title = sentence("{name} by tier", name=name)
    figure = comparison_figure(comparison, held, title=title, y_title=name, simulated=view.cohort.is_simulated)
    return ReportItem(
        key="tiers",
        number="Tiers",
        title=sentence("{name} by tier", name=name),
        figures=(figure,),
        tables=(
            sizes_table(view),
            estimates_table(comparison.curves),
            *(() if held.p_value is None else pairs_table(comparison)),
        ),
        notes=_tier_notes(view),
        data={"curves": curve_steps(comparison.curves)},
    )


def sizes_table(view: TierView) -> Table:
    """Count patients and events of each tier, and test the tiers.

    ``view``: tiers by the cut-offs of a recipe.
    """
    low, high = view.recipe.low_below, view.recipe.high_from
    ranges = {
        Tier.LOW: sentence("below {score:.3f}", score=low),
        Tier.MODERATE: sentence("{low:.3f} to {high:.3f}", low=low, high=high),
        Tier.HIGH: sentence("from {score:.3f}", score=high),
    }
    total = max(sum(view.sizes.values()), 1)
    curves = {tier: view.comparison.curve_of(tier.value) for tier in Tier}
    rows = tuple(
        (
            tier.value,
            ranges[tier],
            str(size),
            percent(size / total),
            str(0 if (curve := curves[tier]) is None else curve.n_events),
        )
        for tier, size in view.sizes.items()
    )
    return Table("Tiers", ("Tier", "Score", "Patients", "Share", "Events"), rows, tests_sentence(view))


def tests_sentence(view: TierView) -> str:
    """Write the tests between the tiers.

    ``view``: tiers by the cut-offs of a recipe. Returns log-rank test and its trend, held back below ten events.
    """
    n, n_events = view.comparison.n, view.comparison.n_events
    counted = glued("{}, {}.", count(n, "patient"), count(n_events, "event"))
    if n_events < MIN_EVENTS:
        return sentence(
            "{counted} Fewer than {min_events} events: not tested.", counted=counted, min_events=MIN_EVENTS
        )
    if view.comparison.p_value is None or view.trend is None:
        return sentence("{counted} Fewer than two tiers to compare.", counted=counted)
    if reason := view.comparison.why_groups_not_tested:
        return sentence("{counted} Not tested: {reason}.", counted=counted, reason=reason)
    trend = "not estimable" if view.trend.p_value is None else written_p(view.trend.p_value)
    return sentence(
        "{counted} Log-rank test {p}; trend along the tiers {trend}.",
        counted=counted,
        p=written_p(view.comparison.p_value),
        trend=trend,
    )


def treatment_item(view: TreatmentView) -> ReportItem:
    """Show two treatments inside the tiers asked for.

    Returns curves, a side with fewer than ten events in grey, differences and number needed to treat, or why they
    are held back, balance, a reason where a side is empty.
    """
    contrast = view.contrast
    tiers = joined(" and ", (tier.value for tier in contrast.tiers or tuple(Tier)))
    title = glued("{} in {}", contrast.question.label, tiers)
    sides = [side for side in (contrast.reference, contrast.index) if side.curve is not None]
    if len(sides) < 2:
        return ReportItem("treatment", "Treatment", title, reason=contrast.reason)
    figure = kaplan_meier_figure(
        [side.curve for side in sides if side.curve is not None],
        title=title,
        p_value=contrast.p_value,
        colours=[_side_colour(view, side) for side in sides],
        grey_below_events=MIN_EVENTS,
        y_title=ENDPOINT_NAMES[contrast.endpoint],
        simulated=contrast.is_simulated,
    )
    figures, tables, data = [figure], [contrasts_table([contrast]), number_needed_table(view)], {}
    if view.balance is not None:
        balance = in_words(view.balance)
        label = "Before and after matching" if contrast.sample.pairs else "Both sides as they are"
        figures.append(balance_figure(balance, title=label, simulated=contrast.is_simulated))
        names = contrast.question
        data["balance"] = balance_table(balance, index=names.index_label, reference=names.reference_label)
    return ReportItem(
        "treatment",
        "Treatment",
        title,
        tuple(figures),
        tuple(tables),
        notes=(contrast.badge.sentence + ".", contrast.matching.caveat, *contrast.warnings),
        data=data,
    )


def number_needed_table(view: TreatmentView) -> Table:
    """Write the difference at the horizon, the number needed to treat and the interaction.

    Returns three rows, what is not given says why.
    """
    test = view.interaction
    interaction = (
        sentence("not tested: {reason}", reason=test.reason) if test.p_value is None else written_p(test.p_value)
    )
    rows = (
        (sentence("Difference in survival at {months}", months=months(view.months)), _points(view.difference)),
        (
            sentence("Number needed to treat by {months}", months=months(view.months)),
            needed_in_words(view.number_needed),
        ),
        ("Interaction of treatment and tier, tiers that can be compared", interaction),
    )
    sides = view.contrast.question
    note = sentence(
        "{n}, {n_events}; difference = {index_label} minus {reference_label}. {no_effect}",
        n=count(view.contrast.n, "patient"),
        n_events=count(view.contrast.n_events, "event"),
        index_label=sides.index_label,
        reference_label=sides.reference_label,
        no_effect=NO_EFFECT,
    )
    return Table("At the horizon", ("Measure", "Value (95 % CI)"), rows, note)


def needed_in_words(number: Estimate) -> str:
    """Write a number needed to treat with its direction.

    ``number``: positive for one event fewer, negative for one more.
    """
    if number.value is None or number.low is None or number.high is None:
        return sentence("not given: {reason}", reason=number.reason)
    low, high = sorted((abs(number.low), abs(number.high)))
    kind = "one event fewer" if number.value > 0 else "one event more"
    return sentence(
        "{kind} per {round} ({low:.0f} to {high:.0f})",
        kind=kind,
        round=count(round(abs(number.value)), "patient"),
        low=low,
        high=high,
    )


def decision_item(view: TierView, curves: tuple[DecisionCurve, ...]) -> ReportItem:
    """Show the net benefit of tiers and score.

    ``view``: tiers by the cut-offs of a recipe. Returns Figure and numbers, a reason where nobody was followed to
    the horizon or there are too few events.
    """
    title = sentence("Net benefit at {months}", months=months(view.recipe.horizon_months))
    key, number = "decision", "Net benefit"
    if reason := why_not_validated(known_follow_up(view)[0], view.recipe.horizon_months):
        return ReportItem(key, number, title, reason=reason)
    try:
        figure = decision_curve_figure(curves, title=title, simulated=view.cohort.is_simulated)
    except NotEstimable as error:
        return ReportItem(key, number, title, reason=str(error))
    rows = tuple(
        (curve.label, *(fixed(float(x), 5) for x in row))
        for curve in curves
        for row in zip(curve.thresholds, curve.net_benefit, curve.treat_all, curve.avoided_per_100, strict=True)
    )
    header = ("model", "threshold", "net_benefit", "treat_all", "avoided_per_100")
    data = {"curves": Table("Decision curves", header, rows)}
    return ReportItem(key, number, title, (figure,), notes=(SAME_PATIENTS,), data=data)


def optimism_item(optimism: Optimism | None, why: str) -> ReportItem:
    """Show what searching for cut-offs adds to how good they look."""
    key, number, title = "optimism", "Optimism", "How good the cut-offs are, corrected for the search"
    if optimism is None:
        return ReportItem(key, number, title, reason=why)
    rows = tuple(
        (
            each.name,
            f"{each.apparent:.3f}",
            f"{each.optimism:+.3f}",
            sentence(
                "{value} ({low} to {high})",
                value=f"{each.corrected.value:.3f}",
                low=f"{each.corrected.low:.3f}",
                high=f"{each.corrected.high:.3f}",
            ),
        )
        for each in optimism.measures
    )
    header = ("Measure", "On these patients", "Optimism", "Corrected (95 % CI)")
    counted = glued("{}, {}", count(optimism.n, "patient"), count(optimism.n_events, "event"))
    note = glued("{}. {}; {}.", counted, METHOD, count(optimism.n_usable, "resample"))
    return ReportItem(
        key, number, title, tables=(Table("Corrected", header, rows, note),), notes=(optimism.sentence,)
    )


def _tier_notes(view: TierView) -> tuple[str, ...]:
    """Who is left out, and which tiers have few events."""
    notes = []
    if view.n_unscored:
        unscored = count(view.n_unscored, "patient")
        notes.append(sentence("{patients} without a score: in no tier.", patients=unscored))
    if view.n_of_other_arms:
        others = count(view.n_of_other_arms, "patient")
        notes.append(sentence("{patients} of other treatments left out.", patients=others))
    found = view.comparison
    return (*notes, *few_events(found.curves), *not_followed(found.n_without_follow_up))


def _side_colour(view: TreatmentView, side: TreatmentSide) -> str:
    """Colour a side by its treatment; several treatments together are none of them."""
    question = view.contrast.question
    arms: tuple[Arm, ...] = question.index if side is view.contrast.index else question.reference
    return ARM_COLOURS[arms[0]] if len(arms) == 1 else OTHER_COLOURS[0]


def _points(difference: Estimate) -> str:
    """Write a difference of survival in percentage points."""
    if difference.value is None or difference.low is None or difference.high is None:
        return sentence("not given: {reason}", reason=difference.reason)
    low, high = 100 * difference.low, 100 * difference.high
    return sentence(
        "{value:+.1f} points ({low:+.1f} to {high:+.1f})", value=100 * difference.value, low=low, high=high
    )
