"""Terms explained where they stand: beside a heading, under a result, and all of them at the foot of a page."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from deeptepp.report.glossary import GLOSSARY, Term, terms_in
from deeptepp.report.report_item import ReportItem
from deeptepp.ui.words.language import t


def help_on(*texts: str) -> str | None:
    """Explain the terms of a heading in its tooltip.

    ``texts``: English, the heading, and what else stands under it. Returns Markdown in the language of the
    visitor, None where no term needs one.
    """
    return "\n\n".join(map(_line, terms_in(texts))) or None


def terms_popover(item: ReportItem, *, key: str) -> None:
    """Offer the terms that one result uses, and no others."""
    found = terms_in(_texts(item))
    if found:
        with st.popover(t("Terms used here"), key=key):
            st.markdown("\n\n".join(map(_line, found)))


def terms_expander(*, key: str) -> None:
    """Offer all terms, at the foot of a page."""
    with st.expander(t("Terms"), key=key):
        st.markdown("\n\n".join(map(_line, GLOSSARY)))


def _line(term: Term) -> str:
    """Write a term and its meaning."""
    return f"**{t(term.name)}**: {t(term.meaning)}"


def _texts(item: ReportItem) -> Iterable[str]:
    """Give what a reader meets in a result."""
    yield from (item.title, *item.notes)
    for table in item.tables:
        yield from (table.title, table.note, *table.header, *(row[0] for row in table.rows if row))
    for figure in item.figures:
        yield str((figure.layout.meta or {}).get("alt", ""))
