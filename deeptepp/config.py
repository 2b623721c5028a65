"""How one installation runs: ``deeptepp.toml``, read once and checked key by key."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path

from deeptepp.errors import BadSetting, UnknownSetting

SETTINGS_FILE = "deeptepp.toml"
"""Name of the settings file, looked for in the working directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an installation may change; every field has a default that works.

    Raises BadSetting: a number lies outside of its range.
    """

    artifacts: Path | None = None
    """Folder of the model bundle; the shipped one when not given. ``DEEPTEPP_ARTIFACTS`` is stronger."""
    board: str = "data/board.sqlite"
    """The tumour board's store: an SQLite file, made on first use, or ``postgresql://user:password@host/name``.
    ``DEEPTEPP_BOARD`` is stronger."""
    is_login_required: bool = False
    """Ask for a sign-in even where no provider is configured, so that a forgotten secret locks, not opens."""
    n_workers: int = 1
    """Cases read or scored at the same time; each holds one study in memory."""
    n_waiting: int = 32
    """Cases that may wait for a worker; one more is refused."""
    upload_max_age_s: float = 900.0
    """Seconds after which an upload is deleted, also where its case was not scored yet."""
    case_max_age_s: float = 3600.0
    """Seconds after which finished work that nobody fetched, and slices that nobody looks at, are dropped."""
    visitor_max_away_s: float = 900.0
    """Seconds after which everything of a visitor whose page is closed, or whose line is cut, is erased; until
    then the same tab finds its case again."""
    sweep_every_s: float = 60.0
    """Seconds between two looks for what has grown too old."""

    pacs_url: str = ""
    """DICOMweb address that results are sent to on request, such as ``https://pacs.example/dicom-web``; empty for
    none. ``DEEPTEPP_PACS_URL`` is stronger; who we are stands in the environment only."""
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

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise BadSetting(key=name, value=value, limit=f"in [{low:g}, {high:g}]")


_RANGES: dict[str, tuple[float, float]] = {
    "n_workers": (1, 16),
    "n_waiting": (0, 1000),
    "upload_max_age_s": (30, 86400),
    "case_max_age_s": (60, 86400),
    "visitor_max_away_s": (1, 86400),
    "sweep_every_s": (1, 3600),
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
    values = _parse(file) if file.is_file() else {}
    return Settings(**{key: _checked(key, value) for key, value in values.items()})  # type: ignore[arg-type]


def _parse(file: Path) -> dict[str, object]:
    """Read the TOML file as a flat table."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(key=file.name, value="unreadable", limit=f"TOML ({error})") from error


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
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and (kind == "float" or (kind == "int" and isinstance(value, int))):
        return value
    raise BadSetting(key=key, value=repr(value), limit=f"of type {_named(kind)}")


def _named(kind: str) -> str:
    """Say the type of a setting."""
    return "text" if kind == "str" else kind.removesuffix(" | None").lower()
