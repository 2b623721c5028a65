import numpy as np
import pytest
import torch
from torch import nn

from deeptepp.train.fit.loss import FocalLoss, make_loss


def logits_and_labels(n=64):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(n, 2, generator=generator) * 3, torch.randint(2, (n,), generator=generator)


@pytest.mark.parametrize("weight", [None, torch.tensor([0.6, 3.0])])
def test_the_focal_loss_at_gamma_zero_is_the_cross_entropy(weight):
    logits, labels = logits_and_labels()
    assert torch.allclose(FocalLoss(0.0, weight)(logits, labels), nn.CrossEntropyLoss(weight)(logits, labels))


def test_the_focal_loss_is_that_of_its_formula():
    p = torch.tensor([0.9, 0.2])
    logits = torch.stack([torch.zeros(2), torch.logit(p)], dim=1)
    expected = -(0.1**2 * np.log(0.9) + 0.8**2 * np.log(0.2)) / 2
    assert FocalLoss(2.0)(logits, torch.ones(2, dtype=torch.int64)).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_the_focal_loss_and_its_gradient_stay_finite_where_the_answer_is_certain(gamma):
    logits = torch.tensor([[0.0, 200.0], [200.0, 0.0]], requires_grad=True)
    loss = FocalLoss(gamma)(logits, torch.tensor([1, 1]))
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(logits.grad).all()


def test_the_settings_choose_the_loss(quick_settings):
    assert isinstance(make_loss(quick_settings(), None), nn.CrossEntropyLoss)
    focal = make_loss(quick_settings(loss="focal", focal_gamma=1.5), None)
    assert isinstance(focal, FocalLoss)
    assert focal.gamma == 1.5
