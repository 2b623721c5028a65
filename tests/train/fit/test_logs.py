import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from deeptepp.errors import JobCancelled
from deeptepp.train.fit.checkpoint import EpochLoss
from deeptepp.train.fit.logs import scalars_of
from deeptepp.train.runs.run import run_trial


def read_events(folder):
    events = EventAccumulator(str(folder))
    events.Reload()
    return {tag: [(each.step, each.value) for each in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def test_a_resumed_run_has_every_epoch_once_in_its_log(make_dataset, quick_settings, tmp_path):
    settings, dataset = quick_settings(epochs=3), make_dataset(20)

    def stop(sentence: str) -> None:
        if sentence.startswith("fold 1: epoch 2"):
            raise JobCancelled

    with pytest.raises(JobCancelled):
        run_trial(settings, folder=tmp_path, dataset=dataset, with_refit=False, progress=stop)
    first = read_events(tmp_path / "tensorboard" / "fold-1")
    assert [step for step, _ in first["learning rate"]] == [1, 2]
    run_trial(settings, folder=tmp_path, dataset=dataset, with_refit=False)
    found = read_events(tmp_path / "tensorboard" / "fold-1")
    assert set(found) == {
        "loss/stage 1",
        "loss/stage 2",
        "loss/stage 3",
        "loss/concatenation",
        "learning rate",
        "images per second",
    }
    assert all([step for step, _ in values] == [1, 2, 3] for values in found.values())
    assert found["loss/stage 1"][:2] == first["loss/stage 1"]
    np.testing.assert_allclose([rate for _, rate in found["learning rate"]], [0.01, 0.0075, 0.0025], rtol=1e-5)


def test_without_tensorboard_nothing_is_written(make_dataset, quick_settings, tmp_path):
    settings = quick_settings(epochs=1, tensorboard=False)
    run_trial(settings, folder=tmp_path, dataset=make_dataset(20), with_refit=False)
    assert not (tmp_path / "tensorboard").exists()


def test_the_only_loss_of_a_plain_step_is_that_of_the_whole():
    scalars = scalars_of(EpochLoss(0, (0.5,), 40, 8.0), 0.01)
    assert scalars == {"loss/concatenation": 0.5, "learning rate": 0.01, "images per second": 5.0}
