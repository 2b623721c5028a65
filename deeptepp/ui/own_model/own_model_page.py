"""The page that leads from one's own patients to a model of one's own, and the link to it."""

from __future__ import annotations

import streamlit as st

from deeptepp.ui.own_model.own_model_steps import EXPECTATION, INTRODUCTION, STEPS, TITLE, OwnModelStep
from deeptepp.ui.words.language import current_language, t
from deeptepp.ui.words.page_list import PAGES


def own_model_page() -> None:
    """Show the five steps, each with its commands."""
    st.title(t(TITLE))
    with st.container(width=860):
        st.markdown(t(INTRODUCTION))
        for number, step in enumerate(STEPS, start=1):
            _step(number, step)
        st.header(t("What to expect"), anchor="expect")
        st.markdown(t(EXPECTATION))


def own_model_link() -> str:
    """Way to the page as Markdown; it opens in a tab of its own, so that the case stays open."""
    url_path = PAGES["own_model"].url_path
    return (
        f"[{t('Make it yours: five steps to a model of your own patients')}]({url_path}?lang={current_language()})"
    )


def _step(number: int, step: OwnModelStep) -> None:
    """Show one step."""
    with st.container(border=True, key=f"own-model-{number}"):
        st.header(f"{number}. {t(step.title)}", anchor=f"step-{number}")
        st.markdown(t(step.text))
        if step.file:
            st.caption(f"`{step.file}`")
        st.code(step.commands, language="toml" if step.file else "sh", wrap_lines=True)
        st.markdown(f"**{t('Time')}:** {t(step.duration)}")
        st.markdown(f"**{t('What you get')}:** {t(step.gives)}")
