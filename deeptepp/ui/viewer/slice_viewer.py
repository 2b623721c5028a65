"""The slice viewer: a canvas that fetches the stacks once and scrolls them without the server."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np

from deeptepp.domain.lesion import BoxMm, Lesion, LesionOrigin
from deeptepp.store.frames import FRAMES_PATH, Outline, default_frames
from deeptepp.ui.browser_component import browser_component
from deeptepp.ui.words.browser_words import VIEWER, VIEWER_REFUSALS, said_keys, said_refusals, said_words
from deeptepp.ui.words.language import t

_SCRIPTS = (
    "said_words",
    "viewer_pixels",
    "viewer_stacks",
    "viewer_stage",
    "viewer_box",
    "viewer_ruler",
    "viewer_view",
    "viewer_controls",
    "viewer_drawing",
)
"""Parts that come before its own script, in order."""

_SHORT = {LesionOrigin.READER: "Reader", LesionOrigin.EXPERT: "Expert"}
"""How outlines are called that the detector did not make; its own are numbered."""


def slice_viewer(
    token: str, *, key: str, candidates: Sequence[Lesion], selected: int, height: int = 620
) -> BoxMm | None:
    """Show the slices of a case.

    ``token``: what ``FrameStore.put`` gave; ``candidates``: outlined on the slices, a reader's lesion may be among
    them; ``selected``: index of the lesion that is scored, the viewer goes to it when it changes; ``height``: of
    the whole viewer, CSS pixels. Returns the box that the reader confirmed, in the one run that follows, None in
    every other run. Raises FramesGone: unknown token, or pushed out of memory.
    """
    outlines = default_frames().outlines(token, candidates)
    result = browser_component("viewer", "slice_viewer", *_SCRIPTS)(
        key=key,
        data={
            "token": token,
            "path": FRAMES_PATH,
            "height": height,
            "selected": selected,
            "words": said_words(VIEWER),
            "keys": said_keys(),
            "refusals": said_refusals(VIEWER_REFUSALS),
            "lesions": [_described(number, outline) for number, outline in enumerate(outlines, start=1)],
        },
        on_box_change=_rerun,
    )
    return _parsed(result.box)


def _described(number: int, outline: Outline) -> dict[str, Any]:
    """One outline as the canvas draws it."""
    short = t(_SHORT[outline.lesion.origin]) if outline.lesion.origin in _SHORT else str(number)
    return {
        "start": outline.start,
        "shape": outline.mask.shape,
        "bits": base64.b64encode(np.packbits(outline.mask).tobytes()).decode("ascii"),
        "origin": outline.lesion.origin.value,
        "short": short,
        "label": f"{short} · {outline.diameter_mm:.0f} mm · {outline.volume_ml:.1f} ml",
    }


def _parsed(value: object) -> BoxMm | None:
    """Read a box from what the browser sent, None unless it is one."""
    if not isinstance(value, Mapping):
        return None
    corners = [value.get(name) for name in ("low", "high")]
    numbers = [n for corner in corners if isinstance(corner, list) for n in corner]
    if len(numbers) != 6 or not all(isinstance(n, (int, float)) and isfinite(n) for n in numbers):
        return None
    x0, y0, z0, x1, y1, z1 = (float(n) for n in numbers)
    return BoxMm((x0, y0, z0), (x1, y1, z1)) if x0 < x1 and y0 < y1 and z0 < z1 else None


def _rerun() -> None:
    """Let the page run again; the change itself is all that matters."""
