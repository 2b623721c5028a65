"""Boards in both databases for tests of the store: a new case, and an address of each kind that holds nothing."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import postgres_server
import pytest
from sqlalchemy import text

from deeptepp.domain.board import Flag, NewCase
from deeptepp.domain.clinical import ClinicalProfile, NodeStage
from deeptepp.store.database import engine_of, writing

_BOARDS = Path(__file__).parent / "store"


def new_case(**changes) -> NewCase:
    facts = {
        "profile": ClinicalProfile(tumour_size_mm=26.0, node_stage=NodeStage.N1, er_positive=True),
        "assessment": {"score": 0.31, "tier": "High", "percentile": 88.0, "findings": []},
        "bundle_sha256": "a" * 64,
        "thumbnail_png": b"\x89PNG\x00\xff",
        "flags": (Flag.SIMULATED,),
    }
    return NewCase(**facts | changes)


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """Run a server of its own; skips where none is installed."""
    if postgres_server.binaries() is None:
        pytest.skip("No PostgreSQL server is installed (apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="board-"))  # pytest's own folders are closed to other users
    with postgres_server.running(folder) as address:
        yield address
    shutil.rmtree(folder)


def emptied(address: str) -> str:
    """Take everything out of a PostgreSQL database, the tables too."""
    engine = engine_of(address)
    with writing(engine) as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return address


def left_by(version: int, address: str) -> str:
    """Fill a database with a board as a version left it."""
    if "://" not in address:
        Path(address).parent.mkdir()
        with sqlite3.connect(address) as connection:
            connection.executescript((_BOARDS / f"board_v{version}_sqlite.sql").read_text())
        connection.close()
        return address
    engine = engine_of(address)
    with writing(engine) as connection:
        content = (_BOARDS / f"board_v{version}_postgresql.sql").read_text()
        connection.exec_driver_sql(content.replace("%", "%%"))
    engine.dispose()
    return address
