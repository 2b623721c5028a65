"""Faults in the background: the service answers again within seconds, or ends so that it is started again."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from dashboard_server import ROOT, free_port

from deeptepp.service.watchdog import STUCK

AGAIN_S = 15.0
"""Limit of the service on itself, 10 s, and what a busy machine adds."""


class Service:
    """The whole app under uvicorn, in a folder with its settings."""

    def __init__(self, folder, settings, **environment):
        (folder / "deeptepp.toml").write_text(settings)
        self.port, self.folder, self.log = free_port(), folder, folder / "service.log"
        command = [sys.executable, "-m", "uvicorn", "app:app", "--app-dir", str(ROOT), "--port", str(self.port)]
        own = {"TMPDIR": str(folder), "DEEPTEPP_BOARD": str(folder / "board.sqlite"), "OMP_NUM_THREADS": "1"}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env=os.environ | own | environment, stdout=log, stderr=subprocess.STDOUT
            )

    def status(self, path="/healthz"):
        """Status of an answer, 0 for none."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=6) as reply:
                return reply.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def wait(self, seconds, until):
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            if until():
                return True
            time.sleep(0.2)
        return False


@pytest.fixture
def start(tmp_path, bundle_folder):
    with contextlib.ExitStack() as stack:

        def start_(settings="", **environment):
            service = Service(tmp_path, settings, **({"DEEPTEPP_ARTIFACTS": str(bundle_folder)} | environment))
            stack.callback(service.process.wait, 30)
            stack.callback(service.process.send_signal, signal.SIGKILL)
            assert service.wait(120, lambda: service.status() == 200), service.log.read_text()[-2000:]
            return service

        yield start_


def test_a_sweep_that_fails_is_logged_and_goes_on_and_a_bundle_that_is_gone_is_said(
    start, tmp_path, bundle_folder
):
    broken = tmp_path / "bundle"
    broken.mkdir()
    service = start("sweep_every_s = 1", DEEPTEPP_ARTIFACTS=str(broken))
    assert service.wait(60, lambda: service.status("/readyz") == 503)
    # A cleaner of temporary files puts something else where the uploads were.
    (uploads,) = [*tmp_path.glob("deeptepp-uploads-*/studies")] or [tmp_path.glob("deeptepp-uploads-*")]
    uploads.rename(tmp_path / "away")
    uploads.write_text("no folder")
    assert service.wait(10, lambda: service.log.read_text().count("sweep of uploads: ") >= 2)
    assert "Traceback" not in service.log.read_text()
    for name in bundle_folder.iterdir():
        (broken / name.name).write_bytes(name.read_bytes())
    assert service.wait(AGAIN_S, lambda: service.status("/readyz") == 200)
    (broken / "bundle.toml").unlink()
    assert service.wait(AGAIN_S, lambda: service.status("/readyz") == 503)
    assert service.status() == 200


def test_with_its_descriptors_used_up_it_ends_or_answers_again(start):
    service = start()
    n_open = len(list(Path(f"/proc/{service.process.pid}/fd").iterdir()))
    resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (n_open + 40, n_open + 40))
    held = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(80)]
    try:
        assert service.wait(AGAIN_S, lambda: service.process.poll() is not None or service.status() == 200)
        assert service.process.poll() in (None, STUCK)
    finally:
        for each in held:
            each.close()
    if service.process.poll() is None:
        assert service.wait(AGAIN_S, lambda: service.status() == 200 and service.status("/") == 200)
    assert "Traceback" not in service.log.read_text() or "out of system resource" in service.log.read_text()


def test_a_service_that_is_told_to_end_ends_in_peace(start):
    service = start()
    assert service.status("/api/v1/frames/secret-token?q=words") == 404
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(20) in (0, -signal.SIGTERM)
    assert list(service.folder.glob("deeptepp-uploads-*/studies/*")) == []
    assert not {word for word in ("secret-token", "words") if word in service.log.read_text()}
