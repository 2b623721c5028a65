"""Claims on fragments of a page."""

from pathlib import Path

from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.testing.v1 import AppTest

import deeptepp

PACKAGE = Path(deeptepp.__file__).parent


def page_with_our_fragment():
    import streamlit as st

    from deeptepp.ui.parts.fragments import fragment

    @fragment()
    def progress():
        st.write("working")

    with st.container(border=True):
        progress()
        st.button("Stop")


def page_with_a_bare_fragment():
    import streamlit as st

    @st.fragment
    def progress():
        st.write("working")

    with st.container(border=True):
        progress()
        st.button("Stop")


def unsent_by_a_page_whose_fragment_is_run_again(page, monkeypatch):
    """Messages of a run of the page that are left once the fragment begins anew before they were sent."""
    queue = ForwardMsgQueue()
    enqueue = ForwardMsgQueue.enqueue
    monkeypatch.setattr(
        ForwardMsgQueue, "enqueue", lambda self, message: (enqueue(self, message), drawn.append(message))
    )
    drawn = []
    AppTest.from_function(page).run()
    monkeypatch.undo()
    for message in drawn:
        queue.enqueue(message)
    (name,) = {message.delta.fragment_id for message in drawn if message.delta.fragment_id}
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[name])
    return [tuple(each.metadata.delta_path) for each in queue.flush() if each.HasField("delta")]


def places_before_their_elder(paths):
    """Paths that come while the place before them is still empty, which a browser refuses."""
    seen = set()
    early = []
    for path in paths:
        if path[-1] and (*path[:-1], path[-1] - 1) not in seen:
            early.append(path)
        seen.add(path)
    return early


def test_what_follows_a_fragment_never_comes_before_it(monkeypatch):
    paths = unsent_by_a_page_whose_fragment_is_run_again(page_with_our_fragment, monkeypatch)
    assert len(paths) >= 3
    assert places_before_their_elder(paths) == []


def test_a_bare_fragment_leaves_its_place_empty(monkeypatch):
    """Where this fails, Streamlit has mended it and the container can go."""
    assert places_before_their_elder(
        unsent_by_a_page_whose_fragment_is_run_again(page_with_a_bare_fragment, monkeypatch)
    )


def test_no_screen_uses_a_bare_fragment():
    ours = PACKAGE / "ui/parts/fragments.py"
    bare = [file for file in PACKAGE.rglob("*.py") if file != ours and "st.fragment" in file.read_text()]
    assert bare == []
