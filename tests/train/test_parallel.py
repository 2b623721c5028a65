import json
import os
from dataclasses import replace

import numpy as np
import pytest
import torch

from deeptepp.errors import JobCancelled
from deeptepp.train.parallel import Watch
from deeptepp.train.run import run_trial


@pytest.fixture
def run_settings(make_dataset, quick_settings, write_folder):
    settings = quick_settings(epochs=2, tensorboard=False)
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
    # What the processes wrote was told: each line once, but for those of the moment of the stop.
    assert {sentence.split(",")[0] for sentence in told if "refit: epoch" in sentence} <= {
        "refit: epoch 1 of 2",
        "refit: epoch 2 of 2",
    }
    assert len(told) == len(set(told)) + 1  # the start, twice


def test_a_process_leaves_when_it_is_told_to_or_when_its_parent_is_gone(tmp_path):
    watch = Watch(tmp_path / "stop", os.getppid())
    watch()
    with pytest.raises(JobCancelled):
        Watch(tmp_path / "stop", os.getppid() + 1)()
    (tmp_path / "stop").touch()
    with pytest.raises(JobCancelled):
        watch()
