"""Labels that a user gives a case: a pseudonym passes, a date or number is refused, a name is asked about."""

from __future__ import annotations

import re

from deeptepp.errors import LabelNamesSomebody
from deeptepp.wording.sentence import sentence

CHARACTERS = 60
"""Longest label, as on the tumour board."""

_MAIL = re.compile(r"\S+@\S+")
_MONTH = r"(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-zäé]*"
_DATE = re.compile(
    rf"(?<!\d)(?:\d{{1,4}}\s?[-/.年]\s?\d{{1,2}}\s?[-/.月]\s?\d{{1,4}}"
    rf"|\d{{1,2}}\.?[\s-]?{_MONTH}\.?[\s,-]*\d{{2,4}}|{_MONTH}\.?\s?\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{2,4}})(?!\d)",
    re.IGNORECASE,
)
"""Day, month and year in any order, in digits, with the name of a month, or in Chinese."""

_LONG_NUMBER = re.compile(r"\d(?:[\s./_-]?\d){5,}")
"""Six digits or more, also with separators: a date of birth, a patient number, a telephone number."""

_NUMBERED = re.compile(
    r"\b(?:mrn|pid|pat(?:ient)?[\s._-]?id|patient[\s._-]?n(?:o|r|umber)|hospital[\s._-]?n(?:o|r|umber)|dob|ssn|nhs"
    r"|accession)\b[\s:#.]*\w*\d|(?:病案|住院|门诊|身份证)号",
    re.IGNORECASE,
)
"""What is called a patient number, in English and in Chinese (record, admission, outpatient, identity card)."""

_NEUTRAL = re.compile(
    r"cases?|patients?|subject|study|demo|test|board|meeting|left|right|breast|tumou?r|pilot|cohort|teaching|example"
    r"|training|phantom|room|site|centre|center|hospital|clinic|her2?|mri?|low|moderate|high|risk|blue|red|green"
    r"|yellow|black|white|gr[ea]y|orange|silver|river|mountain|lake|star|alpha|beta|gamma|delta",
    re.IGNORECASE,
)
"""Words of pseudonyms: a label with one of them is not taken for a name."""

_SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
"""The most frequent Chinese surnames (census of 2020); one of them and one or two more signs are a name."""

_COMPOUND = "欧阳 司马 上官 诸葛 司徒 东方 皇甫 尉迟 公孙 慕容 令狐 宇文 夏侯 端木"
_COMPOUND_SURNAMES = tuple(_COMPOUND.split())
"""Chinese surnames of two signs; with one or two more signs they are a name."""

_HAN = re.compile(r"[\u4e00-\u9fff]+")
_HAN_NAME = re.compile(r"[\u4e00-\u9fff]{2,3}")
_HAN_NEUTRAL = re.compile(r"[病患例号组样讨演示测试教左右乳甲乙丙丁第名匿代研究蓝红绿]")
"""Signs of Chinese pseudonyms: case, number, group, demo, test, teaching, left, right, breast, study, colours."""

_ONE_WORD_SCRIPTS = re.compile(r"[\u3040-\u30ff\uac00-\ud7af\u0400-\u04ff\u0590-\u06ff\u0900-\u0e7f]{2,}")
"""Kana, Hangul, Cyrillic, Hebrew, Arabic, scripts of India and Thailand: one word of them may be a whole name."""
_WORDS = re.compile(r"[^\W\d_]+")
_JOINT = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z][a-zà-ÿ])")
"""Where a word begins inside of another: ``AnnaSchmidt``."""


def checked_label(text: str) -> str:
    """Label with single blanks, or refuse it.

    ``text``: as it was typed, empty for none. Raises LabelNamesSomebody: it is too long, or holds a date, a long
    number, a patient number or an e-mail address. The error says which and never repeats the label.

    >>> checked_label("  Case  7 ")
    'Case 7'
    """
    label = " ".join(text.split())
    found = (
        sentence("more than {n} characters", n=CHARACTERS) if len(label) > CHARACTERS else what_identifies(label)
    )
    if found:
        raise LabelNamesSomebody(value=found)
    return label


def what_identifies(text: str) -> str:
    """What in a text may identify a patient.

    Returns its kind, empty where nothing does.

    >>> what_identifies("born 12.03.1971"), what_identifies("Monday board")
    ('a date', '')
    """
    kinds = (
        (_MAIL, "an e-mail address"),
        (_DATE, "a date"),
        (_NUMBERED, "a patient number"),
        (_LONG_NUMBER, "a number of six digits or more"),
    )
    return next((kind for pattern, kind in kinds if pattern.search(text)), "")


def looks_like_a_name(label: str) -> bool:
    """Whether a label may be the name of a person, so that the user is asked.

    Returns two words of letters or more, none of them usual in pseudonyms, a Chinese surname with one or two
    signs, four Han signs that are no pseudonym (Japanese names among them), or a word of another script than
    Latin.

    >>> [looks_like_a_name(each) for each in ("Anna Schmidt", "Schmidt, A.", "Case 7", "Blue river")]
    [True, True, False, False]
    """
    words = _WORDS.findall(_JOINT.sub(" ", label.replace("_", " ")))
    if any(_is_asian_name(word) for word in words):
        return True
    letters = [word for word in words if not _HAN_NAME.match(word)]
    return len(letters) > 1 and not any(map(_NEUTRAL.fullmatch, letters))


def _is_asian_name(word: str) -> bool:
    """Whether one word alone may be a name, by its script."""
    if not _HAN.fullmatch(word):
        return bool(_ONE_WORD_SCRIPTS.search(word))
    if _HAN_NAME.fullmatch(word) and word[0] in _SURNAMES:
        return True
    is_compound = word.startswith(_COMPOUND_SURNAMES) and len(word) <= 4
    return is_compound or (len(word) == 4 and not _HAN_NEUTRAL.search(word))


def offered_label(digest: str) -> str:
    """Make a pseudonym of a study: the same images give the same, and it tells nothing of the patient.

    Returns for example ``Case 417``.

    >>> offered_label("0f3a" * 16)
    'Case 226'
    """
    return f"Case {int(digest[:8], 16) % 1000}"
