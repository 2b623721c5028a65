"""Meetings on the screen: choose one or make one, its cases in their order, who attends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import streamlit as st

from deeptepp.domain.board import ROLE_CHARACTERS, BoardCase
from deeptepp.domain.meeting import MOST_ATTENDEES, ROLES, TITLE_CHARACTERS, Meeting, may_name_somebody
from deeptepp.domain.people import Action
from deeptepp.errors import AccessError, BoardError, BoardStoreError, DeepTeppError, MeetingChanged
from deeptepp.ui.background.seeds import seed
from deeptepp.ui.board.board_address import to_address
from deeptepp.ui.board.board_drafts import drafts, drop, fill, keep
from deeptepp.ui.board.board_store import board_for
from deeptepp.ui.guard import may
from deeptepp.ui.parts.cards import said
from deeptepp.ui.parts.verbatim import verbatim
from deeptepp.ui.words.language import t

_PARAMETER, _KEY = "meeting", "board-meeting"
_FIELDS = ("held_on", "title", "attendees")


def meeting_choice(meetings: Sequence[Meeting]) -> Meeting | None:
    """Offer the meetings, and everything that is on the board.

    Returns the chosen one, None for everything.
    """
    known = {meeting.id: meeting for meeting in meetings}
    asked = st.query_params.get(_PARAMETER, "")
    if st.session_state.get(_KEY) not in known and _KEY in st.session_state:
        del st.session_state[_KEY]
    seed(_KEY, asked if asked in known else "")
    chosen = st.selectbox(
        t("Meeting"),
        ["", *known],
        index=["", *known].index(st.session_state[_KEY]),
        format_func=lambda each: known[each].name if each else t("All cases of the board"),
        key=_KEY,
        width=360,
    )
    to_address(_PARAMETER, [chosen] if chosen else [])
    return known.get(chosen or "")


def meeting_in_address(meetings: Sequence[Meeting]) -> Meeting | None:
    """Meeting that the address names, while a case is open and no choice is on the screen."""
    asked = st.query_params.get(_PARAMETER, "")
    return next((meeting for meeting in meetings if meeting.id == asked), None)


def meeting_tools(meeting: Meeting | None, cases: Sequence[BoardCase]) -> None:
    """Offer to make a meeting, and to change the chosen one and its agenda."""
    if meeting is not None and may(Action.PUT_ON_BOARD):
        _agenda(meeting, cases)
    if not may(Action.DECIDE):
        return
    if meeting is not None:
        with st.popover(
            t("Date and attendees"), key=f"board-meeting-edit-{meeting.name}-{len(meeting.attendees)}"
        ):
            _edit(meeting)
    with st.popover(t("New meeting"), key=f"board-meeting-new-{meeting.id if meeting else ''}"):
        _new()


def agenda_tools(meeting: Meeting) -> Callable[[BoardCase], None]:
    """What moves a case within the agenda.

    Returns draws the buttons beside a case.
    """

    def draw(case: BoardCase) -> None:
        place, last = meeting.agenda.index(case.id), len(meeting.agenda) - 1
        with st.container(horizontal=True, gap="small", key=f"board-order-{case.id}"):
            for name, step, icon, at_end in (
                (t("Earlier: {label}", label=verbatim(case.label)), -1, ":material/arrow_upward:", place == 0),
                (t("Later: {label}", label=verbatim(case.label)), 1, ":material/arrow_downward:", place == last),
            ):
                st.button(
                    icon,
                    help=name,
                    key=f"board-move-{step}-{case.id}",
                    disabled=at_end,
                    on_click=_do,
                    args=(lambda step=step: board_for(Action.DECIDE).meetings.move(meeting.id, case.id, step),),
                )
            st.button(
                ":material/playlist_remove:",
                help=t("Take {label} off the agenda; it stays on the board", label=verbatim(case.label)),
                key=f"board-off-{case.id}",
                on_click=_do,
                args=(lambda: board_for(Action.DECIDE).meetings.take_off(meeting.id, case.id),),
            )

    return draw


def _agenda(meeting: Meeting, cases: Sequence[BoardCase]) -> None:
    """Offer to put cases on the agenda."""
    free = {case.id: case.label for case in cases if case.id not in meeting.agenda}
    key = f"board-agenda-{meeting.id}"
    # Another key closes it once the agenda is another one.
    with st.popover(t("Put cases on the agenda"), key=f"board-agenda-{len(meeting.agenda)}"):
        if not free:
            st.caption(t("Every case of the board is on the agenda."))
            return
        picked = [each for each in drafts().get(key, {}).get("cases", []) if each in free]
        if f"{key}-cases" in st.session_state:
            picked = [each for each in st.session_state[f"{key}-cases"] if each in free]
        st.session_state[f"{key}-cases"] = picked
        chosen = st.multiselect(
            t("Cases"),
            list(free),
            format_func=free.__getitem__,
            key=f"{key}-cases",
            on_change=keep,
            args=(key, ("cases",), 0),
        )
        columns = st.container(horizontal=True)
        if columns.button(t("Put on the agenda"), key=f"{key}-go", type="primary", disabled=not chosen):
            _and_again(key, lambda: board_for(Action.PUT_ON_BOARD).meetings.put_on(meeting.id, chosen))
        if columns.button(t("Put all of them on"), key=f"{key}-all"):
            _and_again(key, lambda: board_for(Action.PUT_ON_BOARD).meetings.put_on(meeting.id, list(free)))


def _new() -> None:
    """Ask for a new meeting."""
    key = "board-meeting-draft"
    meeting = _fields(key, Meeting(held_on=datetime.now(UTC).date()), 0)
    is_sure = _are_roles(key, meeting)
    if st.button(t("Make the meeting"), key=f"{key}-go", type="primary", disabled=not is_sure):
        try:
            book = board_for(Action.DECIDE).meetings
            # Found where it was made by the first click of a double one, which ended the run of the first.
            same = (each for each in book.all() if _plain(each) == _plain(meeting))
            made = next(same, None) or book.add(meeting)
        except (AccessError, BoardError, BoardStoreError) as error:
            _refused(error)
            return
        drop(key)
        st.session_state.pop(_KEY, None)
        st.query_params[_PARAMETER] = made.id
        st.rerun()


def _edit(meeting: Meeting) -> None:
    """Ask for changes of a meeting, or its removal."""
    key = f"board-meeting-{meeting.id}"
    changed = _fields(key, meeting, _plain(meeting))
    is_unsure = not _are_roles(key, changed)
    draft = drafts().get(key)
    columns = st.container(horizontal=True)
    is_told = False
    if draft is not None and draft["seen"] != _plain(meeting):
        is_told, draft["told"] = draft.get("told") == _plain(meeting), _plain(meeting)
        st.warning(
            t(
                "Somebody else changed this meeting meanwhile; it is now: {meeting}. Save yours, or take it back.",
                meeting=verbatim(f"{meeting.name}, {', '.join(meeting.attendees) or t('no attendees')}"),
            )
        )
        # Another button than the first, which was pressed by who had not read the question yet.
        is_sent = columns.button(
            t("Save yours all the same"), key=f"{key}-too", type="primary", disabled=is_unsure
        )
        is_sent = is_sent and is_told
    else:
        is_sent = columns.button(t("Save"), key=f"{key}-go", type="primary", disabled=is_unsure)
    if is_sent:
        _and_again(key, lambda: board_for(Action.DECIDE).meetings.change(changed, seen=meeting))
    if draft is not None and columns.button(t("Take yours back"), key=f"{key}-back"):
        drop(key)
        st.rerun()
    if columns.button(t("Remove the meeting"), key=f"{key}-remove"):
        _and_again(key, lambda: board_for(Action.DECIDE).meetings.remove(meeting.id))
    st.caption(t("A meeting in which something was recorded stays. Cases stay on the board in any case."))


def _fields(key: str, meeting: Meeting, seen: object) -> Meeting:
    """Show the fields of a meeting and give what they hold; what is typed is kept until it is saved."""
    plain: dict[str, Any] = _plain(meeting)
    fill(key, plain | {"held_on": meeting.held_on})
    day = st.session_state[f"{key}-held_on"]
    if isinstance(day, str):
        st.session_state[f"{key}-held_on"] = date.fromisoformat(day)
    kept: dict[str, Any] = {"on_change": _keep, "args": (key, seen)}
    held_on = st.date_input(t("Date"), format="YYYY-MM-DD", key=f"{key}-held_on", **kept)
    title = st.text_input(
        t("Title"),
        max_chars=TITLE_CHARACTERS,
        placeholder=t("Optional, such as Monday board"),
        key=f"{key}-title",
        **kept,
    )
    known = {role: t(role) for role in ROLES}
    others = [each for each in st.session_state[f"{key}-attendees"] if each not in known]
    attendees = st.multiselect(
        t("Attendees (roles, not names)"),
        [*known, *others],
        format_func=lambda each: known.get(each, each),
        accept_new_options=True,
        max_selections=MOST_ATTENDEES,
        placeholder=t("Choose, or write another role"),
        key=f"{key}-attendees",
        **kept,
    )
    roles = tuple(str(each)[:ROLE_CHARACTERS] for each in attendees)
    day = held_on if isinstance(held_on, date) else meeting.held_on
    return Meeting(id=meeting.id, held_on=day, title=title or "", attendees=roles)


def _are_roles(key: str, meeting: Meeting) -> bool:
    """Ask where an attendee looks like a person, whom the minutes would name for good."""
    if not any(may_name_somebody(role) for role in meeting.attendees):
        return True
    st.warning(t("This looks like the name of a person. Is it a role?"))
    return st.checkbox(t("It is a role"), key=f"{key}-sure")


def _keep(key: str, seen: object) -> None:
    """Keep what was typed, the day as text."""
    keep(key, _FIELDS, seen)
    draft = drafts()[key]
    draft["held_on"] = str(draft.get("held_on") or "")
    if not draft["held_on"]:
        draft.pop("held_on")


def _plain(meeting: Meeting) -> dict[str, Any]:
    """What two people may change, as plain values."""
    return {
        "held_on": str(meeting.held_on),
        "title": meeting.title,
        "attendees": list(meeting.attendees),
    }


def _and_again(key: str, act: Callable[[], object]) -> None:
    """Do it, forget the draft, and draw the page anew; a refusal is said where it was asked."""
    try:
        act()
    except MeetingChanged:
        st.rerun()
    except (AccessError, BoardError, BoardStoreError) as error:
        _refused(error)
        return
    drop(key)
    st.rerun()


def _refused(error: DeepTeppError) -> None:
    """Why, and that nothing is lost."""
    st.error(f"{said(error)} {t('What you typed is kept here.')}")


def _do(act: Callable[[], object]) -> None:
    """Do it on a click, before the page is drawn."""
    try:
        act()
    except (AccessError, BoardError, BoardStoreError) as error:
        st.toast(said(error), icon=":material/warning:")
