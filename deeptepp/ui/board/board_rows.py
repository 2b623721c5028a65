"""The list of a meeting: one row a case, its score hidden until the board has decided without it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape

import streamlit as st

from deeptepp.domain.board import BoardCase, Choice, Flag, Status
from deeptepp.domain.risk import Tier
from deeptepp.report.board.board_words import shown_flags, summary_of
from deeptepp.report.format import percentile
from deeptepp.report.format import score as written_score
from deeptepp.report.look.theme import TIER_COLOURS, TIER_GLYPHS
from deeptepp.ui.background.drafts import is_restored, typed_text
from deeptepp.ui.board.board_address import from_address, to_address
from deeptepp.ui.board.board_drafts import unsaved_of
from deeptepp.ui.parts.verbatim import verbatim
from deeptepp.ui.words.language import say, t
from deeptepp.ui.words.screen_words import label

CASE_PARAMETER = "case"
"""Name of the open case in the address of the page."""

_LOOKED_FOR = "deeptepp-board-find"
"""Key of ``st.session_state``: what was looked for last, also while a case is open and the field is not there."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which cases are listed; empty means all.

    ``text``: found in label, facts or notes, upper or lower case.
    """

    tiers: list[str]
    statuses: list[str]
    choices: list[str]
    flags: list[str]
    text: str = ""

    def __call__(self, case: BoardCase) -> bool:
        """Whether a case is listed; a tier that is hidden is never found by it."""
        has_tier = not self.tiers or (case.is_shown and case.tier is not None and case.tier.value in self.tiers)
        return has_tier and self.passes_but_tier(case)

    def passes_but_tier(self, case: BoardCase) -> bool:
        """Whether a case would be listed if tiers were not asked for."""
        decided = case.after or case.before
        return (
            (not self.statuses or case.status.value in self.statuses)
            and (not self.choices or bool(decided and decided.choice and decided.choice.value in self.choices))
            and (not self.flags or any(flag.value in self.flags for flag in shown_flags(case)))
            and self.text.casefold() in _searched(case)
        )


def filters_row() -> Filters:
    """Show the filters; those that are chosen are kept in the address of the page."""
    with st.container(key="board-filters", horizontal=True, vertical_alignment="bottom"):
        return Filters(
            tiers=_choice(t("Tier"), "tier", Tier),
            statuses=_choice(t("Status"), "status", Status),
            choices=_choice(t("Decision"), "decision", Choice),
            flags=_choice(t("Flags"), "flag", Flag),
            text=_text(),
        )


def _choice(name: str, key: str, kind: type[StrEnum]) -> list[str]:
    """Offer the values of one enum."""
    labels = {each.value: t(label(each)) for each in kind}
    from_address(f"board-{key}", key, labels)
    chosen = [
        str(each)
        for each in st.multiselect(
            name,
            list(labels),
            default=st.session_state[f"board-{key}"],
            format_func=labels.__getitem__,
            key=f"board-{key}",
            placeholder=t("All"),
        )
    ]
    to_address(key, chosen)
    return chosen


def _text() -> str:
    """Offer to search; a link may bring a search, but what is typed may be a name and goes into no address."""
    key, asked = "board-find", st.query_params.get("find", "")
    has_come_back = is_restored(key)
    if has_come_back or key not in st.session_state:
        known = asked or st.session_state.get(_LOOKED_FOR, "")
        st.session_state[key] = typed_text(key, known) if has_come_back else known
    found = st.session_state[_LOOKED_FOR] = (st.text_input(t("Find"), key=key, type="search") or "").strip()
    if found != asked:
        st.query_params.pop("find", None)
    return found


def rows(cases: Sequence[BoardCase], beside: Callable[[BoardCase], None] | None = None) -> None:
    """Show one row a case, each with a button that opens it.

    ``cases``: those that the filters let through; ``beside``: draws what else can be done with a case.
    """
    for case in cases:
        key = f"board-row-{case.id}"
        with st.container(key=key, horizontal=True, wrap=False, vertical_alignment="center", border=True):
            st.html(_row_html(case), width="stretch")
            with st.container(key=f"board-acts-{case.id}", width="content", gap="small"):
                st.button(
                    t("Open {label}", label=verbatim(case.label)),
                    key=f"board-open-{case.id}",
                    on_click=open_case,
                    args=(case.id,),
                )
                if beside is not None:
                    beside(case)


def open_case(case_id: str) -> None:
    """Open a case, or the list again.

    Parameters
    ----------
    case_id : str
        Its random id; empty for the list.
    """
    if case_id:
        st.query_params[CASE_PARAMETER] = case_id
    else:
        st.query_params.pop(CASE_PARAMETER, None)


def picture_html(case: BoardCase) -> str:
    """Write the picture of the region of interest, or a box that says that there is none."""
    if not case.thumbnail_png:
        return f'<div class="picture none">{escape(t("No picture"))}</div>'
    data = base64.b64encode(case.thumbnail_png).decode("ascii")
    kind = t("Simulated MR of the tumour, one slice") if case.is_simulated else t("MR of the tumour, one slice")
    return f'<img class="picture" src="data:image/png;base64,{data}" alt="{escape(kind)}">'


def tier_html(case: BoardCase) -> str:
    """Write score, tier and percentile, or that they are hidden."""
    if not case.is_shown:
        said = t("Score hidden until the board has decided")
        return f'<div class="hidden">{escape(said)}</div>'
    if case.tier is None or case.score is None:
        return f'<div class="hidden">{escape(t("Not scored"))}</div>'
    place = say(percentile(case.percentile))
    return (
        f'<div class="tier" style="--tier:{TIER_COLOURS[case.tier]}"><span class="shape">{TIER_GLYPHS[case.tier]}'
        f"</span>{escape(say(case.tier_text))}</div>"
        f'<div class="score"><b>{escape(written_score(case.score))}</b> {escape(place)}</div>'
    )


def flags_html(case: BoardCase) -> str:
    """Write the flags of a case.

    ``case``: the case, flags that tell of a hidden score are left out.
    """
    return "".join(f'<span class="flag {flag}">{escape(t(label(flag)))}</span>' for flag in shown_flags(case))


def _row_html(case: BoardCase) -> str:
    """Write one row."""
    decided = case.after or case.before
    decision = t(label(decided.choice)) if decided and decided.choice else ""
    draft = f'<span class="draft">{escape(t("unsaved draft"))}</span>' if unsaved_of(case.id) else ""
    return (
        f'<div class="dt-board-row">{picture_html(case)}'
        f'<div class="who"><b>{escape(case.label)}</b><span>{escape(summary_of(case.profile))}</span></div>'
        f'<div class="result">{tier_html(case)}</div>'
        f'<div class="flags">{flags_html(case)}</div>'
        f'<div class="status {case.status}"><b>{escape(t(label(case.status)))}</b>'
        f"<span>{escape(decision)}</span>{draft}</div></div>"
    )


def _searched(case: BoardCase) -> str:
    """Text that is searched."""
    notes = (say(note) for entry in case.entries for _, note in entry.notes)
    return " ".join((case.label, summary_of(case.profile), *notes)).casefold()
