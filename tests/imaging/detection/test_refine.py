import numpy as np
import pytest

from deeptepp.domain.geometry import Grid, Volume
from deeptepp.domain.study import Phase, PhaseChoice, Study
from deeptepp.imaging.detection.refine import refine_mask, tidy

GRID = Grid.axial((48, 48, 48), (1.0, 1.0, 1.0))
RADIUS_MM = np.sqrt(((np.indices(GRID.shape) - 23.5) ** 2).sum(axis=0))


def study_of(enhancement):
    rng = np.random.default_rng(0)
    phases = []
    for k, share in enumerate((0.0, 0.8, 1.0, 1.0)):
        voxels = 100 + share * enhancement + rng.normal(0, 4, GRID.shape)
        phases.append(Phase(Volume(voxels.astype(np.float32), GRID), 90.0 * k))
    return Study(tuple(phases), "ball")


def refined(enhancement, seed_radius_mm, reach_mm=2.5):
    seed = GRID.to_mm(np.argwhere(seed_radius_mm > RADIUS_MM)[::3])
    mask, grid = refine_mask(study_of(enhancement), PhaseChoice(2, "reader", ""), seed, reach_mm)
    return mask.sum() * grid.voxel_volume_mm3


@pytest.mark.parametrize("radius_mm", [3.5, 6.0, 10.0])
@pytest.mark.parametrize("seed_share", [0.7, 1.3])
def test_volume_is_that_of_the_ball_from_a_narrow_and_from_a_wide_seed(radius_mm, seed_share):
    truth = 4 / 3 * np.pi * radius_mm**3
    assert refined(120.0 * (radius_mm > RADIUS_MM), seed_share * radius_mm) == pytest.approx(truth, rel=0.3)


def test_enhancement_around_a_tumour_is_not_part_of_it():
    ball = 150.0 * (RADIUS_MM < 6)
    halo = 60.0 * np.exp(-((np.clip(RADIUS_MM - 6, 0, None) / 5) ** 2)) * (RADIUS_MM >= 6)
    assert refined(ball + halo, 8.0) == pytest.approx(4 / 3 * np.pi * 6**3, rel=0.3)


def test_dark_core_of_a_rim_is_filled():
    rim = 120.0 * ((RADIUS_MM < 9) & (RADIUS_MM > 5))
    assert refined(rim, 9.0) == pytest.approx(4 / 3 * np.pi * 9**3, rel=0.3)


def test_where_nothing_clusters_the_seed_remains():
    assert refined(np.zeros(GRID.shape), 3.0) > 0


def test_tissue_away_from_the_seed_is_nothing():
    far = RADIUS_MM > 20
    assert not tidy(far, RADIUS_MM < 3).any()
