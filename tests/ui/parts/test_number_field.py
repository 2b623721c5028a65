"""One field for numbers on all screens."""

from pathlib import Path

import pytest

from deeptepp.domain.clinical import CLINICAL_FACTS, RANGES, ClinicalProfile
from deeptepp.model.clinical_features import CLINICAL_COLUMNS, FEATURES
from deeptepp.report.board.minutes import summary_of
from deeptepp.report.names import name_of
from deeptepp.report.speech import ENGLISH
from deeptepp.ui.parts import number_field

PACKAGE = Path(__file__).parents[3] / "deeptepp"


def test_no_screen_has_a_number_field_that_drops_a_decimal_comma():
    assert [path.name for path in PACKAGE.rglob("*.py") if ".number_input(" in path.read_text("utf-8")] == []


@pytest.mark.parametrize("name", RANGES)
def test_every_number_says_what_is_used_or_what_is_wrong(name):
    low, high = RANGES[name]
    used = number_field.entered(name, f"{int(low) + 1},5")
    assert (used.value, used.problem) == (int(low) + 1.5, "")
    wrong = number_field.entered(name, str(high + 1))
    assert wrong.value is None
    assert number_field.range_words(name) in wrong.problem
    assert number_field.entered(name, "1,234").problem
    assert number_field.entered(name, "") == number_field.Entered()
    assert number_field.value_words(low + 0.5, name).endswith(CLINICAL_FACTS[name].unit)


def test_the_form_asks_first_for_the_facts_that_the_features_are_made_of():
    assert {name for feature in FEATURES.values() for name in feature.fields} == set(CLINICAL_COLUMNS)


@pytest.mark.parametrize("size_mm", [12.5, 19.6, 20.4, 26.0])
def test_no_surface_rounds_what_was_entered(size_mm):
    text = f"{size_mm:g}"
    assert summary_of(ClinicalProfile(tumour_size_mm=size_mm)).startswith(f"{text} mm")
    said = [
        name_of(size_mm),
        ENGLISH.fact("tumour_size_mm", size_mm),
    ]
    assert said == [text] * 2
    assert number_field.value_words(size_mm, "tumour_size_mm") == f"{text} mm"
