"""A line to a PACS by DICOMweb; whatever goes wrong on it has a name and quotes nothing that the PACS holds.

References
----------
DICOM PS3.18 section 8 (DICOMweb services).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from xml.etree.ElementTree import ParseError

import requests
from dicomweb_client.api import DICOMwebClient
from dicomweb_client.session_utils import create_session, create_session_from_user_pass
from pydicom.dataset import Dataset
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from deeptepp.dicom.archive.pacs import Pacs
from deeptepp.dicom.header_values import quiet
from deeptepp.errors import DeepTeppError, PacsDenied, PacsError, PacsFault, PacsNotConfigured, PacsUnreachable

TIMEOUT_S = (10.0, 120.0)
"""Seconds to wait for a connection, and for an answer."""

_WHOLE_BYTES = 10**9
"""Messages up to this size are sent in one piece: not every server takes chunked ones."""

_N_RETRIES = 2
"""Times that a request is repeated after a line broke."""

_DENIED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_NO_DICOMWEB = "its answer is not that of a DICOMweb server"


@dataclass(frozen=True, slots=True)
class Connection:
    """An open line: ``client`` for the transactions of DICOMweb, ``session`` for plain requests below ``url``."""

    client: DICOMwebClient
    session: requests.Session
    url: str

    def answers(self, path: str) -> bool:
        """Whether the PACS answers a request with success; the answer itself is not read."""
        with self.session.get(f"{self.url}{path}", headers=JSON, timeout=TIMEOUT_S, stream=True) as reply:
            return bool(reply.status_code == HTTPStatus.OK)


JSON = {"Accept": "application/dicom+json"}
"""Asks for JSON, which every DICOMweb server speaks."""


@contextmanager
def connected(pacs: Pacs | None) -> Iterator[Connection]:
    """Open a line to a PACS.

    Raises PacsNotConfigured: there is none; PacsUnreachable: it does not answer; PacsDenied: it does not let this
    installation in; PacsFault: it answers with an error, or not as a DICOMweb server does.
    """
    if pacs is None:
        raise PacsNotConfigured
    try:
        with quiet(), _session(pacs) as session:
            client = DICOMwebClient(pacs.url, session=session, timeout=TIMEOUT_S, chunk_size=_WHOLE_BYTES)
            client.set_http_retry_params(retry=False)
            yield Connection(client, session, pacs.url)
    except DeepTeppError:
        # Some of ours are a ValueError too, and name themselves.
        raise
    except requests.HTTPError as error:
        raise refusal_of(pacs, error) from None
    except (KeyError, ParseError, ValueError, requests.exceptions.InvalidJSONError):
        raise PacsFault(name=pacs.name, reason=_NO_DICOMWEB) from None
    except requests.RequestException as error:
        raise PacsUnreachable(name=pacs.name, reason=type(error).__name__) from None


def refusal_of(pacs: Pacs, error: requests.HTTPError) -> PacsError:
    """Name an answer by its status."""
    status = 0 if error.response is None else error.response.status_code
    kind = PacsDenied if status in _DENIED else PacsFault
    return kind(name=pacs.name, reason=f"HTTP {status}")


def datasets(rows: list[dict[str, Any]]) -> list[Dataset]:
    """Read what a search gave. Raises ValueError: it is no such thing."""
    try:
        return [Dataset.from_json(row) for row in rows]
    except (AttributeError, TypeError):
        msg = "no rows of DICOM JSON"
        raise ValueError(msg) from None


def _session(pacs: Pacs) -> requests.Session:
    """Begin a session as whoever this installation is."""
    session = create_session_from_user_pass(pacs.user, pacs.password) if pacs.user else create_session()
    session.headers.update(JSON)
    # A server closes an idle line just as the next request goes out (Orthanc after a second); that is no fault of
    # either, and every transaction used here may be repeated: what is stored twice is stored once.
    again = Retry(total=_N_RETRIES, status=0, redirect=0, allowed_methods=None, backoff_factor=0.1)
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=again))
    if pacs.token:
        session.headers["Authorization"] = f"Bearer {pacs.token}"
    session.hooks["response"].append(_plain_type)
    return session


def _plain_type(response: requests.Response, *_args: object, **_options: object) -> None:
    """Drop what some servers add to the type of an answer, as a character set; the client knows the bare one."""
    kind = response.headers.get("Content-Type", "")
    if kind.startswith("application/") and ";" in kind:
        response.headers["Content-Type"] = kind.partition(";")[0].strip()
