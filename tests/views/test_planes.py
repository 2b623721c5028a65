from itertools import combinations

import numpy as np
import pytest

from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Roi
from deeptepp.errors import BadSetting
from deeptepp.views.planes import (
    CANONICAL_VIEWS,
    MAX_GAMMA,
    MAX_OFFSET_MM,
    MAX_TILT_DEG,
    PADDING,
    Jitter,
    ViewSettings,
    plane_axes,
    sample_view,
    view_normal,
)
from deeptepp.views.slices import slice_positions_mm

N = 72
AXIAL = Grid.axial((N, N, N), (1.0, 1.0, 1.0), (20.0, -110.0, 35.0))
SETTINGS = ViewSettings()


def points(grid=AXIAL):
    """LPS positions of all voxels relative to the centre, (z, y, x, 3)."""
    return grid.to_mm(np.moveaxis(np.indices(grid.shape), 0, -1)) - grid.centre_mm


def ball(radius_mm, grid=AXIAL):
    return np.linalg.norm(points(grid), axis=-1) <= radius_mm


def roi_of(voxels, mask=None, grid=AXIAL):
    return Roi(voxels[None], ball(12) if mask is None else mask, grid)


def noise(seed=0):
    return np.random.default_rng(seed).normal(size=(N, N, N)).astype(np.float32)


def tilted_grid():
    a, b = np.deg2rad([25, -40])
    turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    turn = turn @ np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    affine = np.eye(4)
    affine[:3, :3] = turn[:, ::-1]
    affine[:3, 3] = (3.0, 4.0, 5.0)
    return Grid((N, N, N), affine)


def test_the_nine_canonical_normals_are_different_planes_of_symmetry_of_a_cube():
    normals = np.array(list(CANONICAL_VIEWS.values()))
    assert normals.shape == (9, 3)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1)
    assert all(abs(a @ b) < 0.75 for a, b in combinations(normals, 2))
    np.testing.assert_allclose(np.abs(normals[:3] @ normals[:3].T), np.eye(3))


@pytest.mark.parametrize("name", CANONICAL_VIEWS)
def test_axes_are_orthonormal_and_right_handed(name):
    axes = plane_axes(CANONICAL_VIEWS[name])
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1)
    np.testing.assert_allclose(axes[2], CANONICAL_VIEWS[name])


def test_axial_columns_run_left_and_rows_posterior_and_coronal_rows_inferior():
    np.testing.assert_allclose(plane_axes((0, 0, 5)), [[1, 0, 0], [0, 1, 0], [0, 0, 1]], atol=1e-12)
    np.testing.assert_allclose(plane_axes((0, 1, 0)), [[1, 0, 0], [0, 0, -1], [0, 1, 0]], atol=1e-12)


def test_sagittal_columns_run_posterior_as_left_right_is_the_normal():
    np.testing.assert_allclose(plane_axes((1, 0, 0)), [[0, 1, 0], [0, 0, 1], [1, 0, 0]], atol=1e-12)


@pytest.mark.parametrize("name", CANONICAL_VIEWS)
@pytest.mark.parametrize("grid", [AXIAL, tilted_grid()], ids=["axial", "oblique"])
def test_a_linear_field_is_read_exactly_at_the_stated_positions(name, grid):
    slope = np.array([0.3, -0.7, 1.1])
    roi = roi_of((points(grid) @ slope).astype(np.float32), ball(9, grid), grid)
    jitter = Jitter(tilt_deg=7, azimuth_deg=80, rotation_deg=33, flip_u=True, offset_mm=(1.0, -2.0, 0.5))
    axes = plane_axes(CANONICAL_VIEWS[name], jitter)
    w = slice_positions_mm(roi, axes[2], grid.centre_mm + jitter.offset_mm, n_slices=16, radius_mm=32)
    u = (np.arange(28) - 13.5) * 64 / 28
    at = u[None, None, :, None] * axes[0] + u[None, :, None, None] * axes[1] + w[:, None, None, None] * axes[2]
    expected = (at + jitter.offset_mm) @ slope
    expected[np.linalg.norm(at, axis=-1) > 32] = PADDING
    view = sample_view(roi, CANONICAL_VIEWS[name], SETTINGS, jitter=jitter)
    assert view.shape == (16, 1, 28, 28)
    assert view.dtype == np.float32
    np.testing.assert_allclose(view[:, 0], expected, atol=1e-3)


def test_rotation_by_90_degrees_equals_turning_the_picture():
    roi = roi_of(noise())
    straight = sample_view(roi, (0, 0, 1), SETTINGS)
    turned = sample_view(roi, (0, 0, 1), SETTINGS, jitter=Jitter(rotation_deg=90))
    np.testing.assert_allclose(turned, np.rot90(straight, 1, axes=(2, 3)), atol=1e-4)
    assert not np.allclose(turned, straight, atol=0.1)


@pytest.mark.parametrize(("flip", "axis"), [("flip_u", 3), ("flip_v", 2)])
def test_a_flip_mirrors_the_picture(flip, axis):
    roi = roi_of(noise())
    straight = sample_view(roi, (0, 1, 0), SETTINGS)
    flipped = sample_view(roi, (0, 1, 0), SETTINGS, jitter=Jitter(**{flip: True}))
    np.testing.assert_allclose(flipped, np.flip(straight, axis), atol=1e-4)


def test_the_sagittal_view_is_the_axial_view_of_the_transposed_volume():
    voxels = noise()
    mask = (points() / (14, 9, 6)).__pow__(2).sum(axis=-1) <= 1
    turned = Roi(voxels.transpose(2, 0, 1)[None], mask.transpose(2, 0, 1), AXIAL)
    sagittal = sample_view(Roi(voxels[None], mask, AXIAL), CANONICAL_VIEWS["sagittal"], SETTINGS)
    np.testing.assert_allclose(sagittal, sample_view(turned, CANONICAL_VIEWS["axial"], SETTINGS), atol=1e-4)


def test_a_sphere_looks_the_same_in_all_views():
    distance_mm = np.linalg.norm(points(), axis=-1)
    roi = roi_of(np.exp(-((distance_mm / 14) ** 2)).astype(np.float32))
    axial = sample_view(roi, CANONICAL_VIEWS["axial"], SETTINGS)
    for name in CANONICAL_VIEWS:
        np.testing.assert_allclose(sample_view(roi, CANONICAL_VIEWS[name], SETTINGS), axial, atol=0.02)


def test_no_view_and_no_jitter_reaches_an_empty_corner_or_shows_anything_outside_of_the_ball():
    rng = np.random.default_rng(3)
    ones = np.ones((N, N, N), dtype=np.float32)
    ones[[0, -1]] = ones[:, [0, -1]] = ones[:, :, [0, -1]] = np.nan
    roi = roi_of(ones, ball(30))
    for i in range(60):
        normal = list(CANONICAL_VIEWS.values())[i % 9]
        view = sample_view(roi, normal, SETTINGS, jitter=Jitter.draw(rng))
        assert set(np.unique(view)) == {PADDING, 1.0}
        np.testing.assert_array_equal(view[8, 0] > 0, view[7, 0] > 0)
        assert view[8, 0, 0, 0] == PADDING


def test_channels_are_sampled_alike():
    voxels = noise()
    roi = Roi(np.stack([voxels, 2 * voxels]), ball(12), AXIAL)
    view = sample_view(roi, (0, 1, 1), SETTINGS)
    assert view.shape == (16, 2, 28, 28)
    np.testing.assert_allclose(view[:, 1], 2 * view[:, 0], rtol=1e-6)


def test_a_larger_tumour_fills_more_of_the_picture():
    filled = [
        (sample_view(roi_of(ball(r).astype(np.float32), ball(r)), (0, 0, 1), SETTINGS)[8] > 0.5).sum()
        for r in (5, 10, 20)
    ]
    np.testing.assert_allclose(np.array(filled) * (64 / 28) ** 2, np.pi * np.array([5, 10, 20]) ** 2, rtol=0.15)


def test_the_field_of_view_must_fit_in_the_region():
    with pytest.raises(BadSetting, match="at most 71") as refused:
        sample_view(roi_of(noise()), (0, 0, 1), ViewSettings(fov_mm=72.0))
    assert refused.value.rule == "settings.bad-value"


@pytest.mark.parametrize(
    "wrong",
    [
        {"names": ()},
        {"names": ("axial", "axial")},
        {"names": ("axial", "oblique")},
        {"n_slices": 15},
        {"n_slices": 0},
        {"tile_px": 1},
        {"fov_mm": 0.0},
        {"fov_mm": float("nan")},
    ],
)
def test_unusable_settings_are_refused(wrong):
    with pytest.raises(BadSetting):
        ViewSettings(**wrong)


def test_the_default_mosaic_is_four_by_four_slices_of_28_pixels():
    assert (SETTINGS.tiles_per_side, SETTINGS.mosaic_px) == (4, 112)


def test_jitter_stays_within_its_limits_and_tilts_by_the_drawn_angle():
    rng = np.random.default_rng(0)
    drawn = [Jitter.draw(rng) for _ in range(300)]
    assert max(j.tilt_deg for j in drawn) <= MAX_TILT_DEG
    assert max(np.linalg.norm(j.offset_mm) for j in drawn) <= MAX_OFFSET_MM
    assert max(j.gamma for j in drawn) <= MAX_GAMMA
    assert min(j.gamma for j in drawn) >= 1 / MAX_GAMMA
    assert 100 < sum(j.flip_u for j in drawn) < 200
    for jitter, normal in zip(drawn, list(CANONICAL_VIEWS.values()) * 10, strict=False):
        axes = plane_axes(normal, jitter)
        np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
        np.testing.assert_allclose(np.rad2deg(np.arccos(axes[2] @ normal)), jitter.tilt_deg, atol=1e-5)


def test_the_same_seed_draws_the_same_jitter():
    assert Jitter.draw(np.random.default_rng(5)) == Jitter.draw(np.random.default_rng(5))


def test_gamma_keeps_range_and_order_and_one_changes_nothing():
    roi = roi_of(noise())
    plain = sample_view(roi, (0, 0, 1), SETTINGS)
    np.testing.assert_array_equal(sample_view(roi, (0, 0, 1), SETTINGS, jitter=Jitter()), plain)
    bent = sample_view(roi, (0, 0, 1), SETTINGS, jitter=Jitter(gamma=1.2))
    inside = plain != PADDING
    np.testing.assert_allclose([bent.min(), bent.max()], [plain.min(), plain.max()], rtol=1e-5)
    assert (bent[inside] <= plain[inside] + 1e-5).all()
    assert np.abs(bent - plain)[inside].mean() > 0.05
    flat = roi_of(np.ones((N, N, N), dtype=np.float32))
    assert sample_view(flat, (0, 0, 1), SETTINGS, jitter=Jitter(gamma=1.2)).max() == 1.0


@pytest.mark.parametrize("k", [10, 40])
def test_the_views_of_a_hemisphere_spread_evenly(k):
    normals = np.array([view_normal(f"fibonacci-{i}-of-{k}") for i in range(1, k + 1)])
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1)
    assert (normals[:, 2] > 0).all()
    np.testing.assert_allclose(normals.mean(axis=0), [0, 0, 0.5], atol=0.06)
    nearest = np.sort(np.abs(normals @ normals.T), axis=1)[:, -2]
    cap_deg = np.rad2deg(np.arccos(1 - 1 / k))  # a cap of 1 / k of the hemisphere has this radius
    assert np.rad2deg(np.arccos(nearest)).min() > 0.8 * cap_deg


def test_views_of_a_hemisphere_are_sampled_beside_canonical_ones():
    settings = ViewSettings(names=("axial", "fibonacci-1-of-12", "fibonacci-12-of-12"))
    normal = np.array(view_normal("fibonacci-12-of-12"))
    view = sample_view(roi_of(noise()), normal, settings)
    assert np.array_equal(view, sample_view(roi_of(noise()), 2 * normal, settings))


@pytest.mark.parametrize(
    "name", ["oblique", "fibonacci-0-of-9", "fibonacci-10-of-9", "fibonacci-1-of-1000", "fibonacci-01-of-9"]
)
def test_a_view_that_does_not_exist_is_refused(name):
    with pytest.raises(BadSetting, match="fibonacci"):
        ViewSettings(names=("axial", name))


@pytest.mark.parametrize("fraction", [-0.1, 1.0])
def test_a_share_of_area_outside_of_its_range_is_refused(fraction):
    with pytest.raises(BadSetting, match="min_area_fraction"):
        ViewSettings(min_area_fraction=fraction)
