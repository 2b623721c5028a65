"""Numbers as people type them: read where one thing can be meant, refused where two can."""

import re

import pytest

from deeptepp.domain.clinical import CLINICAL_FACTS, RANGES, ClinicalProfile
from deeptepp.domain.typed_number import number_text, read_fact, read_facts, with_unit
from deeptepp.errors import NotANumber, OutOfRange


@pytest.mark.parametrize(
    ("text", "mm", "converted"),
    [
        ("12,5", 12.5, ""),
        ("12.5", 12.5, ""),
        (" 12,5 mm ", 12.5, ""),
        ("2.2 cm", 22.0, "2.2 cm"),
        ("2,2cm", 22.0, "2.2 cm"),
        ("2,2 CM", 22.0, "2.2 CM"),
        ("１２，５", 12.5, ""),
        ("１２。５\u3000毫米", 12.5, ""),
        ("2，2厘米", 22.0, "2.2 厘米"),
        ("12,5\u00a0㎜", 12.5, ""),
        ("+26", 26.0, ""),
        ("20.4", 20.4, ""),
        ("1,25", 1.25, ""),
        ("12.500", 12.5, ""),
    ],
)
def test_a_size_is_read_as_it_is_meant(text, mm, converted):
    typed = read_fact("tumour_size_mm", text)
    assert (typed.value, typed.converted_from) == (mm, converted)


@pytest.mark.parametrize("text", ["", "  ", "unknown", "?", "n/a", "未知", "－"])
@pytest.mark.parametrize("name", RANGES)
def test_every_number_can_be_unknown(name, text):
    assert read_fact(name, text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("12,500", "thousands"),
        ("1,234", "thousands"),
        ("<10", "limit"),
        ("ca. 12", "limit"),
        ("≤ 10 mm", "limit"),
        ("1e3", "exponent"),
        ("12x8", "more than one"),
        ("10-12", "more than one"),
        ("10–12", "more than one"),
        ("12 5", "more than one"),
        ("1.234,5", "more than one"),
        ("12 inch", "unit"),
        ("12²", "one number"),
        ("½", "one number"),
        ("12,", "one number"),
        (",5", "one number"),
        ("inf", "one number"),
    ],
)
@pytest.mark.parametrize("name", RANGES)
def test_what_can_be_read_in_two_ways_is_refused_in_every_field(name, text, reason):
    with pytest.raises(NotANumber, match=reason):
        read_fact(name, text)


@pytest.mark.parametrize("name", RANGES)
def test_every_field_takes_a_decimal_comma_and_its_unit(name):
    low, high = RANGES[name]
    middle = (low + high) // 2 + 0.5
    text = f"{middle:.1f}".replace(".", ",")
    assert read_fact(name, text).value == read_fact(name, f"{text} {CLINICAL_FACTS[name].unit}").value == middle
    for value in (low, high):
        assert read_fact(name, number_text(value)).value == value


@pytest.mark.parametrize("name", RANGES)
def test_a_number_out_of_range_is_named_with_range_and_unit(name):
    low, high = RANGES[name]
    with pytest.raises(OutOfRange, match=re.escape(f"{low:g} to {with_unit(high, name)}")):
        read_fact(name, number_text(high + 0.5))
    with pytest.raises(OutOfRange):
        read_fact(name, "-5" if low >= 0 else number_text(low - 1))


@pytest.mark.parametrize("name", RANGES)
def test_a_refusal_never_repeats_what_was_typed(name):
    with pytest.raises(NotANumber) as refused:
        read_fact(name, "Anna Example 1962")
    assert "Anna" not in str(refused.value)
    assert "1962" not in str(refused.value)


def test_a_conversion_is_exact():
    assert [read_fact("tumour_size_mm", f"{x / 10} cm").value for x in range(1, 201)] == [*range(1, 201)]


@pytest.mark.parametrize(
    ("value", "text"), [(12.5, "12.5"), (19.6, "19.6"), (26.0, "26"), (0.0, "0"), (100, "100")]
)
def test_a_number_is_shown_with_the_decimals_it_has(value, text):
    assert number_text(value) == text


def test_numbers_that_stand_as_text_in_a_file_become_a_profile():
    facts = {"tumour_size_mm": "2,2 cm", "ki67_pct": "20 %", "grade": "2", "age_years": "unknown", "sex": "F"}
    profile = ClinicalProfile.from_mapping(read_facts(facts))
    assert (profile.tumour_size_mm, profile.ki67_pct, profile.grade, profile.age_years) == (22.0, 20.0, 2, None)
