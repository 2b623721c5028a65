"""The settings of Streamlit that the screens were made for, wherever the server was started."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from streamlit import config


def hold_settings(path: Path) -> None:
    """Let the settings of a file hold, also where an ASGI server was started in a folder that lacks it.

    ``streamlit run`` reads the file beside its script itself, stronger than those of the working directory and of
    the account; what stands on its command line is stronger still, and stays. Raises OSError: there is no file.
    """
    for key, value in _flat(tomllib.loads(path.read_text(encoding="utf-8"))):
        if not config.is_manually_set(key) or Path(config.get_where_defined(key)).is_file():
            config.set_option(key, value, str(path))


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Name every value of a table and of the tables in it, as ``theme.light.linkColor``."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
