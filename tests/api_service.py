"""The whole service behind its gate over a real uvicorn, with a sign-in, tokens and a small model."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import shutil
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import coarse_study
import httpx2
import oidc_provider
import pytest
import tiny_bundle
import uvicorn
from starlette.applications import Starlette

from deeptepp import api
from deeptepp.config import load_settings
from deeptepp.dicom.write import write_study
from deeptepp.domain.people import Role
from deeptepp.service.sign_in_sessions import default_sign_ins
from deeptepp.store.cases import Board, board_address
from deeptepp.ui.background.jobs import close_default_runner
from deeptepp.ui.installation import Installation

FACTS = {
    "sex": "F",
    "her2_status": "positive",
    "tumour_size_mm": 24,
    "node_stage": "N1",
    "er_positive": False,
    "is_invasive": True,
    "had_biopsy_before_mr": False,
    "had_neoadjuvant_therapy": False,
}
"""Of an eligible patient."""


@dataclass
class Service:
    """A server, its tokens by role, its log, and its study and model on disk."""

    url: str
    folder: Path
    tokens: dict[str, str] = field(default_factory=dict)
    log: io.StringIO = field(default_factory=io.StringIO)
    clients: list[httpx2.Client] = field(default_factory=list)

    def client(self, role: str = "clinician") -> httpx2.Client:
        """A program with a token of a role, none for an empty one."""
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        client = httpx2.Client(base_url=self.url, headers=headers, trust_env=False, timeout=120)
        self.clients.append(client)
        return client

    @property
    def zip(self) -> Path:
        """A simulated study as one file."""
        return self.folder / "study.zip"


@contextlib.contextmanager
def _run(service: Service, taken: socket.socket):
    installation = Installation(load_settings())
    application = Starlette(
        routes=api.routes(installation.engine()), middleware=[installation.access_log(), installation.gate()]
    )
    config = uvicorn.Config(application, log_config=None, access_log=False, lifespan="off", proxy_headers=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield
    for client in service.clients:
        client.close()
    server.should_exit = True
    thread.join(10)


@contextlib.contextmanager
def running(folder: Path, board: str = ""):
    """Run the service in a folder until the block ends, with a board in SQLite unless an address is given."""
    study = coarse_study.coarse_study()
    write_study(study.study, folder / "study", description="simulated", patient_key="SIM")
    shutil.make_archive(str(folder / "study"), "zip", folder / "study")
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.chdir(folder)
        patch.delenv("DEEPTEPP_OPEN", raising=False)
        for name, value in {
            "DEEPTEPP_BOARD": board or str(folder / "board.sqlite"),
            "DEEPTEPP_ARTIFACTS": str(tiny_bundle.make_tiny_bundle(folder / "bundle")),
            "DEEPTEPP_OIDC_SECRET": oidc_provider.SECRET,
            "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
        }.items():
            patch.setenv(name, value)
        provider = stack.enter_context(oidc_provider.running())
        # A busy machine reads slowly.
        limits = "n_waiting_each = 100\nreading_max_s = 600\n"
        settings = f'oidc_issuer = "{provider.url}"\n{limits}{oidc_provider.SETTINGS}'
        (folder / "deeptepp.toml").write_text(settings)
        default_sign_ins.cache_clear()
        close_default_runner()
        taken = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        made = Service(f"http://127.0.0.1:{taken.getsockname()[1]}", folder)
        board = Board(board_address())
        made.tokens = {role.value: board.tokens.make(f"program for {role}", role, 5) for role in Role}
        board.close()
        handler = logging.StreamHandler(made.log)
        # The client of the tests runs in this process too, and tells its own addresses.
        handler.addFilter(lambda record: not record.name.startswith("httpx"))
        logging.getLogger().addHandler(handler)
        stack.callback(logging.getLogger().removeHandler, handler)
        level = logging.getLogger().level
        logging.getLogger().setLevel(logging.INFO)
        stack.callback(logging.getLogger().setLevel, level)
        stack.enter_context(_run(made, taken))
        yield made
    close_default_runner()
    default_sign_ins.cache_clear()
