import numpy as np
import phantoms
import pytest

from deeptepp.domain.geometry import Volume
from deeptepp.domain.study import Phase, Study
from deeptepp.imaging import normalise
from deeptepp.imaging.body import body_mask
from deeptepp.imaging.normalise import Intensities
from deeptepp.imaging.phase import choose_phase
from deeptepp.imaging.quality import check_quality
from deeptepp.imaging.roi import RoiSettings, crop_roi


@pytest.fixture(scope="module")
def study():
    return phantoms.breast_phantom(spacing_mm=(4.0, 3.0, 3.0)).study


def transformed(study, change) -> Study:
    return Study(tuple(Phase(Volume(change(p.volume.voxels), study.grid), p.time_s) for p in study.phases), "t")


def test_gain_of_the_scanner_cancels(study):
    scale = Intensities(study).scale
    louder = transformed(study, lambda v: v.astype(np.float32) * 7)
    np.testing.assert_allclose(
        Intensities(louder).scale.apply(louder.phases[3].volume.voxels),
        scale.apply(study.phases[3].volume.voxels),
        atol=1e-4,
    )


def test_more_air_around_the_body_hardly_moves_the_scale(study):
    padded = tuple(
        Phase(Volume(v := np.pad(p.volume.voxels, ((0, 0), (30, 0), (0, 0))), _grown(study, v.shape)), p.time_s)
        for p in study.phases
    )
    scale, other = Intensities(study).scale, Intensities(Study(padded, "padded")).scale
    assert other.mean == pytest.approx(scale.mean, rel=0.02)
    assert other.sd == pytest.approx(scale.sd, rel=0.1)


def _grown(study, shape):
    affine = study.grid.affine.copy()
    affine[:3, 3] = study.grid.to_mm((0, -30, 0))
    return type(study.grid)(shape, affine)


def test_enhancement_survives_because_phases_are_pooled(study):
    scale = Intensities(study).scale
    pre, post = (scale.apply(study.phases[k].volume.voxels).mean() for k in (0, 3))
    assert post > pre


def test_tails_are_clipped_to_float32(study):
    scale = Intensities(study).scale
    wild = scale.apply(np.array([-1e6, 1e6]))
    assert wild.dtype == np.float32
    expected = [(scale.low - scale.mean) / scale.sd, (scale.high - scale.mean) / scale.sd]
    np.testing.assert_allclose(wild, expected, rtol=1e-5)


def test_constant_images_stay_finite():
    study = transformed(phantoms.empty_study(), lambda v: np.full(v.shape, 5.0))
    assert np.isfinite(Intensities(study).scale.apply(study.phases[0].volume.voxels)).all()


def test_what_was_measured_before_gives_the_same_region_of_interest_and_findings(study, monkeypatch):
    phantom = phantoms.breast_phantom(spacing_mm=(4.0, 3.0, 3.0))
    phase, calls = choose_phase(study), []
    monkeypatch.setattr(normalise, "body_mask", lambda *image: calls.append(1) or body_mask(*image))
    shared = Intensities(study)
    found = check_quality(shared, phase, phantom.lesion), crop_roi(shared, phase, phantom.lesion, RoiSettings())
    assert len(calls) == 1
    assert found[0] == check_quality(Intensities(study), phase, phantom.lesion)
    assert np.array_equal(found[1].voxels, crop_roi(study, phase, phantom.lesion, RoiSettings()).voxels)
