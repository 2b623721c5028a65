import numpy as np
import pytest

from deeptepp.imaging.detection.fcm import fit_centres, memberships, spatial_memberships


def test_three_groups_are_found_in_order():
    rng = np.random.default_rng(0)
    features = np.concatenate([rng.normal(m, 0.05, (2000, 1)) for m in (1.0, 0.0, 0.5)])
    np.testing.assert_allclose(fit_centres(features)[:, 0], [0, 0.5, 1], atol=0.03)


def test_same_features_give_the_same_centres():
    features = np.random.default_rng(0).random((500, 3))
    np.testing.assert_array_equal(fit_centres(features), fit_centres(features.copy()))


def test_memberships_sum_to_one_and_peak_at_their_centre():
    centres = np.array([[0.0], [1.0], [4.0]])
    member = memberships(np.array([[0.0], [0.9], [10.0]]), centres)
    np.testing.assert_allclose(member.sum(axis=1), 1)
    assert member.argmax(axis=1).tolist() == [0, 1, 2]


def test_neighbours_outvote_a_lone_voxel():
    image = np.zeros((1, 9, 9, 9), dtype=np.float32)
    image[0, 4, 4, 4] = 0.6
    centres = np.array([[0.0], [1.0]])
    alone = memberships(image.reshape(1, -1).T, centres)[:, 1].reshape(9, 9, 9)[4, 4, 4]
    assert alone > 0.5 > spatial_memberships(image, centres)[1, 4, 4, 4]


def test_constant_features_stay_finite():
    centres = fit_centres(np.ones((50, 2)))
    assert np.isfinite(memberships(np.ones((50, 2)), centres)).all()
    assert centres.shape == pytest.approx((3, 2))
