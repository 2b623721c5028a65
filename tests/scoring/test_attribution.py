"""Shares of the log odds: those of plain integrated gradients, though the network is cut, folded and rounded."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from deeptepp.model import frozen_net as module
from deeptepp.model.bundle import load_bundle
from deeptepp.model.network import build_network, initialise
from deeptepp.scoring.attribution import LogOdds

EXACT = 0.01
ROUNDED = 0.05
"""Largest distance from the plain shares in units of their length: in float32, where a unit at its kink may tip,
and in bfloat16 by the weights of the shipped bundle."""

SMALL = {"backbone": "mm_resnet", "width": 8, "out": 16, "stem_channels": 8}
CUT = (SMALL, SMALL | {"head": "light"}, SMALL | {"stages": False}, SMALL | {"in_channels": 3})
WHOLE = (
    SMALL | {"deform_last_stage": True},
    {"backbone": "shake_shake", "base_channels": 8},
    {"backbone": "cp_mlp"},
)


@pytest.fixture(autouse=True)
def fresh():
    module.frozen_net.cache_clear()
    yield
    module.frozen_net.cache_clear()


def odds_of(bundle, settings, score_from="concat"):
    """The log odds of a network of random weights and running means, in the place of that of a bundle."""
    net = build_network({"in_channels": 1, "n_clinical": bundle.clinical.length} | settings)
    generator = torch.Generator().manual_seed(1)
    initialise(net, generator)
    for name, values in net.named_buffers():
        drawn = torch.rand(values.shape, generator=generator)
        if name.endswith("running_mean"):
            values.copy_((drawn - 0.5) / 5)
        if name.endswith("running_var"):
            values.copy_(drawn + 0.5)
    roi = replace(bundle.roi, channels=("pre", "post", "late")[: net.settings["in_channels"]])
    served = replace(bundle, net=net, roi=roi, score_from=score_from)
    return LogOdds(served, torch.zeros(1, bundle.clinical.length))


def views_of(n_channels, n=2, side=56):
    rng = np.random.default_rng(0)
    return torch.tensor(rng.normal(size=(n, n_channels, side, side)).astype(np.float32)).cumsum(dim=-1) / 8


def distance(odds, views, n_steps):
    plain = torch.cat([odds._plain_shares(view, n_steps) for view in views.split(1)]).double().numpy()
    found = np.stack(list(odds.shares(views, n_steps)))
    return np.linalg.norm(found - plain) / np.linalg.norm(plain)


@pytest.mark.parametrize("score_from", ["concat", "combined"])
@pytest.mark.parametrize("settings", CUT)
def test_a_cut_network_has_the_shares_of_the_plain_one(bundle, monkeypatch, settings, score_from):
    monkeypatch.setattr(module, "_multiplies_bfloat16", lambda: False)
    odds = odds_of(bundle, settings, score_from)
    views = views_of(settings.get("in_channels", 1))
    assert distance(odds, views, n_steps=3) < EXACT


def test_more_points_and_views_than_go_at_a_time_are_all_counted(bundle, monkeypatch):
    monkeypatch.setattr(module, "_multiplies_bfloat16", lambda: False)
    assert distance(odds_of(bundle, SMALL), views_of(1, n=4, side=28), n_steps=20) < EXACT


@pytest.mark.parametrize("settings", WHOLE)
def test_a_network_that_cannot_be_cut_is_run_whole(bundle, settings):
    odds = odds_of(bundle, settings)
    assert module.frozen_net(odds.bundle.net) is None
    shares = np.stack(list(odds.shares(views_of(1), 2)))
    assert shares.shape == (2, 1, 56, 56)
    assert np.isfinite(shares).all()


@pytest.mark.parametrize(("is_rounded", "most"), [(False, EXACT), (True, ROUNDED)])
def test_the_shipped_network_has_the_shares_of_the_plain_one(monkeypatch, is_rounded, most):
    bundle = load_bundle(None)
    odds = LogOdds(bundle, torch.zeros(1, bundle.clinical.length))
    views = views_of(len(bundle.roi.channels), n=1, side=bundle.views.mosaic_px)
    monkeypatch.setattr(module, "_multiplies_bfloat16", lambda: is_rounded)
    assert 0 < distance(odds, views, n_steps=3) < most


def test_a_frozen_network_is_made_once(bundle):
    assert module.frozen_net(bundle.net) is module.frozen_net(bundle.net)
