"""My cases: the cases that are kept, to be found by label, day, tier or person and opened by a link that lasts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from html import escape

import streamlit as st
from streamlit.errors import StreamlitAPIException

from deeptepp.config import load_settings
from deeptepp.domain.kept_case import KeptRow
from deeptepp.domain.people import Action
from deeptepp.domain.risk import Tier
from deeptepp.errors import BadSetting, BoardStoreError, BundleError
from deeptepp.report.format import score as written_score
from deeptepp.report.look.theme import TIER_COLOURS, TIER_GLYPHS
from deeptepp.ui.background.loaded import loaded_bundle
from deeptepp.ui.board.board_rows import CASE_PARAMETER
from deeptepp.ui.board.board_store import open_board
from deeptepp.ui.case.kept_line import day
from deeptepp.ui.guard import current_person
from deeptepp.ui.parts.cards import bundle_card, refusal_card
from deeptepp.ui.parts.verbatim import verbatim
from deeptepp.ui.words.language import t
from deeptepp.ui.words.page_list import PAGES_FOLDER
from deeptepp.ui.words.screen_words import label, tier_words

_CASE_PAGE = PAGES_FOLDER / "case.py"
_N_SHOWN = 50
"""Cases that are listed at once; the search reaches all of them."""


def my_cases_page() -> None:
    """Show the list, or why it cannot be shown."""
    st.title(t("My cases"))
    try:
        loaded_bundle()
    except BundleError as error:
        bundle_card(error)
        return
    if not current_person().may(Action.READ_CASES):
        st.info(t("You may not see cases of patients."))
        return
    try:
        rows = open_board().kept.rows()
    except (BoardStoreError, BadSetting) as error:
        refusal_card(
            error,
            title=t("The list cannot be opened"),
            next_step=t("Cases can still be scored. Nothing that is kept was changed."),
        )
        return
    st.caption(_retention())
    if not rows:
        st.info(t("No case is kept yet. A case comes here by itself once it is scored."), icon=":material/inbox:")
        with suppress(StreamlitAPIException):
            st.page_link(_CASE_PAGE, label=t("Score a case"), icon=":material/arrow_forward:")
        return
    found = _filtered(rows)
    st.caption(t("{found} of {n} cases", found=len(found), n=len(rows)))
    for row in found[:_N_SHOWN]:
        _line(row)
    if len(found) > _N_SHOWN:
        st.caption(t("The {n} changed last are listed; search to find others.", n=_N_SHOWN))


def _retention() -> str:
    """Say for how long cases and images are kept."""
    settings = load_settings()
    return t(
        "Cases are deleted {days:.0f} days after their last change, their images after {images:.0f} days. "
        "Everybody who may read cases at this installation sees them. Links hold no name or number of a patient.",
        days=settings.case_kept_days,
        images=settings.images_kept_days,
    )


def _filtered(rows: Sequence[KeptRow]) -> list[KeptRow]:
    """Ask what is looked for, and find it."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="cases-filters"):
        text = (st.text_input(t("Find"), key="cases-find", type="search") or "").strip().casefold()
        tiers = st.multiselect(
            t("Tier"), list(Tier), format_func=lambda tier: t(label(tier)), key="cases-tier", placeholder=t("All")
        )
        people = _people(rows)
        owners = st.multiselect(
            t("Scored by"), list(people), format_func=people.__getitem__, key="cases-owner", placeholder=t("All")
        )
        since = st.date_input(t("Changed since"), value=None, format="YYYY-MM-DD", key="cases-since")
    return [
        row
        for row in rows
        if text in row.label.casefold()
        and (not tiers or row.tier in tiers)
        and (not owners or row.owner in owners)
        and (not isinstance(since, date) or row.changed_utc.astimezone().date() >= since)
    ]


def _people(rows: Sequence[KeptRow]) -> dict[str, str]:
    """What to call each person who has cases; whoever looks comes first."""
    me = current_person().subject
    found = {row.owner: row.owner_title or row.owner for row in rows if row.owner != me}
    return {me: t("Me")} | found


def _line(row: KeptRow) -> None:
    """Show one case with its link."""
    with st.container(horizontal=True, vertical_alignment="center", border=True, key=f"cases-row-{row.id}"):
        st.html(_row_html(row), width="stretch")
        # Opened by itself, as in tests, a page has no others to link to.
        with suppress(StreamlitAPIException):
            st.page_link(
                _CASE_PAGE,
                label=t("Open {label}", label=verbatim(row.label)),
                icon=":material/arrow_forward:",
                query_params={CASE_PARAMETER: row.id},
            )


def _row_html(row: KeptRow) -> str:
    """Write one case; texts of people are escaped."""
    who = t("by {who}", who=row.owner_title) if row.owner_title else ""
    images = t("images kept since {day}", day=day(row.images_utc)) if row.images_utc else t("without images")
    facts = [t("changed {day}", day=day(row.changed_utc)), who, "" if row.is_demo else images]
    flags = "".join(f'<span class="flag {flag}">{escape(t(label(flag)))}</span>' for flag in row.flags)
    demo = f'<span class="flag">{escape(t("Demo"))}</span>' if row.is_demo else ""
    return (
        f'<div class="dt-case-row"><div><b>{escape(row.label)}</b>'
        f'<p class="dt-quiet">{escape(" · ".join(each for each in facts if each))}</p></div>'
        f"<div>{_tier_html(row)}</div><div>{demo}{flags}</div></div>"
    )


def _tier_html(row: KeptRow) -> str:
    """Write tier and score."""
    if row.tier is None or row.score is None:
        return escape(t("Not scored"))
    shape = f'<span style="color:{TIER_COLOURS[row.tier]}">{TIER_GLYPHS[row.tier]}</span>'
    return f"{shape} {escape(tier_words(row.tier_name))} {escape(written_score(row.score))}"
