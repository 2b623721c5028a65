"""Scores of shifted outlines: the shifts are real ones, tiers are counted, and the work can be stopped."""

from dataclasses import replace

import numpy as np
import pytest

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.risk import Stability, Tier, TierScheme
from deeptepp.errors import JobCancelled
from deeptepp.scoring.case import assess_case, score_lesion
from deeptepp.scoring.stability import _shifted, _views, measure_stability, with_stability
from deeptepp.simulate.simulated_study import demo_profile
from deeptepp.views.mosaic import build_views

PROFILE = demo_profile()


@pytest.fixture(scope="module")
def measured(images, bundle):
    return measure_stability(images, images.candidates[0], PROFILE, bundle)


def moved(lesion, shift_mm):
    """The same outline somewhere else."""
    affine = lesion.grid.affine.copy()
    affine[:3, 3] += shift_mm
    return Lesion(lesion.mask, Grid(lesion.grid.shape, affine))


def test_seven_scores_by_their_shift(measured):
    steps = [(3, 0, 0), (-3, 0, 0), (0, 3, 0), (0, -3, 0), (0, 0, 3), (0, 0, -3)]
    assert set(measured.scores) == {(0, 0, 0), *steps}
    assert measured.shift_mm == 3
    assert len(set(measured.scores.values())) == 7


def test_the_score_without_a_shift_is_the_score(measured, images, bundle):
    expected = score_lesion(images, images.candidates[0], PROFILE, bundle).probability
    assert measured.scores[0, 0, 0] == pytest.approx(expected, abs=1e-6)
    answer = assess_case(images, PROFILE, bundle)
    assert answer.score.probability == answer.stability.scores[0, 0, 0] == expected
    assert answer.stability.scores == pytest.approx(measured.scores, abs=1e-6)
    alone = assess_case(images, PROFILE, bundle, measures_stability=False)
    assert (alone.score, alone.stability) == (answer.score, None)


def test_shifts_that_are_sampled_together_have_to_the_bit_the_views_of_each_alone(images, bundle):
    cubes = list(_shifted(images.study, images.phase, images.candidates[0], bundle.roi, 3))
    found = dict(_views(cubes, bundle.views))
    assert len(found) == len(cubes)
    for face, cube in cubes:
        np.testing.assert_array_equal(found[face].views, build_views(cube, bundle.views).views)


@pytest.mark.parametrize("shift", [(3.0, 0.0, 0.0), (0.0, -3.0, 0.0), (0.0, 0.0, 3.0)])
def test_a_shifted_score_is_that_of_a_shifted_outline(measured, images, bundle, shift):
    lesion = moved(images.candidates[0], shift)
    expected = score_lesion(images, lesion, PROFILE, bundle).probability
    assert measured.scores[shift] == pytest.approx(expected, abs=1e-5)


def test_an_outline_near_the_edge_of_the_images_is_shifted_into_air(images, bundle):
    grid = images.study.grid
    mask = np.zeros(grid.shape, dtype=bool)
    mask[:2, :2, :2] = True
    answer = measure_stability(images, Lesion(mask, grid), PROFILE, bundle)
    assert all(np.isfinite(list(answer.scores.values())))


def test_tiers_that_flip_are_named_in_order(measured, images, bundle):
    cut = (measured.low + measured.high) / 2
    scheme = TierScheme(cut, max(cut, 0.999))
    assessment = with_stability(images, assess_case(images, PROFILE, bundle), replace(bundle, tiers=scheme))
    assert assessment.stability.tiers == (Tier.LOW, Tier.MODERATE)
    assert not assessment.stability.is_stable
    assert assessment.tier_text == "Low/Moderate, unstable"


def test_one_tier_is_stable(images, bundle):
    scheme = TierScheme(1e-9, 1.0)
    shifted = replace(bundle, tiers=scheme)
    assessment = with_stability(images, assess_case(images, PROFILE, shifted), shifted)
    assert assessment.stability.is_stable
    assert assessment.tier_text == "Moderate"


def test_a_refused_case_stays_as_it_is(images, bundle):
    negative = ClinicalProfile.from_mapping({**PROFILE.to_mapping(), "her2_status": "negative"})
    refused = assess_case(images, negative, bundle)
    assert with_stability(images, refused, bundle) is refused
    assert refused.tier_text == ""


def test_the_work_can_be_stopped_between_shifts(images, bundle):
    heard = []

    def stop(report):
        heard.append(report)
        if len(heard) == 5:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        measure_stability(images, images.candidates[0], PROFILE, bundle, progress=stop)
    assert len(heard) == 5


def test_stability_needs_a_score():
    with pytest.raises(ValueError, match="at least one"):
        Stability({}, ())
