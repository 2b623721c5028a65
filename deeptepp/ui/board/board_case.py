"""One case of a meeting: its facts, the decision without the score, the score, the decision with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.board import BoardCase, Moment
from deeptepp.domain.cohort import Endpoint
from deeptepp.domain.meeting import Meeting
from deeptepp.domain.risk import Assessment, Finding, Outcome, RiskScore, Severity, Stability, Tier
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.figures.survival_figure import comparison_figure
from deeptepp.report.held_curves import held_curves
from deeptepp.report.survival_tables import estimates_table
from deeptepp.ui.board.board_drafts import draft_key, drafts, is_typed
from deeptepp.ui.board.board_forms import (
    carry_over,
    decision_form,
    has_conflict,
    show_score_buttons,
    withdraw_button,
)
from deeptepp.ui.board.board_projector import enlarged, is_projected, projected_case, projector_button
from deeptepp.ui.board.board_record import record_cards
from deeptepp.ui.board.board_rows import flags_html, open_case, picture_html, tier_html
from deeptepp.ui.parts.cards import facts_list, findings_list
from deeptepp.ui.parts.charts import show_figure
from deeptepp.ui.parts.choices import endpoint_choice
from deeptepp.ui.parts.shown_table import show_table
from deeptepp.ui.parts.verbatim import verbatim
from deeptepp.ui.recording import record
from deeptepp.ui.result.curves import by_arm, few_events_words
from deeptepp.ui.result.score_card import score_card
from deeptepp.ui.words.language import speech, t
from deeptepp.ui.words.screen_words import FIELDS, label

_OPENED = "board-opened"
"""Key of ``st.session_state``: the case that the audit trail was last told of."""


def case_panel(case: BoardCase, cases: Sequence[BoardCase], bundle: ModelBundle, meeting: Meeting | None) -> None:
    """Show one case.

    ``cases``: those that are gone through, in their order, for the ways to the next one; ``bundle``: gives
    cut-offs and curves, if it is the model that scored the case.
    """
    _tell_opened(case)
    if case.is_shown:
        carry_over(case)
    is_large = is_projected()
    _heading(case, cases)
    if is_large:
        projected_case(case)
    else:
        _panel(case, bundle, meeting.id if meeting and case.id in meeting.agenda else "")
    if case.is_shown and case.tier is not None and case.bundle_sha256 == bundle.sha256:
        with st.container(key="board-large-curves" if is_large else "board-curves-part"):
            _curves(case.tier, bundle, is_large=is_large)
    if not is_large:
        withdraw_button(case)


def _tell_opened(case: BoardCase) -> None:
    """Tell the audit trail that somebody looks at a case, once until she looks at another."""
    if st.session_state.get(_OPENED) != case.id:
        st.session_state[_OPENED] = case.id
        record(LedgerKind.CASE_OPENED, about=case.id)


def _panel(case: BoardCase, bundle: ModelBundle, meeting_id: str) -> None:
    """Show facts beside the three steps."""
    with st.container(key="board-panel", horizontal=True, gap="large"):
        with st.container(key="board-panel-facts"):
            st.html(f'<div class="dt-board-picture">{picture_html(case)}</div>')
            _facts(case)
        with st.container(key="board-panel-steps"):
            _before(case, meeting_id)
            if case.is_shown:
                _result(case, bundle)
                _after(case, meeting_id)


def _heading(case: BoardCase, cases: Sequence[BoardCase]) -> None:
    """Show the label and the ways to the list, to the neighbours and to the projector."""
    ids = [each.id for each in cases]
    place = ids.index(case.id) if case.id in ids else -1
    with st.container(horizontal=True, vertical_alignment="center", key="board-case-heading"):
        st.button(
            t("Back to the list"), key="board-back", icon=":material/arrow_back:", on_click=open_case, args=("",)
        )
        st.header(verbatim(case.label), width="stretch", anchor=False)
        if place >= 0:
            st.caption(t("{n} of {total}", n=place + 1, total=len(ids)), width="content")
        st.html(f'<div class="dt-board-flags">{flags_html(case)}</div>', width="content")
        projector_button()
        at_ends = place <= 0, place < 0 or place == len(ids) - 1
        for name, step, at_end in ((t("Previous"), -1, at_ends[0]), (t("Next"), 1, at_ends[1])):
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
        t(name): speech().fact(field, getattr(case.profile, field))
        for field, name in FIELDS.items()
        if getattr(case.profile, field) is not None
    }
    facts_list(known)
    n_unknown = len(FIELDS) - len(known)
    if n_unknown:
        st.caption(t("{n} facts are unknown.", n=n_unknown))


def _before(case: BoardCase, meeting_id: str) -> None:
    """Show the first step: the decision without the score."""
    st.markdown(f"### {t('1. The board decides without the score')}")
    if case.before is None and case.is_shown:
        st.write(t("Skipped: the score was shown without a decision before it."))
    record_cards(case, Moment.BEFORE)
    if case.before is not None:
        words = (
            t("Correct a mistake in this decision; it is kept")
            if case.is_shown
            else t("Correct this decision or record another; it is kept")
        )
        _again(case, Moment.BEFORE, meeting_id, words)
    elif not case.is_shown:
        decision_form(case, Moment.BEFORE, meeting_id)
    if not case.is_shown:
        show_score_buttons(case, meeting_id)


def _again(case: BoardCase, moment: Moment, meeting_id: str, words: str) -> None:
    """Offer the form once more, open where something is typed in it."""
    if has_conflict(case, moment):
        decision_form(case, moment, meeting_id)
        return
    with st.expander(words, expanded=is_typed(drafts().get(draft_key(case.id, moment)))):
        if moment is Moment.BEFORE and case.is_shown:
            st.caption(t("The minutes will say that it was corrected after the score was shown."))
        decision_form(case, moment, meeting_id)


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


def _after(case: BoardCase, meeting_id: str) -> None:
    """Show the third step: the decision with the score in sight."""
    st.markdown(f"### {t('3. The board decides with the score in sight')}")
    record_cards(case, Moment.AFTER)
    if case.after is None:
        decision_form(case, Moment.AFTER, meeting_id)
    else:
        _again(case, Moment.AFTER, meeting_id, t("Correct this decision or record another; it is kept"))


def _curves(tier: Tier, bundle: ModelBundle, *, is_large: bool) -> None:
    """Show what became of the reference patients of the tier, by treatment."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"### {t('Treatment received, {tier} tier', tier=label(tier))}", width="content")
        endpoint = endpoint_choice("board-endpoint", named=_named, is_bare=True)
    comparison = by_arm(bundle.reference, tier, endpoint)
    held = held_curves(comparison, are_treatments=True)
    title = t("{tier} tier, by treatment received", tier=label(tier))
    figure = comparison_figure(
        comparison, held, title=title, y_title=label(comparison.endpoint), simulated=bundle.reference.is_simulated
    )
    show_figure(enlarged(figure) if is_large else figure, key="board-curves", fallback_alt=title)
    for words in few_events_words(comparison.curves):
        st.caption(words)
    show_table(estimates_table(comparison.curves), has_note=False)
    st.caption(
        t(
            "Treatment was not randomised: patients who received different treatments also differed otherwise. "
            "Neither a difference between curves nor the lack of one shows what a treatment would do for "
            "this patient."
        )
    )


def _assessment(case: BoardCase) -> Assessment:
    """Stored answer as far as the score card reads it."""
    stored = case.assessment
    return Assessment(
        Outcome(stored.get("outcome", Outcome.SCORED.value)),
        case.profile,
        score=RiskScore(float(stored["score"]), dict(stored.get("score_per_view") or {})),
        tier=case.tier,
        percentile=case.percentile,
        is_simulated=case.is_simulated,
        is_override=bool(stored.get("is_override", False)),
        stability=_stability(stored.get("stability")),
    )


def _stability(stored: Mapping[str, Any] | None) -> Stability | None:
    """Stored scores of shifted outlines, which say whether the tier is stable."""
    if not stored or not stored.get("tiers") or not stored.get("scores"):
        return None
    x_y_z = (tuple(float(mm) for mm in each["shift_lps_mm"]) for each in stored["scores"])
    scores = (float(each["score"]) for each in stored["scores"])
    return Stability(
        {(shift[0], shift[1], shift[2]): score for shift, score in zip(x_y_z, scores, strict=True)},
        tuple(Tier(tier) for tier in stored["tiers"]),
    )


def _named(value: Endpoint) -> str:
    """Name an end point in the language of the visitor."""
    return t(label(value))
