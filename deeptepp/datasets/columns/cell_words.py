"""Words of other people's tables: yes and no, treatments and categories, in English, German and Chinese.

What is not known here is never guessed: it is counted, shown and asked. Words of a mapping go before these.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from deeptepp.datasets.columns.column_names import legend_in, without_legend
from deeptepp.datasets.raw_cells import NO_VALUE
from deeptepp.domain.clinical import CATEGORIES
from deeptepp.domain.cohort import Arm

NOT_KNOWN = "unknown"
"""Meaning of a word that says that nothing is known, or nothing that can be used."""

_LISTED: dict[str, Any] = tomllib.loads(Path(__file__).with_name("cell_words.toml").read_text(encoding="utf-8"))

ABSENT = NO_VALUE | set(_LISTED["absent"])
"""Cells that say that there is no value, small."""

_YES, _NO = frozenset(_LISTED["yes"]), frozenset(_LISTED["no"])
_EVENT, _NO_EVENT = frozenset(_LISTED["event"]), frozenset(_LISTED["no_event"])
_TRASTUZUMAB = (
    r"trastuzumab|\btmab\b|herceptin|herzuma|ogivri|kanjinti|ontruzant|trazimera|zercepac|"
    r"曲妥珠单抗|曲妥珠|赫赛汀|单靶"
)
_PERTUZUMAB = r"pertuzumab|\bpmab\b|perjeta|phesgo|帕妥珠单抗|帕妥珠|帕捷特|双靶"
_OTHER = (
    r"kadcyla|t-?dm-?1|emtansin\w*|恩美曲妥珠\w*|neratinib|nerlynx|奈拉替尼|enhertu|t-?dxd|deruxtecan|德曲妥珠\w*|"
    r"lapatinib|tyverb|tykerb|拉帕替尼|pyrotinib|吡咯替尼|tucatinib|margetuximab"
)
_NEGATED = re.compile(r"\b(no|not|kein|keine|keinen|ohne|without|never|nie)\b|^(无|未|没有|不)", re.IGNORECASE)
_ARM_WORDS: dict[str, str] = {word: arm for arm, words in _LISTED["arm"].items() for word in words}
_LETTERS = frozenset(_LISTED["arm_letters"])
"""Treatments that are only letters."""

_STAGE = re.compile(r"(?:stage|stadium|uicc|ajcc|p)?\s*(iv|iii|ii|i|[1-4])\s*([abc]?)\d?", re.IGNORECASE)
_ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV"}
_NODE = re.compile(r"(?:y?[pc]?n)\s*([0-3])\s*+(?:mi|[abc])?\s*+(?:\(.*\))?(?:\s*(?:mi|sn))?", re.IGNORECASE)
_GRADE = re.compile(r"(?:g|grade|grad)?\s*([1-3]|iii|ii|i)(?:\s*级)?", re.IGNORECASE)

_CATEGORY: dict[str, dict[str, str]] = {
    target: {word: meaning for meaning, words in meanings.items() for word in words}
    for target, meanings in _LISTED["category"].items()
}
_CATEGORY |= {
    name: {member.value.lower(): member.value for member in category}
    for name, category in CATEGORIES.items()
    if name not in _CATEGORY
}
"""What the words of each category mean; one that nobody has listed goes by its own values."""

Reader = Callable[[str], str | None]
"""Gives the meaning of a plain word, None where it is not known."""


def plain_word(cell: str) -> str:
    """Make a word plain: small, no accents, single blanks."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", cell)).lower().replace("ß", "ss")
    return " ".join("".join(sign for sign in folded if not unicodedata.combining(sign)).split())


def reader_of(target: str, name: str, cells: Sequence[str], own: Mapping[str, str]) -> Reader:
    """Give what reads the words of one column.

    ``target``: wanted column of words or of yes and no; ``name``: name of the column, which may say what yes
    means; ``cells``: its cells: codes other than 0 and 1 make every code of it a question; ``own``: words of the
    mapping, as they are written, with their meanings.
    """
    said = {plain_word(word): meaning for word, meaning in own.items()}
    words, legend, name = {plain_word(cell) for cell in cells}, legend_in(name), without_legend(name)
    by_target = _by_target(target, name, words)
    by_legend = _by_target(target, name, {plain_word(word) for word in legend.values()})

    def read(cell: str) -> str | None:
        word = plain_word(cell)
        if word in said:
            return said[word]
        if word in ABSENT:
            return NOT_KNOWN
        # What the name says of its codes goes before what they mean elsewhere; a code that it leaves out is asked.
        if legend and is_code(word):
            meant = plain_word(legend.get(word.removesuffix(".0"), ""))
            return (NOT_KNOWN if meant in ABSENT else by_legend(meant)) if meant else None
        labelled = _LABELLED.fullmatch(word)
        return by_target(word) or (by_legend(labelled.group(1)) if labelled else None)

    return read


_LABELLED = re.compile(r"\d{1,2}\s*[=:.,-]\s*([^\d\s].*)")
"""A code with its meaning behind it."""


def says_vital(word: str) -> bool:
    """Whether a plain word says that a patient lives or has died."""
    return bool(_VITAL.search(word))


_VITAL = re.compile(
    r"dead|death|deceased|died|alive|living|verstorben|\btot\b|gestorben|lebt|lebend|exitus|死亡|存活|健在"
)


def is_code(word: str) -> bool:
    """Whether a word is a whole number, whatever decimals a spreadsheet gave it."""
    return bool(re.fullmatch(r"\d{1,3}(\.0)?", word))


def _by_target(target: str, name: str, words: set[str]) -> Reader:
    """Choose the vocabulary."""
    if target == "arm":
        return _arm_reader(name, words)
    if target == "her2_status":
        return _her2_reader(name, words)
    if target in ("node_stage", "stage", "grade"):
        return {"node_stage": _node, "stage": _stage, "grade": _grade}[target]
    if target in _CATEGORY:
        table = _CATEGORY[target]
        return lambda word: table.get(word.removesuffix(".0"))
    if target == "source":
        return lambda word: word
    return _flag_reader(name, words, is_event=target.endswith("_event"))


def _her2_reader(name: str, words: set[str]) -> Reader:
    """Read HER2; bare codes as yes and no, as IHC scores where the name says so, else they are asked."""
    table = dict(_CATEGORY["her2_status"])
    codes = {word.removesuffix(".0") for word in words if is_code(word)}
    if codes <= {"0", "1"} and not _IHC.search(name):
        table |= {"0": "negative", "1": "positive"}
    elif codes == {"3"} or (codes <= {"0", "1", "2", "3"} and _IHC.search(name)):
        table |= {"0": "negative", "1": "negative", "2": NOT_KNOWN, "3": "positive"}
    return lambda word: table.get(word.removesuffix(".0"))


_IHC = re.compile(r"ihc|immun|免疫组化", re.IGNORECASE)
_TURNED = re.compile(
    r"cens|cnsr|zensi|alive|lebt|lebend|free|frei|surviv|ueberleb|überleb|删失|存活|生存", re.IGNORECASE
)
"""Names of columns in which 1 may mean that nothing happened."""

_OF_EVENTS = re.compile(r"(event|ereignis|death|overall.*status|ind)(?![a-z]|.?free|.?frei)", re.IGNORECASE)
"""Names that say that 1 is an event all the same: disease-free survival event."""


def _is_turned(name: str) -> bool:
    """Whether 1 may mean in a column of events that nothing happened."""
    if re.fullmatch(r"\W*(i?dfs|rfs|efs|os)\W*", name, re.IGNORECASE):
        return True
    is_censored = re.search(r"cens|cnsr|zensi|alive|删失", name, re.IGNORECASE)
    return bool(_TURNED.search(name)) and (bool(is_censored) or not _OF_EVENTS.search(name))


def _flag_reader(name: str, words: set[str], *, is_event: bool) -> Reader:
    """Read yes and no; 0 and 1 only where no other code is beside them and the name does not turn them."""
    codes = {word.removesuffix(".0") for word in words if is_code(word)}
    is_turned = _is_turned(name)
    paired = {"-": "0"} if "+" in words else {"p": "1"} if words & {"p", "n"} == {"p", "n"} else {}
    may_read_codes = codes <= {"0", "1"} and not is_turned

    def read(word: str) -> str | None:
        code = word.removesuffix(".0") if is_code(word) else ""
        if code:
            return code if may_read_codes and code in ("0", "1") else None
        if is_event and word in _EVENT | _NO_EVENT:
            return "1" if word in _EVENT else "0"
        if is_turned:
            return None
        short = re.sub(r"\s*\([^)]*\)$", "", word)
        return "1" if short in _YES else "0" if short in _NO else paired.get(word)

    return read


def _arm_reader(name: str, words: set[str]) -> Reader:
    """Read treatments; yes and no, and 0 and 1, where the name says of which drug."""
    plain = plain_word(name)
    named = _drugs(plain)
    flags = _flag_reader("", words, is_event=False) if named in (Arm.T, Arm.TP) else None
    # Beside other regimens T may be a taxane, and TP a taxane with platinum.
    are_letters_known = all(
        word in _ARM_WORDS or _drugs(word) is not None or (flags and flags(word))
        for word in words
        if word not in ABSENT and re.search(r"[^\W\d_]", word)
    )

    def read(word: str) -> str | None:
        if flags is not None and (flag := flags(word)) is not None:
            return str(named) if flag == "1" and named is not None else Arm.NONE.value
        if word in _ARM_WORDS and (are_letters_known or word not in _LETTERS):
            return _ARM_WORDS[word]
        found = _drugs(word)
        return None if found is None else str(found)

    return read


def _drugs(text: str) -> Arm | str | None:
    """Tell the treatment by the drugs that a text names; another anti-HER2 drug is no arm here."""
    without_other, n_other = re.subn(_OTHER, " ", re.sub(r"trastuzumab[ -]+(emtansin\w*|deruxtecan)", r"\1", text))
    has_t, has_p = bool(re.search(_TRASTUZUMAB, without_other)), bool(re.search(_PERTUZUMAB, without_other))
    if not (n_other or has_t or has_p):
        return None
    if _NEGATED.search(text):
        # "Trastuzumab, no pertuzumab" says two things: it is left for the reader to say.
        return Arm.NONE if n_other + has_t + has_p == 1 else None
    if n_other:
        return NOT_KNOWN
    return Arm.TP if has_p else Arm.T


def _node(word: str) -> str | None:
    """Read an N category."""
    match = _NODE.fullmatch(word)
    if match:
        return f"N{match.group(1)}"
    if word in _NO or word in ("node negative", "nodal negativ", "n-", "无转移"):
        return "N0"
    return NOT_KNOWN if re.fullmatch(r"y?[pc]?nx", word) else None


def _stage(word: str) -> str | None:
    """Read a stage group; one that lacks its letter is not known."""
    match = _STAGE.fullmatch(word.replace("期", ""))
    if match is None:
        return None
    group = _ROMAN.get(match.group(1), match.group(1).upper())
    if group in ("I", "IV"):
        return group
    letter = match.group(2).upper()
    return f"{group}{letter}" if letter and not (group == "II" and letter == "C") else NOT_KNOWN


def _grade(word: str) -> str | None:
    """Read a grade."""
    match = _GRADE.fullmatch(word.removesuffix(".0"))
    if match:
        return {"i": "1", "ii": "2", "iii": "3"}.get(match.group(1), match.group(1))
    return NOT_KNOWN if word in ("gx", "x") else None
