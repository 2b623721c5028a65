from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest
from scipy import ndimage

from deeptepp.domain.geometry import Grid
from deeptepp.simulate.tumour import TumourPattern, build_tumour, express, image_risk

_GRID = Grid.axial((120, 140, 140), (1.0, 0.885, 0.885), (-62.0, -62.0, -60.0))
_CALM = TumourPattern(
    irregularity=0.0, spiculation=0.0, rim=0.0, heterogeneity=0.0, vigour=0.0, wash_out=0.0, halo=0.0
)
_FIERCE = TumourPattern(**dict.fromkeys(asdict(_CALM), 1.0))


def _tumour(pattern, size_mm, seed=0):
    rng = np.random.default_rng(seed)
    return build_tumour(_GRID, np.zeros(3), size_mm=size_mm, pattern=pattern, rng=rng)


@pytest.mark.parametrize("size_mm", [6.0, 12.0, 26.0])
@pytest.mark.parametrize("pattern", [_CALM, _FIERCE], ids=["calm", "fierce"])
def test_the_mask_has_the_asked_longest_diameter(pattern, size_mm):
    lesion = _tumour(pattern, size_mm).lesion(_GRID)
    assert lesion.longest_diameter_mm == pytest.approx(size_mm, abs=1.0)


def test_a_large_tumour_has_the_asked_diameter_on_coarse_voxels():
    grid = Grid.axial((50, 80, 80), (2.0, 2.0, 2.0), (-79.0, -79.0, -49.0))
    rng = np.random.default_rng(0)
    tumour = build_tumour(grid, np.zeros(3), size_mm=70.0, pattern=_FIERCE, rng=rng)
    assert tumour.lesion(grid).longest_diameter_mm == pytest.approx(70.0, abs=2.0)


def test_a_calm_tumour_fills_the_volume_of_an_ellipsoid_of_its_size():
    for seed in range(4):
        ratio = _tumour(_CALM, 30.0, seed).lesion(_GRID).volume_ml / (np.pi / 6 * 3.0**3)
        assert 0.7**2 * 0.9 < ratio < 1.0


def test_the_mask_is_one_piece_around_the_centre():
    tumour = _tumour(_FIERCE, 26.0)
    assert ndimage.label(tumour.mask, np.ones((3, 3, 3)))[1] == 1
    assert tumour.lesion(_GRID).contains((0, 0, 0))


def test_a_tiny_tumour_still_has_a_mask():
    assert _tumour(_CALM, 1.0).mask.any()


def test_spicules_reach_beyond_the_mask_and_only_with_spiculation():
    for pattern, limit in ((_CALM, 0.02), (replace(_CALM, spiculation=1.0), 0.35)):
        tumour = _tumour(pattern, 26.0)
        near = ndimage.binary_dilation(tumour.mask, iterations=2)
        beyond = tumour.share[~near].sum() / tumour.mask.sum()
        assert (beyond < limit) if limit < 0.1 else (0.02 < beyond < limit)


def test_rim_and_core_follow_their_own_uptake_curves():
    tumour = _tumour(replace(_FIERCE, heterogeneity=0.0), 40.0)
    depth = ndimage.distance_transform_edt(tumour.mask, sampling=tumour.grid.spacing_mm)
    for t in (40.0, 120.0, 300.0):
        plain = tumour.enhancement_at(t) / tumour.texture
        assert plain[(depth > 0) & (depth < 1.2)].mean() == pytest.approx(
            tumour.pattern.rim_uptake.at(t), rel=0.05
        )
        assert plain[depth > 0.9 * depth.max()].mean() == pytest.approx(
            tumour.pattern.core_uptake.at(t), rel=0.05, abs=0.06
        )


def test_nothing_enhances_before_the_injection():
    tumour = _tumour(_FIERCE, 20.0)
    assert not tumour.enhancement_at(-1.0).any()
    assert not tumour.halo_at(-1.0).any()


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.95, 1.0])
def test_images_carry_the_latent_risk_with_the_asked_correlation(correlation):
    rng = np.random.default_rng(0)
    z = rng.standard_normal(6000)
    risk = np.array([image_risk(float(v), correlation, rng) for v in z])
    assert np.corrcoef(z, risk)[0, 1] == pytest.approx(correlation, abs=0.03)
    assert risk.std() == pytest.approx(1.0, abs=0.03)


def test_every_feature_rises_with_image_risk_and_keeps_a_noise_of_its_own():
    rng = np.random.default_rng(0)
    risk = np.linspace(-2, 2.5, 200)
    features = np.array([list(asdict(express(float(r), rng)).values()) for r in risk])
    ranks = features.argsort(axis=0).argsort(axis=0)
    for i in range(features.shape[1]):
        assert 0.97 < np.corrcoef(ranks[:, i], np.arange(200))[0, 1] < 1.0
    assert np.abs(features - features[:, :1])[:, 1:].max() > 0.02
