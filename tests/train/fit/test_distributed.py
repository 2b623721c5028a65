import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tomli_w

from deeptepp.errors import BadSetting
from deeptepp.train.fit.distributed import ALONE, Ranks, is_first_rank, join_ranks
from deeptepp.train.fit.sampling import ViewSampler

pytestmark = pytest.mark.long


def test_two_ranks_share_every_batch_and_lose_no_mosaic(make_dataset, quick_settings):
    dataset, settings = make_dataset(20), quick_settings()

    def batches(ranks):
        clinical = np.arange(20, dtype=np.float32)[:, None]
        labels = np.asarray(dataset.cohort["rfs_event"])
        sampler = ViewSampler(
            dataset, np.arange(20), labels, clinical=clinical, settings=settings, seed=3, ranks=ranks
        )
        return list(sampler.batches(1))

    for whole, first, second in zip(batches(ALONE), batches(Ranks(0, 2)), batches(Ranks(1, 2)), strict=True):
        assert first.views.equal(whole.views[::2])
        assert second.views.equal(whole.views[1::2])
        assert first.clinical.equal(whole.clinical[::2])
        assert second.labels.equal(whole.labels[1::2])


@pytest.mark.parametrize(("changes", "key"), [({"n_jobs": 2}, "n_jobs"), ({"batch_size": 3}, "batch_size")])
def test_settings_that_do_not_go_with_ranks_are_refused(quick_settings, monkeypatch, changes, key):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(BadSetting, match=f"Setting {key} is"), join_ranks(quick_settings(**changes)):
        pass


def test_a_process_by_itself_is_the_first(quick_settings, monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    monkeypatch.delenv("RANK", raising=False)
    assert is_first_rank()
    with join_ranks(quick_settings()) as ranks:
        assert ranks == ALONE


@pytest.fixture(scope="module")
def launched(make_dataset, smallest_settings_in, write_folder, tmp_path_factory):
    """What two ranks told and wrote that were launched once: the command, and a run stopped and resumed."""
    folder = tmp_path_factory.mktemp("ranks")
    settings = smallest_settings_in(folder, epochs=2, learning_rate=0.02, name="made-up", tensorboard=True)
    write_folder(make_dataset(36), settings.dataset)
    path = folder / "train.toml"
    path.write_text(tomli_w.dumps(settings.to_mapping()))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[3])}
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    launch += [str(Path(__file__).with_name("rank_script.py")), str(path), str(folder)]
    done = subprocess.run(
        launch, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder, done.stdout


@pytest.mark.slow
def test_two_ranks_end_with_equal_weights_and_resume_exactly(launched):
    folder, _ = launched
    first, second = (json.loads((folder / f"rank-{rank}.json").read_text()) for rank in (0, 1))
    assert first == second
    assert first["was_stopped"]
    assert first["whole"] == first["resumed"]
    assert first["scores"] == first["resumed_scores"]
    assert np.isfinite(first["scores"]).all()
    lines = [json.loads(line) for line in (folder / "run" / "state" / "progress.jsonl").read_text().splitlines()]
    assert sum(line["event"] == "epoch" for line in lines) == 3 * 2


@pytest.mark.slow
def test_the_command_under_torchrun_writes_one_bundle_and_talks_once(launched):
    folder, told = launched
    assert told.count("fold 1: epoch 1 of 2") == 1
    assert told.count("Bundle written") == 1
    assert (folder / "run" / "made-up" / "SHA256SUMS").is_file()
