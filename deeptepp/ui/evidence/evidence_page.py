"""The evidence page: what the model is, what was measured on it, and that its files are the published ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from deeptepp.errors import BundleError
from deeptepp.model.bundle import ModelBundle, verify_bundle
from deeptepp.ui.background.loaded import bundle_folder, loaded_bundle
from deeptepp.ui.evidence.evidence_experiments import experiments_tab
from deeptepp.ui.evidence.evidence_measured import measured_tab
from deeptepp.ui.evidence.evidence_published import published_tab
from deeptepp.ui.evidence.evidence_refusals import refusals_tab
from deeptepp.ui.evidence.evidence_rows import split_table, without_few_events
from deeptepp.ui.own_model.own_model_link import own_model_link
from deeptepp.ui.parts.cards import bundle_card, facts_list
from deeptepp.ui.parts.drawn_once import drawn_once
from deeptepp.ui.parts.fragments import fragment
from deeptepp.ui.parts.save_button import save_button
from deeptepp.ui.parts.terms import terms_expander
from deeptepp.ui.words.language import t


def evidence_page() -> None:
    """Show the evidence for the model of this server."""
    try:
        bundle = loaded_bundle()
    except BundleError as error:
        bundle_card(error)
        return
    st.title(t("Evidence"))
    st.markdown(
        t(
            "Every score on this server comes from the model **{name}**, trained on {kind}. This page shows what "
            "was measured on it, on patients whom it had not seen.",
            name=bundle.name,
            kind=t("simulated patients") if bundle.is_simulated else t("patients"),
        )
    )
    st.markdown(own_model_link())
    _parts(bundle)
    terms_expander(key="evidence-terms")


@fragment()
def _parts(bundle: ModelBundle) -> None:
    """Show the part that is open; the others are not drawn, so that the page is there at once."""
    tabs = st.tabs([t(name) for name in TABS], key="evidence-tab", on_change="rerun")
    opened = next((i for i, tab in enumerate(tabs) if tab.open), 0)
    with tabs[opened]:
        _SHOW[TABS[opened]](bundle, bundle.sha256)


def shown_card(text: str) -> str:
    """Fit a document into the page, whose title is already its own.

    Returns every heading one level lower.
    """
    return re.sub(r"^(#{1,5} )", r"#\1", text, flags=re.MULTILINE)


def _checklists(bundle: ModelBundle, _sha256: str) -> None:
    """Show the documents of the bundle, one below the other."""
    if not bundle.documents:
        st.write(t("This model came without reporting checklists. `deeptepp train` fills in TRIPOD+AI and CLAIM."))
        return
    st.markdown(t("Filled in from the training run, not by hand. An item that is **not reported** says why."))
    for name, text in sorted(bundle.documents.items(), reverse=True):
        heading, _, rest = text.partition("\n")
        with st.expander(heading.lstrip("# ") or name, key=f"evidence-document-{name}"):
            words, rows = split_table(without_few_events(rest))
            st.markdown(shown_card(words))
            if rows:
                st.table(rows, hide_index=True, border="horizontal")
            save_button(t("Save {name}", name=name), text, name)


def _files(bundle: ModelBundle, sha256: str) -> None:
    """Show name, digest and checksums of the bundle, checked again when asked."""
    facts = {
        t("Model"): bundle.name,
        t("SHA-256 of the model"): sha256,
        t("Score version"): bundle.score_version,
    }
    facts_list(facts | {t(name.replace("_", " ").capitalize()): text for name, text in bundle.provenance.items()})
    if st.button(t("Check the files again"), key="evidence-verify"):
        _checksums.clear()
    try:
        sums = _checksums(bundle_folder(), sha256)
    except BundleError as error:
        bundle_card(error)
        return
    st.markdown(t("Every file matches its checksum (SHA-256):"))
    facts_list(sums)


@st.cache_data(max_entries=2, ttl="1h", show_spinner="Checking the files")
def _checksums(folder: Path, sha256: str) -> dict[str, str]:
    """Compare every file of the bundle with its checksum."""
    return verify_bundle(folder)


@drawn_once
def _card(bundle: ModelBundle, sha256: str) -> None:
    """Show the model card."""
    with st.container(key="evidence-card"):
        st.markdown(shown_card(without_few_events(bundle.card)) or t("This model has no card."))


_SHOW: dict[str, Callable[[ModelBundle, str], None]] = {
    "What was measured": measured_tab,
    "Beside the publication": published_tab,
    "Experiments and controls": experiments_tab,
    "What is refused": lambda _bundle, _sha256: refusals_tab(),
    "Model card": _card,
    "Reporting checklists": _checklists,
    "Files and checksums": _files,
}
"""What draws each tab, in order, for a bundle and its digest."""

TABS = tuple(_SHOW)
"""Names of the tabs, in order."""
