from __future__ import annotations

import numpy as np
import pytest

from deeptepp.simulate.texture import interpolate, interpolation_matrix, smooth_noise, soft_step


def test_interpolation_reproduces_a_plane_exactly():
    z, y, x = np.meshgrid(*[np.arange(n, dtype=np.float32) for n in (5, 6, 7)], indexing="ij")
    at = [np.linspace(0, n - 1, m) for n, m in ((5, 9), (6, 4), (7, 20))]
    fine = interpolate(z + 2 * y - x, [interpolation_matrix(p, n) for p, n in zip(at, (5, 6, 7), strict=True)])
    expected = at[0][:, None, None] + 2 * at[1][None, :, None] - at[2][None, None, :]
    np.testing.assert_allclose(fine, expected, atol=1e-5)


def test_interpolation_outside_repeats_the_last_sample():
    np.testing.assert_array_equal(interpolation_matrix([-3.0, 9.0], 3), [[1, 0, 0], [0, 0, 1]])


def test_one_sample_interpolates_to_itself():
    np.testing.assert_array_equal(interpolation_matrix([0.0, 2.0], 1), [[1], [1]])


def test_smooth_noise_has_unit_variance_and_the_asked_blob_size():
    noise = smooth_noise((60, 60, 60), (3, 3, 9), np.random.default_rng(0))
    assert noise.mean() == pytest.approx(0, abs=0.15)
    assert noise.std() == pytest.approx(1, abs=0.15)
    assert np.abs(np.diff(noise, axis=2)).mean() < 0.6 * np.abs(np.diff(noise, axis=0)).mean()


def test_soft_step_rises_from_zero_to_one_around_zero():
    np.testing.assert_allclose(soft_step(np.array([-3.0, -2.0, 0.0, 2.0, 3.0]), 2.0), [0, 0, 0.5, 1, 1])
