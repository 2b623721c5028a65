"""A kept score of another model than the one at hand: its number and tier, and nothing of the model at hand."""

from __future__ import annotations

import streamlit as st

from deeptepp.domain.risk import Assessment
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.format import score as written_score
from deeptepp.ui.background.session import Screen, Session
from deeptepp.ui.case.case_whose import case_strip, whose_title
from deeptepp.ui.case.kept_line import kept_line
from deeptepp.ui.case.leaving import start_over_button
from deeptepp.ui.parts.cards import facts_list, findings_list
from deeptepp.ui.words.language import say, t


def of_another_model(session: Session, assessment: Assessment, bundle: ModelBundle) -> None:
    """Show a score that was made with another model, and the way to a new one."""
    case = session.case
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        whose_title(case, assessment)
        start_over_button(session, key="result-start-over")
    kept_line(session, bundle)
    case_strip(case, assessment)
    with st.container(border=True, key="result-other-model", width=860):
        st.write(t("Scored by another model than the one of this server; its cut-offs and curves are not shown."))
        number = written_score(assessment.score.probability) if assessment.score else ""
        receipt = assessment.receipt
        facts_list(
            {
                t("Risk score"): number,
                t("Risk tier"): say(assessment.tier_text),
                t("Model"): receipt.bundle_name if receipt else "",
                t("Scored"): receipt.created_utc if receipt else "",
            }
        )
        findings_list(assessment.findings)
        words = t("Score it with the model of this server")
        if case.images is not None and st.button(words, type="primary", key="result-score-again"):
            session.screen = Screen.IMAGES
            st.rerun()
