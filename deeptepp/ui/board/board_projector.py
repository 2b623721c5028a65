"""One case for the back of the room: slices through the tumour, facts and curves, large; nothing to fill in."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from deeptepp.domain.board import BoardCase, Picture
from deeptepp.errors import BadSetting, BoardStoreError
from deeptepp.report.board.board_words import summary_of
from deeptepp.ui.board.board_address import to_address
from deeptepp.ui.board.board_rows import picture_html, tier_html
from deeptepp.ui.board.board_store import open_board
from deeptepp.ui.words.language import t

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_PARAMETER, _LARGE = "show", "large"
"""In the address of the page."""

_SCALE = 1.45
"""Of type and height of a figure: 14 px type becomes 20 px, read from some six metres on a screen of two."""

_MIDDLE_FIRST = (1, 2, 0)
"""Order of the heights: the middle of the lesion, then towards the head, then towards the feet."""


def is_projected() -> bool:
    """Whether the page is shown for a projector."""
    return st.query_params.get(_PARAMETER, "") == _LARGE


def projector_button() -> None:
    """Offer the other way to show the case."""
    is_large = is_projected()
    st.button(
        t("Close projector view") if is_large else t("Projector view"),
        key="board-projector",
        icon=":material/close_fullscreen:" if is_large else ":material/open_in_full:",
        on_click=to_address,
        args=(_PARAMETER, [] if is_large else [_LARGE]),
    )


def projected_case(case: BoardCase) -> None:
    """Show slices, facts and result large.

    ``case``: the open case, a hidden score stays hidden.
    """
    st.html(
        f'<div class="dt-board-large"><p>{escape(summary_of(case.profile))}</p>'
        f'<div class="dt-board-result">{tier_html(case)}</div></div>'
    )
    try:
        pictures = open_board().pictures(case.id)
    except (BadSetting, BoardStoreError):
        pictures = ()
    if not pictures:
        st.html(f'<div class="dt-board-slices one">{picture_html(case)}</div>')
        if case.thumbnail_png:
            st.caption(t("Only the small picture of this case was stored."))
        return
    st.html(f'<div class="dt-board-slices">{"".join(_slice_html(each) for each in _ordered(pictures))}</div>')
    said = t(
        "96 mm wide; the patient’s left on the right, front at the top. Before and after contrast share one scale."
    )
    st.caption(f"{t('Simulated MR.')} {said}" if case.is_simulated else said)


def _ordered(pictures: tuple[Picture, ...]) -> list[Picture]:
    """Middle of the lesion first."""
    return sorted(pictures, key=lambda each: _MIDDLE_FIRST.index(_height(each)))


def _height(picture: Picture) -> int:
    """Height of a slice: 0 nearest to the feet; the middle where its name does not tell."""
    number = picture.name.rpartition(" ")[2]
    return int(number) if number in ("0", "1", "2") else 1


def _slice_html(picture: Picture) -> str:
    """Write one slice with what it shows."""
    kinds = {"post": t("After contrast"), "pre": t("Before contrast"), "subtraction": t("Subtraction")}
    heights = (t("towards the feet"), t("middle of the tumour"), t("towards the head"))
    said = f"{kinds.get(picture.name.split(' ')[0], picture.name)}, {heights[_height(picture)]}"
    data = base64.b64encode(picture.png).decode("ascii")
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="{escape(said)}">'
        f"<figcaption>{escape(said)}</figcaption></figure>"
    )


def enlarged(figure: Figure) -> Figure:
    """Make type and height of a figure larger.

    ``figure``: from ``report``, it is not changed.
    """
    large = type(figure)(figure)
    layout = large.layout
    margin = {side: (layout.margin[side] or 0) * _SCALE for side in ("l", "r", "t", "b")}
    large.update_layout(height=(layout.height or 450) * _SCALE, margin=margin)
    fonts = [layout.font, layout.title.font, layout.title.subtitle.font, layout.legend.font]
    fonts += [note.font for note in layout.annotations]
    for axis in (*large.select_xaxes(), *large.select_yaxes()):
        fonts += [axis.tickfont, axis.title.font]
    for trace in large.data:
        if trace.type in ("scatter", "bar") and trace.text is not None:
            fonts.append(trace.textfont)
        if trace.type == "scatter" and trace.line.width:
            trace.line.width *= _SCALE
    for font in fonts:
        font.size = (font.size or _default_px(large, font)) * _SCALE
    return large


def _default_px(figure: Figure, font: object) -> float:
    """Size that the template gives a font that has none of its own."""
    template = figure.layout.template.layout
    if font is figure.layout.title.font:
        return float(template.title.font.size or 16)
    return float(template.font.size or 14)
