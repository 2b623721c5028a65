"""What a visitor sees when the software, not the study, is at fault."""

from __future__ import annotations

import logging
import secrets

import streamlit as st

from deeptepp.errors import AccessError
from deeptepp.service_log import told
from deeptepp.ui.words.language import t

_LOG = logging.getLogger(__name__)


def show_broken(error: Exception) -> bool:
    """Log an uncaught exception of a page without its text, and show a calm card with its number."""
    if isinstance(error, AccessError):
        st.warning(t(str(error)), icon=":material/lock:")
        return True
    incident = secrets.token_hex(4)
    _LOG.error("incident %s: %s", incident, told(error))
    broken_card(incident)
    return True


def broken_card(incident: str) -> None:
    """That something broke, what that means for the data, and what to quote.

    ``incident``: identifier of the failure in the log.
    """
    with st.container(border=True, key=f"broken-{incident}"):
        st.header(t("Something broke"))
        st.write(
            t(
                "This is a fault of the software, not of your study. Nothing was scored, and the uploaded files "
                "were deleted. If it happens again, quote incident **{incident}** to whoever runs this server: "
                "the log holds the place in the program, and no patient data.",
                incident=incident,
            )
        )
