"""A sentence is its English text everywhere, and remembers how to be said otherwise."""

import copy
import json
import pickle

import plotly.graph_objects as go
import pytest

from deeptepp.wording.catalogue import Language, translate
from deeptepp.wording.sentence import Verbatim, arranged, in_a_row, joined, listed, sentence

WHY = sentence("{n} events", n=12)
MADE = [
    sentence("{events}, fewer than {limit}", events=WHY, limit=20),
    joined("; ", (WHY, sentence("not tested"))),
    arranged(str.upper, sentence("Yes")),
    listed(("Low", "High")),
]


def chinese(text):
    return translate(text, Language.CHINESE)


def test_it_is_its_english():
    assert MADE[0] == "12 events, fewer than 20"
    assert json.dumps({"reason": MADE[0]}) == '{"reason": "12 events, fewer than 20"}'
    assert type(str(MADE[0])) is str


def test_facts_that_are_texts_are_said_too_and_numbers_keep_their_format():
    assert chinese(MADE[0]) == "12 个事件，少于 20"
    assert chinese(sentence("Difference at {years:g} years", years=2.5)) == "2.5 年时的差异"


def test_braces_stay_where_there_are_no_facts():
    assert sentence("{n} of them") == "{n} of them"


def test_what_the_catalogue_does_not_know_stays_english_around_what_it_knows():
    assert chinese(sentence("<b>{what}</b>", what="Yes")) == "<b>是</b>"
    assert chinese("Nobody knows this") == "Nobody knows this"


def test_words_of_a_user_stay_as_they_were_written():
    assert chinese(sentence("<b>{what}</b>", what=Verbatim("Yes"))) == "<b>Yes</b>"


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("carried", [copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])  # noqa: S301
def test_it_is_still_said_after_a_copy_and_a_pickle(made, carried):
    assert chinese(carried(made)) == chinese(made) != made


def test_it_is_still_said_in_a_figure_and_its_copy():
    figure = go.Figure(layout={"title": {"text": MADE[0]}, "annotations": [{"text": MADE[1]}]})
    copied = pickle.loads(pickle.dumps(go.Figure(figure)))  # noqa: S301
    assert chinese(copied.layout.title.text) == chinese(MADE[0])
    assert chinese(copied.layout.annotations[0].text) == chinese(MADE[1])


def test_sentences_in_a_row_and_joints_follow_the_language():
    assert in_a_row((sentence("Yes"), sentence("No"))) == "Yes No"
    assert chinese(sentence("Yes") + " / " + sentence("No").lower()) == "是 / 否"
    assert chinese(joined("; ", (sentence("Yes"), sentence("No")))) == "是；否"
