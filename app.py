"""The ASGI app: one router of screens, the routes beside it, and the gate in front of both.

Runs under ``streamlit run app.py`` and ``uvicorn app:app``.
"""

from __future__ import annotations

import logging
from pathlib import Path

import streamlit as st

from deeptepp import api
from deeptepp.config import load_settings, top_folder
from deeptepp.service_log import set_up_log
from deeptepp.ui.installation import Installation
from deeptepp.ui.parts.broken import show_broken
from deeptepp.ui.streamlit_settings import hold_settings

set_up_log(is_service=True)
# It quotes addresses; the access log of the installation names their family alone.
logging.getLogger("uvicorn.access").disabled = True

hold_settings(top_folder() / ".streamlit" / "config.toml")
_installation = Installation(load_settings())

app = st.App(
    Path(api.__file__).parents[1] / "ui" / "router.py",
    routes=api.routes(_installation.engine()),
    middleware=[_installation.access_log(), _installation.gate()],
    lifespan=_installation.lifespan,
    on_script_error=show_broken,
)
