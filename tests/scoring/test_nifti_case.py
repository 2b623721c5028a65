"""A NIfTI study is scored like any other: its roles are held against the images, an expert outline comes first."""

from dataclasses import replace

import numpy as np
import phantoms
import phantoms_nifti
import pytest

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.lesion import LesionOrigin
from deeptepp.domain.risk import Outcome, Severity
from deeptepp.domain.study import Side
from deeptepp.errors import NiftiRolesDoubtful, NiftiTimesDiffer
from deeptepp.scoring import search as module
from deeptepp.scoring.case import assess_case
from deeptepp.scoring.images import open_case
from deeptepp.scoring.search import search_again

TIMES_S = (0.0, 90.0, 180.0, 270.0)


@pytest.fixture(scope="module")
def phantom():
    return phantoms.breast_phantom(spacing_mm=(3.0, 3.0, 3.0), times_s=TIMES_S)


def written(phantom, root, *, order=(0, 1, 2, 3), outline=None):
    """Write the phases as a patient of MAMA-MIA, in this order, and an outline."""
    study = phantom.study
    folder = root / "images" / "DUKE_001"
    for number, k in enumerate(order):
        name = f"DUKE_001_{number:04d}.nii.gz"
        phantoms_nifti.save_volume(study.phases[k].volume.voxels, study.grid, folder / name)
    if outline is not None:
        path = root / "segmentations" / "expert" / "DUKE_001.nii.gz"
        phantoms_nifti.save_volume(outline.astype("u1"), study.grid, path)
    return folder


def rules(findings, severity=None):
    return [f.rule for f in findings if severity in (None, f.severity)]


def test_voxels_grid_and_candidates_are_those_of_the_study_in_memory(phantom, tmp_path):
    images = open_case(written(phantom, tmp_path), times_s=TIMES_S)
    same = open_case(phantom.study)
    for read, made in zip(images.study.phases, phantom.study.phases, strict=True):
        np.testing.assert_array_equal(read.volume.voxels, made.volume.voxels)
        assert read.time_s == made.time_s
    np.testing.assert_allclose(images.study.grid.affine, phantom.study.grid.affine, atol=1e-4)
    assert images.phase == same.phase
    assert [c.volume_ml for c in images.candidates] == pytest.approx([c.volume_ml for c in same.candidates])
    assert phantom.lesion.contains(images.candidates[0].centroid_mm)
    assert "nifti.no-times" not in rules(images.findings)


def test_an_experts_outline_is_scored_and_the_candidates_stay_behind_it(phantom, bundle, tmp_path):
    images = open_case(written(phantom, tmp_path, outline=phantom.lesion.mask))
    first, *others = images.candidates
    assert (first.origin, first.side) == (LesionOrigin.EXPERT, Side.RIGHT)
    np.testing.assert_array_equal(first.mask, phantom.lesion.mask)
    assert {lesion.origin for lesion in others} == {LesionOrigin.DETECTOR}
    assert rules(images.findings, Severity.WARNING) == ["nifti.no-times"]
    answer = assess_case(images, ClinicalProfile(), bundle, allow_ineligible=True)
    assert answer.lesion is first
    assert "detection.ambiguous" not in rules(answer.findings)
    assert {"nifti.no-times", "quality.no-times"} <= set(rules(answer.findings, Severity.WARNING))
    assert (images.source, images.deidentified) == (None, None)


def test_a_nifti_study_is_real_so_a_simulated_model_refuses_it(phantom, bundle, tmp_path):
    images = open_case(written(phantom, tmp_path))
    answer = assess_case(images, ClinicalProfile(), replace(bundle, is_simulated=True))
    assert answer.outcome is Outcome.REFUSED
    assert "eligibility.simulated-model" in rules(answer.findings, Severity.REFUSAL)


def test_an_outline_where_the_detector_sees_nothing_is_warned_of(phantom, tmp_path):
    elsewhere = np.roll(phantom.lesion.mask, -8, axis=0)
    images = open_case(written(phantom, tmp_path, outline=elsewhere))
    assert "nifti.outline" in rules(images.findings, Severity.WARNING)
    np.testing.assert_array_equal(images.candidates[0].mask, elsewhere)


def test_an_outline_is_scored_where_the_detector_finds_nothing(phantom, bundle, tmp_path, monkeypatch):
    folder = written(phantom, tmp_path, outline=phantom.lesion.mask)
    monkeypatch.setattr(module, "detect_lesions", nothing)
    images = open_case(folder)
    assert images.candidates[0].side is Side.RIGHT
    assert "detection.no-lesion" in rules(images.findings, Severity.WARNING)
    assert assess_case(images, ClinicalProfile(), bundle, allow_ineligible=True).score is not None
    other = open_case(folder, side=Side.LEFT)
    assert other.candidates == ()
    assert "detection.no-lesion" in rules(other.findings, Severity.REFUSAL)


def nothing(*_arguments, **_more):
    raise module.NoLesion(value="no candidate", limit=0.1)


def test_another_phase_keeps_the_outline_first(phantom, tmp_path):
    images = open_case(written(phantom, tmp_path, outline=phantom.lesion.mask))
    again = search_again(images, 1)
    assert (again.phase.index, again.candidates[0].origin) == (1, LesionOrigin.EXPERT)
    assert rules(again.findings) == rules(images.findings)


@pytest.mark.parametrize("order", [(1, 0, 2, 3), (3, 2, 1, 0)])
def test_names_that_the_images_contradict_are_asked_about_and_a_choice_is_believed(phantom, tmp_path, order):
    folder = written(phantom, tmp_path, order=order)
    with pytest.raises(NiftiRolesDoubtful) as caught:
        open_case(folder)
    ways = [way.keys for way in caught.value.proposals]
    right = tuple(f"s{order.index(k) + 1}" for k in range(4))
    assert right in ways[:-1]
    assert ways[-1] == ("s1", "s2", "s3", "s4")
    images = open_case(folder, phase_keys=right, times_s=TIMES_S)
    assert not [rule for rule in rules(images.findings) if rule.startswith("roles")]
    np.testing.assert_array_equal(images.study.phases[0].volume.voxels, phantom.study.phases[0].volume.voxels)
    wrong = open_case(folder, phase_keys=ways[-1])
    assert [rule for rule in rules(wrong.findings, Severity.WARNING) if rule.startswith("roles")]


def test_times_that_do_not_fit_are_refused_also_for_dicom(phantom, tmp_path):
    folder = written(phantom, tmp_path)
    for times in ((0.0, 90.0), (0.0, 90.0, 80.0, 270.0)):
        with pytest.raises(NiftiTimesDiffer):
            open_case(folder, times_s=times)
    (tmp_path / "dicom").mkdir()
    with pytest.raises(NiftiTimesDiffer, match="the images are DICOM"):
        open_case(tmp_path / "dicom", times_s=TIMES_S)
