"""Work in other processes: every item comes back once, whatever became of its worker."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deeptepp import processes
from deeptepp.errors import ClusterUnreachable, EngineMissing
from deeptepp.processes import ProcessEngine, Workers, done_by

TESTS = Path(__file__).parent
HERE = Workers()
ENGINES = [
    ProcessEngine.LOKY,
    pytest.param(ProcessEngine.DASK, marks=pytest.mark.long),
    pytest.param(ProcessEngine.RAY, marks=pytest.mark.long),
]


def fail(_item):
    raise KeyError("found")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_killed_worker_loses_nothing_and_one_that_always_dies_is_told(engine, tmp_path):
    # A process of its own: the engines leave open what a killed worker held.
    command = [sys.executable, "-c", "import dying_work; dying_work.main()", engine, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    made, imported = json.loads(told.stdout)
    assert made == [[item, None if item == 7 else 2 * item] for item in range(12)]
    # No engine is imported before it is asked for.
    assert imported == {"loky": [], "dask": ["dask", "distributed"], "ray": ["ray"]}[engine]
    assert (tmp_path / "died-4").exists()


def test_items_are_taken_as_they_are_needed():
    items = iter(range(10))
    assert next(done_by(HERE, str, items)) == (0, "0")
    assert next(items) == 1


def test_what_the_work_raises_ends_it():
    with pytest.raises(KeyError, match="found"):
        list(done_by(HERE, fail, [1]))


def test_an_engine_that_is_not_installed_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(processes, "find_spec", lambda _name: None)
    with pytest.raises(EngineMissing, match=r"ray is not installed here. Install the extra `cluster`"):
        next(done_by(Workers(ProcessEngine.RAY), str, [1]))


@pytest.mark.parametrize("engine", [ProcessEngine.DASK, ProcessEngine.RAY])
def test_a_cluster_that_does_not_answer_is_refused_by_name(engine):
    with pytest.raises(ClusterUnreachable):
        next(done_by(Workers(engine, address="tcp://127.0.0.1:9"), str, [1]))


def test_a_piece_of_work_shows_nothing_of_itself_in_a_log():
    assert repr(processes._Piece(str, "jane doe")) == "_Piece()"
