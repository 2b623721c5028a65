from dataclasses import replace

import numpy as np
import phantoms
import pytest

from deeptepp.domain.geometry import Grid, Volume
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.study import Phase, PhaseChoice, Study
from deeptepp.imaging.breast import find_breasts
from deeptepp.imaging.normalise import Intensities
from deeptepp.imaging.phase import choose_phase
from deeptepp.imaging.quality import check_field_of_view, check_quality, noise_sd


def rules(phantom, lesion=None):
    return {f.rule for f in check_quality(Intensities(phantom.study), choose_phase(phantom.study), lesion)}


@pytest.fixture(scope="module")
def good():
    return phantoms.breast_phantom(spacing_mm=(2.0, 1.2, 1.2))


def test_study_like_the_published_protocol_raises_nothing(good):
    assert rules(good, good.lesion) == set()


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"spacing_mm": (4.0, 1.2, 1.2)}, "quality.slice-spacing"),
        ({"spacing_mm": (4.0, 1.2, 1.2)}, "quality.anisotropy"),
        ({"spacing_mm": (2.0, 2.0, 2.0)}, "quality.pixel-spacing"),
        ({"spacing_mm": (3.0, 3.0, 3.0), "times_s": (0, 90, 180)}, "quality.n-phases"),
        ({"spacing_mm": (3.0, 3.0, 3.0), "times_s": (0, 300, 900, 1500)}, "quality.phase-time"),
        ({"spacing_mm": (3.0, 3.0, 3.0), "times_s": (0, 1, 1, 1)}, "quality.no-times"),
        ({"spacing_mm": (3.0, 3.0, 3.0), "noise": 60.0}, "quality.noise"),
    ],
)
def test_each_defect_speaks_with_value_limit_and_source(options, rule):
    phantom = phantoms.breast_phantom(**options)
    found = {f.rule: f for f in check_quality(Intensities(phantom.study), PhaseChoice(1, "reader", ""), None)}
    assert rule in found
    assert found[rule].source
    if rule != "quality.no-times":
        assert found[rule].value is not None
        assert found[rule].limit is not None


def test_motion_between_the_phases_is_noticed(good):
    phases = [
        p if k == 0 else Phase(Volume(np.roll(p.volume.voxels, 12, axis=1), good.study.grid), p.time_s)
        for k, p in enumerate(good.study.phases)
    ]
    study = Study(tuple(phases), "moved")
    assert "quality.motion" in {f.rule for f in check_quality(Intensities(study), choose_phase(study), None)}


def test_lesion_at_the_border_and_of_unusual_volume_is_noticed(good):
    corner = good.study.grid.to_mm((0, 0, 0))
    lesion = Lesion(np.ones((2, 2, 2), dtype=bool), Grid.axial((2, 2, 2), (1, 1, 1), corner))
    assert {"quality.lesion-at-edge", "quality.lesion-volume"} <= rules(good, lesion)


def test_noise_is_measured_within_a_fifth():
    phantom = phantoms.breast_phantom(spacing_mm=(3.0, 2.0, 2.0), noise=6.0, dtype=np.float32)
    assert noise_sd(phantom.study, choose_phase(phantom.study)) == pytest.approx(6.0, rel=0.2)


def test_one_breast_alone_is_warned_of():
    both = find_breasts(phantoms.breast_phantom(spacing_mm=(3.0, 3.0, 3.0)).study)
    assert check_field_of_view(both) == ()
    one = replace(both, sides=("left",))
    (finding,) = check_field_of_view(one)
    assert (finding.rule, finding.value, finding.limit) == ("quality.one-breast", 1, 2)
