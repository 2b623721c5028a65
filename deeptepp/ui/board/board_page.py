"""The tumour board: the meeting, the cohort behind it, and the minutes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from deeptepp.domain.board import ENTRY_FIELDS, BoardCase, Status
from deeptepp.domain.meeting import Meeting
from deeptepp.domain.people import Action
from deeptepp.errors import BadSetting, BoardStoreError, BundleError, DeepTeppError
from deeptepp.model.bundle import ModelBundle
from deeptepp.ui.background.loaded import loaded_bundle
from deeptepp.ui.background.seeds import seed
from deeptepp.ui.board.board_address import to_address
from deeptepp.ui.board.board_case import case_panel
from deeptepp.ui.board.board_cohort import cohort_view
from deeptepp.ui.board.board_demo import demo_cases
from deeptepp.ui.board.board_drafts import drafts, drop, is_typed, orphaned
from deeptepp.ui.board.board_glance import board_glance
from deeptepp.ui.board.board_meeting import agenda_tools, meeting_choice, meeting_in_address, meeting_tools
from deeptepp.ui.board.board_minutes import minutes_view
from deeptepp.ui.board.board_news import board_news
from deeptepp.ui.board.board_rows import CASE_PARAMETER, filters_row, open_case, rows
from deeptepp.ui.board.board_store import board_for, open_board
from deeptepp.ui.guard import current_person, may
from deeptepp.ui.parts.cards import bundle_card, refusal_card
from deeptepp.ui.words.language import say, t
from deeptepp.ui.words.page_list import PAGES_FOLDER


class BoardView(StrEnum):
    """What the page shows."""

    MEETING = "meeting"
    COHORT = "cohort"
    MINUTES = "minutes"


def board_page() -> None:
    """Show the tumour board, or say why it cannot be opened."""
    try:
        bundle = loaded_bundle()
    except BundleError as error:
        bundle_card(error)
        return
    st.title(t("Tumour board"))
    try:
        board = open_board()
        # Counted first, so that what others add meanwhile is news and not overlooked.
        counted, meetings, cases = board.counted(), board.meetings.all(), board.cases()
    except (BoardStoreError, BadSetting) as error:
        _unusable(error)
        return
    board_news(counted)
    opened = st.query_params.get(CASE_PARAMETER, "")
    case = next((each for each in cases if each.id == opened), None)
    if case is not None:
        meeting = meeting_in_address(meetings)
        is_on = meeting is not None and case.id in meeting.agenda
        case_panel(case, meeting.ordered(cases) if meeting and is_on else cases, bundle, meeting)
        return
    if opened:
        st.info(t("This case is not on the board; it may have been withdrawn."), icon=":material/info:")
        open_case("")
    _give_back(cases)
    _overview(cases, meetings, bundle)


def _give_back(cases: Sequence[BoardCase]) -> None:
    """Show what was typed for cases that others withdrew, until it is discarded."""
    for key, draft in orphaned([case.id for case in cases]).items():
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"{key}-orphan"):
            st.markdown(t("What you had typed for a case that was withdrawn:"), width="content")
            st.text(_typed(draft), width="stretch")
            st.button(t("Discard what was typed"), key=f"{key}-discard", on_click=drop, args=(key,))


def _typed(draft: dict[str, Any]) -> str:
    """Write a draft to be copied."""
    held = ((known, known.read(draft.get(name))) for name, known in ENTRY_FIELDS.items())
    return " · ".join(say(known.told(value)) for known, value in held if value)


def _overview(cases: Sequence[BoardCase], meetings: Sequence[Meeting], bundle: ModelBundle) -> None:
    """Show one of the three views, of one meeting or of all cases."""
    labels = {BoardView.MEETING: t("Cases"), BoardView.COHORT: t("At a glance"), BoardView.MINUTES: t("Minutes")}
    asked = st.query_params.get("view", "")
    seed("board-view", next((each for each in BoardView if each.value == asked), BoardView.MEETING))
    with st.container(horizontal=True, vertical_alignment="bottom", key="board-top"):
        view = st.segmented_control(
            t("View"),
            list(labels),
            default=st.session_state["board-view"],
            required=True,
            format_func=labels.__getitem__,
            key="board-view",
            label_visibility="collapsed",
        )
        meeting = meeting_choice(meetings) if cases else None
        if cases:
            meeting_tools(meeting, cases)
    to_address("view", [] if view is None or view == BoardView.MEETING else [str(view)])
    chosen = meeting.ordered(cases) if meeting else cases
    if view == BoardView.COHORT:
        if cases:
            board_glance(chosen, bundle)
        cohort_view(bundle)
    elif not cases:
        _empty(bundle)
    elif view == BoardView.MINUTES:
        minutes_view(cases, meeting)
    else:
        _meeting(chosen, meeting)


def _meeting(cases: Sequence[BoardCase], meeting: Meeting | None) -> None:
    """Show the list with its filters."""
    if meeting is not None and not cases:
        st.info(t("No case is on the agenda of this meeting yet: put some on."), icon=":material/playlist_add:")
        return
    chosen = filters_row()
    found = [case for case in cases if chosen(case)]
    n_decided = sum(case.status is Status.DECIDED for case in cases)
    st.caption(t("{found} of {n} cases; {decided} decided.", found=len(found), n=len(cases), decided=n_decided))
    n_hidden = sum(not case.is_shown and chosen.passes_but_tier(case) for case in cases) if chosen.tiers else 0
    if n_hidden:
        st.info(_hidden(n_hidden), icon=":material/visibility_off:")
    if found:
        rows(found, agenda_tools(meeting) if meeting and may(Action.DECIDE) else None)
    elif not n_hidden:
        st.info(t("No case passes these filters; clear one of them."), icon=":material/filter_alt_off:")


def _hidden(n: int) -> str:
    """That hidden scores are not found by their tier."""
    if n == 1:
        return t("1 case has a hidden score; the tier filter applies to shown scores only.")
    return t("{n} cases have hidden scores; the tier filter applies to shown scores only.", n=n)


def _empty(bundle: ModelBundle) -> None:
    """Show the way to a first case."""
    with st.container(border=True, key="board-empty", width=760):
        st.header(t("No case is on the board yet"))
        st.write(
            t(
                "Score a case and choose “Add to the board” on its result. In the meeting the score stays "
                "hidden until the board has recorded its own decision; the minutes then show what "
                "the score changed."
            )
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            if (
                bundle.reference.is_simulated
                and may(Action.PUT_ON_BOARD)
                and st.button(t("Open the eight demo cases"), key="board-demo", type="primary")
            ):
                _fill(bundle)
            # Opened by itself, as in tests, a page has no others to link to.
            with suppress(StreamlitAPIException):
                st.page_link(PAGES_FOLDER / "case.py", label=t("Score a case"), icon=":material/arrow_forward:")


def _fill(bundle: ModelBundle) -> None:
    """Put the demo cases on the board."""
    words = t("Simulating eight patients")
    bar = st.progress(0.0, text=words)

    def report(share: float) -> None:
        bar.progress(share, text=words)

    cases = demo_cases(bundle, report)
    try:
        board_for(Action.PUT_ON_BOARD).add_all(cases, person=current_person())
    except (BoardStoreError, DeepTeppError) as error:
        st.warning(str(error))
        return
    st.rerun()


def _unusable(error: DeepTeppError) -> None:
    """That the board cannot be opened."""
    refusal_card(
        error,
        title=t("The board cannot be opened"),
        next_step=t("Cases can still be scored. Tell whoever runs this server; nothing on the board was changed."),
    )
    st.button(t("Try again"), key="board-try-again")
    typed = [draft for draft in drafts().values() if is_typed(draft) and draft.keys() & {*ENTRY_FIELDS}]
    if typed:
        st.write(t("What you typed is kept, and is there again as soon as the board answers:"))
        for draft in typed:
            st.text(_typed(draft))
