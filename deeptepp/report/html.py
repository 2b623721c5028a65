"""A figure as a piece of a page: the page brings plotly.js once, and screen readers read the words."""

from __future__ import annotations

from hashlib import sha256
from html import escape

import plotly.graph_objects as go

_CONFIG = {"displaylogo": False, "responsive": True, "modeBarButtonsToRemove": ["lasso2d", "select2d"]}


def figure_html(figure: go.Figure, *, div_id: str | None = None) -> str:
    """Write a figure as a piece of HTML that needs plotly.js on its page.

    ``figure``: of a file in ``report/figures``, its words are in ``layout.meta["alt"]``; ``div_id``: identifier of
    the element, made from the content when left out, so that the same figure gives the same bytes. Needed where a
    page shows one figure twice. Returns a ``div`` with role ``img`` and the words as its label.
    """
    meta = figure.layout.meta
    alt = str(meta.get("alt", "")) if isinstance(meta, dict) else ""
    content = figure.to_json()
    identifier = div_id or f"figure-{sha256(content.encode()).hexdigest()[:12]}"
    drawn: str = figure.to_html(
        config=_CONFIG,
        include_plotlyjs=False,
        full_html=False,
        default_width="100%",
        div_id=escape(identifier, quote=True),
    )
    return f'<div class="figure" role="img" aria-label="{escape(alt, quote=True)}">{drawn}</div>'
