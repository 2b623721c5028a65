"""Headers that tell a browser what a page of this service may do."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
"""A script that stands in the first page of Streamlit itself."""

_FEATURES = ("camera", "geolocation", "microphone", "payment", "usb", "serial", "midi")
"""Abilities of a browser that no page here needs."""

_YEAR_S = 365 * 24 * 3600

Headers = tuple[tuple[bytes, bytes], ...]


def security_headers(first_page: Path | None) -> Headers:
    """Headers of every answer; ``first_page``: the one whose inline scripts are allowed, by their digests."""
    listed = {
        "Content-Security-Policy": _policy(_script_digests(first_page)),
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
    }
    return tuple((name.lower().encode(), value.encode()) for name, value in listed.items())


SECURE_LINE: Headers = ((b"strict-transport-security", f"max-age={_YEAR_S}".encode()),)
"""What is said besides over https."""

NO_STORE: Headers = ((b"cache-control", b"no-store"),)
"""What is said besides of anything that may belong to a case."""


def _policy(scripts: Sequence[str]) -> str:
    """Say where each kind of content may come from: here, and nowhere else."""
    digests = "".join(f" '{digest}'" for digest in scripts)
    return "; ".join(
        (
            "default-src 'self'",
            # Components of the page arrive over its own line and are loaded as blobs.
            f"script-src 'self' blob:{digests}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' blob: data:",
            "worker-src 'self' blob:",
            "frame-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _script_digests(first_page: Path | None) -> list[str]:
    """Digests of the scripts in a page, as a policy names them."""
    if first_page is None:
        return []
    scripts = _INLINE.findall(first_page.read_text(encoding="utf-8"))
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return [f"sha256-{base64.b64encode(digest).decode()}" for digest in digests]
