"""Sends result objects to a PACS by DICOMweb (STOW-RS).

References
----------
DICOM PS3.18 section 10.5 (Store Transaction).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError

import requests
from dicomweb_client.api import DICOMwebClient
from dicomweb_client.session_utils import create_session, create_session_from_user_pass
from pydicom.dataset import Dataset

from deeptepp.dicom.header_values import quiet
from deeptepp.dicom.results.objects import ResultObject
from deeptepp.dicom.results.pacs import Pacs
from deeptepp.errors import PacsNotConfigured, PacsRefused, PacsUnreachable

TIMEOUT_S = (10.0, 120.0)
"""Seconds to wait for a connection, and for an answer."""

_WHOLE_BYTES = 10**9
"""Messages up to this size are sent in one piece: not every server takes chunked ones."""

_NO_ANSWER = "its answer does not name them as stored, as that of a DICOMweb server would"

_NO_PREAMBLE = b"\0" * 128


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a PACS answered.

    ``name``: of the PACS; ``stored``: names of the objects that it took; ``n_warnings``: objects that it took with
    a warning.
    """

    name: str
    stored: tuple[str, ...]
    n_warnings: int = 0


def send_objects(objects: Sequence[ResultObject], pacs: Pacs | None) -> Delivery:
    """Store objects in a PACS.

    Raises PacsNotConfigured where there is no PACS; PacsUnreachable where it does not answer; PacsRefused where it
    did not take all of them.
    """
    if pacs is None:
        raise PacsNotConfigured
    n = len(objects)
    try:
        with quiet():
            answer = _store([each.dataset for each in objects], pacs)
    except requests.HTTPError as error:
        status = "an error" if error.response is None else error.response.status_code
        raise PacsRefused(name=pacs.name, value=n, limit=n, reason=f"HTTP {status}") from None
    except (KeyError, ParseError, ValueError, requests.exceptions.InvalidJSONError):
        raise PacsRefused(name=pacs.name, value=n, limit=n, reason=_NO_ANSWER) from None
    except requests.RequestException as error:
        raise PacsUnreachable(name=pacs.name, reason=type(error).__name__) from None
    failed, taken = (list(answer.get(f"{kind}SOPSequence") or []) for kind in ("Failed", "Referenced"))
    if failed:
        codes = sorted({f"0x{int(item.get('FailureReason') or 0):04X}" for item in failed})
        raise PacsRefused(name=pacs.name, value=len(failed), limit=n, reason=f"DICOM failure {', '.join(codes)}")
    if len(taken) < n:
        raise PacsRefused(name=pacs.name, value=n - len(taken), limit=n, reason=_NO_ANSWER)
    n_warnings = sum(bool(item.get("WarningReason")) for item in taken)
    return Delivery(pacs.name, tuple(each.name for each in objects), n_warnings)


def _store(datasets: Sequence[Dataset], pacs: Pacs) -> Dataset:
    """Send datasets and give the answer."""
    for dataset in datasets:
        # Without it the client writes no file header, which some servers insist on.
        dataset.preamble = _NO_PREAMBLE
    with create_session_from_user_pass(pacs.user, pacs.password) if pacs.user else create_session() as session:
        headers = {"Authorization": f"Bearer {pacs.token}"} if pacs.token else None
        client = DICOMwebClient(
            pacs.url, session=session, headers=headers, timeout=TIMEOUT_S, chunk_size=_WHOLE_BYTES
        )
        client.set_http_retry_params(retry=False)
        answer: Dataset = client.store_instances(datasets)
    return answer
