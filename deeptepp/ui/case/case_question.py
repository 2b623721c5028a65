"""The screen of a study that can be read in more than one way: which images are meant, best proposal first."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from deeptepp.domain.risk import Finding, Severity
from deeptepp.domain.study import PhaseProposal
from deeptepp.errors import StudyError
from deeptepp.report.case.series_names import proposal_name, rows_named
from deeptepp.store.uploads import default_store
from deeptepp.ui.background.session import Session
from deeptepp.ui.case.case_reading import read_again
from deeptepp.ui.case.case_steps import start_over
from deeptepp.ui.case.series_pictures import proposal_row, row_pictures
from deeptepp.ui.case.series_table import choose_series, series_table
from deeptepp.ui.parts.cards import findings_list, said
from deeptepp.ui.words.language import say, t


def question_screen(session: Session) -> None:
    """Ask which images are meant, and read the study again with the answer.

    ``session``: has a refusal with proposals, and the table of series.
    """
    error = session.refusal
    if not isinstance(error, StudyError):
        return
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.title(t("Which images are meant?"), width="content")
        if st.button(t("Try another study"), key="case-try-again"):
            start_over(session)
            st.rerun()
    with st.container(width=860):
        asked = replace(Finding.from_error(error), severity=Severity.WARNING, message=said(error))
        findings_list([asked])
        kept = t("The files are still here: nothing has to be handed in again.")
        is_here = session.case.upload_id in default_store()
        st.write(f"{t('Nothing is scored until you choose.')} {kept if is_here else ''}")
    st.header(t("Ways to read it, the likeliest first"), anchor="ways")
    proposals = [each for each in error.proposals if isinstance(each, PhaseProposal)]
    for number, proposal in enumerate(proposals):
        _proposal(session, proposal, number)
    st.header(t("Or choose the series yourself"), anchor="choose")
    first = rows_named(proposals[0].keys, session.case.series) if proposals else ()
    choose_series(session, default=[one.key for one in first])
    series_table(session.case.series, row_pictures(session.case.previews))


def _proposal(session: Session, proposal: PhaseProposal, number: int) -> None:
    """Show one way to take the series as phases: what it is, why, how it looks, and a button."""
    case = session.case
    with st.container(border=True, key=f"proposal-{number}"):
        st.subheader(say(proposal_name(proposal, case.series)), anchor=False)
        st.write(say(proposal.reason))
        drawn = case.previews.proposals[number] if case.previews else None
        if drawn is not None:
            st.html(proposal_row(drawn, len(rows_named(proposal.keys, case.series))))
        if st.button(
            t("Use these images"), type="secondary" if number else "primary", key=f"case-use-proposal-{number}"
        ):
            read_again(session, proposal.keys, proposal.side)
            st.rerun()
