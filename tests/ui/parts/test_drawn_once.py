"""What all visitors see alike is drawn once for each language, theme, name and choice; their own never is."""

from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from deeptepp.wording.catalogue import Language


def page(drawn, language, name, choice):
    import streamlit as st

    from deeptepp.ui.parts.drawn_once import drawn_once
    from deeptepp.ui.words.language import t

    @drawn_once
    def part(source, name, choice):
        source.append(choice)
        with st.container(border=True):
            st.write(t("Terms"))
            st.table([{"choice": choice}])

    @drawn_once
    def other(source, name, choice):
        source.append("other")

    st.session_state["deeptepp-language"] = language
    part(drawn, name, choice)
    if choice == "both":
        other(drawn, name, choice)


@pytest.fixture(autouse=True)
def nothing_kept():
    st.cache_resource.clear()


def shown(drawn, name="model", choice="one", language=Language.ENGLISH):
    at = AppTest.from_function(page, args=(drawn, language.value, name, choice)).run()
    assert not at.exception
    return [markdown.value for markdown in at.markdown], [table.value.to_string() for table in at.table]


def test_a_second_visitor_sees_the_same_and_nothing_is_drawn_again():
    drawn = []
    assert shown(drawn) == shown(drawn)
    assert drawn == ["one"]


def test_another_model_or_choice_is_drawn_by_itself():
    drawn = []
    assert shown(drawn) != shown(drawn, choice="two")
    shown(drawn, name="another model")
    assert drawn == ["one", "two", "one"]


def test_each_language_and_theme_has_a_drawing_of_its_own(monkeypatch):
    drawn = []
    assert shown(drawn) != shown(drawn, language=Language.CHINESE)
    monkeypatch.setattr(type(st.context), "theme", SimpleNamespace(type="dark"))
    shown(drawn)
    assert len(drawn) == 3


def test_what_has_no_name_is_a_visitors_own_and_drawn_anew_each_time():
    drawn = []
    assert shown(drawn, name="") == shown(drawn, name="")
    assert drawn == ["one", "one"]


def test_two_parts_of_a_page_are_never_taken_for_each_other():
    drawn = []
    shown(drawn, choice="both")
    assert drawn == ["both", "other"]
