"""Figures in the language of the visitor: the report layer writes English, this says it again before it is shown.

Every text of a figure is looked up as any other sentence is, piece by piece between tags and line breaks; what the
catalogue does not know stays English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape, unescape
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from deeptepp.domain.provenance import MARKS
from deeptepp.report.look.theme import SMALL_PX
from deeptepp.ui.words.language import current_language, in_both, say
from deeptepp.wording.catalogue import Language

if TYPE_CHECKING:
    from plotly.basedatatypes import BasePlotlyType
    from plotly.graph_objects import Figure

_TAG = re.compile(r"(<(?!br>)[^>]*>)")
_BREAK = "<br>"
_EDGES = re.compile(r"^((?:\s|<br>|[●■▲○◆★◐◑◒◓])*)(.*?)((?:\s|<br>)*)$", re.DOTALL)
"""What stands around the words of a piece: room, breaks and shapes."""

_LEFT_PX, _RIGHT_PX = 28, 14
"""Room beside a name: before the table the ticks of the axis, after the end of a curve the shift of the name."""

_HAS_WORD = re.compile(r"[A-Za-z]{2}")


def in_language_of_visitor(figure: Figure) -> Figure:
    """Say the texts of a figure in the language of this visitor.

    ``figure``: from ``report``, it is not changed.
    """
    if current_language() is Language.ENGLISH:
        return figure
    spoken = type(figure)(figure)
    axes = (*spoken.select_xaxes(), *spoken.select_yaxes())
    for title in (spoken.layout.title, spoken.layout.title.subtitle, *(axis.title for axis in axes)):
        _say_in(title, ("text",))
    for note in spoken.layout.annotations:
        _say_in(note, ("text", "x", "y"))
    for axis in axes:
        _say_in(axis, ("ticktext", "categoryarray"))
    for trace in spoken.data:
        is_flow = trace.type == "sankey"
        _say_in(trace.node if is_flow else trace, ("label",) if is_flow else ("name", "text", "x", "y"))
    _make_room(spoken)
    return spoken


def _make_room(figure: Figure) -> None:
    """Widen the margins for names of curves that are longer in the visitor's language than in English."""
    names = [unescape(_TAG.sub("", note.text)) for note in figure.layout.annotations if note.name == "end label"]
    if names:
        widest = max(
            SMALL_PX * sum(1.0 if east_asian_width(sign) in "WF" else 0.6 for sign in name) for name in names
        )
        margin = figure.layout.margin
        margin.update(l=max(margin.l or 0, widest + _LEFT_PX), r=max(margin.r or 0, widest + _RIGHT_PX))


def _say_in(part: BasePlotlyType, names: Sequence[str]) -> None:
    """Say the texts among some properties of a part of a figure."""
    for name in names:
        if name in part and _is_worded(part[name]):
            part[name] = _each(part[name])


def said_text(text: str) -> str:
    """Say the text of a figure, leaving its tags where they are."""
    return "".join(part if _TAG.fullmatch(part) else _said_piece(part) for part in _TAG.split(text))


def _said_piece(piece: str) -> str:
    """What stands between two tags; line by line where every line is known, else in one."""
    match = _EDGES.match(piece)
    before, words, after = match.groups() if match else ("", piece, "")
    if words in MARKS:
        return f"{before}{in_both(words)}{after}"
    lines = words.split(_BREAK)
    said = [_said_plain(line) for line in lines]
    is_known = all(new != old or not _HAS_WORD.search(old) for new, old in zip(said, lines, strict=True))
    if not is_known and len(lines) > 1:
        whole = " ".join(lines)
        in_one = _said_plain(whole)
        said = [in_one] if in_one != whole else said
    return f"{before}{_BREAK.join(said)}{after}"


def _said_plain(words: str) -> str:
    """Say words that are written for a page of tags."""
    plain = unescape(words)
    said = say(plain)
    return words if said == plain else escape(said, quote=False)


def _is_worded(values: object) -> bool:
    """Whether values are texts."""
    return isinstance(values, str) or (
        isinstance(values, (list, tuple)) and any(isinstance(value, str) for value in values)
    )


def _each(values: str | Sequence[object]) -> str | list[object]:
    """Say every text among values."""
    if isinstance(values, str):
        return said_text(values)
    return [said_text(value) if isinstance(value, str) else value for value in values]
