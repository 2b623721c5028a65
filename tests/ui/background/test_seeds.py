"""First values of controls reach the browser although a page run was cut short."""

import itertools

import pytest
from streamlit.testing.v1 import AppTest

from deeptepp.ui.background import seeds


def page():
    import streamlit as st

    from deeptepp.ui.background.seeds import seed, whole_run

    seed("kind", "b")
    if "cut" in st.query_params:
        st.stop()
    st.selectbox("Kind", ["a", "b", "c"], key="kind")
    whole_run()


def is_told(app: AppTest) -> bool:
    """Whether the run put the value into the message that the browser gets."""
    return app.selectbox(key="kind").proto.set_value


@pytest.fixture
def seconds_between(monkeypatch):
    def set_(step_s: float) -> None:
        clock = itertools.count(0.0, step_s)
        monkeypatch.setattr(seeds, "monotonic", lambda: next(clock))

    return set_


def test_a_control_that_a_cut_run_did_not_draw_is_told_its_value_by_the_next(seconds_between):
    seconds_between(60.0)
    app = AppTest.from_function(page)
    app.query_params["cut"] = "1"
    app.run()
    assert not app.selectbox
    del app.query_params["cut"]
    app.run()
    assert app.selectbox(key="kind").value == "b"
    assert is_told(app)


def test_a_control_is_told_again_while_runs_follow_one_another_at_once(seconds_between):
    seconds_between(0.01)
    app = AppTest.from_function(page).run()
    assert is_told(app.run())
    assert is_told(app.selectbox(key="kind").set_value("c").run())
    assert app.selectbox(key="kind").value == "c"


def test_a_control_that_was_drawn_and_sent_belongs_to_the_visitor(seconds_between):
    seconds_between(1.0)
    app = AppTest.from_function(page).run()
    assert is_told(app)
    assert not is_told(app.selectbox(key="kind").set_value("c").run())
    assert app.selectbox(key="kind").value == "c"


def drawn_with_what_it_holds():
    import streamlit as st

    from deeptepp.ui.background.seeds import seed, whole_run

    seed("kind", "b")
    st.selectbox("Kind", ["a", "b", "c"], index=["a", "b", "c"].index(st.session_state["kind"]), key="kind")
    whole_run()


def test_a_browser_that_draws_only_a_later_run_begins_with_what_the_control_holds(seconds_between):
    seconds_between(60.0)
    app = AppTest.from_function(drawn_with_what_it_holds).run().run()
    assert not is_told(app)
    assert app.selectbox(key="kind").proto.default == 1
    assert app.selectbox(key="kind").set_value("c").run().selectbox(key="kind").proto.default == 2
    assert app.selectbox(key="kind").value == "c"
