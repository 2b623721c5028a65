"""Names of columns in other people's tables: English, German, Chinese and what is shortened in clinics.

A name is made plain (small letters, no accents, no signs, its unit taken off) and compared with what each wanted
column is called elsewhere. A better match has a longer name in common; a column is never guessed by one letter.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any

from deeptepp.domain.clinical import CLINICAL_FACTS
from deeptepp.domain.cohort import Endpoint

LISTED: dict[str, Any] = tomllib.loads(Path(__file__).with_name("column_names.toml").read_text(encoding="utf-8"))
"""Names of columns, and the words that they are made of."""

WANTED: dict[str, tuple[str, ...]] = {target: tuple(names) for target, names in LISTED["wanted"].items()}
WANTED |= {
    name: (name.replace("_", " "), fact.short or fact.label)
    for name, fact in CLINICAL_FACTS.items()
    if name not in WANTED
}
WANTED |= {name: (name.replace("_", " "),) for each in Endpoint for name in each.columns if name not in WANTED}
"""What each wanted column is called, plain; the best known first. A fact or an endpoint that nobody has listed
goes by its own name."""

UNITS_BY_WORD = {word: unit for unit, words in LISTED["units"].items() for word in words}
"""Units as names of columns write them."""

_GLUED = re.compile(
    r"(?<![a-z])(rfs|i?dfs|efs|os|er|pgr|pr|ki67|surg|op|recur|relapse|death|dth|(?:last)?fu|surv|age|"
    r"trt|hist|her2)"
    r"(days?|months?|mos?|mths?|yrs?|years?|weeks?|pct|dt|date|cnsr|cens|event|evt|status|stat|time|grp|grade|dx)"
    r"(?![a-z])"
)
"""Two words that statistics programs write as one."""

_LEGEND = re.compile(r"(\d{1,2})\s*[=:]\s*([^\d\s,;/|、()\[\]=:][^,;/|、()\[\]=:]*)")
"""A code with its meaning, as names of columns carry it: ``1=yes, 2=no``."""

_CLOSE = 0.88
"""Likeness of two plain names from which a slip of the pen is assumed (``difflib``)."""

_FEWEST_LETTERS = 5
"""Letters below which a name has to be written as it is known."""


def plain_name(name: str) -> str:
    """Make the name of a column plain.

    Small letters without accents, signs and units.

    >>> plain_name("T size (cm)"), plain_name("OP-Datum"), plain_name("Tumorgröße [mm]"), plain_name("ER %")
    ('t size', 'op datum', 'tumorgrosse', 'er')
    """
    text = without_legend(name).replace("ß", "ss").replace("²", "2").replace("=", " ")
    text = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", text)
    folded = unicodedata.normalize("NFKD", text).lower()
    folded = "".join(sign for sign in folded if not unicodedata.combining(sign))
    parted = _GLUED.sub(r"\1 \2", re.sub(r"[\W_]+", " ", re.sub(r"[（）]", " ", folded)))
    words = [full for word in parted.split() if (full := LISTED["short"].get(word, word))] or parted.split()
    without = [word for word in words if word not in UNITS_BY_WORD]
    return " ".join(without or words)


def unit_in(name: str) -> str:
    """Unit that the name of a column says.

    Such as ``months`` or ``cm``; empty where it says none, or two.

    >>> unit_in("DFS (months)"), unit_in("tumour_size_mm"), unit_in("Relapse"), unit_in("生存期(月)")
    ('months', 'mm', '', 'months')
    """
    text = unicodedata.normalize("NFKC", re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", name)).lower()
    words = _GLUED.sub(r"\1 \2", re.sub(r"[^\w%]+|_", " ", text)).replace("%", " % ").split()
    # A bare 日, 月 or 年 inside a longer word is part of a date, not a unit.
    found = {UNITS_BY_WORD[word] for word in words if word in UNITS_BY_WORD}
    return found.pop() if len(found) == 1 else ""


def legend_in(name: str) -> dict[str, str]:
    """Give what the name of a column says of its codes.

    Gives meaning by code; empty where fewer than two are told.

    >>> legend_in("Rezidiv (0=ja, 1=nein)"), legend_in("DFS (months)")
    ({'0': 'ja', '1': 'nein'}, {})
    """
    found = {code: word.strip() for code, word in _LEGEND.findall(unicodedata.normalize("NFKC", name))}
    return found if len(found) > 1 else {}


def without_legend(name: str) -> str:
    """Name of a column without what it says of its codes."""
    return _LEGEND.sub(" ", unicodedata.normalize("NFKC", name)) if legend_in(name) else name


@cache
def likeness(name: str, target: str) -> float:
    """Rate how well a name fits a wanted column.

    ``target``: one of ``WANTED``. Gives 1 where it is known as it is, 0.6 to 0.95 where words or letters are
    alike, 0 where not. Names that stand earlier in the list of a target win over later ones by less than any other
    difference.
    """
    plain = plain_name(name)
    best = max(_one_likeness(plain, known) - place / 10_000 for place, known in enumerate(_known_names(target)))
    return best if best >= 0.5 else 0.0


@cache
def _known_names(target: str) -> tuple[str, ...]:
    """Plain names of a wanted column."""
    return tuple(plain_name(known) for known in WANTED[target])


def _one_likeness(plain: str, known: str) -> float:
    """Rate two plain names."""
    if plain == known or plain.replace(" ", "") == known.replace(" ", ""):
        return 1.0
    if known in LISTED["alone"]:
        return 0.0
    words, wanted = plain.split(), known.split()
    is_chinese = not known.isascii()
    if is_chinese and len(known) >= 2 and known in plain:
        return 0.6 + 0.3 * len(known) / len(plain)
    if len(wanted) > 1 and set(wanted) <= set(words):
        return 0.6 + 0.3 * len(wanted) / len(words)
    if len(wanted) == 1 and wanted[0] in words and len(words) <= 3 and (len(known) > 2 or words[0] == known):
        return 0.6 + 0.2 / len(words)
    shorter, longer = sorted((len(plain), len(known)))
    # Names of so different lengths cannot be alike enough; most end here.
    if shorter < _FEWEST_LETTERS or 2 * shorter / (shorter + longer) < _CLOSE:
        return 0.0
    ratio = SequenceMatcher(None, plain, known).ratio()
    return ratio * 0.95 if ratio >= _CLOSE else 0.0


@cache
def is_known_name(name: str) -> bool:
    """Whether a cell is the name of a column that is wanted."""
    return bool(name) and len(name) <= 120 and any(likeness(name, target) >= 0.6 for target in WANTED)
