"""Sends result objects to a PACS by DICOMweb (STOW-RS).

Where to is a setting of the installation, who we are comes from the environment; neither is ever logged.

References
----------
DICOM PS3.18 section 10.5 (Store Transaction).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from xml.etree.ElementTree import ParseError

import requests
from dicomweb_client.api import DICOMwebClient
from dicomweb_client.session_utils import create_session, create_session_from_user_pass
from pydicom.dataset import Dataset

from deeptepp.config import Settings
from deeptepp.dicom.objects import ResultObject
from deeptepp.dicom.values import quiet
from deeptepp.errors import BadSetting, PacsNotConfigured, PacsRefused, PacsUnreachable

TIMEOUT_S = (10.0, 120.0)
"""Seconds to wait for a connection, and for an answer."""

URL_VARIABLE, USER_VARIABLE = "DEEPTEPP_PACS_URL", "DEEPTEPP_PACS_USER"
PASSWORD_VARIABLE, TOKEN_VARIABLE = "DEEPTEPP_PACS_PASSWORD", "DEEPTEPP_PACS_TOKEN"
"""Variables of the environment: an address stronger than the setting, and basic or bearer authentication."""

_NO_ANSWER = "its answer does not name them as stored, as that of a DICOMweb server would"

_NO_PREAMBLE = b"\0" * 128


@dataclass(frozen=True, slots=True)
class Pacs:
    """Where results are sent.

    Parameters
    ----------
    url : str
        DICOMweb address, without ``/studies``.
    name : str
        What screens call it.
    user, password, token : str
        Basic authentication, or a bearer token; empty for none.
    """

    url: str = field(repr=False)
    name: str = "PACS"
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a PACS answered.

    Parameters
    ----------
    name : str
        Of the PACS.
    stored : tuple of str
        Names of the objects that it took.
    n_warnings : int
        Objects that it took with a warning.
    """

    name: str
    stored: tuple[str, ...]
    n_warnings: int = 0


def configured_pacs(settings: Settings, environment: Mapping[str, str] = os.environ) -> Pacs | None:
    """Give the PACS of this installation.

    Parameters
    ----------
    settings : Settings
        Of the installation.
    environment : mapping
        Holds who we are.

    Returns
    -------
    Pacs or None
        None where none is set.

    Raises
    ------
    BadSetting
        The address is no ``http://`` or ``https://`` address.
    """
    url = environment.get(URL_VARIABLE, "").strip() or settings.pacs_url
    if not url:
        return None
    return pacs_at(url, settings.pacs_name, environment)


def pacs_at(url: str, name: str, environment: Mapping[str, str] = os.environ) -> Pacs:
    """Give the PACS at an address.

    Parameters
    ----------
    url : str
        DICOMweb address.
    name : str
        What screens call it.
    environment : mapping
        Holds who we are.

    Returns
    -------
    Pacs
        With the authentication of the environment.

    Raises
    ------
    BadSetting
        The address is no ``http://`` or ``https://`` address, or holds a password.
    """
    try:
        parts = urlsplit(url)
        is_fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_fine = False
    if not is_fine or "@" in url:
        limit = "an http:// or https:// address without a password in it"
        raise BadSetting(key="pacs_url", value="not shown", limit=limit)
    user, password, token = (environment.get(v, "") for v in (USER_VARIABLE, PASSWORD_VARIABLE, TOKEN_VARIABLE))
    return Pacs(url.rstrip("/"), name, user, password, token)


def send_objects(objects: Sequence[ResultObject], pacs: Pacs | None) -> Delivery:
    """Store objects in a PACS.

    Parameters
    ----------
    objects : sequence of ResultObject
        Of one study.
    pacs : Pacs or None
        Where to.

    Returns
    -------
    Delivery
        All were taken.

    Raises
    ------
    PacsNotConfigured
        There is no PACS.
    PacsUnreachable
        It does not answer.
    PacsRefused
        It did not take all of them.
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
        client = DICOMwebClient(pacs.url, session=session, headers=headers, timeout=TIMEOUT_S)
        client.set_http_retry_params(retry=False)
        answer: Dataset = client.store_instances(datasets)
    return answer
