"""The result screen: a score with its tier and curves, or a refusal with its rule; both are results."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from deeptepp.domain.cohort import SCORE
from deeptepp.domain.risk import Assessment, Finding, Outcome, Severity, Tier
from deeptepp.domain.score_receipt import RECEIPT_LABELS, Receipt
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.copied_text import three_lines
from deeptepp.report.case.result_reading import PATIENTS
from deeptepp.report.figures.score_figure import score_distribution_figure
from deeptepp.report.names import by_heading
from deeptepp.ui.background.loaded import loaded_bundle
from deeptepp.ui.background.session import Screen, Session
from deeptepp.ui.case.case_beside import beside_section
from deeptepp.ui.case.case_export import export_menu
from deeptepp.ui.case.case_form import implied_stage
from deeptepp.ui.case.case_images import describe
from deeptepp.ui.case.case_steps import score
from deeptepp.ui.case.case_to_board import add_to_board
from deeptepp.ui.case.case_whose import case_strip, earlier_scores, keep_score, whose_title
from deeptepp.ui.case.case_why import why_section
from deeptepp.ui.case.kept_line import kept_line
from deeptepp.ui.case.leaving import start_over_button
from deeptepp.ui.case.other_model import of_another_model
from deeptepp.ui.own_model.own_model_link import own_model_link
from deeptepp.ui.parts.cards import facts_list, findings_list
from deeptepp.ui.parts.charts import show_figure
from deeptepp.ui.parts.choices import endpoint_choice
from deeptepp.ui.parts.copy_button import copy_button
from deeptepp.ui.parts.fragments import fragment
from deeptepp.ui.parts.save_button import save_button
from deeptepp.ui.recording import keep_receipts
from deeptepp.ui.result.case_treatment import treatment_section
from deeptepp.ui.result.result_views import reading_section
from deeptepp.ui.result.score_card import score_card
from deeptepp.ui.result.tier_glance import tier_glance
from deeptepp.ui.words.language import say, speech, t
from deeptepp.ui.words.screen_words import FIELDS, label


def result_screen(session: Session) -> None:
    """Show the answer for the case at hand."""
    assessment, bundle = session.case.assessment, loaded_bundle()
    if assessment is None:
        return
    if _is_overridden(session, assessment):
        return
    if assessment.score and assessment.receipt and assessment.receipt.bundle_sha256 != bundle.sha256:
        of_another_model(session, assessment, bundle)
        return
    _heading(session, assessment, bundle)
    kept_line(session, bundle)
    keep_score(session.case, assessment)
    if assessment.lesion is not None or assessment.score is not None:
        case_strip(session.case, assessment)
    if assessment.outcome is Outcome.REFUSED:
        _refusal(session, assessment)
    else:
        earlier_scores(session.case)
        _scored(assessment, bundle)
        if assessment.tier is not None:
            _outcomes(assessment, assessment.tier, bundle)
            beside_section(session, bundle)
        why_section(session, assessment, bundle)
    _background(session, assessment)


def _heading(session: Session, assessment: Assessment, bundle: ModelBundle) -> None:
    """Show the title and the ways on."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        whose_title(session.case, assessment)
        with st.container(horizontal=True, width="content"):
            if session.case.images is not None and st.button(t("Change tumour or facts"), key="result-back"):
                session.screen = Screen.IMAGES
                st.rerun()
            text = three_lines(assessment, bundle, label=session.case.label, speech=speech())
            if text:
                copy_button(t("Copy as text"), text, key="result-copy")
            add_to_board(session)
            export_menu(session, assessment, bundle)
            start_over_button(session, key="result-start-over")


def _refusal(session: Session, assessment: Assessment) -> None:
    """Show what refused, and the way round where only eligibility did."""
    with st.container(border=True, key="refusal-card", width=860):
        st.header(t("This case is outside of what the score was made for"))
        findings_list(assessment.refusals)
        st.markdown(own_model_link())
        if not _is_eligibility_only(assessment.refusals):
            st.write(t("Mend this first: go back to the images, or start over with another study."))
            return
        st.write(
            t(
                "If a fact was entered wrongly, change it. For research, the case can be scored all the same; "
                "the result is then marked as outside of the intended use wherever it is shown or saved."
            )
        )
        if st.button(t("Score anyway for research"), key="result-override"):
            session.case.overridden |= {finding.rule for finding in assessment.refusals}
            score(session, allow_ineligible=True)
            st.rerun()


def _is_overridden(session: Session, assessment: Assessment) -> bool:
    """Score at once where nothing refuses but rules that were overridden for this case before."""
    rules = {finding.rule for finding in assessment.refusals}
    if assessment.score is not None or not rules or not rules <= session.case.overridden:
        return False
    score(session, allow_ineligible=True)
    if session.case.assessment is assessment and session.screen is Screen.RESULT:
        return False  # the queue is full: the refusal stands, with its button
    st.rerun()
    return True


def _is_eligibility_only(refusals: Sequence[Finding]) -> bool:
    """Whether nothing but eligibility rules refused."""
    return bool(refusals) and all(finding.rule.startswith("eligibility.") for finding in refusals)


def _scored(assessment: Assessment, bundle: ModelBundle) -> None:
    """Show score and what became of her tier, and beside them what to keep in mind and the distribution."""
    row = st.container(horizontal=True, gap="medium", key="result-score")
    with row.container(key="result-score-card"):
        score_card(assessment, bundle)
        if assessment.tier is not None:
            others = [each for each in assessment.tier_name.tiers if each is not assessment.tier]
            tier_glance(assessment.tier, bundle, others=others)
    weighty = [f for f in assessment.findings if f.severity is not Severity.NOTE]
    with row.container(key="result-score-place"):
        for heading, some in by_heading(assessment, weighty):
            st.markdown(f"## {t(heading)}")
            findings_list(some)
        figure = score_distribution_figure(
            bundle.reference[SCORE],
            bundle.tiers,
            assessment.score.probability if assessment.score else None,
            tier_name=assessment.tier_name,
            simulated=bundle.is_simulated,
        )
        show_figure(figure, key="result-distribution", fallback_alt=t("Scores of the reference cohort"))
    notes = [f for f in assessment.findings if f.severity is Severity.NOTE]
    if notes:
        with st.expander(t("Notes ({n}): facts that were not entered or not checked", n=len(notes))):
            findings_list(notes)


@fragment()
def _outcomes(assessment: Assessment, tier: Tier, bundle: ModelBundle) -> None:
    """Show what happened to the reference patients of the tier of the score, and by treatment inside it."""
    kind = t(PATIENTS[bundle.reference.is_simulated])
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header(
            t("What happened to {kind} of the reference cohort", kind=kind), anchor="outcomes", width="content"
        )
        endpoint = endpoint_choice("result-endpoint", is_bare=True, is_kept=True)
    _say_whose_curves(assessment, tier)
    reading_section(tier, bundle, endpoint, name=assessment.tier_name)
    treatment_section(tier, bundle, endpoint)


def _say_whose_curves(assessment: Assessment, tier: Tier) -> None:
    """Say for an unstable tier that what follows is of the tier of the score alone."""
    moved = assessment.stability
    if moved is None or moved.is_stable:
        return
    others = "/".join(label(each) for each in moved.tiers if each is not tier)
    st.warning(
        t(
            "The tier is unstable: the score lies in {tier}, and with the outline moved {mm:g} mm also in "
            "{others}. Curves and estimates below are those of the {tier} tier.",
            tier=label(tier),
            others=others,
            mm=moved.shift_mm,
        )
    )


def _background(session: Session, assessment: Assessment) -> None:
    """Show what the answer rests on."""
    profile, case = assessment.profile, session.case
    with st.expander(t("What this result rests on")):
        facts: dict[str, object] = {}
        if assessment.lesion is not None:
            facts[t("Tumour")] = describe(assessment.lesion)
            checked = t("checked by the reader") if case.is_confirmed else t("not checked by the reader")
            facts[t("Tumour outline")] = checked
        if assessment.phase is not None:
            facts[t("Phase")] = say(assessment.phase.reason)
        facts |= {t(name): speech().fact(field, getattr(profile, field)) for field, name in FIELDS.items()}
        facts[t("Stage by size and nodes")] = implied_stage(profile) or None
        facts_list(facts)
    if assessment.receipt is not None:
        _receipt(session, assessment.receipt)


def _receipt(session: Session, receipt: Receipt) -> None:
    """Show the receipt in short, and offer it whole; one that the store has not taken is tried again."""
    keep_receipts(session)
    if session.unkept:
        st.warning(
            t(
                "The store of this installation does not answer, so the receipt of this score is not kept there "
                "yet. It is tried again whenever this page is drawn; save it as a file to be sure."
            )
        )
    with st.expander(t("Receipt: what is needed to reproduce the number")):
        facts_list({t(RECEIPT_LABELS[name]): value for name, value in receipt.short.items()})
        with st.container(horizontal=True):
            copied = t("Receipt {id}, SHA-256 {sha256}", id=receipt.id, sha256=receipt.sha256)
            copy_button(t("Copy the receipt's number"), copied, key="result-copy-receipt")
            save_button(
                t("Save the receipt (JSON)"),
                receipt.to_file(),
                f"deeptepp-receipt-{receipt.id}.json",
                key="result-receipt",
            )
        st.caption(
            t("With the same images, `deeptepp replay` makes the score again and says whether it is the same.")
        )
