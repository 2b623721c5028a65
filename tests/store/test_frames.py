"""Frames show what is in the study, where it is."""

import numpy as np
import pytest

from deeptepp.domain.geometry import Grid, Volume
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.study import Phase, PhaseChoice, Study
from deeptepp.errors import FramesGone
from deeptepp.store.frames import FrameStore, build_frames, outline

CENTRE_MM = np.array([25.0, 12.0, 30.0])


def ball(grid, centre_mm=CENTRE_MM, radius_mm=8.0):
    points = grid.to_mm(np.moveaxis(np.indices(grid.shape), 0, -1))
    return np.linalg.norm(points - centre_mm, axis=-1) < radius_mm


def study_on(grid, n_phases=4, *, dtype=np.uint16):
    rng = np.random.default_rng(0)
    tumour = ball(grid)
    phases = []
    for n in range(n_phases):
        voxels = rng.normal(100, 2, grid.shape) + tumour * 150 * (n > 0)
        phases.append(Phase(Volume(voxels.astype(dtype), grid), 90.0 * n))
    return Study(tuple(phases), "key")


def choice(index=2):
    return PhaseChoice(index, "third-post", "third phase")


def sagittal():
    affine = np.eye(4)
    affine[:3, :3] = np.array(
        [[-3.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]]
    )  # slices to the right, rows down, columns back
    affine[:3, 3] = (60, -30, 70)
    return Grid((30, 80, 80), affine)


def test_the_tumour_lights_up_where_the_outline_is():
    study = study_on(sagittal())
    frames = build_frames(study, choice(), [Lesion(ball(study.grid), study.grid)])
    (marked,) = frames.outlines
    k, j, i = marked.start
    nz, ny, nx = marked.mask.shape
    gain = frames.stacks[2].astype(int) - frames.stacks[0]
    patch = gain[k : k + nz, j : j + ny, i : i + nx]
    assert patch[marked.mask].min() > 50
    found = frames.grid.to_mm(np.argwhere(gain > 50)).mean(axis=0)
    np.testing.assert_allclose(found, CENTRE_MM, atol=0.8)


def test_axes_are_radiological_for_a_sagittal_study():
    frames = build_frames(study_on(sagittal()), choice(), [])
    np.testing.assert_allclose(frames.grid.directions[::-1], np.eye(3), atol=1e-12)


def test_phases_keep_their_index_and_time():
    frames = build_frames(study_on(Grid.axial((6, 40, 40), (3, 2, 2))), choice(2), [])
    assert frames.phase_indices == (0, 1, 2, 3)
    assert frames.times_s == (0.0, 90.0, 180.0, 270.0)
    assert frames.chosen == 2


def test_many_phases_are_thinned_but_pre_chosen_and_last_stay():
    frames = build_frames(study_on(Grid.axial((4, 12, 12), (3, 2, 2)), 20), choice(4), [])
    assert len(frames.stacks) <= 8
    assert {0, 4, 19} <= set(frames.phase_indices)
    assert frames.phase_indices[frames.chosen] == 4


def test_an_outline_has_the_volume_of_the_lesion_on_another_grid():
    fine = Grid.axial((60, 80, 80), (1, 0.7, 0.7), origin_mm=(0, -15, 0))
    lesion = Lesion(ball(fine), fine)
    coarse = Grid.axial((40, 60, 60), (2, 1.1, 1.1), origin_mm=(-3, -20, -4))
    marked = outline(lesion, coarse)
    volume_ml = marked.mask.sum() * coarse.voxel_volume_ml
    assert volume_ml == pytest.approx(lesion.volume_ml, rel=0.1)
    centre = coarse.to_mm(np.argwhere(marked.mask) + marked.start).mean(axis=0)
    np.testing.assert_allclose(centre, lesion.centroid_mm, atol=0.3)


def test_a_lesion_smaller_than_a_voxel_is_still_marked():
    fine = Grid.axial((20, 20, 20), (0.5, 0.5, 0.5))
    mask = np.zeros(fine.shape, bool)
    mask[10, 10, 10] = True
    marked = outline(Lesion(mask, fine), Grid.axial((5, 5, 5), (3, 3, 3)))
    assert marked.mask.sum() == 1


def test_a_lesion_at_the_rim_is_marked_inside():
    grid = Grid.axial((6, 20, 20), (2, 1, 1))
    mask = np.zeros(grid.shape, bool)
    mask[0, 0, :3] = True
    marked = outline(Lesion(mask, grid), grid)
    assert marked.start == (0, 0, 0)
    assert marked.mask.shape == (1, 1, 3)


def small_frames():
    return build_frames(study_on(Grid.axial((4, 30, 30), (3, 1, 1)), 2), choice(1), [])


def test_frames_are_found_by_their_token_only():
    store = FrameStore()
    frames = small_frames()
    token = store.put("case", frames)
    assert store.get(token) is frames
    with pytest.raises(FramesGone):
        store.get("case")


def test_new_frames_of_a_case_replace_the_old():
    store = FrameStore()
    old, new = store.put("case", small_frames()), store.put("case", small_frames())
    assert old not in store
    assert new in store


def test_dropped_frames_are_gone():
    store = FrameStore()
    token = store.put("case", small_frames())
    store.drop("case")
    store.drop("case")
    with pytest.raises(FramesGone):
        store.get(token)


def test_memory_is_bounded_and_the_least_used_goes_first():
    frames = small_frames()
    store = FrameStore(max_bytes=2 * frames.n_bytes)
    first, second = store.put("1", frames), store.put("2", frames)
    store.get(first)
    third = store.put("3", frames)
    assert (first in store, second in store, third in store) == (True, False, True)


def test_one_case_is_kept_even_when_it_alone_is_too_large():
    store = FrameStore(max_bytes=1)
    assert store.put("1", small_frames()) in store


def test_the_sweep_forgets_what_nobody_asked_for():
    store = FrameStore()
    token = store.put("1", small_frames())
    assert store.sweep(60) == 0
    assert store.sweep(-1) == 1
    assert token not in store


def test_a_lesion_is_outlined_once():
    grid = Grid.axial((20, 40, 40), (3, 1.5, 1.5), origin_mm=(0, -15, 0))
    study = study_on(grid, 2)
    detected, drawn = Lesion(ball(grid), grid), Lesion(ball(grid, radius_mm=5.0), grid)
    store = FrameStore()
    token = store.put("1", build_frames(study, choice(1), [detected]))
    first = store.outlines(token, [detected, drawn])
    again = store.outlines(token, [drawn, detected])
    assert first[0].lesion is detected
    assert (again[1], again[0]) == first
