"""What a real process leaves behind when it is killed or interrupted."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w

from deeptepp.train.runs.run import train_bundle

pytestmark = pytest.mark.long

# A test run that was started in the background ignores SIGINT, and so would its children.
LISTEN = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
COMMAND = [sys.executable, "-c", f"{LISTEN}; from deeptepp.cli import app; app()", "train"]

N_EPOCHS = 6
"""Long enough to be caught in the middle."""


@pytest.fixture
def run_settings(smallest_settings, data):
    return smallest_settings(epochs=N_EPOCHS, learning_rate=0.02, name="made-up", tensorboard=False, dataset=data)


@pytest.fixture(scope="module")
def data(make_dataset, write_folder, tmp_path_factory):
    return write_folder(make_dataset(30), tmp_path_factory.mktemp("made-up") / "dataset")


@pytest.fixture(scope="module")
def whole(smallest_settings_in, data, tmp_path_factory):
    """Digest of the weights of a run that nobody stopped."""
    folder = tmp_path_factory.mktemp("whole")
    settings = smallest_settings_in(
        folder, epochs=N_EPOCHS, learning_rate=0.02, name="made-up", tensorboard=False, dataset=data
    )
    return weights_digest(train_bundle(settings))


def start(settings, tmp_path) -> subprocess.Popen:
    path = tmp_path / "train.toml"
    path.write_text(tomli_w.dumps(settings.to_mapping()), encoding="utf-8")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[3])}
    return subprocess.Popen([*COMMAND, str(path)], stdout=subprocess.PIPE, env=environment, text=True)


def signal_at(running: subprocess.Popen, sentence: str, number: signal.Signals) -> str:
    """Send a signal as soon as a sentence was told; gives what was told after it."""
    with running:
        for line in running.stdout:
            if line.startswith(sentence):
                running.send_signal(number)
                return running.stdout.read()
    raise AssertionError(sentence)


def kill_after(settings, running: subprocess.Popen, epoch: tuple[str, int]) -> None:
    """Kill the run as soon as an epoch is in its journal; side by side, what is told comes later."""
    with running:
        while epoch not in epochs_of(settings):
            assert running.poll() is None
            time.sleep(0.01)
        running.kill()
        # Its processes hold the other end of the pipe: it ends when the last of them has.
        running.stdout.read()


def weights_digest(folder: Path) -> str:
    return hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest()


def epochs_of(settings) -> list[tuple[str, int]]:
    path = settings.output / "state" / "progress.jsonl"
    # A line that is being written has no end yet.
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    events = [json.loads(line) for line in lines if line.endswith("\n")]
    return [(event["fit"], event["epoch"]) for event in events if event["event"] == "epoch"]


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_killed_run_loses_at_most_the_epoch_it_was_at_and_ends_with_the_same_weights(
    run_settings, whole, tmp_path, n_jobs
):
    settings = replace(run_settings, n_jobs=n_jobs)
    kill_after(settings, start(settings, tmp_path), ("fold 2", 2))
    before = epochs_of(settings)
    assert ("refit", N_EPOCHS) not in before
    assert weights_digest(train_bundle(settings)) == whole
    # An epoch that was told of was on disk, so that none of them ran again.
    done = epochs_of(settings)
    assert done[: len(before)] == before
    assert sorted(done) == sorted(
        (fit, k) for fit in ("fold 1", "fold 2", "refit") for k in range(1, N_EPOCHS + 1)
    )


def test_ctrl_c_leaves_with_a_sentence_that_tells_how_to_go_on(run_settings, tmp_path):
    running = start(run_settings, tmp_path)
    told = signal_at(running, "fold 1: epoch 1", signal.SIGINT)
    assert running.returncode == 130
    assert "The same command goes on" in told
    assert "Traceback" not in told
