"""An archive on this machine that takes DICOM objects and remembers which: one per process of the tests."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from email.parser import BytesParser
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from pydicom import dcmread

_ARRIVED: dict[str, set[str]] = defaultdict(set)
"""SOPInstanceUIDs, by the first part of the address that they were sent to."""


class _Archive(BaseHTTPRequestHandler):
    """Answers to STOW-RS; of a search it finds nothing, so that results are a study of their own each time."""

    def do_GET(self) -> None:
        """Find nothing."""
        self._answer(b"[]")

    def do_POST(self) -> None:
        """Take the objects of one message, all of them or none."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message = BytesParser().parsebytes(f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode() + body)
        uids = [
            str(
                dcmread(io.BytesIO(part.get_payload(decode=True)), specific_tags=["SOPInstanceUID"]).SOPInstanceUID
            )
            for part in message.get_payload()
        ]
        _ARRIVED[self.path.split("/")[1]].update(uids)
        taken = [{"00081155": {"vr": "UI", "Value": [uid]}} for uid in uids]
        self._answer(json.dumps({"00081199": {"vr": "SQ", "Value": taken}}).encode())

    def _answer(self, answer: bytes) -> None:
        """Send JSON as DICOM has it."""
        self.send_response(200)
        self.send_header("Content-Type", "application/dicom+json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@cache
def running_archive() -> str:
    """Start the archive; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Archive)
    Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def arrived(where: str) -> set[str]:
    """What has arrived under an address."""
    return set(_ARRIVED[where])
