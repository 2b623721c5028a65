"""The ASGI app: one router of screens, the routes beside it, and what lives as long as the server.

Runs under ``streamlit run app.py`` and ``uvicorn app:app``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import streamlit as st

from deeptepp import api
from deeptepp.config import Settings, load_settings
from deeptepp.service_log import set_up_log
from deeptepp.store.frames import default_frames
from deeptepp.store.uploads import default_store
from deeptepp.ui.background.jobs import close_default_runner, default_runner
from deeptepp.ui.background.visitors import sweep_visitors
from deeptepp.ui.parts.broken import show_broken
from deeptepp.ui.warm_up import warm_up

set_up_log(is_service=True)


async def _sweep_forever(settings: Settings) -> None:
    """Delete uploads that nobody read, and forget work and slices that nobody fetched."""
    while True:
        await anyio.sleep(settings.sweep_every_s)
        await anyio.to_thread.run_sync(default_store().sweep, settings.upload_max_age_s)
        await anyio.to_thread.run_sync(default_frames().sweep, settings.case_max_age_s)
        default_runner().sweep(settings.case_max_age_s)
        sweep_visitors(settings.visitor_max_away_s)


@asynccontextmanager
async def _lifespan(_app: st.App) -> AsyncIterator[None]:
    """Run the worker and the sweeper from start to shutdown; leave no upload behind."""
    default_runner()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_sweep_forever, load_settings())
        tasks.start_soon(anyio.to_thread.run_sync, warm_up)
        try:
            yield
        finally:
            tasks.cancel_scope.cancel()
            close_default_runner()
            default_store().sweep(0.0)


app = st.App(
    Path(__file__).parent / "deeptepp" / "ui" / "router.py",
    routes=api.routes(),
    lifespan=_lifespan,
    on_script_error=show_broken,
)
