import pytest
import torch
from torch import nn

from deeptepp.model.deformable import DeformableConvolution
from deeptepp.model.mm_resnet import MMResNet
from deeptepp.model.network import initialise


def n_parameters(module):
    return sum(p.numel() for p in module.parameters())


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def convolution(n_in, n_out, stride=1, *, offset=(0.0, 0.0)):
    """A deformable convolution whose nine positions all move by one offset (down, right)."""
    layer = DeformableConvolution(n_in, n_out, stride)
    initialise(layer, seeded())
    with torch.no_grad():
        layer.offsets.bias.copy_(torch.tensor(offset).repeat(9))
    return layer


def drawn(*shape, seed=1):
    return torch.randn(*shape, generator=seeded(seed))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("side", [(7, 7), (8, 5), (1, 1), (2, 1)])
def test_without_offsets_it_is_the_plain_convolution(stride, side):
    layer, x = convolution(6, 4, stride), drawn(3, 6, *side)
    torch.testing.assert_close(layer(x), layer.kernel(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("down", "right"), [(1, 0), (0, -1), (-2, 3)])
def test_a_constant_whole_offset_shifts_the_map(down, right):
    layer, x = convolution(5, 4, offset=(float(down), float(right))), drawn(2, 5, 9, 8)
    room = 6
    padded = nn.functional.pad(x, (room, room, room, room))
    rows = slice(room + down - 1, room + down + 9 + 1)
    columns = slice(room + right - 1, room + right + 8 + 1)
    expected = nn.functional.conv2d(padded[:, :, rows, columns], layer.kernel.weight)
    torch.testing.assert_close(layer(x), expected, atol=1e-5, rtol=1e-5)


def test_half_a_pixel_is_the_mean_of_two_shifts():
    x = drawn(2, 5, 9, 8)
    half = convolution(5, 4, offset=(0.0, 0.5))(x)
    mean = (convolution(5, 4)(x) + convolution(5, 4, offset=(0.0, 1.0))(x)) / 2
    torch.testing.assert_close(half, mean, atol=1e-5, rtol=1e-5)


def test_a_position_moves_alone():
    """The middle of the kernel looks one pixel down, the eight others stay."""
    layer, x = convolution(1, 1), drawn(1, 1, 6, 6)
    with torch.no_grad():
        layer.offsets.bias[2 * 4] = 1.0
    middle = layer.kernel.weight[0, 0, 1, 1]
    below = nn.functional.pad(x[:, :, 1:], (0, 0, 0, 1))
    expected = layer.kernel(x) + middle * (below - x)
    torch.testing.assert_close(layer(x), expected, atol=1e-5, rtol=1e-5)


def test_the_offsets_learn_from_the_first_step_although_they_start_at_zero():
    layer = convolution(6, 4)
    layer(drawn(2, 6, 7, 7)).square().sum().backward()
    assert layer.offsets.weight.grad.abs().sum() > 0
    assert layer.kernel.weight.grad.abs().sum() > 0


def test_it_runs_in_half_precision_as_in_full():
    layer, x = convolution(6, 4, offset=(0.25, -0.5)), drawn(2, 6, 7, 7)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = layer(x.to(torch.bfloat16))
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y.float(), layer(x), atol=0.1, rtol=0.1)


def test_a_layer_of_512_channels_has_82962_more_weights():
    deformable = DeformableConvolution(512, 512)
    assert n_parameters(deformable) - n_parameters(nn.Conv2d(512, 512, 3, bias=False)) == 82_962


def test_the_last_stage_alone_is_deformable():
    plain = MMResNet(1, 4)
    deformable = MMResNet(1, 4, deform_last_stage=True)
    assert n_parameters(deformable) - n_parameters(plain) == 3 * 82_962 + (2 * 9 * 256 * 9 + 18)
    found = [name for name, module in deformable.named_modules() if isinstance(module, DeformableConvolution)]
    assert found == [f"trunk.layer4.{block}.conv{k}" for block in (0, 1) for k in (1, 2)]


def test_before_the_first_step_it_is_the_plain_network():
    plain = MMResNet(1, 4, width=8, out=16, stem_channels=8)
    deformable = MMResNet(1, 4, width=8, out=16, stem_channels=8, deform_last_stage=True)
    initialise(deformable, seeded())
    state = {k.replace(".kernel.", "."): v for k, v in deformable.state_dict().items() if ".offsets." not in k}
    plain.load_state_dict(state)
    views, clinical = drawn(2, 1, 112, 112), drawn(2, 4)
    for ours, theirs in zip(deformable.eval()(views, clinical), plain.eval()(views, clinical), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)
