"""Why this score: heat where the network looks and nowhere else, nothing lost, and facts with the right sign."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Roi
from deeptepp.domain.risk import Recalibration
from deeptepp.errors import JobCancelled
from deeptepp.imaging.roi import RoiSettings
from deeptepp.model.classifier import OneClassifier
from deeptepp.model.clinical_net import ClinicalNet
from deeptepp.scoring.case import score_lesion
from deeptepp.scoring.explain import Explanation, explain_roi, explain_score
from deeptepp.simulate.simulated_study import demo_profile

PROFILE = demo_profile()
PATCH = (slice(40, 46), slice(28, 34), slice(42, 48))
"""Where a bright cube is planted, off the centre in every direction."""


class Brightness(nn.Module):
    """The sum of what is brighter than 2: a network that anyone can explain."""

    def forward(self, views):
        return torch.relu(views - 2).sum(dim=(2, 3))


@pytest.fixture
def planted():
    n = RoiSettings().n_voxels
    voxels = np.random.default_rng(2).normal(0, 0.3, (1, n, n, n)).astype(np.float32)
    voxels[0][PATCH] = 4.0
    z, y, x = np.indices((n, n, n)) - (n - 1) / 2
    return Roi(voxels, z**2 + y**2 + x**2 < 15**2, Grid.axial((n, n, n), (1.0, 1.0, 1.0)))


def with_net(bundle, net):
    return replace(bundle, net=net.eval())


@pytest.fixture
def bright_bundle(bundle):
    net = OneClassifier("vgg16", Brightness(), 1, in_channels=1, n_clinical=10)
    layer = net.classifier.layers[0]
    with torch.no_grad():
        layer.weight.zero_()
        layer.bias.zero_()
        layer.weight[1, 0] = 1.0
        # The first feature is the T stage, the second the nodes: one raises, the other lowers.
        layer.weight[1, 1], layer.weight[1, 2] = 0.5, -0.5
    return with_net(bundle, net)


def test_a_planted_bright_patch_is_found_and_raises(bright_bundle, planted):
    heat = explain_roi(planted, PROFILE, bright_bundle).heat
    near = np.zeros(heat.shape, dtype=bool)
    near[tuple(slice(s.start - 1, s.stop + 1) for s in PATCH)] = True
    assert heat.sum() > 0
    assert np.abs(heat[~near]).sum() < 0.01 * np.abs(heat).sum()
    centre = [np.average(np.indices(heat.shape)[axis], weights=np.abs(heat)) for axis in range(3)]
    assert centre == pytest.approx([42.5, 30.5, 44.5], abs=1.0)


def test_a_bundle_that_was_recalibrated_on_site_is_explained_as_it_scores(bright_bundle, planted):
    before = explain_roi(planted, PROFILE, bright_bundle)
    after = explain_roi(planted, PROFILE, replace(bright_bundle, on_site=Recalibration(-1.0, 0.5)))
    assert after.total == pytest.approx(before.total / 2)
    assert after.heat.sum() == pytest.approx(before.heat.sum() / 2, rel=1e-5)


def test_a_patch_that_lowers_the_score_is_cold(bright_bundle, planted):
    with torch.no_grad():
        bright_bundle.net.classifier.layers[0].weight[1, 0] = -1.0
    assert explain_roi(planted, PROFILE, bright_bundle).heat.sum() < 0


def test_a_network_without_images_has_no_heat(bundle, planted):
    found = explain_roi(planted, PROFILE, with_net(bundle, ClinicalNet(1, 10)))
    assert not found.heat.any()
    assert (found.total, found.missed) == pytest.approx((0, 0), abs=1e-6)
    assert any(effect.change for effect in found.clinical)


def test_the_heat_adds_up_to_the_log_odds(images, bundle):
    found = explain_score(images, images.candidates[0], PROFILE, bundle, n_steps=32)
    assert found.heat.shape == found.roi.grid.shape
    assert abs(found.missed) < 0.05 * max(abs(found.total), 0.1)
    assert found.heat.sum(dtype=np.float64) == pytest.approx(found.total + found.missed, abs=1e-4)
    assert found.seconds > 0


def test_heat_is_in_the_log_odds_of_the_score(bright_bundle, planted):
    plain = explain_roi(planted, PROFILE, bright_bundle)
    halved = replace(bright_bundle, recalibration=type(bright_bundle.recalibration)(-1.0, 0.5))
    assert explain_roi(planted, PROFILE, halved).total == pytest.approx(plain.total / 2, rel=1e-5)


def test_the_weights_and_their_gradients_stay_untouched(images, bundle):
    before = {k: v.clone() for k, v in bundle.net.state_dict().items()}
    explain_score(images, images.candidates[0], PROFILE, bundle, n_steps=2)
    assert all(torch.equal(v, before[k]) for k, v in bundle.net.state_dict().items())
    assert all(p.grad is None for p in bundle.net.parameters())
    assert not bundle.net.training


def test_facts_contribute_with_the_sign_of_their_weight(bright_bundle, planted):
    # A flat cube: a bright one would drown every fact.
    flat = Roi(np.zeros_like(planted.voxels), planted.mask, planted.grid)
    profile = replace(PROFILE, tumour_size_mm=55.0, node_stage=type(PROFILE.node_stage).N0, stage=None)
    effects = {e.field: e for e in explain_roi(flat, profile, bright_bundle).clinical}
    assert set(effects) == {"tumour_size_mm", "node_stage", "er_positive", "pr_positive"}
    assert effects["tumour_size_mm"].change > 0
    assert effects["er_positive"].change == 0
    usual = effects["node_stage"].usual
    assert (effects["node_stage"].change > 0) == (usual != "N0")


def test_an_effect_is_the_score_less_that_with_the_usual_fact(images, bundle):
    found = explain_score(images, images.candidates[0], PROFILE, bundle, n_steps=2)
    for effect in found.clinical:
        other = replace(PROFILE, **{effect.field: effect.usual, "stage": None})
        expected = score_lesion(images, images.candidates[0], other, bundle).probability
        assert effect.score_if_usual == pytest.approx(expected, abs=1e-6)
    strengths = [abs(effect.change) for effect in found.clinical]
    assert strengths == sorted(strengths, reverse=True)


def test_a_fact_that_was_not_entered_has_no_effect(bright_bundle, planted):
    found = explain_roi(planted, replace(PROFILE, er_positive=None), bright_bundle)
    assert "er_positive" not in {effect.field for effect in found.clinical}


def test_the_work_can_be_stopped_between_views(images, bundle):
    heard = []

    def stop(report):
        heard.append(report)
        if len(heard) == 3:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        explain_score(images, images.candidates[0], PROFILE, bundle, n_steps=2, progress=stop)


def test_heat_lies_on_the_grid_of_its_region(planted):
    with pytest.raises(ValueError, match="does not fill"):
        Explanation(np.zeros((2, 2, 2)), planted, 0.0, 0.0, (), "", 0.0)
