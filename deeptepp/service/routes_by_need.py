"""What each address of the service asks of a caller: one list, the first row that fits counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from deeptepp.domain.people import Action

_SMALL_BYTES = 1_000_000
"""Largest body of a request that hands in no file."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a family of addresses asks of a caller.

    ``path``: pattern of the whole path; ``action``: what she must be allowed to do, None for nothing;
    ``to_delete``: the same where she deletes, if that is something else;
    ``is_closed``: nobody gets in, since the product does not use it; ``is_shown_only``: an address counts only for
    those whose page it was sent to; ``is_public_asset``: the file belongs to the software and is the same for
    everybody, so that browsers may keep it.
    """

    path: str
    action: Action | None = None
    to_delete: Action | None = None
    methods: frozenset[str] = frozenset({"GET", "HEAD"})
    max_bytes: int = _SMALL_BYTES
    is_closed: bool = False
    is_shown_only: bool = False
    is_public_asset: bool = False


def needs(pages: Mapping[str, Action], upload_bytes: int, table_bytes: int) -> tuple[Need, ...]:
    """List every address: ``pages`` by their path, and the largest study and table that may be handed in."""
    read = Action.READ_EVIDENCE
    handing_in = frozenset({"GET", "HEAD", "POST"})
    return (
        *(Need(re.escape(path), action) for path, action in pages.items()),
        Need("/(healthz|readyz)"),
        Need("/sign-in(/back)?"),
        Need("/sign-out(/done)?"),
        Need("/_stcore/stream", read, methods=frozenset({"websocket"})),
        # Tables of the laboratory come through Streamlit's own way in; studies through ours.
        Need(
            "/_stcore/upload_file/.+",
            Action.USE_LABORATORY,
            methods=frozenset({"PUT", "DELETE"}),
            max_bytes=table_bytes,
        ),
        Need("/_stcore/(health|host-config)", read),
        Need("/_stcore/bidi-components/.*", read, is_public_asset=True),
        Need("/component/.*", read, is_public_asset=True),
        Need("/_stcore/(metrics|script-health-check)", Action.MANAGE),
        Need("/media/.+", read, is_shown_only=True),
        Need("/(_stcore|auth|oauth2callback)(/.*)?", is_closed=True),
        Need("/api/v1/uploads/[^/]+", Action.SCORE_CASES, methods=handing_in, max_bytes=upload_bytes),
        Need("/api/v1/frames/.+", Action.READ_CASES),
        Need("/api/v1/score", Action.SCORE_CASES, methods=frozenset({"POST"}), max_bytes=upload_bytes),
        Need("/api/v1/cases/[^/]+/score", Action.SCORE_CASES, methods=frozenset({"POST"})),
        Need("/api/v1/cases/[^/]+", Action.READ_CASES, Action.SCORE_CASES, frozenset({"GET", "DELETE"})),
        Need("/api/v1/jobs/[^/]+", Action.SCORE_CASES, methods=frozenset({"GET", "DELETE"})),
        Need("/api/v1/(info|openapi.json|docs)", read),
        Need("/metrics", Action.READ_METRICS),
        Need("/api(/.*)?", is_closed=True),
        Need("/static/.+|/favicon.png|/manifest.json", read, is_public_asset=True),
        # Streamlit answers any other address with the page that starts in the browser.
        Need(".*", read),
    )
