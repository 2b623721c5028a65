"""Who may see a page or press a button: every page asks first, since it can be visited without the others."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from deeptepp.config import load_settings
from deeptepp.domain.people import ACTION_WORDS, LOCAL, Action, Person
from deeptepp.errors import NotAllowed, NotSignedIn
from deeptepp.service.short_answers import NO_PROVIDER
from deeptepp.service.sign_in_sessions import COOKIES, default_sign_ins, digest_of
from deeptepp.ui.words.language import t

_SIGN_IN = "deeptepp-sign-in"
"""Key of ``st.session_state``: digest of the sign-in that this page was last drawn for."""


def guard(action: Action) -> Person:
    """Give who is at the page, or stop it with a word on why it stays closed."""
    try:
        return require(action)
    except NotSignedIn:
        _ask_to_sign_in()
    except NotAllowed:
        title = t("Not for your role")
        _say(title, t("Your role does not include this page: {action}.", action=t(ACTION_WORDS[action])))
    st.stop()
    raise NotSignedIn  # a script has stopped, anything else must not go on


def require(action: Action) -> Person:
    """Give who is at the page, for what is done on her behalf.

    Raises NotSignedIn: nobody is signed in, or no longer; NotAllowed: no role of hers allows the action.
    """
    person = current_person()
    if not person.may(action):
        raise NotAllowed(action=ACTION_WORDS[action])
    return person


def may(action: Action) -> bool:
    """Whether to offer what an action is needed for."""
    try:
        return current_person().may(action)
    except NotSignedIn:
        return False


def offers(action: Action) -> bool:
    """Whether to offer what an action is needed for; where not, the reason is shown in its place."""
    if may(action):
        return True
    st.caption(t("Not offered to your role: {action}.", action=t(ACTION_WORDS[action])))
    return False


def current_person() -> Person:
    """Give who is at the page of the running script, ``LOCAL`` where nobody has to sign in.

    Raises NotSignedIn: nobody is signed in, or no longer.
    """
    if not load_settings().needs_sign_in:
        return LOCAL
    sign_in = default_sign_ins().look(_digest())
    if sign_in is None:
        raise NotSignedIn
    return sign_in.person


def _digest() -> str:
    """Digest of the sign-in of this page; of the last one where its line was cut while the script runs."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return ""
    cookies = st.context.cookies
    name = next((cookies[each] for each in COOKIES if each in cookies), "")
    if name:
        st.session_state[_SIGN_IN] = digest_of(name)
    return str(st.session_state.get(_SIGN_IN, ""))


def _ask_to_sign_in() -> None:
    """Show the way in, or why there is none."""
    if load_settings().oidc_issuer:
        _say(t("Sign in"), t("DeepTEPP is open to members of this institution."))
        st.html(f'<a href="/sign-in" target="_self">{t("Sign in")}</a>')
        return
    _say(t("Sign in"), t(NO_PROVIDER))


def _say(title: str, text: str) -> None:
    """Show why the page stays closed."""
    with st.container(key="sign-in", border=True, width=480):
        st.header(title)
        st.write(text)
