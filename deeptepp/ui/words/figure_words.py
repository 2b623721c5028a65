"""Figures in the language of the visitor: the report layer writes sentences, this says them before it is shown."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from deeptepp.report.look.theme import SMALL_PX
from deeptepp.ui.words.language import current_language, say
from deeptepp.wording.catalogue import Language, is_worded

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_WORDED = frozenset({"text", "name", "ticktext", "categoryarray", "label", "x", "y", "customdata"})
"""Properties of a figure whose plain texts are looked up whole; elsewhere they name colours, axes and styles."""

_NAMED = frozenset({"annotations", "shapes", "images"})
"""Parts whose ``name`` the code looks for, which nobody reads."""

_TAG = re.compile(r"<[^>]*>")

_LEFT_PX, _RIGHT_PX = 28, 14
"""Room beside a name: before the table the ticks of the axis, after the end of a curve the shift of the name."""


def in_language_of_visitor(figure: Figure) -> Figure:
    """Say the texts of a figure in the language of this visitor; English gets the figure itself, others a copy."""
    if current_language() is Language.ENGLISH:
        return figure
    spoken = type(figure)(_said(figure.to_plotly_json(), ""))
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


def _said(part: object, key: str) -> object:
    """Say every text in a part of a figure; numbers, colours and names of parts stay."""
    if isinstance(part, dict):
        return {
            name: value if name == "name" and key in _NAMED else _said(value, key if name == "title" else name)
            for name, value in part.items()
        }
    if isinstance(part, (list, tuple)):
        return [_said(each, key) for each in part]
    if isinstance(part, str) and (is_worded(part) or key in _WORDED):
        return say(part)
    return part
