"""What the browser scripts say: they hold no sentence of their own, so that every language reaches them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from deeptepp.errors import (
    FramesGone,
    UploadIncomplete,
    UploadTokenExpired,
    UploadTokenUnknown,
    UploadTokenUsed,
    UploadTooLarge,
)
from deeptepp.ui.words.language import current_language, t
from deeptepp.wording.catalogue import Language

_WORDS = tomllib.loads(Path(__file__).with_name("browser_words.toml").read_text(encoding="utf-8"))
VIEWER: dict[str, str] = _WORDS["viewer"]
KEYS: dict[str, str] = _WORDS["keys"]
DROP: dict[str, str] = _WORDS["drop"]
"""English by the name that a script uses, where ``{...}`` is filled in, and the shortcuts of the help card."""

VIEWER_REFUSALS: dict[str, str] = {FramesGone.rule: FramesGone.template}
"""What the route of the images refuses, which answers in English."""

DROP_REFUSALS: dict[str, str] = {
    UploadTokenUnknown.rule: UploadTokenUnknown.template,
    UploadTokenUsed.rule: UploadTokenUsed.template,
    UploadTokenExpired.rule: "This upload link expired. Start the upload again from the page.",
    UploadTooLarge.rule: "The upload holds more than is allowed. Upload one breast MR study only.",
    UploadIncomplete.rule: "The upload ended before all of it arrived. Nothing was kept; try again.",
}
"""What the route of uploads refuses, for other languages: it answers in English, and with numbers."""


def said_words(words: Mapping[str, str]) -> dict[str, str]:
    """Say everything that a script can show."""
    return {name: t(text) for name, text in words.items()}


def said_keys() -> list[tuple[str, str]]:
    """Say the shortcuts of the help card."""
    return [(t(keys), t(meaning)) for keys, meaning in KEYS.items()]


def said_refusals(refusals: Mapping[str, str]) -> dict[str, str]:
    """Say what a route refuses, by rule; nothing for who reads English and gets the answer with its numbers."""
    return {} if current_language() is Language.ENGLISH else said_words(refusals)
