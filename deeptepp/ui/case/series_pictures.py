"""Small pictures of series inside the page: nothing of them is kept by the server once the page is drawn anew."""

from __future__ import annotations

import io
from base64 import b64encode
from html import escape

from PIL import Image

from deeptepp.dicom.series_preview import Picture, Previews, ProposalPictures
from deeptepp.ui.words.language import t
from deeptepp.ui.words.screen_words import phase_words


def row_pictures(previews: Previews | None) -> dict[str, str]:
    """Write the pictures of the rows of the series table.

    ``previews``: None where none were drawn. Returns HTML by key, the row says in words what a picture shows.
    """
    rows = previews.rows if previews else {}
    return {key: f'<img src="{_data_uri(picture)}" alt="">' for key, picture in rows.items()}


def proposal_row(drawn: ProposalPictures, n_phases: int) -> str:
    """Write the phases of a proposal beside each other, and what is brighter after contrast."""
    shown = [(drawn.pre, phase_words(0)), (drawn.first, phase_words(1))]
    if n_phases > 2:
        shown.append((drawn.last, phase_words(n_phases - 1)))
    shown.append((drawn.gain, t("Post 1 minus pre")))
    figures = "".join(
        f'<figure><img src="{_data_uri(picture)}" alt="{escape(name)}"><figcaption>{escape(name)}</figcaption>'
        "</figure>"
        for picture, name in shown
    )
    return f'<div class="dt-pictures">{figures}</div>'


def _data_uri(picture: Picture) -> str:
    """Put the pixels into an address of their own."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, format="PNG")
    return f"data:image/png;base64,{b64encode(stream.getvalue()).decode()}"
