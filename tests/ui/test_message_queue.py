"""Claims on what a new run of a page throws away."""

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import app_session
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from deeptepp.ui.message_queue import AnsweringQueue, keep_answers


def drawn():
    message = ForwardMsg()
    message.delta.new_element.markdown.body = "a page"
    message.metadata.delta_path[:] = [0, 0]
    return message


def answer():
    message = ForwardMsg()
    message.file_urls_response.response_id = "asked"
    return message


def left_after(queue, **how):
    queue.enqueue(drawn())
    queue.enqueue(answer())
    queue.clear(**how)
    return [message.WhichOneof("type") for message in queue.flush()]


def test_streamlit_alone_throws_away_where_a_chosen_file_is_to_go():
    assert left_after(ForwardMsgQueue(), retain_lifecycle_msgs=True) == []


def test_a_new_run_of_the_page_keeps_where_a_chosen_file_is_to_go():
    assert left_after(AnsweringQueue(), retain_lifecycle_msgs=True) == ["file_urls_response"]


def test_a_run_of_a_fragment_says_it_once():
    left = left_after(AnsweringQueue(), retain_lifecycle_msgs=True, fragment_ids_this_run=["one"])
    assert left.count("file_urls_response") == 1


def test_what_was_sent_is_not_sent_again():
    assert left_after(AnsweringQueue()) == []


@pytest.fixture
def as_before(monkeypatch):
    monkeypatch.setattr(app_session, "ForwardMsgQueue", ForwardMsgQueue)


@pytest.mark.usefixtures("as_before")
def test_every_page_gets_such_a_queue():
    keep_answers()
    assert app_session.ForwardMsgQueue is AnsweringQueue
