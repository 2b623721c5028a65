import numpy as np
import pytest

from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Roi
from deeptepp.views.mosaic import build_views, splice_slices, view_mosaic
from deeptepp.views.planes import CANONICAL_VIEWS, Jitter, ViewSettings, sample_view


@pytest.fixture(scope="module")
def roi():
    mask = np.zeros((72, 72, 72), dtype=bool)
    mask[25:45, 30:42, 28:46] = True
    voxels = np.random.default_rng(1).normal(size=(2, 72, 72, 72)).astype(np.float32)
    return Roi(voxels, mask, Grid.axial((72, 72, 72), (1, 1, 1)))


def test_slices_stand_in_raster_order():
    slices = np.arange(16, dtype=np.float32)[:, None, None, None] * np.ones((1, 1, 3, 3), np.float32)
    mosaic = splice_slices(slices)
    assert mosaic.shape == (1, 12, 12)
    np.testing.assert_array_equal(mosaic[0, 1::3, 1::3], np.arange(16).reshape(4, 4))
    assert np.ptp(mosaic[0, 3:6, 6:9]) == 0


def test_each_tile_is_one_slice_of_the_view(roi):
    settings = ViewSettings()
    slices = sample_view(roi, CANONICAL_VIEWS["diagonal-p-s"], settings)
    mosaic = view_mosaic(roi, "diagonal-p-s", settings)
    for m in range(16):
        row, column = 28 * (m // 4), 28 * (m % 4)
        np.testing.assert_array_equal(mosaic[:, row : row + 28, column : column + 28], slices[m])


def test_slices_that_fill_no_square_are_refused():
    with pytest.raises(ValueError, match="12 slices"):
        splice_slices(np.zeros((12, 1, 4, 4), np.float32))


def test_views_follow_the_order_of_the_settings(roi):
    settings = ViewSettings(names=("sagittal", "axial", "diagonal-l-s"), n_slices=9, tile_px=20)
    stack = build_views(roi, settings)
    assert stack.names == settings.names
    assert stack.views.shape == (3, 2, 60, 60)
    assert stack.views.dtype == np.float32
    for view, name in zip(stack.views, settings.names, strict=True):
        np.testing.assert_array_equal(view, view_mosaic(roi, name, settings))


def test_the_scored_views_are_nine_and_always_the_same(roi):
    first, second = build_views(roi, ViewSettings()), build_views(roi, ViewSettings())
    assert first.views.shape == (9, 2, 112, 112)
    np.testing.assert_array_equal(first.views, second.views)


def test_jitter_moves_the_mosaic(roi):
    settings = ViewSettings()
    jittered = view_mosaic(roi, "axial", settings, jitter=Jitter.draw(np.random.default_rng(0)))
    assert not np.allclose(jittered, view_mosaic(roi, "axial", settings), atol=0.1)
