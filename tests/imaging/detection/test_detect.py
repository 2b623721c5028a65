import numpy as np
import phantoms
import pytest

from deeptepp.domain.geometry import Volume
from deeptepp.domain.lesion import BoxMm, LesionOrigin
from deeptepp.domain.progress import Step
from deeptepp.domain.study import Phase, Study
from deeptepp.errors import DetectionError, JobCancelled, LesionOutsideVolume, NoLesion
from deeptepp.imaging.detection.detect import LISTED_SCORE_SHARE, N_CANDIDATES, detect_lesions, lesion_from_box
from deeptepp.imaging.phase import choose_phase


@pytest.fixture(scope="module")
def phantom():
    return phantoms.breast_phantom()


@pytest.fixture(scope="module")
def found(phantom):
    return detect_lesions(phantom.study, choose_phase(phantom.study))


def detect(phantom):
    return detect_lesions(phantom.study, choose_phase(phantom.study))


def dice(lesion, phantom):
    (x, y, z), (a, b, c) = phantom.centre_mm, phantom.radii_mm
    points = lesion.points_mm
    inside = (((points - (x, y, z)) / (a, b, c)) ** 2).sum(axis=1) < 1
    return 2 * inside.sum() / (len(points) + 1000 * phantom.volume_ml)


def test_sphere_is_the_first_candidate_with_its_place_and_size(found, phantom):
    first = found.candidates[0]
    np.testing.assert_allclose(first.centroid_mm, phantom.centre_mm, atol=1.0)
    assert first.volume_ml == pytest.approx(phantom.volume_ml, rel=0.25)
    assert dice(first, phantom) > 0.85
    assert first.origin is LesionOrigin.DETECTOR
    assert 0 < first.confidence < 1


def test_candidates_descend_in_score_and_are_few(found):
    scores = [c.features["score"] for c in found.candidates]
    assert scores == sorted(scores, reverse=True)
    assert 1 <= len(scores) <= N_CANDIDATES
    assert not found.is_ambiguous


def test_clean_case_lists_nothing_far_below_the_first(found):
    scores = [c.features["score"] for c in found.candidates]
    assert len(scores) <= 2
    assert min(scores) >= LISTED_SCORE_SHARE * scores[0]


@pytest.mark.parametrize(
    "options",
    [
        {"centre_mm": (80.0, 0.0, -12.0)},
        {"radii_mm": (3.5, 3.5, 3.5)},
        {"radii_mm": (20.0, 14.0, 16.0), "centre_mm": (70.0, 15.0, 0.0)},
        {"sides": (-1,)},
        {"sides": (-1,), "field_of_view_x_mm": (-160.0, -8.0)},
        {"times_s": (0.0, 120.0)},
        {"spacing_mm": (3.0, 2.0, 2.0), "dtype": np.float32},
        {"seed": 5, "noise": 8.0},
    ],
    ids=["left", "7 mm", "40 mm", "mastectomy", "one breast", "one post phase", "thick slices", "noise"],
)
def test_tumour_is_found_whatever_its_size_and_the_protocol(options):
    phantom = phantoms.breast_phantom(**options)
    first = detect(phantom).candidates[0]
    assert phantom.lesion.contains(first.centroid_mm)
    assert dice(first, phantom) > 0.6


def test_same_bytes_give_the_same_mask(found, phantom):
    again = detect(phantom)
    assert len(again.candidates) == len(found.candidates)
    for a, b in zip(again.candidates, found.candidates, strict=True):
        np.testing.assert_array_equal(a.mask, b.mask)
        assert a.features == b.features


def test_order_of_the_array_does_not_move_the_finding(found, phantom):
    grid = phantom.study.grid
    affine = grid.affine[:, [2, 0, 1, 3]].copy()
    turned = type(grid)(tuple(np.asarray(grid.shape)[[2, 0, 1]]), affine)
    phases = tuple(
        Phase(Volume(p.volume.voxels.transpose(2, 0, 1), turned), p.time_s) for p in phantom.study.phases
    )
    study = Study(phases, "turned")
    first = detect_lesions(study, choose_phase(study)).candidates[0]
    np.testing.assert_allclose(first.centroid_mm, found.candidates[0].centroid_mm, atol=0.1)


def test_two_alike_tumours_are_ambiguous():
    one = phantoms.breast_phantom(centre_mm=(-70, 10, 10), noise=2.0)
    two = phantoms.breast_phantom(centre_mm=(80, 25, -5), noise=2.0)
    phases = tuple(
        Phase(Volume(np.maximum(a.volume.voxels, b.volume.voxels), one.study.grid), a.time_s)
        for a, b in zip(one.study.phases, two.study.phases, strict=True)
    )
    study = Study(phases, "both")
    detection = detect_lesions(study, choose_phase(study))
    assert detection.is_ambiguous
    centres = [c.centroid_mm for c in detection.candidates[:2]]
    for phantom in (one, two):
        assert any(phantom.lesion.contains(c) for c in centres)


def test_breasts_without_enhancement_hold_no_lesion():
    pre = phantoms.breast_phantom(spacing_mm=(3.0, 3.0, 3.0)).study.phases[0].volume
    study = Study((Phase(pre, 0.0), Phase(pre, 90.0), Phase(pre, 180.0)), "still")
    with pytest.raises(NoLesion) as caught:
        detect_lesions(study, choose_phase(study))
    assert "candidate" in str(caught.value.value) or "below 2" in str(caught.value.value)
    assert caught.value.limit


def test_volume_without_a_breast_is_a_named_refusal():
    study = phantoms.empty_study(value=0.0)
    with pytest.raises(DetectionError):
        detect_lesions(study, choose_phase(study))


def test_progress_tells_each_step_and_may_stop_the_work(phantom):
    reports = []
    detect_lesions(phantom.study, choose_phase(phantom.study), progress=reports.append)
    assert [r.found for r in reports if r.found and r.step is Step.BREAST]
    assert reports[-1].step is Step.DETECT
    assert reports[-1].fraction == 1.0

    def cancel(_report):
        raise JobCancelled()

    with pytest.raises(JobCancelled):
        detect_lesions(phantom.study, choose_phase(phantom.study), progress=cancel)


def box_around(phantom, margin_mm=4.0):
    low = np.asarray(phantom.centre_mm) - phantom.radii_mm - margin_mm
    high = np.asarray(phantom.centre_mm) + phantom.radii_mm + margin_mm
    return BoxMm(tuple(low.tolist()), tuple(high.tolist()))


def test_box_of_a_reader_gives_the_enhancing_tissue_inside_it(phantom):
    box = box_around(phantom)
    lesion = lesion_from_box(phantom.study, choose_phase(phantom.study), box)
    assert lesion.origin is LesionOrigin.READER
    assert lesion.confidence == 1.0
    assert dice(lesion, phantom) > 0.85
    assert (lesion.points_mm >= box.low).all()
    assert (lesion.points_mm <= box.high).all()


def test_box_through_a_tumour_never_leaves_the_box(phantom):
    x, y, z = phantom.centre_mm
    box = BoxMm((x, y - 6, z - 6), (x + 6, y + 6, z + 6))
    lesion = lesion_from_box(phantom.study, choose_phase(phantom.study), box)
    assert (lesion.points_mm >= box.low).all()
    assert (lesion.points_mm <= box.high).all()


def test_tiny_box_still_holds_a_voxel(phantom):
    box = BoxMm((-70.4, 10.1, 5.1), (-70.2, 10.3, 5.3))
    assert lesion_from_box(phantom.study, choose_phase(phantom.study), box).mask.sum() >= 1


@pytest.mark.parametrize(
    "box",
    [
        BoxMm((900, 900, 900), (910, 910, 910)),
        BoxMm((0, 0, 0), (0, 5, 5)),
        BoxMm((5, 5, 5), (0, 0, 0)),
        BoxMm((0, 0, float("nan")), (1, 1, 1)),
    ],
)
def test_box_that_misses_the_images_is_refused(phantom, box):
    with pytest.raises(LesionOutsideVolume):
        lesion_from_box(phantom.study, choose_phase(phantom.study), box)


def test_reader_phase_is_the_one_that_is_searched(phantom):
    choice = choose_phase(phantom.study, index=1)
    lesion = detect_lesions(phantom.study, choice).candidates[0]
    assert phantom.lesion.contains(lesion.centroid_mm)
