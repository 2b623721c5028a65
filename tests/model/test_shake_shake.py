import torch

from deeptepp.model.network import initialise
from deeptepp.model.shake_shake import HalvingShortcut, ShakeBlock, ShakeMix, ShakeShakeFeatures


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def drawn(*shape, seed=1):
    return torch.randn(*shape, generator=seeded(seed))


def share(*values):
    return torch.tensor(values).reshape(-1, 1, 1, 1)


def test_alpha_mixes_forward_and_beta_shares_the_gradient():
    a, b = drawn(2, 3, 4, 4).requires_grad_(), drawn(2, 3, 4, 4, seed=2).requires_grad_()
    alpha, beta, upstream = share(0.2, 0.9), share(0.7, 0.4), drawn(2, 3, 4, 4, seed=3)
    mixed = ShakeMix.apply(a, b, alpha, beta)
    torch.testing.assert_close(mixed, alpha * a + (1 - alpha) * b)
    mixed.backward(upstream)
    torch.testing.assert_close(a.grad, beta * upstream)
    torch.testing.assert_close(b.grad, (1 - beta) * upstream)


def test_in_evaluation_a_block_adds_the_mean_of_its_branches():
    block, x = ShakeBlock(8, 8, 1).eval(), drawn(2, 8, 6, 6)
    torch.testing.assert_close(block(x), x + (block.branch1(x) + block.branch2(x)) / 2)


def test_every_image_is_mixed_by_a_share_of_its_own():
    """With images alike, what training mixed differs between them, and always lies between the branches."""
    block = ShakeBlock(8, 8, 1)
    initialise(block, seeded())
    x = drawn(1, 8, 6, 6).expand(16, -1, -1, -1)
    with torch.no_grad():
        mixed = block(x) - x
        a, b = block.branch1(x), block.branch2(x)
    alpha = ((mixed - b) * (a - b)).sum(dim=(1, 2, 3)) / (a - b).square().sum(dim=(1, 2, 3))
    torch.testing.assert_close(mixed, share(*alpha.tolist()) * (a - b) + b, atol=1e-4, rtol=1e-4)
    assert alpha.min() >= -1e-4
    assert alpha.max() <= 1 + 1e-4
    assert alpha.std() > 0.1


def test_the_seed_decides_the_shares():
    block, x = ShakeBlock(4, 4, 1), drawn(4, 4, 6, 6)
    outputs = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        outputs.append(block(x).detach())
    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])


def test_both_branches_learn():
    block = ShakeBlock(4, 8, 2)
    block(drawn(4, 4, 6, 6)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in block.parameters())


def test_a_halving_shortcut_sees_pixels_that_plain_striding_drops():
    shortcut, x = HalvingShortcut(1, 2, 2).eval(), torch.zeros(1, 1, 6, 6)
    x[0, 0, 3, 3] = 1
    assert shortcut(x)[0, 0].abs().sum() == 0
    assert shortcut(x)[0, 1, 1, 1] != 0


def test_the_three_published_widths_have_their_sizes():
    counts = [sum(p.numel() for p in ShakeShakeFeatures(1, w).parameters()) / 1e6 for w in (32, 64, 96)]
    assert [round(count, 2) for count in counts] == [2.92, 11.65, 26.19]
