"""One case of a meeting: its facts, the decision without the score, the score, the decision with it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from deeptepp.domain.board import BoardCase, Moment
from deeptepp.domain.cohort import Endpoint
from deeptepp.domain.risk import Assessment, Finding, Outcome, RiskScore, Severity, Tier
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.figures import kaplan_meier_figure
from deeptepp.report.theme import GROUP_COLOURS
from deeptepp.ui.board_forms import decision_form, entry_card, show_score_buttons, withdraw_button
from deeptepp.ui.board_rows import flags_html, open_case, picture_html, tier_html
from deeptepp.ui.cards import facts_list, findings_list
from deeptepp.ui.charts import show_figure
from deeptepp.ui.curves import FEW_EVENTS, by_arm, estimates_table
from deeptepp.ui.language import t
from deeptepp.ui.score_card import score_card
from deeptepp.ui.words import FIELDS, label


def case_panel(case: BoardCase, cases: Sequence[BoardCase], bundle: ModelBundle) -> None:
    """Show one case.

    Parameters
    ----------
    case : BoardCase
        The open case.
    cases : sequence of BoardCase
        The meeting, for the ways to the next one.
    bundle : ModelBundle
        Gives cut-offs and curves, if it is the model that scored the case.
    """
    _heading(case, cases)
    with st.container(key="board-panel", horizontal=True, gap="large"):
        with st.container(key="board-panel-facts"):
            st.html(f'<div class="dt-board-picture">{picture_html(case)}</div>')
            _facts(case)
        with st.container(key="board-panel-steps"):
            _before(case)
            if case.is_shown:
                _result(case, bundle)
                _after(case)
    if case.is_shown and case.tier is not None and case.bundle_sha256 == bundle.sha256:
        _curves(case.tier, bundle)
    withdraw_button(case)


def _heading(case: BoardCase, cases: Sequence[BoardCase]) -> None:
    """Show the label and the ways to the list and to the neighbours."""
    ids = [each.id for each in cases]
    place = ids.index(case.id)
    with st.container(horizontal=True, vertical_alignment="center", key="board-case-heading"):
        st.button(
            t("Back to the list"), key="board-back", icon=":material/arrow_back:", on_click=open_case, args=("",)
        )
        st.header(f"{case.label}", width="stretch", anchor=False)
        st.html(f'<div class="dt-board-flags">{flags_html(case)}</div>', width="content")
        for name, step, at_end in ((t("Previous"), -1, place == 0), (t("Next"), 1, place == len(ids) - 1)):
            st.button(
                name,
                key=f"board-step-{step}",
                disabled=at_end,
                on_click=open_case,
                args=("" if at_end else ids[place + step],),
            )


def _facts(case: BoardCase) -> None:
    """Show the clinical facts."""
    known = {
        t(name): t(_entered(field, getattr(case.profile, field)))
        for field, name in FIELDS.items()
        if getattr(case.profile, field) is not None
    }
    facts_list(known)
    n_unknown = len(FIELDS) - len(known)
    if n_unknown:
        st.caption(t("{n} facts are unknown.", n=n_unknown))


def _before(case: BoardCase) -> None:
    """Show the first step: the decision without the score."""
    st.markdown(f"### {t('1. The board decides without the score')}")
    if case.before is not None:
        entry_card(case.before)
    elif case.is_shown:
        st.write(t("Skipped: the score was shown without a decision before it."))
    if case.is_shown:
        return
    if case.before is None:
        decision_form(case, Moment.BEFORE)
    show_score_buttons(case)


def _result(case: BoardCase, bundle: ModelBundle) -> None:
    """Show the second step: the score."""
    st.markdown(f"### {t('2. The score')}")
    if case.bundle_sha256 == bundle.sha256 and case.tier is not None:
        score_card(_assessment(case), bundle)
    else:
        st.html(f'<div class="dt-board-result">{tier_html(case)}</div>')
        st.caption(
            t("Scored by another model than the one of this server; its cut-offs and curves are not shown.")
        )
    findings = [Finding(**finding) for finding in case.assessment.get("findings", [])]
    weighty = [f for f in findings if f.severity != Severity.NOTE or f.rule.startswith("board.")]
    if weighty:
        findings_list(weighty)


def _after(case: BoardCase) -> None:
    """Show the third step: the decision with the score in sight."""
    st.markdown(f"### {t('3. The board decides with the score in sight')}")
    if case.after is None:
        decision_form(case, Moment.AFTER)
        return
    entry_card(case.after)
    with st.expander(t("Record another decision; this one is kept")):
        decision_form(case, Moment.AFTER)


def _curves(tier: Tier, bundle: ModelBundle) -> None:
    """Show what became of the reference patients of the tier, by treatment."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"### {t('Treatment received, {tier} tier', tier=label(tier))}", width="content")
        endpoint = st.segmented_control(
            t("End point"),
            tuple(Endpoint),
            default=Endpoint.RFS,
            required=True,
            format_func=_named,
            key="board-endpoint",
            label_visibility="collapsed",
        )
    comparison = by_arm(bundle.reference, tier, endpoint or Endpoint.RFS)
    few = [curve.label for curve in comparison.curves if curve.n_events < FEW_EVENTS]
    title = t("{tier} tier, by treatment received", tier=label(tier))
    figure = kaplan_meier_figure(
        comparison.curves,
        title=title,
        p_value=None if few else comparison.p_value,
        colours=[GROUP_COLOURS[level] for level in comparison.levels],
        grey_below_events=FEW_EVENTS if few else 0,
        y_title=label(comparison.endpoint),
        simulated=bundle.reference.is_simulated,
    )
    show_figure(figure, key="board-curves", fallback_alt=title)
    st.table(estimates_table(comparison), hide_index=True, border="horizontal")
    st.caption(
        t(
            "Treatment was not randomised: patients who received different treatments also differed otherwise. "
            "Neither a difference between curves nor the lack of one shows what a treatment would do for "
            "this patient."
        )
    )


def _assessment(case: BoardCase) -> Assessment:
    """Give the stored answer as far as the score card reads it."""
    stored = case.assessment
    return Assessment(
        Outcome(stored.get("outcome", Outcome.SCORED.value)),
        case.profile,
        score=RiskScore(float(stored["score"]), dict(stored.get("score_per_view") or {})),
        tier=case.tier,
        percentile=case.percentile,
        is_simulated=case.is_simulated,
        is_override=bool(stored.get("is_override", False)),
    )


def _named(value: Endpoint) -> str:
    """Name an end point in the language of the visitor."""
    return t(label(value))


def _entered(field: str, value: object) -> str:
    """Write a fact, numbers without a useless decimal."""
    if field.endswith("_positive"):
        return "Positive" if value else "Negative"
    return f"{value:g}" if isinstance(value, float) else label(value)
