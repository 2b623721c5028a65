"""How one installation runs: ``deeptepp.toml``, read once and checked key by key."""

from __future__ import annotations

import logging
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from deeptepp.domain.people import Role
from deeptepp.errors import BadSetting, UnknownSetting

_LOG = logging.getLogger(__name__)

SETTINGS_FILE = "deeptepp.toml"
"""Name of the settings file, looked for in the working directory."""


def top_folder() -> Path:
    """Folder of app.py, pages, streamlit settings and artifacts: the repository, or their copy in the wheel."""
    installed = Path(__file__).with_name("installed")
    return installed if installed.is_dir() else Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an installation may change; every field has a default that works.

    Raises BadSetting: a number lies outside of its range.
    """

    artifacts: Path | None = None
    """Folder of the model bundle; the shipped one when not given. ``DEEPTEPP_ARTIFACTS`` is stronger."""
    board: str = "data/board.sqlite"
    """The tumour board's store: an SQLite file, made on first use, or ``postgresql://user:password@host/name``.
    ``DEEPTEPP_BOARD``, or the file that ``DEEPTEPP_BOARD_FILE`` names, is stronger."""
    is_login_required: bool = False
    """Ask for a sign-in even where no provider is configured, so that a forgotten secret locks, not opens."""
    n_workers: int = 1
    """Cases read or scored at the same time; each holds one study in memory."""
    n_waiting: int = 32
    """Cases that may wait for a worker; one more is refused."""
    n_waiting_each: int = 6
    """Of these, pieces of work of one visitor; those of visitors take turns."""
    reading_max_s: float = 50.0
    """Seconds in which a study is read and searched, or a table read; what takes longer is stopped by name."""
    study_max_files: int = 20_000
    """Most files of a study that a visitor hands in, each image plane counted."""
    study_max_mb: float = 650.0
    """Most megabytes of the images of a study in memory: five phases of 400 slices of 400 x 400 have 640."""
    work_max_mb: float = 820.0
    """Megabytes of memory that one piece of work may add; what takes more is stopped by name."""
    table_max_cells: int = 400_000
    """Most cells of a table that a visitor hands in, all sheets together: 10,000 patients in 40 columns."""
    upload_max_age_s: float = 900.0
    """Seconds after which an upload is deleted, also where its case was not scored yet."""
    case_max_age_s: float = 3600.0
    """Seconds after which finished work that nobody fetched, and slices that nobody looks at, are dropped."""
    visitor_max_away_s: float = 900.0
    """Seconds after which everything of a visitor whose page is closed, or whose line is cut, is erased; until
    then the same tab finds its case again."""
    case_kept_days: float = 365.0
    """Days after its last change at which a kept case is deleted with its scores; 0 keeps none."""
    images_kept_days: float = 30.0
    """Days after which the encrypted images of a kept case are deleted; 0 keeps none."""
    images_folder: str = "data/images"
    """Where they lie if the board is in PostgreSQL; with an SQLite file, in a folder beside it."""
    sweep_every_s: float = 60.0
    """Seconds between two looks for what has grown too old."""

    pacs_url: str = ""
    """DICOMweb address that results are sent to on request, such as ``https://pacs.example/dicom-web``; empty for
    none. ``DEEPTEPP_PACS_URL`` is stronger; who we are stands in the environment, or in files that it names."""
    pacs_name: str = "PACS"
    """What screens call it."""
    dicom_folder: Path | None = None
    """Folder of studies that are received by C-STORE, by ``deeptepp listen``; none when not given."""
    dicom_port: int = 0
    """Port on which ``deeptepp listen`` receives; 0 for none."""
    dicom_address: str = "127.0.0.1"
    """Address of the network interface on which it listens."""
    dicom_ae_title: str = "DEEPTEPP"
    """Application entity title under which it is called."""
    dicom_callers: str = ""
    """Application entity titles that may send, by commas; nobody may while it is empty."""
    dicom_quiet_s: float = 30.0
    """Seconds without a new image after which a study that is received counts as complete."""
    dicom_max_age_s: float = 43200.0
    """Seconds after which a study that was received is deleted."""

    public_url: str = ""
    """Address under which people reach the service, such as ``https://deeptepp.hospital.example``; empty where it
    answers on this machine alone."""
    hosts: tuple[str, ...] = ()
    """Further names that it answers to."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks whose forwarded headers are believed."""
    is_open_without_login: bool = False
    """Let everybody who reaches it do everything, also from other machines. ``DEEPTEPP_OPEN=1`` says the same."""
    oidc_issuer: str = ""
    """OpenID Connect provider, such as ``https://login.hospital.example/realms/staff``; empty for no sign-in."""
    oidc_client_id: str = ""
    """Our name there; the secret stands in ``DEEPTEPP_OIDC_SECRET`` or the file ``DEEPTEPP_OIDC_SECRET_FILE``."""
    oidc_scope: str = "openid profile"
    """What is asked of it; ``openid profile groups`` where groups need a scope of their own."""
    groups_claim: str = "groups"
    """Claim that holds a person's groups, with dots into tables, such as ``realm_access.roles``."""
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Groups of the provider behind each role; who is in none of them gets in nowhere."""
    session_idle_s: float = 1800.0
    """Seconds without an action after which somebody has to sign in again."""
    session_max_s: float = 36000.0
    """Seconds after which she has to in any case."""
    n_connections: int = 1000
    """Requests and open pages at the same time; one more is refused."""
    requests_per_minute: int = 20000
    """Requests of one address within a minute; a first page fetches about a hundred files."""
    unanswered_max_s: float = 10.0
    """Seconds for which the service may not answer itself; it ends then, for its supervisor to start it again."""

    @property
    def needs_sign_in(self) -> bool:
        """Whether nobody gets in without signing in."""
        return self.is_login_required or bool(self.oidc_issuer)

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise BadSetting(key=name, value=value, limit=f"in [{low:g}, {high:g}]")


_RANGES: dict[str, tuple[float, float]] = {
    "n_workers": (1, 16),
    "n_waiting": (0, 1000),
    "n_waiting_each": (1, 1000),
    "reading_max_s": (5, 86400),
    "study_max_files": (1, 1_000_000),
    "study_max_mb": (10, 1_000_000),
    "work_max_mb": (10, 1_000_000),
    "table_max_cells": (1, 1_000_000_000),
    "upload_max_age_s": (30, 86400),
    "case_max_age_s": (60, 86400),
    "visitor_max_away_s": (1, 86400),
    "case_kept_days": (0, 36_500),
    "images_kept_days": (0, 36_500),
    "sweep_every_s": (1, 3600),
    "session_idle_s": (10, 86400),
    "session_max_s": (10, 604800),
    "n_connections": (10, 100000),
    "requests_per_minute": (60, 1000000),
    "unanswered_max_s": (5, 600),
    "dicom_port": (0, 65535),
    "dicom_quiet_s": (1, 3600),
    "dicom_max_age_s": (60, 604800),
}
"""Closed interval of every number."""


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings of this installation.

    ``path``: settings file, ``deeptepp.toml`` in the working directory when not given. May be absent. Raises
    UnknownSetting: the file has a key that no setting has; BadSetting: the file is no TOML, or a value has the
    wrong type or lies outside of its range.
    """
    file = path or Path(SETTINGS_FILE)
    return _settings_of(file.read_bytes() if file.is_file() else b"", file.name)


@lru_cache(maxsize=4)
def _settings_of(content: bytes, name: str) -> Settings:
    """Read the content of a settings file, once for as long as it stays: a page run asks many times."""
    values = _parse(content, name)
    return Settings(**{key: _checked(key, value) for key, value in values.items()})  # type: ignore[arg-type]


def read_secret(variable: str, environment: Mapping[str, str] = os.environ) -> str:
    """Read a secret from a variable, or from the file that the variable with ``_FILE`` behind it names.

    Returns an empty text where neither is set; blanks around it count for nothing. Raises BadSetting: both are
    set, or the file cannot be read or holds nothing. Neither a value nor a path is named.
    """
    value, file = environment.get(variable, "").strip(), environment.get(f"{variable}_FILE", "").strip()
    if not file:
        return value
    if value:
        raise BadSetting(key=variable, value="set twice", limit=f"set alone, without {variable}_FILE")
    try:
        text, mode = Path(file).read_text(encoding="utf-8").strip(), Path(file).stat().st_mode
    except (OSError, UnicodeDecodeError):
        text, mode = "", 0
    if not text:
        limit = "a file that the account of the service can read, with the secret in it"
        raise BadSetting(key=f"{variable}_FILE", value="not shown", limit=limit)
    if mode & stat.S_IROTH:
        _warn_of_open_file(variable)
    return text


@lru_cache
def _warn_of_open_file(variable: str) -> None:
    """Say once that others could read a secret."""
    _LOG.warning("the file that %s_FILE names can be read by every account of this machine", variable)


def _parse(content: bytes, name: str) -> dict[str, object]:
    """Read the content of a TOML file as a flat table."""
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(key=name, value="unreadable", limit=f"TOML ({error})") from error


def _checked(key: str, value: object) -> object:
    """Value in the type of its setting."""
    known = {field.name: str(field.type) for field in fields(Settings)}
    if key not in known:
        raise UnknownSetting(key=key, nearest=get_close_matches(key, known, n=1, cutoff=0.0)[0])
    kind = known[key]
    if kind == "Path | None" and isinstance(value, str):
        return Path(value)
    if kind == "str" and isinstance(value, str) and value.strip():
        return value.strip()
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind.startswith("tuple") and isinstance(value, list):
        return _texts(key, value)
    if kind.startswith("Mapping") and isinstance(value, dict) and set(value) <= set(Role):
        return {role: _texts(f"{key}.{role}", groups) for role, groups in value.items()}
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and (kind == "float" or (kind == "int" and isinstance(value, int))):
        return value
    raise BadSetting(key=key, value=repr(value), limit=f"of type {_named(kind)}")


def _texts(key: str, value: object) -> tuple[str, ...]:
    """Read a list of texts."""
    if isinstance(value, list) and all(isinstance(each, str) and each.strip() for each in value):
        return tuple(each.strip() for each in value)
    raise BadSetting(key=key, value=repr(value), limit=f"of type {_named('tuple')}")


def _named(kind: str) -> str:
    """Say the type of a setting."""
    if kind.startswith(("tuple", "Mapping")):
        return "list of texts" if kind.startswith("tuple") else f"table with {', '.join(Role)} and lists of texts"
    return "text" if kind == "str" else kind.removesuffix(" | None").lower()
