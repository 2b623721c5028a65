"""A PostgreSQL server of its own for tests, in a temporary folder; none where Debian's binaries are missing."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path


def binaries() -> Path | None:
    """Where the newest server lies, None where there is none or nobody but root could run it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[4]))
    can_run = os.geteuid() != 0 or shutil.which("runuser") is not None
    return found[-1].parent if found and can_run else None


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run a server until the block ends; gives its address. The folder must be one that others may enter."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data, bin_ = folder / "data", binaries()
    prefix = []
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres")
        prefix = ["runuser", "-u", "postgres", "--"]

    def call(*command: str) -> None:
        done = subprocess.run([*prefix, *command], cwd=folder, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr

    call(str(bin_ / "initdb"), "-D", str(data), "-U", "board", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    call(str(bin_ / "pg_ctl"), "-D", str(data), "-l", str(folder / "log"), "-o", options, "-w", "start")
    try:
        yield f"postgresql://board@127.0.0.1:{port}/postgres"
    finally:
        call(str(bin_ / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
