"""An Orthanc of its own for tests: a free port of the loopback, a temporary folder; none where it is missing."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


def binary() -> str | None:
    """Where Orthanc is, None where it or its DICOMweb plugin is not installed."""
    found = shutil.which("Orthanc")
    return found if found and PLUGIN.exists() else None


@contextlib.contextmanager
def running(folder: Path, *, port: int = 0, password: str = "") -> Iterator[str]:
    """Run Orthanc until the block ends, on a free port unless one is given; gives its address."""
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    settings = {
        "Name": "test",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": port,
        "HttpServerEnabled": True,
        "DicomServerEnabled": False,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": bool(password),
        "RegisteredUsers": {"deeptepp": password} if password else {},
        "HttpsVerifyPeers": False,
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    url = f"http://127.0.0.1:{port}"
    with (folder / "orthanc.log").open("w") as log:
        process = subprocess.Popen([binary(), str(folder / "orthanc.json")], stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait(process, url, folder)
            yield url
        finally:
            process.terminate()
            process.wait(20)


def get_bytes(url: str) -> bytes:
    """Fetch from a server without a password."""
    with urllib.request.urlopen(url, timeout=10) as reply:  # noqa: S310  our own server
        return reply.read()


def get_json(url: str) -> object:
    """Ask a server without a password."""
    with urllib.request.urlopen(url, timeout=10) as reply:  # noqa: S310  our own server
        return json.load(reply)


def put(url: str, images: Iterable[Dataset]) -> None:
    """Store images by the server's own interface."""
    for image in images:
        stream = io.BytesIO()
        image.save_as(stream, enforce_file_format=True)
        request = urllib.request.Request(f"{url}/instances", data=stream.getvalue(), method="POST")  # noqa: S310
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310  our own server


def every_object(url: str) -> list[Dataset]:
    """Read every object that a server without a password holds."""
    names = get_json(f"{url}/instances")
    return [dcmread(io.BytesIO(get_bytes(f"{url}/instances/{name}/file"))) for name in names]


def _wait(process: subprocess.Popen[bytes], url: str, folder: Path) -> None:
    """Wait until the server answers, with or without a question for a password."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/system", timeout=2).close()  # noqa: S310  our own server
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError((folder / "orthanc.log").read_text()[-2000:])
