"""The dashboard as a process of its own, on a free port."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


PATIENT = "reading_max_s = 900\nunanswered_max_s = 120\n"
"""Settings of a server that is given time where the machine is busy with other tests."""


@dataclass(frozen=True)
class Server:
    """Where the server answers, and where it keeps uploads."""

    url: str
    temporary: Path
    pid: int = 0

    @property
    def memory_mb(self) -> float:
        """Memory of the server that stands in RAM."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024

    @property
    def uploads(self) -> list[Path]:
        """Every upload on disk, complete or not."""
        return list(self.temporary.glob("deeptepp-uploads-*/studies/*"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as reply:  # noqa: S310  our own server
            return reply.status == 200
    except urllib.error.HTTPError as error:
        return error.code == 401  # up, and asks who is there
    except OSError:
        return False


@contextlib.contextmanager
def serve(
    script: Path,
    temporary: Path,
    *,
    settings: str = "",
    port: int = 0,
    options: tuple[str, ...] = (),
    folder: Path | None = None,
    **environment: str,
):
    """Run one app until the block ends, in a folder with the theme, on a free port, with settings of its own."""
    port, folder = port or free_port(), folder or script.parent
    if settings:
        folder = temporary / "installation"
        shutil.copytree(script.parent / ".streamlit", folder / ".streamlit", dirs_exist_ok=True)
        (folder / "deeptepp.toml").write_text(settings)
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.address", "127.0.0.1", *options]
    own = {"TMPDIR": str(temporary), "DEEPTEPP_BOARD": str(temporary / "board.sqlite"), "OMP_NUM_THREADS": "1"}
    env = os.environ | own | environment
    log = (temporary / "server.log").open("w")
    process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 300
        while not is_up(url):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"The server did not start:\n{(temporary / 'server.log').read_text()[-2000:]}")
            time.sleep(0.3)
        yield Server(url, temporary, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()
