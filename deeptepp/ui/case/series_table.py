"""The series table: what each series is, which phases were proposed and why, and how to choose otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from deeptepp.domain.study import PhaseChoice, SeriesSummary, Study
from deeptepp.imaging.phase import choose_phase, contrast_time_s
from deeptepp.report.case.series_names import phase_index, proposed_keys
from deeptepp.report.format import clock_time
from deeptepp.store.uploads import default_store
from deeptepp.ui.background.drafts import keep_choice
from deeptepp.ui.background.session import Session
from deeptepp.ui.case.case_reading import choose_phase_again, read_again
from deeptepp.ui.words.language import say, t
from deeptepp.ui.words.screen_words import phase_words, plural


def series_table(series: Sequence[SeriesSummary], pictures: Mapping[str, str] | None = None) -> None:
    """Show one row per series."""
    alt = t("{n} series with the role proposed for each and the reason", n=len(series))
    names = [t("Role"), t("Series"), t("Images"), t("Begun"), t("Why")]
    names = [t("Middle slice"), *names] if pictures else names
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    rows = "".join(_row_html(one, pictures or {}) for one in series)
    st.html(
        f'<table class="dt-contrast dt-series" aria-label="{escape(alt)}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def choose_series(session: Session, *, default: Sequence[str] | None = None) -> None:
    """Let the reader name the phases; the study is then read again with them.

    ``default``: keys of the rows that are chosen at first, pre-contrast first, the phases found where not given.
    """
    # The key in a name keeps two series of one description two options.
    names = {one.key: _row_words(one) for one in session.case.series}
    keys = st.multiselect(
        t("Use these series as phases, pre-contrast first"),
        list(names),
        default=list(proposed_keys(session.case.series) if default is None else default),
        format_func=names.__getitem__,
        key=f"case-phase-keys-{session.case.id}",
        help=t("The order counts: the first one is the image before contrast. Take all out to begin anew."),
    )
    if session.case.upload_id not in default_store():
        st.caption(t("The files are no longer here, so you will be asked to drop the study once more."))
    if st.button(t("Read again with these series"), disabled=len(keys) == 0, key="case-read-again"):
        read_again(session, keys)
        st.rerun()


def choose_scored_phase(session: Session, study: Study, phase: PhaseChoice) -> None:
    """Let the reader score another phase of the same study; nothing has to be read again."""
    st.markdown(f"**{t('Phase that is scored.')}** {say(phase.reason)}")
    posts = list(range(1, len(study.phases)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        keep_choice(f"case-phase-{session.case.id}", posts, phase.index)
        index = st.selectbox(
            t("Phase"),
            posts,
            index=posts.index(phase.index),
            format_func=lambda k: _phase_words(study, k),
            label_visibility="collapsed",
            width=280,
            key=f"case-phase-{session.case.id}",
        )
        if st.button(t("Use this phase"), disabled=index == phase.index, key="case-use-phase"):
            choose_phase_again(session, index)
            st.rerun()
        proposed = choose_phase(study).index if phase.rule == "reader" else phase.index
        if proposed != phase.index:
            st.caption(t("Proposed by rule: post {k}.", k=proposed))


def _role_words(role: str) -> str:
    """What a row is taken for."""
    index = phase_index(role)
    return t("Not used") if index is None else phase_words(index)


def _phase_words(study: Study, index: int) -> str:
    """Name a phase after contrast, with its time where that is known."""
    if not study.has_times:
        return phase_words(index)
    return t("Post {k}, at {time}", k=index, time=clock_time(contrast_time_s(study, index)))


def _row_words(one: SeriesSummary) -> str:
    """Name a row by its key, its role and its place in time, so that no other is called the same."""
    index = phase_index(one.role)
    parts = [one.description or t("unnamed")]
    parts += [] if index is None else [phase_words(index).lower()]
    parts += [] if one.acquisition_time_s is None else [clock_time(one.acquisition_time_s)]
    return f"{one.key}: {', '.join([*parts, plural(one.n_images, 'image')])}"


def _row_html(one: SeriesSummary, pictures: Mapping[str, str]) -> str:
    """Write a series as one row."""
    modality = "" if one.modality == "MR" else f" ({one.modality})"
    began = "" if one.acquisition_time_s is None else clock_time(one.acquisition_time_s)
    cells = [
        escape(_role_words(one.role)),
        f"<b>{escape(one.key)}</b> {escape((one.description or t('unnamed')) + modality)}",
        escape(_size(one)),
        escape(began),
        escape(say(one.reason)),
    ]
    cells = [pictures.get(one.key, ""), *cells] if pictures else cells
    kind = ' class="unused"' if one.role == "not used" else ""
    return f"<tr{kind}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _size(one: SeriesSummary) -> str:
    """Write how many images a series has, and how large they are."""
    parts = [str(one.n_images)]
    parts += [f"{one.columns} x {one.rows}"] if one.rows else []
    parts += [" x ".join(f"{mm:.2f}" for mm in reversed(one.spacing_mm)) + " mm"] if one.spacing_mm else []
    return ", ".join(parts)
