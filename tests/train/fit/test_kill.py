"""What a real process leaves behind when it is killed or interrupted."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w

from deeptepp.train.runs.run import train_bundle

# A test run that was started in the background ignores SIGINT, and so would its children.
LISTEN = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
COMMAND = [sys.executable, "-c", f"{LISTEN}; from deeptepp.cli import app; app()", "train"]


@pytest.fixture
def run_settings(make_dataset, quick_settings, write_folder):
    settings = quick_settings(epochs=4, learning_rate=0.02, name="made-up", tensorboard=False)
    write_folder(make_dataset(30), settings.dataset)
    return settings


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


def weights_digest(folder: Path) -> str:
    return hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest()


def epochs_of(settings) -> list[tuple[str, int]]:
    lines = (settings.output / "state" / "progress.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    return [(event["fit"], event["epoch"]) for event in events if event["event"] == "epoch"]


# Side by side, what is told comes later than what is done: the run must be long enough to be caught in the middle.
@pytest.mark.parametrize(("n_jobs", "n_epochs"), [(1, 4), pytest.param(2, 24, marks=pytest.mark.slow)])
def test_a_killed_run_loses_at_most_the_epoch_it_was_at_and_ends_with_the_same_weights(
    run_settings, tmp_path, n_jobs, n_epochs
):
    run_settings = replace(run_settings, epochs=n_epochs)
    whole = weights_digest(train_bundle(replace(run_settings, output=tmp_path / "whole")))
    settings = replace(run_settings, n_jobs=n_jobs)
    signal_at(start(settings, tmp_path), "fold 2: epoch 2", signal.SIGKILL)
    before = epochs_of(settings)
    assert ("fold 2", 2) in before
    assert ("refit", n_epochs) not in before
    assert weights_digest(train_bundle(settings)) == whole
    # An epoch that was told of was on disk, so that none of them ran again.
    done = epochs_of(settings)
    assert done[: len(before)] == before
    assert sorted(done) == sorted(
        (fit, k) for fit in ("fold 1", "fold 2", "refit") for k in range(1, n_epochs + 1)
    )


def test_ctrl_c_leaves_with_a_sentence_that_tells_how_to_go_on(run_settings, tmp_path):
    running = start(run_settings, tmp_path)
    told = signal_at(running, "fold 1: epoch 1", signal.SIGINT)
    assert running.returncode == 130
    assert "The same command goes on" in told
    assert "Traceback" not in told
