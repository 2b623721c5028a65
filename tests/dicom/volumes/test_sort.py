"""Geometry and time decide how planes make volumes; thickness, numbers and order do not."""

import numpy as np
import phantoms_dicom as made
import pytest

from deeptepp.dicom.digest import study_digest
from deeptepp.dicom.header.clock import moment_s, time_of_day_s
from deeptepp.dicom.header.headers import frames_of
from deeptepp.dicom.volumes.sort import stacks_of
from deeptepp.domain.geometry import Grid, Volume
from deeptepp.domain.study import Phase
from deeptepp.errors import IrregularSpacing, MissingSlice


def stacks(images, seed: int = 0):
    order = np.random.default_rng(seed).permutation(len(images))
    return stacks_of([frame for i in order for frame in frames_of(images[i], int(i))])


def heights(*values: float):
    """One volume whose slices lie at these heights in mm, all else regular."""
    grid = Grid.axial((len(values), 4, 5), (1.0, 0.8, 0.7))
    plane = np.zeros((4, 5))
    shared = {"SeriesInstanceUID": "1.2", "AcquisitionTime": "080000"}
    return stacks([made.image(plane, grid, 0, ImagePositionPatient=[0, 0, z], **shared) for z in values])


def test_spacing_follows_slice_positions_not_thickness():
    (stack,) = heights(0, 2.5, 5, 7.5)
    assert stack.grid.spacing_mm == pytest.approx((2.5, 0.8, 0.7))


def test_the_order_of_files_changes_nothing():
    images = made.dynamic_series(made.truth(), series_per_phase=False)
    first, second = stacks(images, 1), stacks(images, 2)
    assert [[f.source for f in s.frames] for s in first] == [[f.source for f in s.frames] for s in second]
    assert len(first) == 3


@pytest.mark.parametrize(
    ("values", "n_absent"), [((0, 2, 6, 8), 1), ((0, 2, 4, 10), 2), ((0, 4, 6, 10), 2), ((0, 2.01, 6, 8), 1)]
)
def test_absent_slices_are_counted(values, n_absent):
    (stack,) = heights(*values)
    assert isinstance(stack.problem, MissingSlice)
    assert stack.problem.value == n_absent
    assert stack.problem.facts["every_mm"] == pytest.approx(2, abs=0.02)


@pytest.mark.parametrize("values", [(0, 2, 4.5, 6.5), (0, 0.1, 5, 10)])
def test_uneven_slices_make_no_volume(values):
    (stack,) = heights(*values)
    assert isinstance(stack.problem, IrregularSpacing)
    assert stack.grid is None


def test_rounded_positions_are_even():
    (stack,) = heights(*(round(k * 1.1 / 3, 3) for k in range(30)))
    assert stack.grid.spacing_mm[0] == pytest.approx(1.1 / 3, abs=1e-4)


def test_two_orientations_of_one_series_are_two_stacks():
    axial = made.truth()
    affine = axial.grid.affine.copy()
    affine[:3, :3] = affine[[1, 2, 0], :3]
    other = Grid(axial.grid.shape, affine)
    images = [
        made.image(axial.voxels[0][k], grid, k, SeriesInstanceUID="1.2")
        for grid in (axial.grid, other)
        for k in range(6)
    ]
    found = stacks(images)
    assert sorted(len(s.frames) for s in found) == [6, 6]
    assert any(s.grid.is_close(axial.grid) for s in found)


def test_sagittal_slices_ascend_towards_the_left():
    grid = Grid((5, 6, 7), np.array([[-2.0, 0, 0, 9], [0, 0, 0.7, 0], [0, -0.7, 0, 0], [0, 0, 0, 1]]))
    images = [made.image(np.zeros((6, 7)), grid, k, SeriesInstanceUID="1.2") for k in range(5)]
    (stack,) = stacks(images)
    np.testing.assert_allclose(stack.grid.directions[:, 0], [1, 0, 0], atol=1e-12)
    assert stack.grid.affine[0, 3] == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("074853.767500", 7 * 3600 + 48 * 60 + 53.7675),
        ("0748", 28080),
        ("07", 25200),
        ("07:48:53", 28133),
        ("", None),
        ("morning", None),
        ("7", None),
    ],
)
def test_times_of_day_are_read_in_every_form(text, seconds):
    assert time_of_day_s(text) == (seconds if seconds is None else pytest.approx(seconds))


def test_moments_a_day_apart_differ_by_a_day():
    assert moment_s("20200301000010.5+0100") - moment_s("20200228235959.5+0100") == 86400 + 11
    assert moment_s("20200301") is None


def test_the_digest_knows_one_anatomy_however_its_axes_run():
    rng = np.random.default_rng(0)
    grid = Grid.axial((3, 4, 5), (2.0, 0.8, 0.7), (1.0, 2.0, 3.0))
    voxels = rng.integers(0, 99, grid.shape)
    phases = [Phase(Volume(voxels, grid), 0.0), Phase(Volume(voxels + 1, grid), 60.0)]
    expected = study_digest(phases)
    flipped = grid.affine.copy()
    flipped[:3, 3] = grid.to_mm((2, 0, 4))
    flipped[:3, :3] *= [-1, 1, -1]
    turned = Grid((4, 5, 3), flipped[:, [1, 2, 0, 3]])
    again = [
        Phase(Volume(p.volume.voxels[::-1, :, ::-1].transpose(1, 2, 0).astype(np.float32), turned), p.time_s)
        for p in phases
    ]
    assert study_digest(again) == expected
