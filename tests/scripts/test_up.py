"""`make up` starts the four parts for real; what ends is started again; `make down` leaves nothing."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
import up

PARTS = ("app", "orthanc", "postgres", "provider", "proxy")


def _free_port() -> int:
    """First of five ports in a row that nobody has."""
    for port in range(21000 + os.getpid() % 5000, 32000, 5):
        with contextlib.suppress(OSError), contextlib.ExitStack() as held:
            for each in range(port, port + 5):
                held.enter_context(socket.create_server(("127.0.0.1", each)))
            return port
    raise AssertionError


def _run(what: str, folder: Path, port: int, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, up.__file__, what, "--folder", str(folder), "--port", str(port), *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def _pids(place: up.Place) -> dict[str, int]:
    return {part: int(up.control(place, "pid", part).stdout) for part in PARTS}


def _until(works: Callable[[], bool], limit_s: float = 90.0) -> float:
    began = time.monotonic()
    while not works():
        assert time.monotonic() - began < limit_s
        time.sleep(0.2)
    return time.monotonic() - began


def _processes_of(folder: Path) -> list[str]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            cwd = str((file.parent / "cwd").readlink())
            if str(folder) in words or cwd.startswith(str(folder)):
                found.append(words)
    return found


@pytest.fixture(scope="module")
def running():
    """One set in a short folder that the database's account may enter; ended in any case."""
    folder = Path(tempfile.mkdtemp(prefix="up-"))
    port = _free_port()
    place = up.Place(folder, "127.0.0.1", port, is_demo=True)
    started = _run("up", folder, port, "--demo")
    try:
        yield place, started
    finally:
        ended = _run("down", folder, port, "--demo")
        shutil.rmtree(folder)
        assert ended.returncode == 0, ended.stderr


def _browser(place: up.Place) -> urllib.request.OpenerDirector:
    """Fetches over the connection that the certificate proves, and keeps cookies."""
    context = ssl.create_default_context(cafile=str(place.folder / "tls" / "certificate.pem"))
    cookies = urllib.request.HTTPCookieProcessor(CookieJar())
    return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), cookies)


def _answers(place: up.Place, path: str = "/healthz") -> bool:
    try:
        return bool(_browser(place).open(place.url + path, timeout=10).status == 200)
    except OSError:
        return False


def test_all_parts_are_ready_behind_tls_and_secrets_are_nobody_elses(running):
    place, started = running
    assert started.returncode == 0, started.stderr
    assert place.url in started.stdout
    assert "UNSAFE" in started.stdout
    with _browser(place).open(f"{place.url}/readyz") as reply:
        assert set(json.load(reply).values()) == {True}
        assert reply.headers["strict-transport-security"]
    kept = list((place.folder / "secrets").iterdir())
    assert len(kept) >= 5
    assert {stat.S_IMODE(file.stat().st_mode) for file in kept} == {0o600}
    said = started.stdout + "".join(log.read_text() for log in (place.folder / "logs").iterdir())
    assert [file.name for file in kept if file.read_text() in said] == []


def test_somebody_signs_in_through_the_proxy_and_no_search_word_or_token_is_in_its_log(running):
    place, _ = running
    browser = _browser(place)
    browser.addheaders = [("Accept", "text/html")]
    asked = browser.open(f"{place.url}/case?secret-of-mary=1").read().decode()
    link = re.search(r"href='(/authorize\?[^']*as=admin)'", asked)
    assert link
    provider = f"http://127.0.0.1:{place.ports['provider']}"
    with browser.open(provider + link[1].replace("&amp;", "&")) as page:
        assert page.url == f"{place.url}/case?secret-of-mary=1"
        assert page.status == 200
    file = place.folder / "logs" / "proxy.log"  # a line is written after the answer
    _until(lambda: "GET /case 200" in file.read_text(), 15.0)
    log = file.read_text()
    assert "GET /sign-in 303" in log
    assert "mary" not in log
    assert "state=" not in log


def test_each_part_that_is_killed_comes_back_and_a_second_start_changes_nothing(running):
    place, _ = running
    before = _pids(place)
    for part, pid in before.items():
        # The proxy's own children would keep its port for a while after a kill.
        os.kill(pid, signal.SIGTERM if part == "proxy" else signal.SIGKILL)
    _until(lambda: _answers(place, "/readyz"))
    after = _pids(place)
    assert [part for part in PARTS if after[part] in (0, before[part])] == []
    again = _run("up", place.folder, place.port, "--demo")
    assert again.returncode == 0
    assert _pids(place) == after


def test_down_leaves_nothing_running_and_keeps_the_data(running):
    place, _ = running
    assert _processes_of(place.folder)
    assert _run("down", place.folder, place.port, "--demo").returncode == 0
    assert _processes_of(place.folder) == []
    for port in place.ports.values():
        socket.create_server(("127.0.0.1", port)).close()
    assert (place.folder / "postgres" / "data" / "PG_VERSION").exists()
    assert _run("down", place.folder, place.port).returncode == 0


def test_other_machines_are_not_let_in_without_a_sign_in(tmp_path):
    for is_demo in (False, True):
        place = up.Place(tmp_path / "none", "0.0.0.0", _free_port(), is_demo)  # noqa: S104
        with pytest.raises(up.CannotRun, match="only with a sign-in"):
            up.refuse_place(place)


def test_a_folder_of_another_port_is_refused_by_name(tmp_path):
    (tmp_path / "port").write_text("8443")
    with pytest.raises(up.CannotRun, match="UP_PORT=8443"):
        up.refuse_place(up.Place(tmp_path, "127.0.0.1", _free_port(), is_demo=False))


def test_a_taken_port_and_a_folder_too_deep_for_a_socket_are_refused_by_name():
    port = _free_port()
    with socket.create_server(("127.0.0.1", port + 2)), pytest.raises(up.CannotRun, match="postgres is taken"):
        up.refuse_place(up.Place(Path("/tmp/up-none"), "127.0.0.1", port, is_demo=False))  # noqa: S108
    with pytest.raises(up.CannotRun, match="too long"):
        up.refuse_place(up.Place(Path("/tmp") / ("x" * 90), "127.0.0.1", port, is_demo=False))  # noqa: S108
