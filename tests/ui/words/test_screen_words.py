"""A category is called by its own name, also where a category of another kind has the same text."""

from deeptepp.domain.board import Choice, Moment, Status
from deeptepp.domain.clinical import Sex
from deeptepp.ui.words.screen_words import LABELS, label


def test_categories_of_two_kinds_with_one_text_keep_their_own_names():
    assert (label(Sex.OTHER), label(Choice.OTHER)) == ("Other", "Another plan")
    assert (label(Moment.SHOWN), label(Status.SHOWN)) == ("Score shown", "Score shown, to decide")


def test_every_member_of_a_named_kind_has_a_name():
    kinds = {kind for kind, _ in LABELS}
    assert [each for kind in kinds for each in kind if (kind, each) not in LABELS] == []
