"""A gap that all phases share parts two slabs; a gap of one phase is slices missing."""

import dicom_rows
import numpy as np
import phantoms_dicom as made

from deeptepp.domain.geometry import Grid
from deeptepp.errors import MissingSlice

SAGITTAL = Grid((20, 6, 7), np.array([[2.0, 0, 0, -60], [0, 0, 0.7, 0], [0, -0.7, 0, 0], [0, 0, 0, 1]]))
KNOWN = made.truth(SAGITTAL, (0, 90))


def without(*slices, phases=(0, 1)):
    images = made.dynamic_series(KNOWN)
    n = SAGITTAL.shape[0]
    return [image for i, image in enumerate(images) if i // n not in phases or i % n not in slices]


def test_the_same_wide_gap_in_each_phase_makes_two_slabs_of_each():
    rows = dicom_rows.rows(without(8, 9, 10, 11, 12))
    assert sorted(len(row.stack.frames) for row in rows) == [7, 7, 8, 8]
    assert all(row.stack.grid is not None for row in rows)


def test_slabs_need_not_lie_on_one_lattice():
    images = without(8, 9, 10, 11, 12)
    for image in images:
        x, y, z = image.ImagePositionPatient
        image.ImagePositionPatient = [float(x) + (0.9 if float(x) > -40 else 0), y, z]
    assert sorted(len(row.stack.frames) for row in dicom_rows.rows(images)) == [7, 7, 8, 8]


def test_a_gap_of_one_phase_is_slices_missing():
    rows = dicom_rows.rows(without(8, 9, 10, 11, 12, phases=(1,)))
    assert [type(row.stack.problem) for row in rows] == [type(None), MissingSlice]


def test_a_single_slice_missing_in_each_phase_is_no_gap_between_slabs():
    rows = dicom_rows.rows(without(8))
    assert [row.stack.problem.value for row in rows] == [1, 1]
