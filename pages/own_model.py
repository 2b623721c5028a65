import streamlit as st

from deeptepp.ui.own_model.own_model_steps import EXPECTATION, INTRODUCTION, STEPS, TITLE, OwnModelStep
from deeptepp.ui.shown_page import show_page
from deeptepp.ui.words.language import t


def own_model_page() -> None:
    """Show the steps, each with its commands."""
    st.title(t(TITLE))
    with st.container(width=860):
        st.markdown(t(INTRODUCTION))
        for number, step in enumerate(STEPS, start=1):
            _show_step(number, step)
        st.header(t("What to expect"), anchor="expect")
        st.markdown(t(EXPECTATION))


def _show_step(number: int, step: OwnModelStep) -> None:
    """Show one step."""
    with st.container(border=True, key=f"own-model-{number}"):
        st.header(f"{number}. {t(step.title)}", anchor=f"step-{number}")
        st.markdown(t(step.text))
        if step.file:
            st.caption(f"`{step.file}`")
        st.code(step.commands, language="toml" if step.file else "sh", wrap_lines=True)
        st.markdown(f"**{t('Time')}:** {t(step.duration)}")
        st.markdown(f"**{t('What you get')}:** {t(step.gives)}")


show_page("own_model", own_model_page)
