import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from deeptepp.errors import JobCancelled
from deeptepp.train.fit.parallel import Watch
from deeptepp.train.runs.run import run_trial

pytestmark = pytest.mark.long


@pytest.fixture
def run_settings(make_dataset, smallest_settings, write_folder):
    settings = smallest_settings(epochs=2, tensorboard=False)
    write_folder(make_dataset(24), settings.dataset)
    return settings


def epochs_of(folder):
    lines = [json.loads(line) for line in (folder / "progress.jsonl").read_text().splitlines()]
    return [(line["fit"], line["epoch"]) for line in lines if line["event"] == "epoch"]


def assert_equal_runs(one, other):
    assert np.array_equal(one.view_scores, other.view_scores)
    expected = one.refit.net.state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in other.refit.net.state_dict().items())


def test_processes_side_by_side_give_the_numbers_of_one_and_resume_when_stopped(run_settings, tmp_path):
    alone = run_trial(run_settings, folder=tmp_path / "alone")
    settings = replace(run_settings, n_jobs=2)
    told = []

    def stop_at_the_second_epoch(sentence: str) -> None:
        told.append(sentence)
        if ": epoch 2" in sentence:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        run_trial(settings, folder=tmp_path / "beside", progress=stop_at_the_second_epoch)
    assert not (tmp_path / "beside" / "stop").exists()
    assert len(epochs_of(tmp_path / "beside")) < 6
    beside = run_trial(settings, folder=tmp_path / "beside", progress=told.append)
    assert_equal_runs(alone, beside)
    done = epochs_of(tmp_path / "beside")
    assert (
        sorted(done)
        == sorted(set(done))
        == sorted((fit, k) for fit in ("fold 1", "fold 2", "refit") for k in (1, 2))
    )
    # What the processes wrote was told, no line twice, and the end of the run in full.
    epochs = [sentence for sentence in told if ": epoch" in sentence]
    assert len(epochs) == len(set(epochs))
    assert sum(sentence.startswith("refit: epoch") for sentence in epochs) >= 1
    assert told[-1].endswith("scored")


def test_a_process_leaves_when_it_is_told_to(tmp_path):
    watch = Watch(tmp_path / "stop")
    watch()
    (tmp_path / "stop").touch()
    with pytest.raises(JobCancelled):
        watch()


CHILD = """
import sys, time
from deeptepp.train.fit.parallel import end_with_parent
end_with_parent(int(sys.argv[1]))
print("ready", file=sys.stderr, flush=True)
time.sleep(100)
"""

PARENT = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], str(os.getpid())], stderr=subprocess.PIPE)
child.stderr.readline()
os._exit(0)
"""


def test_a_process_ends_when_the_one_that_started_it_is_gone():
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    # The child holds the other end of the pipe: this returns only when it has ended as well.
    subprocess.run(
        [sys.executable, "-c", PARENT, CHILD], env=environment, stdout=subprocess.PIPE, timeout=90, check=True
    )
