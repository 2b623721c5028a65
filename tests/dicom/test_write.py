"""What is written reads back the same, and a simulated study stays marked as one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from scipy.spatial.transform import Rotation

from deeptepp.dicom.digest import study_digest
from deeptepp.dicom.read_dicom import read_study
from deeptepp.dicom.write import write_study
from deeptepp.domain.geometry import Grid, Volume
from deeptepp.domain.study import Acquisition, Phase, Study

FACTS = Acquisition("SIEMENS", "Aera", 1.5, 4.5, 1.6, 10.0, "F", 52.0, is_simulated=True)


def study_on(grid: Grid, times_s=(0.0, 61.5, 123.25), low: int = 0, seed: int = 0) -> Study:
    rng = np.random.default_rng(seed)
    volumes = [Volume(rng.integers(low, 3000, grid.shape).astype(np.float32), grid) for _ in times_s]
    phases = tuple(Phase(v, t) for v, t in zip(volumes, times_s, strict=True))
    return Study(phases, "k", FACTS, study_digest(phases))


GRID = Grid.axial((5, 7, 9), (1.5, 0.9, 0.8), (-20.0, 3.0, 7.0))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**31), low=st.sampled_from([0, -500]))
def test_grid_voxels_times_and_digest_survive_the_round_trip(tmp_path_factory, seed, low):
    rng = np.random.default_rng(seed)
    affine = np.eye(4)
    affine[:3, :3] = Rotation.random(random_state=rng).as_matrix() * rng.uniform(0.4, 5, 3)
    affine[:3, 3] = rng.uniform(-300, 300, 3)
    times_s = (0.0, *np.cumsum(rng.uniform(2, 600, 2)).round(4))
    study = study_on(Grid(tuple(int(n) for n in rng.integers(2, 8, 3)), affine), times_s, low, seed)
    folder = tmp_path_factory.mktemp("study")
    write_study(study, folder, description="dyn", patient_key="p1")
    back = read_study(folder).study
    assert [p.time_s for p in back.phases] == pytest.approx(times_s, abs=1e-4)
    # Slices come back in the direction nearest to +L, +P or +S, whichever way they were held before.
    flipped = not back.grid.is_close(study.grid, tolerance_mm=1e-6)
    for phase, written in zip(back.phases, study.phases, strict=True):
        expected = written.volume.voxels[::-1] if flipped else written.volume.voxels
        np.testing.assert_array_equal(phase.volume.voxels, expected)
    np.testing.assert_allclose(np.sort(back.grid.corners_mm(), 0), np.sort(study.grid.corners_mm(), 0), atol=1e-6)
    assert back.digest == study.digest


def test_the_simulated_mark_and_the_scanner_facts_come_back(tmp_path):
    paths = write_study(study_on(GRID), tmp_path, description="dyn", patient_key="p1")
    reading = read_study(paths)
    assert reading.study.acquisition == FACTS
    assert [row.description for row in reading.series] == [
        f"SIMULATED dyn {w}" for w in ("pre", "post 1", "post 2")
    ]
    header = dcmread(paths[0])
    assert "SIMULATED" in str(header.PatientName)
    assert "SIMULATED" in header.ImageComments
    assert "Research use only" in header.ImageComments


def test_a_real_study_is_not_called_simulated(tmp_path):
    study = replace(study_on(GRID), acquisition=replace(FACTS, is_simulated=False))
    paths = write_study(study, tmp_path, description="dyn", patient_key="p1")
    assert not read_study(tmp_path).study.acquisition.is_simulated
    assert "SIMULATED" not in str(dcmread(paths[0]))


def test_one_file_for_each_slice_and_phase_with_unique_uids(tmp_path):
    paths = write_study(study_on(GRID), tmp_path, description="dyn", patient_key="p1")
    headers = [dcmread(path) for path in paths]
    assert len(paths) == len({h.SOPInstanceUID for h in headers}) == 15
    assert len({h.SeriesInstanceUID for h in headers}) == 3
    assert len({h.StudyInstanceUID for h in headers}) == 1
    assert all(len(h.SOPInstanceUID) <= 64 for h in headers)


def test_writing_twice_gives_the_same_bytes(tmp_path):
    first, second = (
        write_study(study_on(GRID), tmp_path / name, description="dyn", patient_key="p1") for name in "ab"
    )
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_voxels_beyond_16_bits_are_refused(tmp_path):
    volumes = [Volume(np.full(GRID.shape, value), GRID) for value in (0, 70_000)]
    study = Study(tuple(Phase(v, float(i)) for i, v in enumerate(volumes)), "k")
    with pytest.raises(ValueError, match="16 bits"):
        write_study(study, tmp_path, description="dyn", patient_key="p1")
