"""Command that opens the dashboard: ``app``."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer


def open_dashboard(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8501,
) -> None:
    """Open the dashboard on this machine; ``deeptepp.toml`` and kept data lie in the working directory."""
    from deeptepp.config import top_folder

    # A browser opens where there is a screen to open it on.
    has_screen = sys.platform == "darwin" or any(os.environ.get(each) for each in ("DISPLAY", "WAYLAND_DISPLAY"))
    options = {"port": str(port), "headless": str(not has_screen).lower()}
    words = [word for name, value in options.items() for word in (f"--server.{name}", value)]
    command = [sys.executable, "-m", "streamlit", "run", str(top_folder() / "app.py"), *words]
    # Forwarded headers are judged by the gate alone, see trusted_proxies.
    os.execve(sys.executable, command, os.environ | {"FORWARDED_ALLOW_IPS": ""})  # noqa: S606  no shell is wanted
