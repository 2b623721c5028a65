"""A PostgreSQL server of its own for tests, in a temporary folder; none where Debian's binaries are missing."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


def binaries() -> Path | None:
    """Where the newest server lies, None where there is none or nobody but root could run it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[4]))
    can_run = os.geteuid() != 0 or shutil.which("runuser") is not None
    return found[-1].parent if found and can_run else None


@dataclass(frozen=True)
class PostgresServer:
    """A server that can be stopped and started; the folder must be one that others may enter."""

    folder: Path
    port: int
    settings: str = ""

    @property
    def address(self) -> str:
        return f"postgresql://board@127.0.0.1:{self.port}/postgres"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def call(self, program: str, *arguments: str) -> None:
        # The server refuses to run as root.
        prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*prefix, str(binaries() / program), "-D", str(self.data), *arguments]
        with (self.folder / "output").open("w+") as output:
            done = subprocess.run(command, cwd=self.folder, stdout=output, stderr=output, timeout=120)
            assert done.returncode == 0, (self.folder / "output").read_text()

    def make(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self.call("initdb", "-U", "board", "-A", "trust", "-E", "UTF8", "--no-sync")

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off {self.settings}"
        self.call("pg_ctl", "-l", str(self.folder / "log"), "-o", options, "-w", "start")

    def stop(self, mode: str = "immediate", *more: str) -> None:
        self.call("pg_ctl", "-m", mode, *(more or ("-w",)), "stop")


@contextlib.contextmanager
def served(folder: Path, settings: str = "") -> Iterator[PostgresServer]:
    """Run a server until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = PostgresServer(folder, port, settings)
    server.make()
    server.start()
    try:
        yield server
    finally:
        with contextlib.suppress(AssertionError):  # it may have been stopped
            server.stop()


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run a server until the block ends; gives its address."""
    with served(folder) as server:
        yield server.address
