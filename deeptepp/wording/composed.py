"""English that was finished before it could be said otherwise, recognised by patterns, until all are sentences."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from string import Formatter

_COUNTED = frozenset(
    ("n", "m", "k", "total", "draws", "share", "low", "high", "level", "limit", "mm", "auc", "score")
)
"""Fields of composed sentences that hold a number."""

_NUMBER = "[-+\u2212<>\\d., ]+?"

_SEPARATORS = {"  ·  ": "  ·  ", ". ": "。"}
"""What divides a text that is not known as a whole, and what joins its parts when they are said."""

_FIELD = re.compile(r"(?<!\{)\{(\w+)(?::[^{}]*)?\}(?!\})")
"""A named field of a template."""

_patterns: dict[str, tuple[tuple[re.Pattern[str], str], ...]] = {}
"""Patterns by language."""

_said: dict[tuple[str, str], str] = {}
"""What was recognised before."""


def composed(sentence: str, code: str, whole: Mapping[str, str]) -> str:
    """Say a sentence by a pattern, or the parts of it that a separator divides."""
    key = (code, sentence)
    if key not in _said:
        if len(_said) > 20_000:
            _said.clear()
        _said[key] = _recognised(sentence.replace("\u00a0", " "), code, whole) or sentence
    return _said[key]


def _recognised(plain: str, code: str, whole: Mapping[str, str]) -> str | None:
    """Say a text that is not known as a whole; None where it is not recognised."""
    for pattern, said in patterns(code, whole):
        match = pattern.fullmatch(plain)
        if match:
            return said.format(**{name: _part(part, code, whole) for name, part in match.groupdict().items()})
    for separator, joint in _SEPARATORS.items():
        parts = plain.split(separator)
        if len(parts) > 1:
            spoken = [_part(part, code, whole) for part in parts]
            if spoken != parts:
                return joint.join(spoken)
    if plain.endswith("."):
        said = _part(plain[:-1], code, whole)
        return None if said == plain[:-1] else f"{said}。"
    return None


def _part(part: str, code: str, whole: Mapping[str, str]) -> str:
    """Say a part of a sentence."""
    return whole.get(part) or composed(part, code, whole)


def patterns(code: str, whole: Mapping[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Give the patterns with what they become, in the order in which they are tried."""
    if code not in _patterns:
        path = Path(__file__).parent / "locale" / code / "composed.toml"
        said = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        made = [english for english in whole if _FIELD.search(english) and len(_FIELD.sub("", english)) > 5]
        said |= {
            english: _FIELD.sub(r"{\1}", whole[english])
            for english in sorted(made, key=lambda one: -len(_FIELD.sub("", one)))
            if english not in said
        }
        _patterns[code] = tuple((_pattern(english), other) for english, other in said.items())
    return _patterns[code]


def _pattern(template: str) -> re.Pattern[str]:
    """Turn a template into what recognises the sentences made from it; fields of numbers take nothing else."""
    seen: set[str] = set()
    text = ""
    for literal, name, spec, _ in Formatter().parse(template.replace("\u00a0", " ")):
        text += re.escape(literal)
        if name in seen:
            text += f"(?P={name})"
        elif name:
            text += f"(?P<{name}>{_NUMBER if spec or name in _COUNTED else '.+?'})"
            seen.add(name)
    return re.compile(text, re.DOTALL)
