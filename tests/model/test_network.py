import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import torch
from torch import nn

from deeptepp.errors import BadSetting
from deeptepp.model.network import NETWORKS, OF_IMAGES, build_network, initialise, risk_logits
from deeptepp.train.runs.suites import SUITES
from deeptepp.train.settings import TrainSettings

SHAPES = {
    "mm_resnet": {"width": 8, "out": 16, "stem_channels": 8, "deform_last_stage": True},
    "shake_shake": {"base_channels": 8},
    "cp_mlp": {"width": 8},
}
ALL = sorted(NETWORKS)
IMAGES = sorted(OF_IMAGES)


def n_parameters(module):
    return sum(p.numel() for p in module.parameters())


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def table(backbone, n_clinical=3):
    return {"backbone": backbone, "in_channels": 1, "n_clinical": n_clinical, **SHAPES.get(backbone, {})}


@pytest.fixture(scope="module")
def nets():
    """Each network once; tests read them, and put them into the mode they need."""
    made = {name: build_network(table(name)) for name in ALL}
    for net in made.values():
        initialise(net, seeded())
    return made


def batch(side=64, n=4):
    return torch.randn(n, 1, side, side, generator=seeded(1)), torch.randn(n, 3, generator=seeded(2))


@pytest.mark.parametrize(
    ("backbone", "count"),
    [
        ("vgg16", 134_267_586),
        ("densenet169", 12_481_538),
        ("se_resnext50", 25_508_722),
        ("shake_shake", 11_652_274),
        ("mm_resnet", 11_774_536),
    ],
)
def test_networks_have_their_published_sizes(backbone, count):
    with torch.device("meta"):
        net = build_network({"backbone": backbone, "in_channels": 1, "n_clinical": 0})
    assert n_parameters(net) == count


@pytest.mark.parametrize("backbone", ALL)
def test_settings_make_the_like_of_a_network(nets, backbone):
    net = nets[backbone]
    with torch.device("meta"):
        again = build_network(net.settings)
    assert again.settings == net.settings
    assert net.settings["backbone"] == backbone
    assert {k: v.shape for k, v in again.state_dict().items()} == {k: v.shape for k, v in net.state_dict().items()}


@pytest.mark.parametrize("side", [64, 112])
@pytest.mark.parametrize("backbone", ALL)
def test_four_logits_come_from_mosaics_of_any_size(nets, backbone, side):
    with torch.inference_mode():
        logits = nets[backbone].eval()(*batch(side, 2))
    assert [tuple(y.shape) for y in logits] == [(2, 2)] * 4
    assert all(torch.isfinite(y).all() for y in logits)


@pytest.mark.parametrize("backbone", ALL)
def test_cp_moves_the_logits_of_every_patient(nets, backbone):
    views, clinical = batch()
    clinical.requires_grad_()
    logits = nets[backbone].eval()(views, clinical)[-1]
    (gradient,) = torch.autograd.grad(logits[:, 1].sum(), clinical)
    assert (gradient != 0).all()


@pytest.mark.parametrize("backbone", IMAGES)
def test_images_move_the_logits_and_are_not_needed_by_cp(nets, backbone):
    views, clinical = batch()
    with torch.inference_mode():
        y, other = (nets[backbone].eval()(x, clinical)[-1] for x in (views, views.flip(-1)))
        cp, same = (nets["cp_mlp"].eval()(x, clinical)[-1] for x in (views, views.flip(-1)))
    assert not torch.equal(y, other)
    assert torch.equal(cp, same)


@pytest.mark.parametrize("backbone", ALL)
def test_every_weight_learns(nets, backbone):
    net = nets[backbone].train()
    views, clinical = batch()
    before = {name: buffer.clone() for name, buffer in net.named_buffers()}
    net.zero_grad()
    sum(nn.functional.cross_entropy(y, torch.tensor([0, 1, 0, 1])) for y in net(views, clinical)).backward()
    silent = [name for name, p in net.named_parameters() if p.grad is None or not torch.isfinite(p.grad).all()]
    net.load_state_dict(before, strict=False)
    net.zero_grad()
    assert silent == []


@pytest.mark.parametrize("backbone", ALL)
def test_the_seed_alone_decides_every_weight(nets, backbone):
    torch.manual_seed(12345)
    net = build_network(table(backbone))
    initialise(net, seeded())
    for (name, weight), other in zip(net.named_parameters(), nets[backbone].parameters(), strict=True):
        assert torch.equal(weight, other), name
    initialise(net, seeded(1))
    assert not all(torch.equal(p, q) for p, q in zip(net.parameters(), nets[backbone].parameters(), strict=True))


def test_a_light_network_of_cp_alone_is_a_logistic_regression():
    net = build_network({"backbone": "cp_mlp", "in_channels": 1, "n_clinical": 3, "head": "light"})
    assert n_parameters(net) == 2 * 3 + 2


def test_a_network_of_cp_alone_needs_cp():
    with pytest.raises(BadSetting, match="at least 1"):
        build_network(table("cp_mlp", n_clinical=0))


def test_a_table_of_the_first_bundles_is_an_mm_resnet():
    net = build_network({"in_channels": 1, "n_clinical": 2, "width": 8, "stem_channels": 8, "stages": True})
    assert net.settings["backbone"] == "mm_resnet"
    assert net.settings["deform_last_stage"] is False


def test_an_unknown_backbone_is_refused_by_name():
    with pytest.raises(BadSetting, match=r"resnet200; it must be mm_resnet, vgg16"):
        build_network({"backbone": "resnet200", "in_channels": 1, "n_clinical": 0})


def test_the_risk_comes_from_the_concatenation_or_from_the_sum_of_all():
    logits = tuple(torch.full((2, 2), float(k)) for k in range(4))
    assert risk_logits(logits)[0, 0] == 3
    assert risk_logits(logits, "combined")[0, 0] == 6


def test_one_classifier_counts_once_in_the_sum(nets):
    logits = nets["shake_shake"].eval()(*batch())
    assert torch.equal(risk_logits(logits, "combined"), logits[-1])


def test_logits_of_another_name_are_refused():
    with pytest.raises(BadSetting, match="concat or combined"):
        risk_logits((torch.zeros(1, 2),) * 4, "mean")


def test_serving_an_mm_resnet_does_not_import_monai():
    program = (
        "import sys, deeptepp.model.predict\n"
        "from deeptepp.model.network import build_network\n"
        "build_network({'in_channels': 1, 'n_clinical': 0, 'stem_channels': 8})\n"
        "assert not any(name.startswith(('monai', 'onnx')) for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_backbone_is_described_and_can_be_chosen_and_compared():
    page = (Path(__file__).parents[2] / "docs" / "method.md").read_text(encoding="utf-8")
    assert [name for name in NETWORKS if f"| `{name}` |" not in page] == []
    compared = {experiment.name: experiment.title for experiment in SUITES["table_s2"]}
    assert compared == {name: backbone.title for name, backbone in OF_IMAGES.items()}
    known = {each.name for each in fields(TrainSettings)}
    for name, backbone in OF_IMAGES.items():
        settings = TrainSettings(dataset=Path(), output=Path(), backbone=name)
        assert settings.backbone == name
        assert set(backbone.settings.values()) <= known
