"""One installation: the gate in front of it, what lives as long as the server, and whether it is ready."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import anyio
import streamlit as st
from starlette.middleware import Middleware

from deeptepp.config import Settings
from deeptepp.service.access_log import AccessLog
from deeptepp.service.bearer import token_person
from deeptepp.service.engine import ScoringEngine
from deeptepp.service.gate import Gate, Own, Rules
from deeptepp.service.health import Health
from deeptepp.service.provider import Provider, is_open, is_ready
from deeptepp.service.routes_by_need import Need, needs
from deeptepp.service.security_headers import security_headers
from deeptepp.service.sign_in_sessions import SignIns, default_sign_ins
from deeptepp.service.watchdog import Watchdog, raise_descriptor_limit
from deeptepp.store import own_ledger
from deeptepp.store.frames import default_frames
from deeptepp.store.upkeep import prepare_places, sweep_kept
from deeptepp.store.uploads import default_store
from deeptepp.ui.background.jobs import close_default_runner, default_runner
from deeptepp.ui.background.loaded import bundle_folder, loaded_bundle
from deeptepp.ui.background.tending import again_and_again, is_act, log_error, surely
from deeptepp.ui.background.visitors import sweep_visitors
from deeptepp.ui.board.board_store import open_board
from deeptepp.ui.message_queue import keep_answers
from deeptepp.ui.warm_up import warm_up
from deeptepp.ui.words.page_list import PAGES

_TABLE_BYTES = 32_000_000
"""Largest table for the laboratory, above the 20 MB that its page names, by the wrapping of the browser."""

_STUDY_MARGIN_BYTES = 100_000_000
"""By how much an upload may be longer than the files in it."""

_FIRST_PAGE = Path(st.__file__).parent / "static" / "index.html"
"""Page of Streamlit that starts everything in the browser."""


class Installation:
    """What ``app.py`` serves, by the settings of an installation."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._watchdog = Watchdog(settings.unanswered_max_s)

    def gate(self) -> Middleware:
        """Middleware for in front of everything."""
        settings, sign_ins = self._settings, default_sign_ins()
        health = Health({"bundle": _read_bundle, "database": _ask_database, "worker": _ask_worker})
        rules = Rules(
            settings=settings,
            needs=_needs(),
            headers=security_headers(_FIRST_PAGE),
            pages={f"/{page.url_path}": page.title for page in PAGES.values()},
            sign_ins=sign_ins,
            own=self._ways_in(sign_ins),
            health={"/healthz": health.alive, "/readyz": health.ready},
            is_open=is_open(settings),
            is_ready_to_sign_in=is_ready(settings),
            note=self._watchdog.note_address,
            on_error=log_error,
            is_act=is_act,
            token_person=token_person(lambda token: open_board().tokens.person(token)),
        )
        return Middleware(Gate, rules=rules)

    def access_log(self) -> Middleware:
        """Middleware for in front of the gate."""
        return Middleware(AccessLog, needs=_needs())

    def engine(self) -> ScoringEngine:
        """Give what the API scores with: the queue and the model of the screens."""
        settings = self._settings
        return ScoringEngine(
            default_runner,
            loaded_bundle,
            lambda: open_board().kept,
            _ask_database,
            settings.reading_max_s,
            settings.case_max_age_s,
        )

    def _ways_in(self, sign_ins: SignIns) -> Own:
        """Addresses that sign somebody in and out, none where there is no provider."""
        if not self._settings.oidc_issuer:
            return {}
        return Provider(self._settings, sign_ins, log_error, own_ledger.record).routes()

    @asynccontextmanager
    async def lifespan(self, _app: st.App) -> AsyncIterator[None]:
        """Run the worker, the sweeper and the watchdog from start to shutdown; leave no upload behind."""
        raise_descriptor_limit()
        keep_answers()
        prepare_places()
        default_runner()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._sweep_forever)
            tasks.start_soon(self._warm_up_and_watch)
            try:
                yield
            finally:
                self._watchdog.stop()
                tasks.cancel_scope.cancel()
                close_default_runner()
                default_store().sweep(0.0)

    async def _warm_up_and_watch(self) -> None:
        """Load what the screens need, then watch; libraries halt the loop for seconds while they load."""
        await surely("warm-up", partial(anyio.to_thread.run_sync, warm_up))
        self._watchdog.watch(asyncio.get_running_loop())

    async def _sweep_forever(self) -> None:
        """Delete uploads that nobody read, and forget work, slices and visitors that nobody asks for."""
        settings = self._settings

        async def sweep_here() -> None:
            default_runner().sweep(settings.case_max_age_s)
            sweep_visitors(settings.visitor_max_away_s)

        in_thread = anyio.to_thread.run_sync
        await again_and_again(
            settings.sweep_every_s,
            ("sweep of uploads", lambda: in_thread(default_store().sweep, settings.upload_max_age_s)),
            ("sweep of images", lambda: in_thread(default_frames().sweep, settings.case_max_age_s)),
            ("sweep of kept cases", lambda: in_thread(sweep_kept, settings)),
            ("sweep of visitors", sweep_here),
        )


def _needs() -> tuple[Need, ...]:
    """List what each address asks of a caller."""
    upload_bytes = default_store().max_bytes + _STUDY_MARGIN_BYTES
    return needs({f"/{page.url_path}": page.action for page in PAGES.values()}, upload_bytes, _TABLE_BYTES)


def _read_bundle() -> None:
    """Read the bundle; raises where it cannot be read, also where it could be at the start."""
    (bundle_folder() / "bundle.toml").read_bytes()
    loaded_bundle()


def _ask_database() -> None:
    """Ask the board's database; raises where it does not answer."""
    open_board().counted()


def _ask_worker() -> None:
    """Ask the worker; raises where it takes no more work."""
    if default_runner().is_closed:
        raise RuntimeError
