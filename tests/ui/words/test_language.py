"""The language of a visitor outside of a page is English, and its switch does nothing until it is touched."""

import pytest

from deeptepp import errors
from deeptepp.ui.words import language
from deeptepp.ui.words.language import t


def test_english_outside_of_a_page():
    assert t("Unknown") == "Unknown"
    assert t("{n} of {m}", n=1, m=2) == "1 of 2"


@pytest.mark.parametrize("kind", [errors.NoDicomFound, errors.ArchiveTooLarge])
def test_an_error_can_be_said_with_its_facts(kind):
    facts = {"value": 3, "limit": 2}
    assert t(kind.template, **facts) == str(kind(**facts))


def test_a_switch_that_was_not_touched_changes_nothing():
    """A click on another page that ends typing calls it before the switch is there."""
    language._switched()
