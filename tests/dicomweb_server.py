"""A small archive in memory that speaks DICOMweb as PS3.18 says, and refuses what a test wants refused."""

from __future__ import annotations

import contextlib
import http.server
import io
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from pydicom import dcmread
from pydicom.dataset import Dataset

OTHER_PATIENT = 0xA900
"""What an archive such as dcm4chee answers to an object whose study it has under another patient."""


@dataclass
class Archive:
    """What it holds.

    ``refuses`` gives a FailureReason or 0, ``warns`` a WarningReason or 0; ``status`` and ``body`` stand in place
    of any answer to a store; ``denies`` is the status of every answer; ``page`` answers every search;
    without ``knows_wildcard`` no transfer syntax may be asked for; ``cut_bytes`` are missing at the end of each.
    """

    url: str = ""
    objects: list[Dataset] = field(default_factory=list)
    heard: list[tuple[str, str, str]] = field(default_factory=list)
    refuses: Callable[[Dataset], int] = lambda _: 0
    warns: Callable[[Dataset], int] = lambda _: 0
    status: int = 0
    kind: str = "application/dicom+json; charset=UTF-8"
    body: bytes = b""
    denies: int = 0
    forgets: bool = False
    page: bytes = b""
    knows_wildcard: bool = True
    cut_bytes: int = 0

    def patient_differs(self, made: Dataset) -> int:
        """Refuse a second patient for one study, as a database with a key on both does."""
        same = [each for each in self.objects if each.StudyInstanceUID == made.StudyInstanceUID]
        return OTHER_PATIENT if any(each.PatientID != made.PatientID for each in same) else 0

    def found(self, path: str, asked: dict[str, str]) -> list[dict[str, object]]:
        """Answer a search below ``/studies``."""
        parts = path.strip("/").split("/")
        rows = [each for each in self.objects if len(parts) < 2 or each.StudyInstanceUID == parts[1]]
        rows = [each for each in rows if len(parts) < 4 or each.SeriesInstanceUID == parts[3]]
        level = {"studies": "StudyInstanceUID", "series": "SeriesInstanceUID", "instances": "SOPInstanceUID"}
        name = level[parts[-1]]
        own = {key: value for key, value in asked.items() if key[:1].isupper() and key != "ModalitiesInStudy"}
        rows = [each for each in rows if all(str(each.get(key, "")) == value for key, value in own.items())]
        kept = {(each.get(name), each.PatientID if name == level["studies"] else ""): each for each in rows}
        return [_row(each) for each in kept.values()]

    def store(self, bodies: list[bytes]) -> tuple[int, Dataset]:
        """Take what is not refused, and say so of each."""
        answer, taken, failed = Dataset(), [], []
        for body in bodies:
            made = dcmread(io.BytesIO(body))
            item = Dataset()
            item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = made.SOPClassUID, made.SOPInstanceUID
            if reason := self.refuses(made):
                item.FailureReason = reason
                failed.append(item)
                continue
            if warning := self.warns(made):
                item.WarningReason = warning
            taken.append(item)
            if not self.forgets:
                self.objects.append(made)
        if failed:
            answer.FailedSOPSequence = failed
        if taken:
            answer.ReferencedSOPSequence = taken
        warned = any("WarningReason" in item for item in taken)
        return (409 if failed and not taken else 202 if failed or warned else 200), answer


class _Server(http.server.ThreadingHTTPServer):
    archive: Archive


class _Handler(http.server.BaseHTTPRequestHandler):
    """Speaks for the archive of its server."""

    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.server.archive.heard.append(("GET", self.path, self.headers.get("Authorization") or ""))
        asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path.endswith("metadata"):
            study = parts.path.split("/")[2]
            rows = [_row(each) for each in self.server.archive.objects if each.StudyInstanceUID == study]
            self._answer(self.server.archive.denies or (200 if rows else 404), json.dumps(rows).encode())
            return
        if parts.path.count("/") == 4 and "series" in parts.path and not parts.path.endswith("instances"):
            self._give_files(*parts.path.split("/")[2::2])
            return
        rows = self.server.archive.found(parts.path, asked)
        self._answer(self.server.archive.denies or 200, self.server.archive.page or json.dumps(rows).encode())

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.archive.heard.append(("POST", self.path, self.headers.get("Authorization") or ""))
        boundary = self.headers["Content-Type"].partition("boundary=")[2].strip('"').encode()
        bodies = [part.partition(b"\r\n\r\n")[2] for part in content.split(b"--" + boundary)[1:-1]]
        if self.server.archive.status:
            self._answer(self.server.archive.status, self.server.archive.body)
            return
        status, answer = self.server.archive.store([body.removesuffix(b"\r\n") for body in bodies])
        self._answer(self.server.archive.denies or status, answer.to_json().encode())

    def _give_files(self, study: str, series: str) -> None:
        """Answer with every file of a series, as one multipart message."""
        if "transfer-syntax" in self.headers["Accept"] and not self.server.archive.knows_wildcard:
            self._answer(406, b"")
            return
        body = b""
        for each in self.server.archive.objects:
            if (each.StudyInstanceUID, each.SeriesInstanceUID) == (study, series):
                stream = io.BytesIO()
                each.save_as(stream, enforce_file_format=True)
                body += b"\r\n--sep\r\nContent-Type: application/dicom\r\n\r\n" + stream.getvalue()
        body += b"\r\n--sep--\r\n"
        kind = 'multipart/related; type="application/dicom"; boundary=sep'
        self._answer(self.server.archive.denies or 200, body[: len(body) - self.server.archive.cut_bytes], kind)

    def _answer(self, status: int, body: bytes, kind: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind or self.server.archive.kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def answering(**own: object) -> Iterator[Archive]:
    """Run an archive until the block ends."""
    server = _Server(("127.0.0.1", 0), _Handler)
    archive = server.archive = Archive(**own)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    archive.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield archive
    finally:
        server.shutdown()
        server.server_close()


def _row(each: Dataset) -> dict[str, object]:
    """Give the header of an object as a row of an answer."""
    made = Dataset()
    for element in each:
        if element.VR not in ("SQ", "OB", "OW", "UN"):
            made.add(element)
    return made.to_json_dict()
