"""What patients of her tier received and what became of them: curves by treatment, and two contrasts."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import streamlit as st

from deeptepp.domain.cohort import Arm, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.treatment_panel import (
    NOT_EXCLUDED,
    QUESTIONS,
    SURVIVAL,
    ContrastSummary,
    TreatmentPanel,
    interaction_words,
    treatment_panel,
)
from deeptepp.report.figures.survival_figure import comparison_figure, kaplan_meier_figure
from deeptepp.report.held_curves import held_curves
from deeptepp.report.look.theme import ARM_COLOURS
from deeptepp.stats.event_rule import MIN_EVENTS
from deeptepp.stats.survival.group_comparison import GroupComparison
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve
from deeptepp.stats.treatment.treatment_question import Matching
from deeptepp.ui.parts.charts import show_figure
from deeptepp.ui.parts.choices import segments
from deeptepp.ui.parts.fragments import fragment
from deeptepp.ui.result.curves import few_events_words
from deeptepp.ui.words.language import say, t
from deeptepp.ui.words.screen_words import label

_WAYS: dict[Matching, str] = {
    Matching.DEFAULT: "Matched at surgery",
    Matching.PAPER: "As published",
    Matching.OFF: "Not matched",
}
"""How the patients of a contrast are chosen."""

_WAYS_HELP = (
    "Matched at surgery: pairs alike in what was recorded at surgery, both followed equally long. As published: "
    "pairs alike in stage and in observed follow-up. Not matched: everybody of the tier."
)

_ALL = "all"
"""Choice of curves: every patient of the tier."""


@fragment()
def treatment_section(tier: Tier, bundle: ModelBundle, endpoint: Endpoint) -> None:
    """Show curves and contrasts of the treatments in one tier."""
    st.header(t("Treatment received, {tier} tier", tier=label(tier)), anchor="treatment")
    with st.container(horizontal=True, gap="large", key="treatment-controls"):
        matching = segments(
            t("Patients compared"),
            tuple(_WAYS),
            key="treatment-matching",
            default=Matching.DEFAULT,
            named=lambda way: t(_WAYS[way]),
            help=t(_WAYS_HELP),
            is_kept=True,
        )
        matching = Matching(matching)
        panel = treatment_panel(bundle.reference, tier, endpoint, matching)
        chosen = _chosen_contrast(panel)
    _caveat(matching)
    row = st.container(horizontal=True, gap="medium", key="treatment-row")
    with row.container(key="treatment-curves"):
        _curves(panel, chosen)
        st.caption(
            t(
                "Treatment was not randomised: patients who received different treatments also differed "
                "otherwise. Neither a difference nor the lack of one shows what a treatment would do for this "
                "patient; an interval that holds zero does not exclude a difference."
            )
        )
    with row.container(key="treatment-contrasts"):
        for contrast in panel.contrasts:
            _contrast(contrast, endpoint)


def _caveat(matching: Matching) -> None:
    """What is wrong with a way of choosing patients."""
    if matching is Matching.PAPER:
        st.warning(t(matching.caveat), icon=":material/warning:")
    else:
        st.caption(t(matching.caveat))


def _chosen_contrast(panel: TreatmentPanel) -> ContrastSummary | None:
    """Let the reader choose whose curves are drawn; None for every patient of the tier."""
    drawable = {q.label: c for q, c in zip(QUESTIONS, panel.contrasts, strict=True) if c.curves}
    chosen = segments(
        t("Curves of"),
        (_ALL, *drawable),
        key="treatment-shown",
        default=_ALL,
        named=lambda name: t("The whole tier") if name == _ALL else _short(drawable[name]),
    )
    return drawable.get(chosen)


def _curves(panel: TreatmentPanel, contrast: ContrastSummary | None) -> None:
    """Show all patients of the tier, or those that one contrast compares."""
    if contrast is not None:
        _compared_curves(contrast, panel)
    elif panel.arms is not None:
        _arm_curves(panel.arms, panel)
    else:
        st.info(t("The reference cohort has no patient of this tier with known follow-up."))


def _arm_curves(arms: GroupComparison, panel: TreatmentPanel) -> None:
    """Draw the treatments of the tier; in grey and without a test where events are few."""
    curves = [_named(curve, Arm(level)) for curve, level in zip(arms.curves, arms.levels, strict=True)]
    named = replace(arms, curves=tuple(curves))
    figure = comparison_figure(
        named,
        held_curves(arms, are_treatments=True),
        title=t("{tier} tier, by treatment received", tier=label(panel.tier)),
        y_title=label(panel.endpoint),
        simulated=panel.is_simulated,
    )
    show_figure(figure, key="treatment-km", fallback_alt=t("Curves by treatment"))
    for words in few_events_words(curves):
        st.caption(words)


def _compared_curves(contrast: ContrastSummary, panel: TreatmentPanel) -> None:
    """Draw the two sides of one contrast, cut where both were followed."""
    arms = [Arm(curve.label) for curve in contrast.curves]
    figure = kaplan_meier_figure(
        [_named(curve, arm) for curve, arm in zip(contrast.curves, arms, strict=True)],
        title=f"{label(panel.tier)}, {_short(contrast)}: {t(_WAYS[panel.matching])}",
        p_value=contrast.p_value,
        colours=[ARM_COLOURS[arm] for arm in arms],
        grey_below_events=MIN_EVENTS,
        y_title=label(panel.endpoint),
        simulated=panel.is_simulated,
    )
    show_figure(figure, key="treatment-km", fallback_alt=t("Curves by treatment"))


def _contrast(contrast: ContrastSummary, endpoint: Endpoint) -> None:
    """Show one contrast: counts, differences or why there are none, and what it is worth."""
    with st.container(border=True, key=f"contrast-{contrast.index.name.lower()}"):
        st.markdown(f"### {label(contrast.index)} {t('vs')} {_lowered(label(contrast.reference))}")
        st.html(_table_html(contrast, endpoint))
        if not contrast.is_given:
            st.html(f'<p class="dt-held">{escape(_held_back(contrast))}</p>')
        template, said = interaction_words(contrast.interaction)
        badge = t("Observational, {n} patients compared.", n=contrast.n)
        st.caption(
            " ".join(
                filter(
                    None, (f"**{badge}**", _sentence(contrast.badge), t(template, p=say(said), reason=say(said)))
                )
            )
        )
        if contrast.warnings:
            with st.expander(
                t("Who was left out, and other remarks"), key=f"remarks-{contrast.index.name.lower()}"
            ):
                st.markdown("\n".join(f"- {say(words)}" for words in contrast.warnings))


def _sentence(words: str) -> str:
    """Close a sentence."""
    return t("{sentence}.", sentence=say(words)) if words else ""


def _held_back(contrast: ContrastSummary) -> str:
    """That no difference is given, and that one is not excluded."""
    words = t(
        "No difference is given: {reason}.",
        reason=say(contrast.reason),
    )
    return f"{words} {t(NOT_EXCLUDED)}"


def _table_html(contrast: ContrastSummary, endpoint: Endpoint) -> str:
    """Write counts by side and the differences as a table."""
    sides = [label(contrast.index), label(contrast.reference)]
    compared = (
        t("{n} of {total}", n=n, total=total)
        for n, total in (
            (contrast.n_index, contrast.n_before_index),
            (contrast.n_reference, contrast.n_before_reference),
        )
    )
    counts = (
        (t("Patients compared, of the tier"), *compared),
        (t("Events compared"), str(contrast.n_events_index), str(contrast.n_events_reference)),
    )
    head = "<td></td>" + "".join(f'<th scope="col">{escape(words)}</th>' for words in sides)
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{one}</td><td>{other}</td></tr>'
        for name, one, other in counts
    )
    rows += "".join(
        f'<tr><th scope="row">{escape(t(SURVIVAL, years=f"{at.years:g}"))}</th>'
        f"<td>{escape(say(at.index))}</td><td>{escape(say(at.reference))}</td></tr>"
        for at in contrast.survival
    )
    rows += "".join(
        f'<tr><th scope="row">{escape(t(row.name, years=row.at, months=row.at))}</th>'
        f'<td colspan="2"{"" if row.is_given else " class=quiet"}>{escape(say(row.value))}</td></tr>'
        for row in contrast.rows
    )
    caption = t("{endpoint}; difference = first minus second treatment, 95 % CI", endpoint=label(endpoint))
    held = "" if contrast.is_given else " held"
    return f'<table class="dt-contrast{held}"><caption>{escape(caption)}</caption><tr>{head}</tr>{rows}</table>'


def _named(curve: KaplanMeierCurve, arm: Arm) -> KaplanMeierCurve:
    """Name a curve in the language of the visitor."""
    return replace(curve, label=label(arm))


def _lowered(name: str) -> str:
    """Begin a name in the middle of a heading."""
    return name[:1].lower() + name[1:]


def _short(contrast: ContrastSummary) -> str:
    """Name both sides where there is little room."""
    index, reference = (
        t("none") if arm is Arm.NONE else t(arm.short) for arm in (contrast.index, contrast.reference)
    )
    return f"{index} {t('vs')} {reference}"
