"""The commands on what an installation keeps."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import coarse_study
import pytest
from kept_samples import scored
from sqlalchemy import update
from typer.testing import CliRunner

from deeptepp.cli import app
from deeptepp.domain.people import LOCAL
from deeptepp.store.cases import Board
from deeptepp.store.kept.kept_schema import KEPT


@pytest.fixture
def board(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEEPTEPP_BOARD", str(tmp_path / "data" / "b.sqlite"))
    monkeypatch.delenv("DEEPTEPP_KEY", raising=False)
    board = Board(str(tmp_path / "data" / "b.sqlite"))
    yield board
    board.close()


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_a_backup_is_restored_and_a_used_installation_is_refused_unless_asked(board, tmp_path, monkeypatch):
    images = coarse_study.opened()
    board.kept.keep(scored(images, label="Blue river"), LOCAL, images=images)
    done = run("backup", "out.zip", "--json")
    assert done.exit_code == 0
    assert json.loads(done.output)["n_images"] == 1
    assert "key of the images is not in the backup" in run("backup", "again.zip").output
    refused = run("backup", "out.zip")
    assert (refused.exit_code, "backup.exists" in refused.output) == (1, True)
    refused = run("restore", "out.zip")
    assert (refused.exit_code, "backup.not-empty" in refused.output) == (1, True)
    replaced = run("restore", "out.zip", "--replace")
    assert replaced.exit_code == 0
    assert len(list(tmp_path.glob("out.replaced-*.zip"))) == 1
    monkeypatch.setenv("DEEPTEPP_BOARD", str(tmp_path / "other" / "b.sqlite"))
    assert run("restore", "out.zip").exit_code == 0
    other = Board(str(tmp_path / "other" / "b.sqlite"))
    assert [row.label for row in other.kept.rows()] == ["Blue river"]
    other.close()


def test_retention_says_what_is_due_and_deletes_it_only_on_request(board):
    images = coarse_study.opened()
    ids = [board.kept.keep(scored(images), LOCAL, images=images)[0].row.id for _ in range(2)]
    for case_id, days in zip(ids, (400, 40), strict=True):
        then = datetime.now(UTC) - timedelta(days=days)
        with board._engine.begin() as connection:
            values = {"changed_utc": then if days > 365 else datetime.now(UTC), "images_utc": then}
            connection.execute(update(KEPT).where(KEPT.c.id == case_id).values(values))
    due = json.loads(run("retention", "--json").output)
    assert (due["cases"], due["images_of"], due["deleted"]) == ([ids[0]], [ids[1]], False)
    assert len(board.kept.rows()) == 2
    assert "Cases unchanged for more than 365 d: 1, deleted" in run("retention", "--apply").output
    assert [(row.id, row.images_utc) for row in board.kept.rows()] == [(ids[1], None)]
