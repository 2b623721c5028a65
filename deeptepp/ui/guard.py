"""Who may see a page: called first by every page, because a page can be visited without the others."""

from __future__ import annotations

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from deeptepp.config import load_settings
from deeptepp.domain.people import LOCAL, Person
from deeptepp.ui.words.language import t


def guard() -> None:
    """Stop the page unless the visitor may see it.

    Signing in is asked for when the installation names an identity provider in its secrets, or demands it in
    ``deeptepp.toml``. Demanded without a provider, every page stays closed.
    """
    has_provider = _has_provider()
    if not has_provider and not load_settings().is_login_required:
        return
    if bool(st.user.get("is_logged_in", False)):
        return
    _show_sign_in(has_provider=has_provider)
    st.stop()


def current_person() -> Person:
    """Give who is at the page of the running script."""
    return LOCAL


def _has_provider() -> bool:
    """Whether the secrets of the installation configure signing in."""
    try:
        return "auth" in st.secrets
    except StreamlitSecretNotFoundError:
        return False


def _show_sign_in(*, has_provider: bool) -> None:
    """Show the way in, or why there is none."""
    with st.container(key="sign-in", border=True, width=480):
        st.header(t("Sign in"))
        if not has_provider:
            st.write(
                t(
                    "This installation asks for a sign-in, but no identity provider is configured. "
                    "Ask its administrator to add one to the secrets of the server."
                )
            )
            return
        st.write(t("DeepTEPP is open to members of this institution."))
        if st.button(t("Sign in"), type="primary", key="guard-sign-in"):
            st.login()
