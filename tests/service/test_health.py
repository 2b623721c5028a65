"""Alive and ready say which part works, and nothing of anybody."""

from __future__ import annotations

import json
import threading
import time

import anyio
import pytest

from deeptepp.service import health
from deeptepp.service.health import Health


def _ask(checks):
    answer = anyio.run(Health(checks).ready)
    return answer.status_code, json.loads(answer.body)


def _broken():
    raise OSError("/home/PATIENT^NAME/board.sqlite")


def test_it_is_ready_when_every_part_works():
    assert _ask({"bundle": dict, "worker": dict}) == (200, {"ready": True, "bundle": True, "worker": True})


def test_a_part_that_fails_is_named_and_its_reason_is_not():
    assert _ask({"bundle": dict, "database": _broken}) == (
        503,
        {"ready": False, "bundle": True, "database": False},
    )


def test_a_part_that_hangs_counts_as_failed_and_holds_up_no_other(monkeypatch):
    monkeypatch.setattr(health, "_PATIENCE_S", 0.2)
    release = threading.Event()
    began = time.monotonic()
    try:
        assert _ask({"database": release.wait, "bundle": dict})[1] == {
            "ready": False,
            "database": False,
            "bundle": True,
        }
        assert time.monotonic() - began < 5
    finally:
        release.set()


@pytest.mark.parametrize(
    ("path", "known"), [("/healthz", {"alive"}), ("/readyz", {"ready", "bundle", "database", "worker"})]
)
def test_both_are_answered_without_a_sign_in(hospital, tmp_path, monkeypatch, path, known):
    monkeypatch.setenv("DEEPTEPP_BOARD", str(tmp_path / "board.sqlite"))
    answer = hospital().browser().get(path)
    assert set(answer.json()) == known
    assert answer.headers["cache-control"] == "no-store"
