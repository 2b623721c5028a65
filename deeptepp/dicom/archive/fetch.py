"""Fetches the MR images of a study from a PACS (WADO-RS), written to disk while they arrive.

Images come as the PACS keeps them, in whatever transfer syntax, each a whole DICOM file; memory does not grow with
them. Other series stay where they are: nothing but MR is read, and results of earlier scores least of all.

References
----------
DICOM PS3.18 section 10.4 (Retrieve Transaction), section 8.6.1.2.1 (multipart payload).
"""

from __future__ import annotations

from email.message import Message
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

import requests
from pydicom.dataset import Dataset
from python_multipart import MultipartParser

from deeptepp.dicom.archive.connection import TIMEOUT_S, Connection, connected
from deeptepp.dicom.archive.pacs import Pacs
from deeptepp.dicom.archive.query import series_of
from deeptepp.domain.progress import Progress, Step, StepReport, silent
from deeptepp.errors import NothingToFetch, StudyNotInPacs, UploadTooLarge
from deeptepp.wording.sentence import sentence

_AS_KEPT = 'multipart/related; type="application/dicom"; transfer-syntax=*'
_AS_IS_DEFAULT = 'multipart/related; type="application/dicom"'
"""The second is asked for where a server does not know the wildcard; it answers in Explicit VR Little Endian."""

_CHUNK_BYTES = 1 << 20


class _Files:
    """Numbered files of one fetch, and how much they may be."""

    def __init__(self, folder: Path, max_bytes: int, max_files: int) -> None:
        self._folder, self._max_bytes, self._max_files = folder, max_bytes, max_files
        self.n_files = self.n_bytes = 0
        self.is_whole = False
        self._file: BinaryIO | None = None

    def begin(self) -> None:
        """Open the next file."""
        self.close()
        self.is_whole = False
        if self.n_files >= self._max_files:
            limit = sentence("{n} files", n=self._max_files)
            raise UploadTooLarge(value=sentence("more than {n} files", n=self._max_files), limit=limit)
        self._file = (self._folder / f"{self.n_files:06d}").open("xb")
        self.n_files += 1

    def write(self, data: bytes, start: int, end: int) -> None:
        """Write a piece of the open file."""
        self.n_bytes += end - start
        if self.n_bytes > self._max_bytes:
            raise UploadTooLarge(value="more data", limit=f"{self._max_bytes / 1e9:.3g} GB")
        if self._file is not None:
            self._file.write(memoryview(data)[start:end])

    def end(self) -> None:
        """Note that a message came to its end."""
        self.is_whole = True

    def close(self) -> None:
        """Close the open file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def fetch_study(
    study_uid: str,
    pacs: Pacs | None,
    folder: Path,
    *,
    max_bytes: int,
    max_files: int,
    progress: Progress = silent,
) -> int:
    """Fetch the MR series of a study into a folder and give the number of files.

    ``folder``: exists and is empty; what was written into it before a refusal is the caller's to remove. Raises
    PacsError: the PACS does not answer, refuses, or has no such study or no MR in it; UploadTooLarge: it is more
    than allowed; JobCancelled: ``progress`` stopped the work.
    """
    name = pacs.name if pacs is not None else ""
    with connected(pacs) as line:
        series = series_of(study_uid, line)
        if not series:
            raise StudyNotInPacs(name=name)
        wanted = [each for each in series if each.get("Modality") == "MR"]
        if not wanted:
            raise NothingToFetch(name=name)
        files, n_wanted = _Files(folder, max_bytes, max_files), sum(map(_n_instances, wanted))
        try:
            for each in wanted:
                path = f"/studies/{study_uid}/series/{each.SeriesInstanceUID}"
                _fetch_series(line, path, files, n_wanted, progress)
        finally:
            files.close()
    return files.n_files


def _n_instances(series: Dataset) -> int:
    """Images of a series, 0 where the PACS does not count them."""
    return int(series.get("NumberOfSeriesRelatedInstances") or 0)


def _fetch_series(line: Connection, path: str, files: _Files, n_wanted: int, progress: Progress) -> None:
    """Fetch one series, as the PACS keeps it where it can be asked for that."""
    reply = _get(line, path, _AS_KEPT)
    if reply.status_code == HTTPStatus.NOT_ACCEPTABLE:
        reply.close()
        reply = _get(line, path, _AS_IS_DEFAULT)
    with reply:
        reply.raise_for_status()
        parser = MultipartParser(
            _boundary(reply),
            {"on_part_begin": files.begin, "on_part_data": files.write, "on_end": files.end},
        )
        for chunk in reply.iter_content(_CHUNK_BYTES):
            parser.write(chunk)
            progress(StepReport(Step.READ, 0.0, _fetched(files, n_wanted)))
    files.close()
    if not files.is_whole:
        msg = "cut off"
        raise ValueError(msg)


def _get(line: Connection, path: str, accept: str) -> requests.Response:
    """Ask for a series, whose bytes are read later."""
    return line.session.get(f"{line.url}{path}", headers={"Accept": accept}, timeout=TIMEOUT_S, stream=True)


def _boundary(reply: requests.Response) -> str:
    """What separates the files. Raises ValueError: the answer is no multipart message."""
    head = Message()
    head["Content-Type"] = reply.headers.get("Content-Type", "")
    boundary = head.get_boundary()
    if head.get_content_maintype() != "multipart" or not boundary:
        msg = "no multipart message"
        raise ValueError(msg)
    return boundary


def _fetched(files: _Files, n_wanted: int) -> str:
    """How far it is."""
    megabytes = files.n_bytes / 1e6
    if not n_wanted:
        return sentence("{n} images fetched, {mb:.0f} MB", n=files.n_files, mb=megabytes)
    return sentence("{n} of {total} images fetched, {mb:.0f} MB", n=files.n_files, total=n_wanted, mb=megabytes)
