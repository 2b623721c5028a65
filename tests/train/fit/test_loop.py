from collections.abc import Iterator

import numpy as np
import pytest
import torch

from deeptepp.errors import BadSetting
from deeptepp.model.mm_resnet import MMResNet
from deeptepp.model.network import build_network, initialise
from deeptepp.train.fit.loop import (
    Batch,
    Fit,
    JigsawStep,
    check_shuffles,
    choose_engine,
    has_native_bf16,
    plan_steps,
)
from deeptepp.train.fit.sampling import ViewSampler


class Killed(Exception):
    pass


def new_net(settings):
    net = MMResNet(1, 3, settings.head, settings.width, stem_channels=settings.stem_channels)
    initialise(net, torch.Generator().manual_seed(7))
    return net


def new_sampler(dataset, settings):
    patients = np.arange(len(dataset))
    clinical = np.zeros((len(dataset), 3), dtype=np.float32)
    labels = np.asarray(dataset.cohort["rfs_event"])
    return ViewSampler(dataset, patients, labels, clinical=clinical, settings=settings, seed=5)


def weights_of(net):
    return {name: tensor.clone() for name, tensor in net.state_dict().items()}


def test_eight_phantoms_are_learnt_by_heart(make_dataset, quick_settings):
    dataset, settings = make_dataset(8, positive_every=2), quick_settings(epochs=25, learning_rate=0.02)
    fit = Fit(new_net(settings), settings, choose_engine(settings))
    fit.run(new_sampler(dataset, settings).batches, seed=1)
    first, last = fit.history[0].losses, fit.history[-1].losses
    assert last[3] < 0.3 * first[3]
    assert last[3] < 0.35  # twice the cross-entropy of the concatenated head


def test_a_resumed_fit_has_the_weights_of_an_uninterrupted_one(make_dataset, quick_settings, tmp_path):
    dataset, settings = make_dataset(16), quick_settings(epochs=4)
    whole = Fit(new_net(settings), settings, choose_engine(settings))
    whole.run(new_sampler(dataset, settings).batches, seed=1)

    def kill_in_epoch_two(epoch: int) -> Iterator[Batch]:
        batches = list(new_sampler(dataset, settings).batches(epoch))
        yield batches[0]
        if epoch == 2:
            raise Killed
        yield from batches[1:]

    checkpoint = tmp_path / "fit" / "checkpoint.safetensors"
    broken = Fit(new_net(settings), settings, choose_engine(settings))
    with pytest.raises(Killed):
        broken.run(kill_in_epoch_two, seed=1, checkpoint=checkpoint)
    resumed = Fit(new_net(settings), settings, choose_engine(settings))
    resumed.run(new_sampler(dataset, settings).batches, seed=1, checkpoint=checkpoint)

    assert [each.epoch for each in resumed.history] == [0, 1, 2, 3]
    assert [each.losses for each in resumed.history] == [each.losses for each in whole.history]
    expected = weights_of(whole.net)
    assert all(torch.equal(tensor, expected[name]) for name, tensor in weights_of(resumed.net).items())


def test_a_network_that_draws_while_it_learns_resumes_exactly_too(make_dataset, quick_settings, tmp_path):
    dataset, settings = make_dataset(16), quick_settings(epochs=2)

    def new_fit():
        net = build_network({"backbone": "shake_shake", "in_channels": 1, "n_clinical": 3, "base_channels": 4})
        initialise(net, torch.Generator().manual_seed(7))
        return Fit(net, settings, choose_engine(settings))

    def stop(epoch):
        raise Killed

    whole, broken, resumed = new_fit(), new_fit(), new_fit()
    whole.run(new_sampler(dataset, settings).batches, seed=1)
    checkpoint = tmp_path / "checkpoint.safetensors"
    with pytest.raises(Killed):
        broken.run(new_sampler(dataset, settings).batches, seed=1, checkpoint=checkpoint, on_epoch=stop)
    torch.rand(5)
    resumed.run(new_sampler(dataset, settings).batches, seed=1, checkpoint=checkpoint)
    assert [each.losses for each in resumed.history] == [each.losses for each in whole.history]
    expected = weights_of(whole.net)
    assert all(torch.equal(tensor, expected[name]) for name, tensor in weights_of(resumed.net).items())


def test_another_seed_gives_other_weights(make_dataset, quick_settings):
    dataset, settings = make_dataset(16), quick_settings(epochs=1)
    nets = []
    for seed in (1, 2):
        fit = Fit(new_net(settings), settings, choose_engine(settings))
        fit.run(new_sampler(dataset, settings).batches, seed=seed)
        nets.append(weights_of(fit.net))
    assert not all(torch.equal(tensor, nets[1][name]) for name, tensor in nets[0].items())


def test_every_step_moves_only_what_its_stage_needs(quick_settings):
    settings = quick_settings(loss_weights=(1.0, 0.0, 0.0, 0.0), weight_decay=0.0, epochs=1)
    net = new_net(settings)
    before = weights_of(net)
    rng = np.random.default_rng(0)
    views = torch.from_numpy(rng.normal(size=(8, 1, 32, 32)).astype(np.float32))
    batch = Batch(views, torch.zeros(8, 3), torch.tensor([0, 1] * 4))
    Fit(net, settings, choose_engine(settings)).run(lambda _epoch: iter([batch]), seed=0)
    moved = {name for name, parameter in net.named_parameters() if not torch.equal(parameter, before[name])}
    assert any(name.startswith("trunk.layer2") for name in moved)
    assert any(name.startswith("classifiers.0") for name in moved)
    assert not any(name.startswith(("trunk.layer3", "trunk.layer4", "concat_classifier")) for name in moved)


def test_precision_auto_takes_bf16_only_where_the_processor_has_it(quick_settings):
    assert choose_engine(quick_settings(precision="auto")).is_bf16 == has_native_bf16()
    assert not choose_engine(quick_settings(precision="fp32")).is_bf16
    assert choose_engine(quick_settings(precision="bf16")).is_bf16


@pytest.mark.parametrize(
    "changes", [{"stages": False}, {"backbone": "vgg16"}, {"inputs": "cp"}, {"backbone": "shake_shake"}]
)
def test_a_network_with_one_classifier_takes_one_plain_step_a_batch(quick_settings, changes):
    assert plan_steps(quick_settings(**changes)) == (JigsawStep(3, 1, 1.0),)
    assert [step.n_tiles for step in plan_steps(quick_settings())] == [8, 4, 2, 1]


@pytest.mark.parametrize("jigsaw", ["pmg", "uniform"])
def test_a_shuffle_filter_that_cannot_be_met_is_refused_before_training(quick_settings, jigsaw):
    settings = quick_settings(
        shuffle_filter="z-neighbours", jigsaw=jigsaw, n_slices=16, tile_px=8, max_z_neighbours=0.0
    )
    check_shuffles(settings)
    object.__setattr__(settings, "max_z_neighbours", -1.0)
    with pytest.raises(BadSetting, match="none of 100 shuffles of 8 x 8 tiles"):
        check_shuffles(settings)


def test_facts_alone_are_learnt_without_an_image(make_dataset, quick_settings):
    dataset, settings = make_dataset(16), quick_settings(inputs="cp", epochs=3)
    batch = next(new_sampler(dataset, settings).batches(0))
    assert batch.views.shape == (8, 1, 1, 1)
    net = build_network({"backbone": "cp_mlp", "in_channels": 1, "n_clinical": 3, "head": "pmg", "width": 8})
    fit = Fit(net, settings, choose_engine(settings))
    fit.run(new_sampler(dataset, settings).batches, seed=0)
    assert [len(epoch.losses) for epoch in fit.history] == [1, 1, 1]
