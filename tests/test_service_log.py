"""The log holds places and types: nothing of a visitor, a file or a database, whichever library writes it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import warnings

import phantoms_dicom as made
import pytest
import tiny_bundle
from dashboard_server import ROOT, free_port, is_up
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner

from deeptepp.cli import app as command_line
from deeptepp.service_log import _FORMAT, set_up_log, told
from deeptepp.store.cases import Board
from deeptepp.store.ledger import ledger_of
from deeptepp.store.schema import CASES

PLANTED = (
    made.NAME,
    made.BIRTH,
    made.RECORD,
    "Jane Doe",
    "先看病理",
    "dGhlIHRva2VuIG9mIHRoaXM",
    "jane@doe.example",
)
NOTE = " / ".join(PLANTED)


LOGGERS = ("deeptepp.store", "uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "sqlalchemy.pool", "pydicom")
"""Loggers that write below; a server or a reader of an earlier test may have shut them."""


@pytest.fixture
def log(tmp_path, monkeypatch):
    """What any handler writes, with everything put back afterwards."""
    for logger in map(logging.getLogger, LOGGERS):
        monkeypatch.setattr(logger, "propagate", True)
        monkeypatch.setattr(logger, "disabled", False)
        monkeypatch.setattr(logger, "level", logging.NOTSET)
        logger._cache.clear()
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning
    factory, level, raises = logging.getLogRecordFactory(), logging.getLogger().level, logging.raiseExceptions
    handler = logging.FileHandler(tmp_path / "log", encoding="utf-8")
    handler.setFormatter(logging.Formatter(_FORMAT))
    logging.getLogger().addHandler(handler)
    set_up_log(is_service=True)
    yield lambda: (tmp_path / "log").read_text(encoding="utf-8")
    logging.getLogger().removeHandler(handler)
    handler.close()
    sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning = hooks
    logging.setLogRecordFactory(factory)
    logging.getLogger().setLevel(level)
    logging.raiseExceptions = raises
    logging.getLogger("streamlit.error_util").disabled = False


def planted_in(text):
    return [secret for secret in (*PLANTED, "Jane", "JANE", "病理") if secret in text]


def raised(error):
    try:
        raise error  # noqa: TRY301  as any code does
    except Exception as caught:  # noqa: BLE001  any will do
        return caught


@pytest.mark.parametrize("name", ["deeptepp.store", "uvicorn.error", "asyncio", "sqlalchemy.pool"])
def test_an_exception_is_told_by_type_and_place_and_never_by_its_text(log, name):
    logger = logging.getLogger(name)
    error = raised(ValueError(NOTE))
    error.__cause__ = raised(KeyError(NOTE))
    logger.error("it failed", exc_info=error)
    logger.error("it failed: %s", error)
    logger.error(error)
    logger.error("stack", stack_info=True)
    assert planted_in(log()) == []
    assert log().count("ValueError at test_service_log.py:") == 3


def test_a_message_of_another_library_loses_quotations_names_numbers_and_addresses(log):
    logger = logging.getLogger("pydicom")
    logger.warning(
        f"Invalid value '{NOTE}' of {made.NAME}, born {made.BIRTH}, 1962-03-14, jane@doe.example, 先看病理"
    )
    logger.warning("Invalid value %s of %d elements in %r", f'"{NOTE}"', 3, {"name": NOTE})
    assert planted_in(log()) == []
    assert "1962-03-14" not in log()
    assert "of 3 elements in 'dict'" in log()


def test_an_access_line_loses_tokens_and_search_words_and_keeps_route_and_status(log):
    line = '%s - "%s %s HTTP/%s" %d'
    path = "/api/v1/uploads/dGhlIHRva2VuIG9mIHRoaXM?find=Jane+Doe"
    logging.getLogger("uvicorn.access").info(line, "127.0.0.1:4711", "POST", path, "1.1", 200)
    assert "POST /api/v1/uploads/…?… HTTP/1.1" in log()
    assert planted_in(log()) == []


def test_what_nobody_catches_is_told_by_type_and_place(log, capfd):
    def fail():
        raise ValueError(NOTE)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    sys.excepthook(ValueError, raised(ValueError(NOTE)), None)
    warnings.showwarning(UserWarning(NOTE), UserWarning, f"/home/{NOTE}/reader.py", 7)
    assert log().count("ValueError at") == 2
    assert "UserWarning at reader.py:7" in log()
    assert planted_in(log() + "".join(capfd.readouterr())) == []


def test_what_the_database_refuses_is_told_without_what_was_written(tmp_path, log):
    board = Board(str(tmp_path / "board.sqlite"))
    row = dict.fromkeys((column.name for column in CASES.c if not column.nullable), None) | {"label": NOTE}
    with pytest.raises(IntegrityError) as refused, board._engine.begin() as connection:
        connection.execute(insert(CASES).values(row | {"id": "a", "profile": NOTE}))
    board.close()
    assert "hide_parameters" in str(refused.value)
    logging.getLogger("sqlalchemy").error("failed: %s", refused.value)
    assert "IntegrityError at" in log()
    assert planted_in(log()) == []
    assert planted_in(told(refused.value)) == []


def test_identifiers_of_a_study_stand_in_no_log_store_write_ahead_file_or_receipt(
    tmp_path, monkeypatch, log, capfd
):
    images = made.dynamic_series(made.truth(), ProtocolName=made.NAME)
    for image in images:
        image.SeriesDescription = f"{image.SeriesDescription} {made.NAME} {made.BIRTH} {made.RECORD}"
    made.save(images, tmp_path / made.NAME)
    tiny_bundle.make_tiny_bundle(tmp_path / "bundle")
    store = tmp_path / "store" / "board.sqlite"
    monkeypatch.setenv("DEEPTEPP_BOARD", str(store))
    arguments = ["score", tmp_path / made.NAME, "--bundle", tmp_path / "bundle", "--json"]
    done = CliRunner().invoke(command_line, [*map(str, arguments), "--receipt", str(tmp_path / "receipt.json")])
    ledger = ledger_of(str(store))
    assert (len(ledger.entries()), ledger.check().n_receipts) == (1, 1), done.output
    files = {path.name: path.read_bytes() for path in (*store.parent.iterdir(), tmp_path / "receipt.json")}
    assert {"board.sqlite", "board.sqlite-wal", "receipt.json"} <= set(files)
    assert [name for name, content in files.items() if planted_in(content.decode("latin-1"))] == []
    assert planted_in(done.output + log() + "".join(capfd.readouterr())) == []


def test_the_server_logs_neither_tokens_nor_search_words(tmp_path):
    port = free_port()
    own = {"DEEPTEPP_BOARD": str(tmp_path / "board.sqlite"), "TMPDIR": str(tmp_path), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", str(port)]
    with (tmp_path / "log").open("w") as file:
        server = subprocess.Popen(command, cwd=ROOT, env=os.environ | own, stdout=file, stderr=subprocess.STDOUT)
        try:
            wait_for(server, f"http://127.0.0.1:{port}")
            for path in ("/board?find=Jane+Doe", "/api/v1/uploads/dGhlIHRva2VuIG9mIHRoaXM?find=Jane"):
                request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method="POST", data=b"x")
                try:
                    urllib.request.urlopen(request, timeout=20).close()  # noqa: S310  our own server
                except urllib.error.HTTPError as answer:
                    answer.close()
        finally:
            server.terminate()
            server.wait(30)
    text = (tmp_path / "log").read_text(encoding="utf-8")
    assert "/api/v1/uploads/" in text, "the server has an access log"
    assert planted_in(text) == []


def wait_for(server, url):
    """Wait until a server answers."""
    for _ in range(600):
        assert server.poll() is None
        if is_up(url):
            return
        threading.Event().wait(0.3)
    pytest.fail("The server did not start")
