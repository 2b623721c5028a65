"""One study of a worklist: what names it, as it was written, and the button that opens it."""

from __future__ import annotations

from html import escape

import streamlit as st

from deeptepp.dicom.archive.query import WorklistRow
from deeptepp.ui.words.language import t
from deeptepp.ui.words.screen_words import plural


def study_row(row: WorklistRow, *, key: str, button: str, is_ready: bool = True) -> bool:
    """Show a study and give whether it is to be opened."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"{key}-row"):
        st.html(_html(row), width="stretch")
        return bool(st.button(button, key=key, disabled=not is_ready, help=None))


def _html(row: WorklistRow) -> str:
    """Write what names the study; values of the archive are shown as text, whatever they hold."""
    counted = [plural(n, noun) for n, noun in ((row.n_series, "series"), (row.n_images, "image")) if n is not None]
    facts = {
        t("Patient"): " · ".join(filter(None, (row.patient, row.patient_id))),
        t("Born"): row.born,
        t("Study"): " · ".join(filter(None, (row.day, row.description))),
        t("Accession number"): row.accession,
        t("Images"): " · ".join(filter(None, (row.modalities, *counted))),
    }
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts.items() if value
    )
    return f'<dl class="dt-study">{cells}</dl>'
