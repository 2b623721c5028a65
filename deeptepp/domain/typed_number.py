"""A number as people type it: decimal comma, unit, full-width digits; refused where two readings are likely.

One reader for the form, for files of facts and for tables, so that ``12,5`` is the same number everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from deeptepp.domain.clinical import CLINICAL_FACTS, RANGES
from deeptepp.errors import NotANumber, OutOfRange
from deeptepp.wording.sentence import Words, sentence

UNKNOWN = frozenset({"", "-", "?", "na", "n/a", "nan", "unknown", "未知", "不详"})
"""What says that something is not known, in lower case."""

DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
"""Digits on both sides of one comma."""

THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
"""Commas that may set thousands apart, as in 12,500."""

_FACTORS: dict[str, dict[str, Decimal]] = {
    "mm": dict.fromkeys(("mm", "毫米"), Decimal(1)) | dict.fromkeys(("cm", "厘米", "公分"), Decimal(10)),
    "years": dict.fromkeys(("years", "year", "yrs", "yr", "y", "岁"), Decimal(1)),
    "%": {"%": Decimal(1)},
    "": {},
}
"""Units that are read, by the unit of the field, with what they are multiplied by."""

# Full-width forms lie 0xFEE0 above their ASCII twins; what else keyboards give for a point, a minus or a space.
_PLAIN: dict[int, int | str] = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_PLAIN |= {ord("。"): ".", 0x2212: "-", ord("㎜"): "mm", ord("㎝"): "cm"}
_PLAIN |= dict.fromkeys((160, 8199, 8201, 8239, 12288), " ")

_NUMBER = re.compile(r"([+-]?[0-9]{1,12}(?:[.,][0-9]{1,12})?)\s*([^\s0-9.,+-]*)")
_LIMIT = re.compile(r"[<>≤≥~≈±]|\b(about|ca|approx|under|over)\b")
_EXPONENT = re.compile(r"[+-]?[0-9.,]+e[+-]?[0-9]+", re.IGNORECASE)

PLAIN: Words = "Write one number, such as 12.5, or leave it empty for unknown."
THOUSAND: Words = "A comma before three digits may set thousands apart. Write the decimals with a point."
LIMITED: Words = (
    "A limit such as <10 is no measured number. Enter the measured one, or leave it empty for unknown."
)
SEVERAL: Words = "There is more than one number. Enter one, or leave it empty for unknown."
EXPONENT: Words = "Write the number out, without an exponent."
OTHER_UNIT: Words = "The unit is not read here. Enter the number in {unit}."
NO_UNIT: Words = "Enter the number alone, without a unit."


@dataclass(frozen=True, slots=True)
class TypedNumber:
    """A number that was typed.

    ``converted_from``: what was typed, where it was in another unit, such as ``2.2 cm``, else empty.
    """

    value: float
    converted_from: str = ""


def read_number(text: str, *, field: str, unit: str = "") -> TypedNumber | None:
    """Read a number as people type it.

    ``text``: for example ``12,5``, ``12.5 mm``, ``2,2 cm`` or the same in full-width digits; ``field``: what is
    asked for, named by a refusal; ``unit``: unit of the field, a key of ``_FACTORS``. Returns None where the text
    says that it is not known. The range is for the caller to check. Raises NotANumber: it is no number, or can be
    read in two ways. The message never repeats the text.

    >>> read_number("2,2 cm", field="tumour_size_mm", unit="mm")
    TypedNumber(value=22.0, converted_from='2.2 cm')
    """
    plain = text.translate(_PLAIN).strip()
    if plain.lower() in UNKNOWN:
        return None
    match = _NUMBER.fullmatch(plain)
    if match is None:
        raise NotANumber(field=field, reason=_reason(plain))
    digits, typed_unit = match.groups()
    if THOUSANDS.fullmatch(digits):
        raise NotANumber(field=field, reason=THOUSAND)
    # A unit that stands for the field's own is no conversion; one that is not read is never dropped.
    factors = {"": Decimal(1), **_FACTORS[unit]}
    factor = factors.get(typed_unit.lower().rstrip("."))
    if factor is None:
        reason = (
            _reason(plain) if not typed_unit[0].isalpha() else sentence(OTHER_UNIT, unit=unit) if unit else NO_UNIT
        )
        raise NotANumber(field=field, reason=reason)
    number = Decimal(digits.replace(",", "."))
    converted = "" if factor == 1 else f"{number_text(float(number))} {typed_unit}"
    return TypedNumber(float(number * factor), converted)


def read_fact(name: str, text: str) -> TypedNumber | None:
    """Read a number of a profile, and check its range.

    ``name``: field of ``ClinicalProfile``, a key of ``RANGES``. Returns None for unknown. Raises NotANumber: see
    ``read_number``; OutOfRange: the number lies outside of its range.
    """
    typed = read_number(text, field=name, unit=CLINICAL_FACTS[name].unit)
    low, high = RANGES[name]
    if typed is not None and not low <= typed.value <= high:
        raise OutOfRange(
            field=name,
            value=with_unit(typed.value, name),
            limit=sentence("{low:g} to {high}", low=low, high=with_unit(high, name)),
        )
    return typed


def read_facts(facts: Mapping[str, object]) -> dict[str, object]:
    """Read the numbers of a profile that stand as text in a file.

    ``facts``: by field, what is no text or no number of a profile stays as it is. Returns what
    ``ClinicalProfile.from_mapping`` takes, unknown is None. Raises NotANumber: a text is no number, or can be read
    in two ways; OutOfRange: a number lies outside of its range.
    """
    read = dict(facts)
    for name in RANGES:
        text = facts.get(name)
        if isinstance(text, str):
            typed = read_fact(name, text)
            read[name] = None if typed is None else typed.value
    return read


def number_text(value: float) -> str:
    """Write a number with the decimals that it has, so that what is shown is what is used.

    Returns up to six digits behind the point, none of them a useless zero.

    >>> number_text(12.5), number_text(26.0), number_text(20.4)
    ('12.5', '26', '20.4')
    """
    return f"{value:.6f}".rstrip("0").rstrip(".")


def with_unit(value: float, name: str) -> str:
    """Write a number of a profile with its unit.

    Returns for example ``12.5 mm``.
    """
    return f"{number_text(value)} {CLINICAL_FACTS[name].unit}".strip()


def _reason(plain: str) -> str:
    """Why a text is not one number."""
    if _LIMIT.search(plain.lower()):
        return LIMITED
    if _EXPONENT.fullmatch(plain):
        return EXPONENT
    if len(re.findall(r"[0-9]+(?:[.,][0-9]+)?", plain)) > 1:
        return SEVERAL
    return PLAIN
