"""The series table: what each series is, which phases were proposed and why, and how to choose otherwise."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from deeptepp.domain.study import PhaseChoice, SeriesSummary, Study
from deeptepp.imaging.phase import choose_phase, contrast_time_s
from deeptepp.ui.case_reading import choose_phase_again
from deeptepp.ui.case_steps import read_again_with
from deeptepp.ui.language import say, t
from deeptepp.ui.session import Session


def series_table(series: Sequence[SeriesSummary]) -> None:
    """Show one row per series.

    Parameters
    ----------
    series : sequence of SeriesSummary
        As read, used or not.
    """
    # A static table wraps its sentences; a grid would clip the reasons.
    alt = t("{n} series with the role proposed for each and the reason", n=len(series))
    st.table([_row(one) for one in series], border="horizontal", hide_index=True, alt=alt)


def choose_series(session: Session) -> None:
    """Let the reader name the phases; the study is then read again with them.

    Parameters
    ----------
    session : Session
        Has a table of series.
    """
    names = {
        one.key: t("{name} ({n} images)", name=one.description or t("unnamed series"), n=one.n_images)
        for one in session.case.series
    }
    keys = st.multiselect(
        t("Use these series as phases, pre-contrast first"),
        list(names),
        default=[one.key for one in session.case.series if one.role != "not used"],
        format_func=lambda key: names[key],
        key=f"case-phase-keys-{session.case.id}",
    )
    st.caption(t("The files were deleted after reading, so you will be asked to drop the study once more."))
    if st.button(t("Read again with these series"), disabled=len(keys) == 0, key="case-read-again"):
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
    st.markdown(f"**{t('Phase that is scored.')}** {say(phase.reason)}")
    posts = list(range(1, len(study.phases)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        index = st.selectbox(
            t("Phase"),
            posts,
            index=posts.index(phase.index),
            format_func=lambda k: t(
                "Post-contrast {k} of {n}, at {seconds:.0f} s",
                k=k,
                n=len(posts),
                seconds=contrast_time_s(study, k),
            ),
            label_visibility="collapsed",
            width=280,
            key=f"case-phase-{session.case.id}",
        )
        if st.button(t("Use this phase"), disabled=index == phase.index, key="case-use-phase"):
            choose_phase_again(session, index)
            st.rerun()
        proposed = choose_phase(study).index if phase.rule == "reader" else phase.index
        if proposed != phase.index:
            st.caption(t("Proposed by rule: post-contrast {k}.", k=proposed))


def _row(one: SeriesSummary) -> dict[str, object]:
    """Write a series as one row."""
    spacing = " x ".join(f"{mm:.2f}" for mm in reversed(one.spacing_mm)) if one.spacing_mm else ""
    return {
        t("Role"): t(one.role),
        t("Series"): one.description or t("unnamed"),
        t("Kind"): one.modality,
        t("Images"): one.n_images,
        t("Matrix"): f"{one.columns} x {one.rows}" if one.rows else "",
        t("Spacing (mm)"): spacing,
        t("Begun"): "" if one.acquisition_time_s is None else f"{one.acquisition_time_s:.0f} s",
        t("Why"): say(one.reason),
    }
