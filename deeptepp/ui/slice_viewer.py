"""The slice viewer: a canvas that fetches the stacks once and scrolls them without the server."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from math import isfinite
from typing import Any

import numpy as np
import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from deeptepp.domain.lesion import BoxMm, Lesion, LesionOrigin
from deeptepp.store.frames import FRAMES_PATH, Outline, default_frames

_SCRIPTS = (
    "viewer_pixels.js",
    "viewer_stacks.js",
    "viewer_stage.js",
    "viewer_box.js",
    "viewer_view.js",
    "viewer_controls.js",
    "slice_viewer.js",
)
"""Parts of one module, in order: a component is loaded as one text, which cannot import its neighbours."""

_KEYS = (
    ("Wheel, ↑ ↓", "one slice; Page ↑ ↓ ten; Home, End"),
    ("0 1 2 …", "phase: pre-contrast, post-contrast 1, 2 …"),
    ("I S M", "image, subtraction, MIP of the subtraction"),
    ("Drag", "window (across) and level (up and down)"),
    ("W", "next window preset"),
    ("Ctrl + wheel, + −", "zoom; right-button drag zooms too"),
    ("Shift + drag", "move the image; middle button too"),
    ("R", "reset window and zoom; double-click fits"),
    ("L N Z", "to the lesion, to the next one, zoom on it"),
    ("C B K", "contour, box, enhancement curve at the pointer"),
    ("D", "draw a box; Enter uses it, Esc leaves"),
    ("F", "full screen"),
)
"""Shortcuts of the help card."""

_SHORT = {LesionOrigin.READER: "Reader", LesionOrigin.EXPERT: "Expert"}
"""How outlines are called that the detector did not make; its own are numbered."""

_HTML = """
<div class="viewer" data-part="viewer" tabindex="0" role="group"
  aria-label="Slice viewer. Arrow keys step through slices, question mark lists the keys.">
  <div class="bar" role="toolbar" aria-label="Display">
    <div class="group"><span class="name">Phase</span>
      <div class="segment" role="group" aria-label="Phase" data-part="phases"></div></div>
    <div class="segment" role="group" aria-label="What is shown">
      <button type="button" data-part="image" title="Image (I)">Image</button>
      <button type="button" data-part="subtraction" title="Phase minus pre-contrast (S)">Subtraction</button>
      <button type="button" data-part="mip" title="Maximum projection of the subtraction (M)">MIP</button>
    </div>
    <label class="group"><span class="name">Window</span>
      <select data-part="preset" aria-label="Window preset" title="Window preset (W)"></select></label>
    <div class="segment" role="group" aria-label="Overlays">
      <button type="button" data-part="contour" title="Contour of the lesion (C)">Contour</button>
      <button type="button" data-part="box" title="Box around the lesion (B)">Box</button>
      <button type="button" data-part="curve" title="Enhancement curve at the pointer (K)">Curve</button>
    </div>
    <div class="group push">
      <select data-part="lesion" aria-label="Lesion to go to"></select>
      <button type="button" data-part="go" title="Go to the lesion (L)">Go to</button>
      <button type="button" data-part="draw" title="Draw a box (D)">Draw box</button>
      <button type="button" data-part="fullscreen" title="Full screen (F)" aria-label="Full screen">
        <svg viewBox="0 0 16 16" width="14" height="14" fill="none" stroke="currentColor" stroke-width="1.6"
          aria-hidden="true"><path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4"/></svg></button>
      <button type="button" data-part="help" title="Keys (?)" aria-label="Keys" aria-expanded="false">?</button>
    </div>
  </div>
  <div class="stage" data-part="stage">
    <canvas data-part="canvas" role="img" aria-label="Axial slice, patient right on the left"></canvas>
    <div class="note what" data-part="what"></div><div class="note window" data-part="window"></div>
    <div class="note place" data-part="place"></div>
    <div class="letter left" data-part="letter-left"></div>
    <div class="letter right" data-part="letter-right"></div>
    <div class="letter top" data-part="letter-top"></div>
    <div class="letter bottom" data-part="letter-bottom"></div>
    <div class="cover" data-part="loading"><span role="status" data-part="message">Loading images</span></div>
    <div class="load-bar" data-part="load-bar"><i></i></div>
    <div class="panel" data-part="panel" role="group" aria-label="Box" hidden>
      <span data-part="box-hint">Drag a rectangle around the tumour. The wheel still steps through slices.</span>
      <div class="facts" data-part="box-facts" hidden>
        <label>Slices <input type="number" min="1" data-part="first" aria-label="First slice"></label>
        <label>to <input type="number" min="1" data-part="last" aria-label="Last slice"></label>
        <button type="button" data-part="first-here" title="Begin at the slice shown">First = here</button>
        <button type="button" data-part="last-here" title="End at the slice shown">Last = here</button>
        <span class="size" data-part="box-size"></span>
        <button type="button" class="main" data-part="use">Use this box</button>
        <button type="button" data-part="discard">Cancel</button>
      </div>
    </div>
    <div class="card" data-part="help-card" role="dialog" aria-label="Keys" hidden>
      <header>Keys and mouse <button type="button" data-part="help-close">Close</button></header>
      <dl>KEYS</dl>
    </div>
  </div>
  <div class="bar foot">
    <span class="end">Feet</span>
    <div class="track"><div class="rail"><i class="band" data-part="band" hidden></i></div>
      <input type="range" min="0" max="1" value="0" aria-label="Slice" data-part="slider"></div>
    <span class="end">Head</span>
  </div>
</div>
""".replace("KEYS", "".join(f"<dt>{keys}</dt><dd>{meaning}</dd>" for keys, meaning in _KEYS))


def slice_viewer(
    token: str, *, key: str, candidates: Sequence[Lesion], selected: int, height: int = 620
) -> BoxMm | None:
    """Show the slices of a case.

    Parameters
    ----------
    token : str
        What ``FrameStore.put`` gave.
    key : str
        Of the widget.
    candidates : sequence of Lesion
        Outlined on the slices; a reader's lesion may be among them.
    selected : int
        Index of the lesion that is scored; the viewer goes to it when it changes.
    height : int
        Of the whole viewer, CSS pixels.

    Returns
    -------
    BoxMm or None
        The box that the reader confirmed, in the one run that follows; None in every other run.

    Raises
    ------
    FramesGone
        Unknown token, or pushed out of memory.
    """
    outlines = default_frames().outlines(token, candidates)
    result = _component()(
        key=key,
        data={
            "token": token,
            "path": FRAMES_PATH,
            "height": height,
            "selected": selected,
            "lesions": [_described(number, outline) for number, outline in enumerate(outlines, start=1)],
        },
        on_box_change=_rerun,
    )
    return _parsed(result.box)


@cache
def _component() -> ComponentRenderer:
    """Register the component once."""
    assets = files("deeptepp.ui")
    return st.components.v2.component(
        "deeptepp_slice_viewer",
        html=_HTML,
        css=assets.joinpath("slice_viewer.css").read_text(encoding="utf-8"),
        js="\n".join(assets.joinpath(name).read_text(encoding="utf-8") for name in _SCRIPTS),
    )


def _described(number: int, outline: Outline) -> dict[str, Any]:
    """Give one outline as the canvas draws it."""
    short = _SHORT.get(outline.lesion.origin, str(number))
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
