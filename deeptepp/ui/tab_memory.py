"""What a browser tab remembers of its visit: a reload, a cut line or a new server loses nothing that was entered.

The tab keeps a random token in its own memory, never in an address, a cookie or a log. A page that comes back
presents it, and the connection takes over what the one before it held. What is typed but not sent goes the same
way, so that fields are filled again also where the server has lost everything.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from deeptepp.config import load_settings
from deeptepp.ui.background.drafts import PREFIXES, cleaned
from deeptepp.ui.background.session import TAB_STATUS, Session, current_session
from deeptepp.ui.background.visitors import Claim, Tab, claim_tab, greet_visitor
from deeptepp.ui.case.leaving import go_back, screen_in_history
from deeptepp.ui.case.other_study import NAME_DIGITS
from deeptepp.ui.guard import current_person
from deeptepp.ui.page_manners import page_manners
from deeptepp.ui.parts.fragments import fragment
from deeptepp.ui.words.language import current_language, t

_SCRIPTS = ("tab_store.js", "tab_drafts.js", "tab_history.js", "tab_connection.js", "tab_memory.js")
"""Parts of one module, in order: a component is loaded as one text, which cannot import its neighbours."""

_ANSWERED = "deeptepp-tab-answered"
"""Key of ``st.session_state``: when the page spoke that was answered last, so that each time is answered."""

_HEX = re.compile("[0-9a-f]{16,64}")
"""How a name looks that was drawn at random."""

_BOOT = secrets.token_hex(8)
"""Drawn when the server starts: a tab that knew another one has met a server that was restarted."""


@dataclass(frozen=True, slots=True)
class _Presented:
    """What a page says of itself when it comes or comes back."""

    tab: Tab
    boot: str
    memory: str
    study: str
    had_work: bool
    drafts: Mapping[str, str] = field(repr=False)
    at_ms: float = 0.0


def remember_tab(*, screens: bool) -> None:
    """Show the memory of the tab, which takes no room, and take over what the tab held before.

    ``screens``: the page at hand is the one of the case, whose screens are steps in the history of the browser.
    """
    if greet_visitor():
        current_session().tab_note = t("Your case went on in another tab of this browser.")
    session = current_session()
    status = str(st.session_state.get(TAB_STATUS, ""))
    result = _component()(
        key="tab-memory",
        data=_told(session, status, screens=screens),
        on_present_change=_rerun,
        on_go_change=_rerun,
        on_lost_change=_rerun,
    )
    presented = _parsed(result.present)
    if presented is not None:
        _receive(presented)
        st.session_state[_ANSWERED] = presented.at_ms
        st.rerun()
    if isinstance(result.go, Mapping):
        session.drafts |= cleaned(result.go.get("drafts"))
        go_back(session, str(result.go.get("screen", "")))
        st.rerun()
    if result.lost:
        session.tab_note = t("That file is no longer on the server. The page is fresh now: choose it again.")
    _typing()


@fragment()
def _typing() -> None:
    """Hear what is typed, without a run of the page."""
    drafts = page_manners(_rerun)
    if drafts is not None:
        current_session().drafts = cleaned(drafts)


def _receive(presented: _Presented) -> None:
    """Take over what the tab held, or say what became of it."""
    if not presented.tab.token:
        st.session_state[TAB_STATUS] = "blocked"
        return
    claim = claim_tab(presented.tab)
    if claim is Claim.TAKEN_OVER:
        _forget_widgets()
    if claim is Claim.REFUSED:
        st.session_state[TAB_STATUS] = f"renew-{secrets.token_hex(4)}"
        current_session().tab_note = t(
            "This tab is a copy of another one, which keeps its case. A case of its own begins here."
        )
        return
    st.session_state[TAB_STATUS] = "known"
    session = current_session()
    if claim is Claim.NEW and _HEX.fullmatch(presented.memory):
        session.memory = presented.memory
    if session.memory != presented.memory or _is_of_another(session, presented):
        return
    session.drafts, session.restored = dict(presented.drafts), set(presented.drafts)
    if claim is Claim.NEW and presented.study:
        session.entered_for, session.study_name = frozenset({presented.study}), presented.study
    note = _note(claim, presented)
    if note:
        session.tab_note = note


def _is_of_another(session: Session, presented: _Presented) -> bool:
    """Whether the tab holds what was typed for another study than that of the case which a link has opened."""
    row = session.case.kept.row
    return row is not None and presented.study != row.study_digest[:NAME_DIGITS]


def _forget_widgets() -> None:
    """Let widgets that were drawn before begin with what was taken over."""
    for key in [str(each) for each in st.session_state]:
        if not key.startswith(("deeptepp", "tab-")):
            del st.session_state[key]


def _note(claim: Claim, presented: _Presented) -> str:
    """What became of a case on the way; empty where nothing has to be said."""
    filled = t("Restored what you had entered.") if presented.drafts else ""
    if claim is Claim.TAKEN_OVER or (claim is Claim.NEW and not presented.had_work):
        return filled
    if claim is not Claim.NEW:
        return ""
    again = (
        t("Your entries are still here: hand in the study again.")
        if presented.drafts
        else t("Hand in the study again.")
    )
    if current_session().case.kept.row is not None:
        return filled
    if presented.boot != _BOOT:
        return f"{t('The server was restarted. The images are gone, since they are kept nowhere.')} {again}"
    gone = t(
        "You were away for more than {minutes:.0f} minutes, so the images were erased.",
        minutes=load_settings().visitor_max_away_s / 60,
    )
    return f"{gone} {again}"


def _told(session: Session, status: str, *, screens: bool) -> dict[str, object]:
    """Give what the page is told: what to remember, and its words."""
    return {
        "status": status.partition("-")[0] if status != "blocked" else "known",
        "asked": status,
        "answered": st.session_state.get(_ANSWERED, 0.0),
        "boot": _BOOT,
        "memory": session.memory,
        "study": session.study_name,
        "has_work": session.has_work,
        "is_busy": bool(session.job_id),
        "screen": screen_in_history(session) if screens else "",
        "is_asking": session.is_asked_to_leave,
        "link": session.case.kept.row.id if screens and session.case.kept.row else "",
        "sent": f"{session.case.id}-{hash(session.case.profile)}-{len(session.case.scores)}",
        "forgotten": list(session.forgotten),
        "prefixes": list(PREFIXES),
        "language": current_language().html_code,
        "words": {
            "cut": t("Connection lost, trying again. Nothing is lost; the page answers again by itself."),
            "long": t(
                "Connection lost, trying again. What you entered is kept; the images may have to come again."
            ),
            "back": t("Connected again."),
        },
        "held_s": load_settings().visitor_max_away_s,
    }


def _parsed(value: object) -> _Presented | None:
    """Read what a browser sent, None unless it is what a page says of itself."""
    if not isinstance(value, Mapping):
        return None
    text = {name: str(value.get(name, "")) for name in ("token", "page", "left", "boot", "memory", "study")}
    if any(each and not _HEX.fullmatch(each) for each in text.values()):
        return None
    tab = Tab(text["token"], text["page"], text["left"], current_person().subject)
    at_ms = value.get("at")
    return _Presented(
        tab=tab,
        boot=text["boot"],
        memory=text["memory"],
        study=text["study"],
        had_work=value.get("had_work") is True,
        drafts=cleaned(value.get("drafts")),
        at_ms=float(at_ms) if isinstance(at_ms, int | float) else 0.0,
    )


@cache
def _component() -> ComponentRenderer:
    """Register the component once."""
    assets = files("deeptepp.ui")
    return st.components.v2.component(
        "deeptepp_tab_memory",
        html="<span hidden></span>",
        js="\n".join(assets.joinpath(name).read_text(encoding="utf-8") for name in _SCRIPTS),
    )


def _rerun() -> None:
    """Let the page run again; the change itself is all that matters."""
