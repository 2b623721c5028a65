"""A service that no longer answers ends by itself; one that answers, or ends on purpose, is left alone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
import time

import pytest

from deeptepp.service.watchdog import STUCK, Watchdog

LIMIT_S = 1.0


@pytest.fixture
def loop():
    """An event loop in a thread of its own."""
    made = asyncio.new_event_loop()
    thread = threading.Thread(target=made.run_forever, daemon=True)
    thread.start()
    yield made
    made.call_soon_threadsafe(made.stop)
    thread.join(10)
    made.close()


@contextlib.contextmanager
def watched(loop, server=None):
    """Watch until the block ends; gives the statuses with which the process would have ended."""
    ended = []
    dog = Watchdog(LIMIT_S, ended.append)
    if server is not None:
        dog.note_address({"scheme": "http", "server": server})
    dog.watch(loop)
    try:
        yield ended
    finally:
        dog.stop()
        dog.join(10)


def wait_for(ended, seconds):
    give_up = time.monotonic() + seconds
    while not ended and time.monotonic() < give_up:
        time.sleep(0.05)
    return ended


def test_a_loop_that_takes_turns_is_left_alone(loop):
    with watched(loop) as ended:
        assert wait_for(ended, 3 * LIMIT_S) == []


def test_a_loop_that_is_stuck_ends_the_process(loop):
    with watched(loop) as ended:
        loop.call_soon_threadsafe(time.sleep, 3 * LIMIT_S)
        assert wait_for(ended, 2.5 * LIMIT_S) == [STUCK]


def busy_loop(seconds):
    """Wait often and work a little, as a loop does that shares the interpreter with many pages."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        time.sleep(0.01)


def test_a_loop_that_is_busy_is_left_alone_for_a_while_and_not_for_ever(loop):
    with watched(loop) as ended:
        # The watchdog has seen one turn before.
        assert wait_for(ended, 0.5 * LIMIT_S) == []
        loop.call_soon_threadsafe(busy_loop, 10 * LIMIT_S)
        assert wait_for(ended, 3 * LIMIT_S) == []
        assert wait_for(ended, 6 * LIMIT_S) == [STUCK]


def test_a_late_address_of_a_busy_loop_does_not_end_the_process_but_that_of_an_idle_one_does(loop):
    def burden():
        time.sleep(0.1 * LIMIT_S)
        if is_burdened:
            loop.call_soon(burden)

    is_burdened = [True]
    with socket.create_server(("127.0.0.1", 0)) as silent, watched(loop, silent.getsockname()) as ended:
        loop.call_soon_threadsafe(burden)
        assert wait_for(ended, 3 * LIMIT_S) == []
        is_burdened.clear()
        assert wait_for(ended, 3 * LIMIT_S) == [STUCK]


def test_without_descriptors_the_process_ends_however_busy_the_loop_is(loop, monkeypatch):
    with watched(loop) as ended:
        assert wait_for(ended, 0.5 * LIMIT_S) == []
        loop.call_soon_threadsafe(busy_loop, 3 * LIMIT_S)
        monkeypatch.setattr(os, "devnull", "/nowhere")
        assert wait_for(ended, 2 * LIMIT_S) == [STUCK]


def test_a_short_halt_does_not(loop):
    with watched(loop) as ended:
        loop.call_soon_threadsafe(time.sleep, 0.4 * LIMIT_S)
        assert wait_for(ended, 3 * LIMIT_S) == []


def test_an_address_that_takes_connections_and_never_answers_ends_the_process(loop):
    with socket.create_server(("127.0.0.1", 0)) as silent, watched(loop, silent.getsockname()) as ended:
        assert wait_for(ended, 3 * LIMIT_S) == [STUCK]


def test_an_address_that_was_closed_on_purpose_does_not(loop):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = taken.getsockname()
    with watched(loop, address) as ended:
        assert wait_for(ended, 3 * LIMIT_S) == []
