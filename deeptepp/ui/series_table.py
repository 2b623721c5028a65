"""The series table: what each series is, which phases were proposed and why, and how to choose otherwise."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from deeptepp.domain.study import PhaseChoice, SeriesSummary, Study
from deeptepp.imaging.phase import choose_phase, contrast_time_s
from deeptepp.ui.case_reading import choose_phase_again
from deeptepp.ui.case_steps import read_again_with
from deeptepp.ui.session import Session


def series_table(series: Sequence[SeriesSummary]) -> None:
    """Show one row per series.

    Parameters
    ----------
    series : sequence of SeriesSummary
        As read, used or not.
    """
    # A static table wraps its sentences; a grid would clip the reasons.
    alt = f"{len(series)} series with the role proposed for each and the reason"
    st.table([_row(one) for one in series], border="horizontal", hide_index=True, alt=alt)


def choose_series(session: Session) -> None:
    """Let the reader name the phases; the study is then read again with them.

    Parameters
    ----------
    session : Session
        Has a table of series.
    """
    names = {
        one.key: f"{one.description or 'unnamed series'} ({one.n_images} images)" for one in session.case.series
    }
    keys = st.multiselect(
        "Use these series as phases, pre-contrast first",
        list(names),
        default=[one.key for one in session.case.series if one.role != "not used"],
        format_func=lambda key: names[key],
        key=f"case-phase-keys-{session.case.id}",
    )
    st.caption("The files were deleted after reading, so you will be asked to drop the study once more.")
    if st.button("Read again with these series", disabled=len(keys) == 0, key="case-read-again"):
        read_again_with(session, keys)
        st.rerun()


def choose_scored_phase(session: Session, study: Study, phase: PhaseChoice) -> None:
    """Let the reader score another phase of the same study; nothing has to be read again.

    Parameters
    ----------
    session : Session
        Has images.
    study : Study
        The study at hand.
    phase : PhaseChoice
        The phase that is scored now.
    """
    st.markdown(f"**Phase that is scored.** {phase.reason}")
    posts = list(range(1, len(study.phases)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        index = st.selectbox(
            "Phase",
            posts,
            index=posts.index(phase.index),
            format_func=lambda k: f"Post-contrast {k} of {len(posts)}, at {contrast_time_s(study, k):.0f} s",
            label_visibility="collapsed",
            width=280,
            key=f"case-phase-{session.case.id}",
        )
        if st.button("Use this phase", disabled=index == phase.index, key="case-use-phase"):
            choose_phase_again(session, index)
            st.rerun()
        proposed = choose_phase(study).index if phase.rule == "reader" else phase.index
        if proposed != phase.index:
            st.caption(f"Proposed by rule: post-contrast {proposed}.")


def _row(one: SeriesSummary) -> dict[str, object]:
    """Write a series as one row."""
    spacing = " x ".join(f"{mm:.2f}" for mm in reversed(one.spacing_mm)) if one.spacing_mm else ""
    return {
        "Role": one.role,
        "Series": one.description or "unnamed",
        "Kind": one.modality,
        "Images": one.n_images,
        "Matrix": f"{one.columns} x {one.rows}" if one.rows else "",
        "Spacing (mm)": spacing,
        "Begun": "" if one.acquisition_time_s is None else f"{one.acquisition_time_s:.0f} s",
        "Why": one.reason,
    }
