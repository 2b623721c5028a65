"""A slice that shows another place, or another scale, than the other phases there is found."""

import numpy as np
import pytest
from mutations.studies import truth

from deeptepp.domain.geometry import Volume
from deeptepp.imaging.roles.roles import check_roles
from deeptepp.imaging.roles.slice_places import misplaced_slices


def phases(*changed: np.ndarray) -> list[Volume]:
    known = truth()
    return [Volume(v, known.grid) for v in (*known.voxels[: 3 - len(changed)], *changed)]


def swapped(a: int, b: int) -> np.ndarray:
    last = truth().voxels[2].copy()
    last[[a, b]] = last[[b, a]]
    return last


def test_slices_in_their_places_are_not_found():
    assert misplaced_slices(phases()) == ()


@pytest.mark.parametrize(("a", "b"), [(0, 3), (2, 6), (1, 7)])
def test_exchanged_slices_are_found(a, b):
    assert misplaced_slices(phases(swapped(a, b))) == ((2, a), (2, b))


@pytest.mark.parametrize("factor", [0, 0.5, 2])
def test_a_slice_of_another_scale_is_found(factor):
    last = truth().voxels[2].astype(np.float32)
    last[4] *= factor
    assert (2, 4) in misplaced_slices(phases(last))


def test_a_whole_phase_that_moved_along_its_slices_is_in_place():
    assert misplaced_slices(phases(np.roll(truth().voxels[2], 1, axis=0))) in ((), ((2, 0),))


def test_the_roles_of_exchanged_slices_are_doubtful():
    failed = [check for check in check_roles(phases(swapped(1, 5))) if not check.is_passed]
    assert [(check.rule, check.phase, check.value) for check in failed] == [("roles.same-place", 2, 2.0)]
