"""A board of each database."""

from __future__ import annotations

import pytest
from board_databases import emptied, postgresql

from deeptepp.store.cases import Board


@pytest.fixture(scope="session")
def postgres():
    with postgresql() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    """Of a database without tables."""
    if request.param == "sqlite":
        return str(tmp_path / "made" / "board.sqlite")
    return emptied(request.getfixturevalue("postgres"))


@pytest.fixture
def board(address):
    board = Board(address)
    yield board
    board.close()
