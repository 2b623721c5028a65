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
from deeptepp.ui.words.language import t
from deeptepp.ui.words.viewer_words import viewer_keys, viewer_refusals, viewer_words

_SCRIPTS = (
    "said_words.js",
    "viewer_pixels.js",
    "viewer_stacks.js",
    "viewer_stage.js",
    "viewer_box.js",
    "viewer_ruler.js",
    "viewer_view.js",
    "viewer_controls.js",
    "viewer_drawing.js",
    "slice_viewer.js",
)
"""Parts of one module, in order: a component is loaded as one text, which cannot import its neighbours."""

_SHORT = {LesionOrigin.READER: "Reader", LesionOrigin.EXPERT: "Expert"}
"""How outlines are called that the detector did not make; its own are numbered."""

_HTML = """
<div class="viewer" data-part="viewer" tabindex="0" role="group" data-aria="viewer">
  <div class="bar" role="toolbar" data-part="toolbar" data-aria="display">
    <div class="group"><span class="name" data-say="phase"></span>
      <div class="segment" role="group" data-aria="phase" data-part="phases"></div></div>
    <div class="segment" role="group" data-aria="what_is_shown">
      <button type="button" data-part="image" data-say="image" data-tip="image_tip"></button>
      <button type="button" data-part="subtraction" data-say="subtraction" data-tip="subtraction_tip"></button>
      <button type="button" data-part="mip" data-say="mip" data-tip="mip_tip"></button>
    </div>
    <label class="group"><span class="name" data-say="window"></span>
      <select data-part="preset" data-aria="window_preset" data-tip="window_tip"></select></label>
    <div class="segment" role="group" data-aria="overlays">
      <button type="button" data-part="contour" data-say="contour" data-tip="contour_tip"></button>
      <button type="button" data-part="box" data-say="box" data-tip="box_tip"></button>
      <button type="button" data-part="curve" data-say="curve" data-tip="curve_tip"></button>
      <button type="button" data-part="ruler" data-say="ruler" data-tip="ruler_tip"></button>
    </div>
    <div class="group push">
      <select data-part="lesion" data-aria="lesion"></select>
      <button type="button" data-part="go" data-say="go" data-tip="go_tip"></button>
      <button type="button" data-part="draw" data-say="draw" data-tip="draw_tip"></button>
      <button type="button" data-part="fullscreen" data-tip="full_screen_tip" data-aria="full_screen">
        <svg viewBox="0 0 16 16" width="14" height="14" fill="none" stroke="currentColor" stroke-width="1.6"
          aria-hidden="true"><path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4"/></svg></button>
      <button type="button" data-part="help" data-tip="keys_tip" data-aria="keys" aria-expanded="false">?</button>
    </div>
  </div>
  <div class="stage" data-part="stage">
    <canvas data-part="canvas" role="img" data-aria="canvas"></canvas>
    <div class="note what" data-part="what"></div><div class="note window" data-part="window"></div>
    <div class="note place" data-part="place"></div>
    <div class="letter left" data-part="letter-left"></div>
    <div class="letter right" data-part="letter-right"></div>
    <div class="letter top" data-part="letter-top"></div>
    <div class="letter bottom" data-part="letter-bottom"></div>
    <div class="cover" data-part="loading"><span role="status" data-part="message" data-say="loading"></span></div>
    <div class="load-bar" data-part="load-bar"><i></i></div>
    <div class="panel" data-part="panel" role="group" data-aria="box" hidden>
      <span data-part="box-hint" data-say="box_hint"></span>
      <div class="facts" data-part="box-facts" hidden>
        <label><span data-say="slices"></span>
          <input type="number" min="1" data-part="first" data-aria="first_slice"></label>
        <label><span data-say="to"></span>
          <input type="number" min="1" data-part="last" data-aria="last_slice"></label>
        <button type="button" data-part="first-here" data-say="first_here" data-tip="first_here_tip"></button>
        <button type="button" data-part="last-here" data-say="last_here" data-tip="last_here_tip"></button>
        <span class="size" data-part="box-size"></span>
        <button type="button" class="main" data-part="use" data-say="use_box"></button>
        <button type="button" data-part="discard" data-say="cancel"></button>
      </div>
    </div>
    <div class="card" data-part="help-card" role="dialog" data-aria="keys" hidden>
      <header><span data-say="keys_and_mouse"></span>
        <button type="button" data-part="help-close" data-say="close"></button></header>
      <dl data-part="key-list"></dl>
    </div>
    <div class="heard" role="status" aria-live="polite" data-part="heard"></div>
  </div>
  <div class="bar foot">
    <span class="end" data-say="feet"></span>
    <div class="track"><div class="rail"><i class="band" data-part="band" hidden></i></div>
      <input type="range" min="0" max="1" value="0" data-aria="slice" data-part="slider"></div>
    <span class="end" data-say="head"></span>
  </div>
</div>
"""
"""Without words: ``data-say``, ``data-tip`` and ``data-aria`` name those that the scripts put in."""


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
    result = _component()(
        key=key,
        data={
            "token": token,
            "path": FRAMES_PATH,
            "height": height,
            "selected": selected,
            "words": viewer_words(),
            "keys": viewer_keys(),
            "refusals": viewer_refusals(),
            "lesions": [_described(number, outline) for number, outline in enumerate(outlines, start=1)],
        },
        on_box_change=_rerun,
    )
    return _parsed(result.box)


@cache
def _component() -> ComponentRenderer:
    """Register the component once."""
    assets = files("deeptepp.ui.viewer")
    return st.components.v2.component(
        "deeptepp_slice_viewer",
        html=_HTML,
        css=assets.joinpath("slice_viewer.css").read_text(encoding="utf-8"),
        js="\n".join(assets.joinpath(name).read_text(encoding="utf-8") for name in _SCRIPTS),
    )


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
