"""A decision that is typed while a real PostgreSQL is away stays in its form, and is recorded once it is back."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import postgres_server
import pytest
from screens import words_on

from deeptepp.domain.board import Choice, Moment
from deeptepp.store.cases import Board
from deeptepp.ui.board import board_demo
from deeptepp.ui.board.board_store import _opened

NOTE = "zzq-violet-meadow-note"


@pytest.fixture
def server(monkeypatch):
    if postgres_server.binaries() is None:
        pytest.skip("No PostgreSQL server is installed (apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="board-"))
    with postgres_server.served(folder) as running:
        monkeypatch.setenv("DEEPTEPP_BOARD", running.address)
        yield running
        _opened.clear()
    shutil.rmtree(folder)


# The driver leaves the socket of a connection that was refused to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_decision_typed_while_the_database_is_down_stays_and_can_be_sent_again(
    server, open_page, monkeypatch, caplog, capfd
):
    monkeypatch.setattr(board_demo, "demo_pictures", lambda *_: (b"", ()))
    at = open_page("board").run()
    at.button(key="board-demo").click().run()
    board = Board(server.address)
    case_id = board.cases()[0].id
    board.close()
    at.button(key=f"board-open-{case_id}").click().run()
    key = f"board-{Moment.BEFORE}-{case_id}"
    server.stop()
    # Typed and sent while it is down, twice.
    at.radio(key=f"{key}-choice").set_value(Choice.TP)
    at.text_area(key=f"{key}-note").set_value(NOTE)
    at.button(key=f"{key}-send").click().run()
    assert not at.exception
    for _ in range(2):
        assert "PostgreSQL database does not answer (no connection)" in words_on(at)
        assert "Something broke" not in words_on(at)
        assert NOTE in "".join(str(each.value) for each in at.text)
        at.run()
    server.start()
    at.run()
    assert at.text_area(key=f"{key}-note").value == NOTE
    assert at.radio(key=f"{key}-choice").value == Choice.TP
    at.button(key=f"{key}-send").click().run()
    board = Board(server.address)
    assert [(entry.choice, entry.note) for entry in board.case(case_id).entries] == [(Choice.TP, NOTE)]
    board.close()
    assert NOTE not in caplog.text + "".join(capfd.readouterr())
