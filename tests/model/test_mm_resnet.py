import pytest
import torch
from torch import nn

from deeptepp.errors import BadSetting
from deeptepp.model.mm_resnet import MMResNet, ResNet18Trunk
from deeptepp.model.network import initialise


def n_parameters(module):
    return sum(p.numel() for p in module.parameters())


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def small(**settings):
    net = MMResNet(1, 4, width=8, out=16, stem_channels=8, **settings)
    initialise(net, seeded())
    return net


@pytest.fixture
def batch():
    return torch.randn(6, 1, 64, 64, generator=seeded(1)), torch.randn(6, 4, generator=seeded(2))


def test_the_trunk_with_a_two_class_layer_is_the_textbook_resnet18():
    assert n_parameters(ResNet18Trunk(1)) + n_parameters(nn.Linear(512, 2)) == 11_171_266
    assert n_parameters(ResNet18Trunk(3)) + n_parameters(nn.Linear(512, 1000)) == 11_689_512


def test_the_trunk_gives_what_monai_gives_with_the_same_weights():
    nets = pytest.importorskip("monai.networks.nets.resnet")
    theirs = nets.resnet18(
        spatial_dims=2,
        n_input_channels=1,
        num_classes=2,
        conv1_t_size=7,
        conv1_t_stride=2,
        bias_downsample=False,
    )
    initialise(theirs, seeded())
    for name, buffer in theirs.named_buffers():
        if name.endswith(("running_mean", "running_var")):
            buffer.copy_(torch.rand(buffer.shape, generator=seeded(3)) + 0.5)
    ours = ResNet18Trunk(1)
    state = {k.replace("downsample", "shortcut"): v for k, v in theirs.state_dict().items()}
    ours.load_state_dict({k: v for k, v in state.items() if not k.startswith("fc.")})
    views = torch.randn(2, 1, 112, 112, generator=seeded(1))
    with torch.inference_mode():
        x2, x3, x4 = ours.eval()(views)
        logits = theirs.eval().fc(x4.mean(dim=(2, 3)))
        torch.testing.assert_close(logits, theirs(views))
    assert [tuple(x.shape[1:]) for x in (x2, x3, x4)] == [(128, 14, 14), (256, 7, 7), (512, 4, 4)]


@pytest.mark.parametrize(
    ("n_clinical", "count"),
    [(0, 11_774_536), (5, 11_775_816), (10, 11_777_096)],
    ids=["images alone", "five CP values", "five CP values and their flags"],
)
def test_the_full_network_has_the_size_that_the_paper_states(n_clinical, count):
    """The estimate of 11,776,712 with five CP values also counts 896 biases that textbook shortcuts lack."""
    net = MMResNet(1, n_clinical)
    assert n_parameters(net) == count
    assert 44.9 < 4 * count / 2**20 < 45


def test_the_light_network_has_44_7_megabytes():
    assert 4 * n_parameters(MMResNet(1, 0, head="light")) == 44_695_328


@pytest.mark.parametrize("head", ["pmg", "light"])
@pytest.mark.parametrize("side", [64, 112, 120])
def test_four_logits_come_from_mosaics_of_any_size(head, side):
    net = small(head=head)
    logits = net(torch.zeros(2, 1, side, side), torch.zeros(2, 4))
    assert [tuple(y.shape) for y in logits] == [(2, 2)] * 4


@pytest.mark.parametrize("head", ["pmg", "light"])
@pytest.mark.parametrize("which", range(4))
def test_cp_enters_every_classifier(head, which, batch):
    views, clinical = batch
    clinical.requires_grad_()
    small(head=head)(views, clinical)[which][:, 1].sum().backward()
    assert (clinical.grad.abs().amax(dim=0) > 0).all()


def test_pooling_with_channels_last_gives_the_numbers_and_gradients_of_plain_pooling(batch):
    trunk, views = small().trunk, batch[0].requires_grad_()
    found = [*trunk(views), *torch.autograd.grad(trunk(views)[-1].sum(), views)]
    seen = []
    trunk.maxpool.register_forward_hook(
        lambda pool, given, _: seen.append(given) or torch.max_pool2d(given[0].contiguous(), 3, 2, 1)
    )
    plain = [*trunk(views), *torch.autograd.grad(trunk(views)[-1].sum(), views)]
    assert len(seen) == 2
    assert all(torch.equal(a, b) for a, b in zip(found, plain, strict=True))


@pytest.mark.parametrize(("which", "reached"), [(0, 2), (1, 3), (2, 4), (3, 4)])
def test_a_stage_trains_its_own_layers_and_those_below_only(which, reached, batch):
    net = small()
    net(*batch)[which][:, 1].sum().backward()
    trained = [getattr(net.trunk, f"layer{k}")[0].conv1.weight.grad is not None for k in (1, 2, 3, 4)]
    assert trained == [k <= reached for k in (1, 2, 3, 4)]
    heads = [any(p.grad is not None for p in head.parameters()) for head in net.heads]
    assert heads == ([True] * 3 if which == 3 else [i == which for i in range(3)])


def test_without_stages_one_classifier_on_the_last_stage_is_left(batch):
    net = small(stages=False).eval()
    y1, y2, y3, y_concat = net(*batch)
    assert torch.equal(y1, y_concat)
    assert torch.equal(y2, y_concat)
    assert torch.equal(y3, y_concat)
    assert len(net.heads) == 1
    assert n_parameters(net) < n_parameters(small())


def test_a_rare_missing_flag_cannot_blow_up_a_classifier(batch):
    views, clinical = batch
    net = small()
    clinical[:, 3] = 0
    with torch.no_grad():
        for _ in range(200):
            net(views, clinical)
        net.eval()
        without = net(views, clinical)[-1]
        clinical[:, 3] = 1
        assert (net(views, clinical)[-1] - without).abs().max() < 3


def test_one_patient_is_scored_alike_alone_and_in_a_batch(batch):
    views, clinical = batch
    net = small().eval()
    with torch.inference_mode():
        together = net(views, clinical)[-1]
        alone = torch.cat([net(views[i : i + 1], clinical[i : i + 1])[-1] for i in range(6)])
    torch.testing.assert_close(alone, together, atol=1e-5, rtol=1e-5)


def test_the_seed_alone_decides_the_weights():
    first, second = small(), small()
    torch.rand(3)
    initialise(second, seeded())
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    initialise(second, seeded(9))
    assert not torch.equal(first.trunk.conv1.weight, second.trunk.conv1.weight)


def test_it_learns_eight_mosaics_by_heart():
    views, labels = torch.randn(8, 1, 64, 64, generator=seeded(4)), torch.tensor([0, 1] * 4)
    net, clinical = small(), torch.zeros(8, 4)
    optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(20):
        loss = sum(nn.functional.cross_entropy(y, labels) for y in net(views, clinical))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert all((y.argmax(dim=1) == labels).all() for y in net(views, clinical))


def test_an_unknown_head_is_refused():
    with pytest.raises(BadSetting, match="pmg or light"):
        MMResNet(1, 0, head="heavy")
