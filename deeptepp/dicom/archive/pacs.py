"""Where results are sent: a setting of the installation; who we are stands in the environment. None is logged."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from deeptepp.config import Settings, load_settings
from deeptepp.errors import BadSetting, SettingsError

URL_VARIABLE, USER_VARIABLE = "DEEPTEPP_PACS_URL", "DEEPTEPP_PACS_USER"
PASSWORD_VARIABLE, TOKEN_VARIABLE = "DEEPTEPP_PACS_PASSWORD", "DEEPTEPP_PACS_TOKEN"
"""Variables of the environment: an address stronger than the setting, and basic or bearer authentication."""


@dataclass(frozen=True, slots=True)
class Pacs:
    """Where results are sent.

    ``url``: DICOMweb address, without ``/studies``; ``name``: what screens call it; ``user``, ``password``,
    ``token``: basic authentication, or a bearer token; empty for none.
    """

    url: str = field(repr=False)
    name: str = "PACS"
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


def configured_pacs(settings: Settings, environment: Mapping[str, str] = os.environ) -> Pacs | None:
    """Give the PACS of this installation.

    None where none is set. Raises BadSetting where the address is no ``http://`` or ``https://`` address.
    """
    url = environment.get(URL_VARIABLE, "").strip() or settings.pacs_url
    if not url:
        return None
    return pacs_at(url, settings.pacs_name, environment)


def has_studies() -> bool:
    """Whether this installation has a PACS to search, or a folder of received studies."""
    try:
        settings = load_settings()
        return configured_pacs(settings) is not None or settings.dicom_folder is not None
    except SettingsError:
        return False


def pacs_at(url: str, name: str, environment: Mapping[str, str] = os.environ) -> Pacs:
    """Give the PACS at an address.

    Raises BadSetting where the address is no ``http://`` or ``https://`` address, or holds a password.
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
