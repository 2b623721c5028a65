"""The ASGI app: one router of screens, the routes beside it, and the gate in front of both.

Runs under ``streamlit run app.py`` and ``uvicorn app:app``.
"""

from __future__ import annotations

import logging
from pathlib import Path

import streamlit as st

from deeptepp import api
from deeptepp.config import load_settings
from deeptepp.ui.installation import Installation
from deeptepp.ui.parts.broken import show_broken

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
# It would log the text of an exception, which could quote a file; show_broken logs its type and place.
logging.getLogger("streamlit.error_util").disabled = True
# It quotes whole addresses; the access log of the installation names their family alone.
logging.getLogger("uvicorn.access").disabled = True
# Clients log addresses that they ask for, and those of a sign-in hold a code.
logging.getLogger("httpx2").setLevel(logging.WARNING)

_installation = Installation(load_settings())

app = st.App(
    Path(__file__).parent / "deeptepp" / "ui" / "router.py",
    routes=api.routes(_installation.engine()),
    middleware=[_installation.access_log(), _installation.gate()],
    lifespan=_installation.lifespan,
    on_script_error=show_broken,
)
