"""What the slice viewer says: its scripts hold no sentence of their own, so that every language reaches them."""

from __future__ import annotations

from deeptepp.errors import FramesGone
from deeptepp.ui.words.language import current_language, t
from deeptepp.wording.catalogue import Language

WORDS: dict[str, str] = {
    "viewer": "Slice viewer. Arrow keys step through slices, D draws a box, question mark lists the keys.",
    "display": "Display",
    "phase": "Phase",
    "what_is_shown": "What is shown",
    "image": "Image",
    "image_tip": "Image (I)",
    "subtraction": "Subtraction",
    "subtraction_tip": "Phase minus pre-contrast (S)",
    "mip": "MIP",
    "mip_tip": "Maximum projection of the subtraction (M)",
    "window": "Window",
    "window_preset": "Window preset",
    "window_tip": "Window preset (W)",
    "overlays": "Overlays",
    "contour": "Contour",
    "contour_tip": "Contour of the lesion (C)",
    "box": "Box",
    "box_tip": "Box around the lesion (B)",
    "curve": "Curve",
    "curve_tip": "Enhancement curve at the pointer (K)",
    "ruler": "Ruler",
    "ruler_tip": "Measure a distance in mm (U)",
    "lesion": "Lesion to go to",
    "go": "Go to",
    "go_tip": "Go to the lesion (L)",
    "draw": "Draw box",
    "draw_tip": "Draw a box (D)",
    "full_screen": "Full screen",
    "full_screen_tip": "Full screen (F)",
    "keys": "Keys",
    "keys_tip": "Keys (?)",
    "keys_and_mouse": "Keys and mouse",
    "close": "Close",
    "canvas": "Axial slice, patient right on the left",
    "loading": "Loading images",
    "loading_share": "Loading images · {share} %",
    "not_fetched": "The images could not be fetched. Reload the page.",
    "box_hint": "Drag a rectangle around the tumour, or press an arrow key: a box begins around the lesion.",
    "first_slice": "First slice",
    "last_slice": "Last slice",
    "slices": "Slices",
    "to": "to",
    "first_here": "First = here",
    "first_here_tip": "Begin at the slice shown",
    "last_here": "Last = here",
    "last_here_tip": "End at the slice shown",
    "use_box": "Use this box",
    "cancel": "Cancel",
    "feet": "Feet",
    "head": "Head",
    "slice": "Slice",
    "auto": "Auto",
    "bright": "Bright",
    "contrast": "High contrast",
    "full": "Full range",
    "custom": "Custom",
    "pre": "Pre",
    "post": "Post {k}",
    "pre_contrast": "Pre-contrast",
    "post_contrast": "Post-contrast {k}",
    "less_pre": "{phase} − pre",
    "mip_of": "MIP of {phase} − pre",
    "scored_phase": "Scored phase",
    "after_pre": "{time} after pre-contrast",
    "key": "key {k}",
    "zoom": "Zoom {times} ×",
    "all_slices": "All slices",
    "slice_of": "Slice {k} / {n}",
    "slice_said": "slice {k} of {n}, {place}",
    "enhancement": "Signal over pre, peak {percent} %",
    "box_begun": "Box begun, {size}, slices {first} to {last}. Arrow keys move it, "
    "Shift and arrow keys resize it, Page keys move it through the slices, and with Shift change its depth. "
    "Enter uses it, Escape leaves.",
    "box_said": "Box {size}, slices {first} to {last}",
    "box_used": "Box used",
    "box_left": "Box left",
    "ruler_on": "Ruler: drag over the image.",
    "ruler_said": "{mm} mm",
}
"""English by the name that the scripts use; ``{...}`` is filled in there."""

KEYS: tuple[tuple[str, str], ...] = (
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
    ("U", "ruler: drag measures in mm; Esc takes it away"),
    ("D", "draw a box: drag, or press an arrow key to begin one around the lesion"),
    ("Box: ← ↑ → ↓", "move it; with Shift, its right and its lower edge"),
    ("Box: Page ↑ ↓", "move it through the slices; with Shift, deeper or less deep"),
    ("Box: , .", "look through the slices while it stays"),
    ("Box: Enter, Esc", "use it, leave it"),
    ("F", "full screen"),
    ("Tab, ← →", "to the buttons, from one to the next"),
)
"""Shortcuts of the help card."""

REFUSALS: dict[str, str] = {FramesGone.rule: FramesGone.template}
"""What the route of the images refuses, which answers in English."""


def viewer_words() -> dict[str, str]:
    """Say everything that the viewer can show."""
    return {name: t(text) for name, text in WORDS.items()}


def viewer_keys() -> list[tuple[str, str]]:
    """Say the shortcuts of the help card."""
    return [(t(keys), t(meaning)) for keys, meaning in KEYS]


def viewer_refusals() -> dict[str, str]:
    """What the route of the images refuses.

    The result is by rule, empty for a visitor who reads English.
    """
    is_english = current_language() is Language.ENGLISH
    return {} if is_english else {rule: t(text) for rule, text in REFUSALS.items()}
