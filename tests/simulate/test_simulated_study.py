from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage, stats

from deeptepp.dicom.read_dicom import read_study
from deeptepp.domain.clinical import Her2Status, NodeStage
from deeptepp.simulate.protocols import RUIJIN
from deeptepp.simulate.simulated_study import (
    DEMO_SIZE_MM,
    demo_profile,
    demo_study,
    simulate_study,
    write_simulated_study,
)


def _simulate(protocol, *, seed=0, latent_risk=0.8, size_mm=30.0, **options):
    rng = np.random.default_rng(seed)
    return simulate_study(latent_risk=latent_risk, tumour_size_mm=size_mm, rng=rng, protocol=protocol, **options)


@pytest.fixture(scope="module")
def simulated(coarse):
    return _simulate(coarse, side=-1, age_years=61.0)


def test_every_study_is_marked_as_simulated(simulated):
    facts = simulated.study.acquisition
    assert facts.is_simulated
    assert (facts.patient_sex, facts.patient_age_years) == ("F", 61.0)
    assert simulated.study.key.startswith("simulated-")
    assert simulated.truth()["is_simulated"] is True


def test_phases_are_stored_as_the_scanner_stores_them(simulated, coarse):
    assert [p.time_s for p in simulated.study.phases] == list(coarse.phase_times_s)
    assert all(p.volume.voxels.dtype == np.uint16 for p in simulated.study.phases)
    assert simulated.study.phases[3].volume.voxels.max() < 4096


def test_the_tumour_lies_on_the_asked_side_with_the_asked_size(simulated):
    assert simulated.lesion.centroid_mm[0] < 0
    assert simulated.lesion.longest_diameter_mm == pytest.approx(30.0, abs=2.7)


def test_the_same_seed_gives_the_same_study_and_another_seed_another(coarse, simulated):
    again = _simulate(coarse, side=-1, age_years=61.0)
    other = _simulate(coarse, seed=1, side=-1)
    assert again.study.digest == simulated.study.digest
    assert again.image_risk == simulated.image_risk
    assert other.study.digest != simulated.study.digest


def test_rendering_fewer_phases_leaves_the_woman_as_she_is(coarse, simulated):
    fewer = _simulate(coarse, side=-1, phases=(0, 1))
    np.testing.assert_array_equal(fewer.lesion.mask, simulated.lesion.mask)
    np.testing.assert_array_equal(fewer.study.phases[1].volume.voxels, simulated.study.phases[1].volume.voxels)


@pytest.mark.parametrize("phases", [(1, 2), (0, 2, 1), ()])
def test_phases_must_ascend_from_the_pre_contrast_one(coarse, phases):
    with pytest.raises(ValueError, match="ascend from 0"):
        _simulate(coarse, phases=phases)


def test_noise_in_air_is_rician_of_the_protocols_level(simulated, coarse):
    air = np.concatenate([p.volume.voxels[:, :2, :].ravel() for p in simulated.study.phases]).astype(float)
    deviation = coarse.noise_pct / 100 * coarse.gain
    assert air.mean() == pytest.approx(deviation * np.sqrt(np.pi / 2), rel=0.03)
    assert air.std() == pytest.approx(deviation * np.sqrt(2 - np.pi / 2), rel=0.03)


def test_noise_in_tissue_is_independent_between_phases(coarse):
    quiet = _simulate(coarse, phases=(0, 4, 5))
    late, last = (p.volume.voxels.astype(float) for p in quiet.study.phases[1:])
    bright = late > 60
    deviation = coarse.noise_pct / 100 * coarse.gain
    spread = 1.4826 * np.median(np.abs((last - late)[bright] - np.median((last - late)[bright])))
    assert spread == pytest.approx(deviation * np.sqrt(2), rel=0.12)


def test_measured_uptake_in_the_tumour_follows_its_kinetics(coarse):
    clean = replace(coarse, noise_pct=0.0)
    simulated = _simulate(clean, latent_risk=-2.5, size_mm=40.0, image_correlation=1.0)
    inner = ndimage.binary_erosion(simulated.lesion.mask, iterations=2)
    before = simulated.study.phases[0].volume.voxels[inner].mean()
    for k in (1, 3, 5):
        measured = simulated.study.phases[k].volume.voxels[inner].mean() / before - 1
        t = clean.since_injection_s(k)
        curves = simulated.pattern.rim_uptake.at(t), simulated.pattern.core_uptake.at(t)
        assert min(curves) * 0.93 < measured < max(curves) * 1.07


def test_the_heart_enhances_before_the_tumour_and_the_breast(simulated):
    phases = [p.volume.voxels.astype(float) for p in simulated.study.phases]
    grid = simulated.study.grid
    heart = tuple(np.rint(grid.to_index((40.0, 78.0, -6.0))).astype(int))
    around = tuple(slice(i - 2, i + 3) for i in heart)
    first, last = (phases[k][around].mean() - phases[0][around].mean() for k in (1, 5))
    assert first > last > 0


def test_visible_features_rise_with_image_risk(coarse):
    coarser = replace(coarse, matrix=100, n_slices=30, slice_mm=3.4)
    risks = np.linspace(-2, 2.2, 20)
    measured = []
    for i, risk in enumerate(risks):
        case = _simulate(
            coarser, seed=i, latent_risk=float(risk), size_mm=34.0, image_correlation=1.0, phases=(0, 3)
        )
        before, third = (p.volume.voxels.astype(float) for p in case.study.phases)
        depth = ndimage.distance_transform_edt(case.lesion.mask, sampling=case.study.grid.spacing_mm)
        outside = ndimage.distance_transform_edt(~case.lesion.mask, sampling=case.study.grid.spacing_mm)
        gain = third / np.maximum(before, 1) - 1
        rim, core = gain[(depth > 0) & (depth < 5)].mean(), gain[depth > 0.75 * depth.max()].mean()
        fill = case.lesion.mask.sum() * np.prod(case.study.grid.spacing_mm) / (np.pi / 6 * 34.0**3)
        halo = gain[(outside > 3) & (outside < 9)].mean()
        measured.append((case.image_risk, rim, rim - core, -fill, halo))
    table = np.array(measured)
    correlations = [stats.spearmanr(table[:, 0], table[:, j]).statistic for j in range(1, table.shape[1])]
    assert correlations[0] > 0.8, "enhancement of the rim"
    assert correlations[1] > 0.8, "rim against core"
    assert correlations[2] > 0.3, "irregular outline"
    assert correlations[3] > 0.6, "enhancement around the tumour"


def test_she_lies_prone_with_air_in_front_and_the_spine_at_the_back(simulated):
    volume = simulated.study.phases[0].volume.voxels.astype(float)
    profile = volume.mean(axis=(0, 2))
    assert profile[:3].max() < 20
    assert simulated.lesion.centroid_mm[1] < 15


def test_the_demo_is_an_eligible_case_whose_size_agrees_with_its_images():
    profile, case = demo_profile(), demo_study()
    assert profile.her2_status is Her2Status.POSITIVE
    assert profile.er_positive is False
    assert profile.node_stage is not NodeStage.N0
    assert profile.tumour_size_mm == DEMO_SIZE_MM
    assert case.lesion.longest_diameter_mm == pytest.approx(DEMO_SIZE_MM, abs=1.0)
    assert case.protocol is RUIJIN
    assert case.study.acquisition.patient_age_years == profile.age_years


def test_a_written_study_reads_back_as_the_same_simulated_study(coarse, tmp_path):
    tiny = replace(coarse, matrix=64, n_slices=24, slice_mm=4.4)
    path = write_simulated_study(tmp_path, seed=5, latent_risk=1.0, tumour_size_mm=30.0, protocol=tiny)
    truth = json.loads(path.read_text())
    study = read_study(tmp_path / "dicom").study
    rng = np.random.default_rng(5)
    original = simulate_study(latent_risk=1.0, tumour_size_mm=30.0, rng=rng, protocol=tiny)
    assert study.digest == original.study.digest
    assert study.acquisition.is_simulated
    assert study.acquisition.patient_sex == "F"
    assert truth["is_simulated"] is True
    assert truth["image_risk"] == original.image_risk
    assert original.lesion.contains(truth["centroid_mm"])
    low, high = (np.array(truth["box_mm"][k]) for k in ("low", "high"))
    assert (low < truth["centroid_mm"]).all()
    assert (high > truth["centroid_mm"]).all()
