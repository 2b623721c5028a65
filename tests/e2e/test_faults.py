"""Faults in the background: the service answers again within seconds, or ends so that it is started again."""

from __future__ import annotations

import contextlib
import json
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

import httpx2
import pytest
from dashboard_server import ROOT, free_port

from deeptepp.service.watchdog import STUCK
from deeptepp.store.ledger import ledger_of

AGAIN_S = 10.0
"""Seconds after a fault by which the service answers again or has ended by itself."""

FACTS = {"sex": "F", "her2_status": "positive", "tumour_size_mm": 26, "node_stage": "N1", "er_positive": False}
"""Of an eligible patient; what is not said is unknown."""


class Service:
    """The whole app under uvicorn, in a folder with its settings alone."""

    def __init__(self, folder, settings, **environment):
        (folder / "deeptepp.toml").write_text(settings)
        self.port, self.folder, self.log = free_port(), folder, folder / "service.log"
        command = [sys.executable, "-m", "uvicorn", "app:app", "--app-dir", str(ROOT), "--port", str(self.port)]
        own = {"TMPDIR": str(folder), "DEEPTEPP_BOARD": str(self.board), "OMP_NUM_THREADS": "1"}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env=os.environ | own | environment, stdout=log, stderr=subprocess.STDOUT
            )

    @property
    def board(self):
        return self.folder / "board.sqlite"

    def status(self, path="/healthz", timeout_s=6.0):
        """Status of an answer, 0 for none."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=timeout_s) as reply:
                return reply.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def hand_in(self, content):
        """Hand a study in by REST; gives the status and the rule of the refusal."""
        headers = {"Content-Type": "application/zip", "Prefer": "wait=5"}
        url = f"http://127.0.0.1:{self.port}/api/v1/score"
        request = urllib.request.Request(url, content, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
                return reply.status, ""
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())["rule"]

    def score(self, study):
        """Have a study scored and kept; gives the address of its case and the answer."""
        with study.open("rb") as file, self.client() as client:
            parts = {"study": ("x.zip", file)}
            reply = client.post(
                "/api/v1/score", files=parts, data={"facts": json.dumps(FACTS)}, headers={"Prefer": "wait=55"}
            )
            give_up = time.monotonic() + 300
            while reply.status_code == 202 and time.monotonic() < give_up:
                time.sleep(1)
                reply = client.get(reply.json()["case"])
        assert reply.status_code == 200, reply.text
        return reply.headers["Content-Location"], reply.json()

    def kept(self, place):
        """What is kept of a case."""
        with self.client() as client:
            return client.get(place).json()

    def client(self):
        return httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=120)

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

        def start_(settings="", folder=tmp_path, **environment):
            folder.mkdir(exist_ok=True)
            service = Service(folder, settings, **({"DEEPTEPP_ARTIFACTS": str(bundle_folder)} | environment))
            stack.callback(service.process.wait, 30)
            stack.callback(service.process.send_signal, signal.SIGKILL)
            assert service.wait(300, lambda: service.status() == 200), service.log.read_text()[-2000:]
            return service

        yield start_


def test_a_sweep_that_fails_is_logged_and_goes_on_and_a_bundle_that_is_gone_is_said(
    start, tmp_path, bundle_folder
):
    broken = tmp_path / "bundle"
    broken.mkdir()
    service = start("sweep_every_s = 1", DEEPTEPP_ARTIFACTS=str(broken))
    assert service.wait(300, lambda: service.status("/readyz") == 503)
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


def test_with_its_descriptors_used_up_it_ends_or_answers_again_and_loses_no_case(start, study_zip):
    service = start()
    assert service.wait(300, lambda: service.status("/readyz") == 200)
    place, answer = service.score(study_zip)
    n_open = len(list(Path(f"/proc/{service.process.pid}/fd").iterdir()))
    resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (n_open + 40, n_open + 40))
    held = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(80)]
    try:
        # Whoever holds the connections does not let go.
        assert service.wait(
            AGAIN_S, lambda: service.process.poll() is not None or service.status(timeout_s=0.5) == 200
        )
        assert service.process.poll() in (None, STUCK)
    finally:
        for each in held:
            each.close()
    if service.process.poll() is None:
        assert service.wait(AGAIN_S, lambda: service.status() == 200 and service.status("/") == 200)
        service.process.kill()
    assert "Traceback" not in service.log.read_text() or "out of system resource" in service.log.read_text()
    assert ledger_of(str(service.board)).check().is_whole
    # Its supervisor starts it again.
    assert start(folder=service.folder / "again", DEEPTEPP_BOARD=str(service.board)).kept(place) == answer


def test_a_service_that_is_told_to_end_ends_in_peace(start):
    service = start()
    assert service.status("/api/v1/frames/secret-token?q=words") == 404
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(20) in (0, -signal.SIGTERM)
    assert list(service.folder.glob("deeptepp-uploads-*/studies/*")) == []
    assert not {word for word in ("secret-token", "words") if word in service.log.read_text()}


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 96 MB where everything of the service lies."""
    if os.geteuid() != 0:
        pytest.skip("Only root can mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.long
def test_a_full_disk_is_said_and_once_there_is_room_it_takes_studies_again_and_has_lost_no_case(
    start, small_disk, study_zip
):
    service = start("sweep_every_s = 1", folder=small_disk)
    assert service.wait(300, lambda: service.status("/readyz") == 200)
    place, answer = service.score(study_zip)
    filler = small_disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as stream:
        while True:
            stream.write(b"x" * 65536)
    status, rule = service.hand_in(b"PK" + b"x" * 2_000_000)
    assert (status, rule) == (507, "disk.full")
    assert service.status() == 200
    assert service.kept(place) == answer
    filler.unlink()
    assert service.wait(AGAIN_S, lambda: service.process.poll() is None and service.status("/readyz") == 200)
    status, rule = service.hand_in(b"PK" + b"x" * 2_000_000)
    assert (status, rule.split(".")[0]) == (422, "archive")
    assert service.score(study_zip)[0] != place
    assert service.kept(place) == answer
    assert ledger_of(str(service.board)).check().is_whole
    assert "Traceback" not in service.log.read_text()


FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


@pytest.mark.long
@pytest.mark.skipif(not FAKETIME.exists(), reason="libfaketime is not installed (apt-get install faketime)")
@pytest.mark.parametrize("moved", ["-40d", "+40d"])
def test_with_its_clock_set_back_or_forth_it_goes_on_taking_studies_and_loses_no_case(
    start, tmp_path, study_zip, moved
):
    clock = tmp_path / "clock"
    clock.write_text("+0")
    own = {
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    service = start("sweep_every_s = 1", LD_PRELOAD=str(FAKETIME), **own)
    assert service.wait(300, lambda: service.status("/readyz") == 200)
    place, answer = service.score(study_zip)
    clock.write_text(moved)
    # The service looks at the file once a second.
    time.sleep(2)
    assert service.wait(AGAIN_S, lambda: service.status("/readyz") == 200 and service.status("/") == 200)
    assert service.kept(place) == answer
    other, moved_answer = service.score(study_zip)
    assert moved_answer["receipt"]["created_utc"][:10] != answer["receipt"]["created_utc"][:10]
    assert [service.kept(each) for each in (place, other)] == [answer, moved_answer]
    assert service.process.poll() is None
    assert ledger_of(str(service.board)).check().is_whole
    assert "Traceback" not in service.log.read_text()
