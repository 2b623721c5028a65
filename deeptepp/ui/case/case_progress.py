"""The screen while a case is read or scored: every step with what was found, and a way to stop."""

from __future__ import annotations

from html import escape

import streamlit as st

from deeptepp.domain.progress import Step, StepReport
from deeptepp.ui.background.jobs import JobState, JobView, default_runner
from deeptepp.ui.background.session import Screen, Session
from deeptepp.ui.case.case_steps import cancel
from deeptepp.ui.parts.fragments import fragment
from deeptepp.ui.words.language import t
from deeptepp.ui.words.screen_words import OPENING_STEPS, SCORING_STEPS, STEPS

_POLL_S = 0.7
"""Seconds between two looks at the job."""


def progress_screen(session: Session) -> None:
    """Show the work under way until it has ended."""
    is_scoring = session.screen is Screen.SCORING
    st.title(t("Scoring") if is_scoring else t("Reading the study"))
    with st.container(border=True, width=860):
        _poll(session, SCORING_STEPS if is_scoring else OPENING_STEPS)
        if st.button(t("Stop"), key="case-cancel"):
            cancel(session)
            st.rerun()


def overall_fraction(view: JobView, steps: tuple[Step, ...]) -> float:
    """Share of the work done, each step counting the same.

    The result is in [0, 1].
    """
    reports = {report.step: report for report in view.steps}
    later = [i for i, step in enumerate(steps) if step in reports]
    last = later[-1] if later else 0
    done = sum(1.0 if i < last else _fraction(reports.get(step)) for i, step in enumerate(steps))
    return min(1.0, done / len(steps))


def where_it_stands(view: JobView) -> str:
    """How long the work takes already, or how many come first."""
    if view.state is not JobState.WAITING:
        return f"{view.elapsed_s:.0f} s"
    if not view.n_ahead:
        return t("Waiting for its turn")
    if view.n_ahead == 1:
        return t("One case is ahead of yours, which starts by itself")
    return t("{n} cases are ahead of yours, which starts by itself", n=view.n_ahead)


@fragment(run_every=_POLL_S)
def _poll(session: Session, steps: tuple[Step, ...]) -> None:
    """Look at the job, draw it, and rerun the page when it has ended."""
    view = default_runner().look(session.job_id, session.id)
    if view is None or view.is_over:
        st.rerun()
        return
    st.progress(overall_fraction(view, steps), text=where_it_stands(view))
    st.html(_steps_html(view, steps))


def _fraction(report: StepReport | None) -> float:
    """Share of one step done."""
    return min(1.0, max(0.0, report.fraction)) if report else 0.0


def _steps_html(view: JobView, steps: tuple[Step, ...]) -> str:
    """Write the list of steps, the current one marked in words and weight."""
    reports = {report.step: report for report in view.steps}
    last = max((i for i, step in enumerate(steps) if step in reports), default=0)
    is_done = [i < last or _fraction(reports.get(step)) >= 1.0 for i, step in enumerate(steps)]
    current = is_done.index(False) if False in is_done else len(steps)
    rows = []
    for i, step in enumerate(steps):
        kind, mark = ("done", "✓") if is_done[i] else ("now", "…") if i == current else ("waiting", "")
        found = reports[step].found if step in reports else ""
        rows.append(
            f'<div role="listitem" class="step {kind}"><span class="mark">{mark}</span>'
            f'<span class="name">{escape(t(STEPS[step]))}</span><span class="found">{escape(found)}</span></div>'
        )
    return f'<div class="dt-steps" role="list">{"".join(rows)}</div>'
