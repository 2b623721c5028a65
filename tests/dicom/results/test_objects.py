"""Result objects: the outline is in its place, numbers are the lesion's, the validator has nothing to say."""

import io
from dataclasses import replace

import numpy as np
import phantoms_dicom
import pytest
import scored_phantom
from pydicom import dcmread
from pydicom.uid import EnhancedMRImageStorage, MRImageStorage
from scipy.spatial.transform import Rotation
from scored_phantom import GRID, assessed, ball, errors_in, leaves, objects_of, points_of, read_phantom

from deeptepp.dicom.results.filing import own_study
from deeptepp.dicom.results.objects import read_objects, result_objects
from deeptepp.dicom.results.segmentation import mask_on_grid
from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Lesion, LesionOrigin
from deeptepp.domain.risk import Finding, Outcome, Severity
from deeptepp.domain.study import Side
from deeptepp.errors import MixedResults, NoSourceImages, NotAResultObject


def oblique() -> Grid:
    """A grid turned about all axes, of unequal spacings."""
    affine = np.eye(4)
    axial = Grid.axial((1, 1, 1), (2.2, 0.8, 0.9)).affine[:3, :3]
    affine[:3, :3] = Rotation.from_euler("xyz", (20, -15, 30), degrees=True).as_matrix() @ axial
    affine[:3, 3] = (-20.0, 15.0, 30.0)
    return Grid((20, 40, 36), affine)


def sagittal() -> Grid:
    affine = np.eye(4)
    affine[:3, :3] = [[2.0, 0, 0], [0, 0, 0.8], [0, -0.8, 0]]
    return Grid((22, 40, 44), affine)


@pytest.fixture(scope="module")
def reading(tmp_path_factory):
    return read_phantom(tmp_path_factory.mktemp("classic"))


@pytest.fixture(scope="module")
def multi_frame(tmp_path_factory):
    return read_phantom(tmp_path_factory.mktemp("enhanced"), is_enhanced=True)


@pytest.mark.parametrize("make", [lambda: GRID, oblique, sagittal], ids=["axial", "oblique", "sagittal"])
def test_the_outline_reads_back_where_the_lesion_is(make, tmp_path):
    lesion = ball(make())
    reading = read_phantom(tmp_path, grid=make())
    points = points_of(objects_of(reading, assessed(lesion))["segmentation"].dataset)
    # By definition: every voxel centre of the images that lies in a voxel of the outline, and no other.
    centres = reading.study.grid.to_mm(np.moveaxis(np.indices(reading.study.grid.shape), 0, -1)).reshape(-1, 3)
    near = centres[((centres >= lesion.box.low) & (centres <= lesion.box.high)).all(axis=1)]
    inside = near[[lesion.contains(centre) for centre in near]].round(3)
    np.testing.assert_allclose(points, inside[np.lexsort(inside.T)], atol=0.002)
    np.testing.assert_allclose(points.mean(axis=0), lesion.centroid_mm, atol=0.5)
    assert len(points) * reading.study.grid.voxel_volume_ml == pytest.approx(lesion.volume_ml, rel=0.06)


def test_a_lesion_between_all_voxel_centres_is_the_voxel_nearest_to_it():
    grid = Grid.axial((4, 4, 4), (5.0, 5.0, 5.0))
    tiny = Lesion(np.ones((1, 1, 1), bool), Grid.axial((1, 1, 1), (1, 1, 1), (6.5, 3.8, 9.0)))
    assert np.argwhere(mask_on_grid(tiny, grid)).tolist() == [[2, 1, 1]]


def test_a_lesion_at_the_edge_of_the_images_is_cut_there():
    grid = Grid.axial((4, 4, 4), (2.0, 2.0, 2.0))
    block = Lesion(np.ones((9, 9, 9), bool), Grid.axial((9, 9, 9), (1, 1, 1), (-6.0, -6.0, -6.0)))
    assert np.argwhere(mask_on_grid(block, grid)).max() == 1


def test_each_frame_names_the_slice_that_it_lies_on(reading):
    made = objects_of(reading)["segmentation"].dataset
    images = reading.source.phases[2].images
    assert {str(item.SegmentNumber) for item in made.SegmentSequence} == {"1"}
    for item in made.PerFrameFunctionalGroupsSequence:
        (named,) = item.DerivationImageSequence[0].SourceImageSequence
        k = [image.instance_uid for image in images].index(named.ReferencedSOPInstanceUID)
        assert named.ReferencedSOPClassUID == MRImageStorage
        np.testing.assert_allclose(
            [float(v) for v in item.PlanePositionSequence[0].ImagePositionPatient],
            reading.study.grid.to_mm((k, 0, 0)),
            atol=1e-6,
        )


def test_frames_of_a_multi_frame_file_are_named_with_their_number(multi_frame):
    made = objects_of(multi_frame)
    file = multi_frame.source.phases[2].images[0].instance_uid
    frames = {image.frame for image in multi_frame.source.phases[2].images}
    for item in made["segmentation"].dataset.PerFrameFunctionalGroupsSequence:
        (named,) = item.DerivationImageSequence[0].SourceImageSequence
        assert (named.ReferencedSOPClassUID, named.ReferencedSOPInstanceUID) == (EnhancedMRImageStorage, file)
        assert named.ReferencedFrameNumber in frames
    (study,) = made["segmentation"].dataset.StudiesContainingOtherReferencedInstancesSequence
    (series,) = study.ReferencedSeriesSequence
    assert [item.ReferencedSOPInstanceUID for item in series.ReferencedInstanceSequence] == [file]


def test_the_report_holds_score_tier_and_the_measures_of_the_lesion(reading):
    lesion, made = ball(), objects_of(reading)
    report = made["measurements"].dataset
    said = leaves(report)
    assert said["118565006"] == (pytest.approx(lesion.volume_ml, abs=1e-4), "ml")
    assert said["103339001"] == (pytest.approx(lesion.longest_diameter_mm, abs=0.01), "mm")
    assert said["RISK_SCORE"] == (pytest.approx(0.345678), "1")
    assert said["PERCENTILE"] == (pytest.approx(33.3), "%")
    assert said["TIER"] == ["TIER_LOW"]
    assert said["WARNING"] == ["eligibility.unknown"]
    assert said["MARK"] == ["RESEARCH_USE_ONLY"]
    assert any("c" * 64 in text for text in said["texts"])
    assert (report.PreliminaryFlag, report.CompletionFlag, report.VerificationFlag) == (
        "PRELIMINARY",
        "PARTIAL",
        "UNVERIFIED",
    )
    (own,), (other,) = report.CurrentRequestedProcedureEvidenceSequence, report.PertinentOtherEvidenceSequence
    assert (own.StudyInstanceUID, other.StudyInstanceUID) == (report.StudyInstanceUID, reading.source.study_uid)
    assert evidence_of(own) == {str(made["segmentation"].dataset.SOPInstanceUID)}
    assert evidence_of(other) == {image.instance_uid for image in reading.source.phases[2].images}


def evidence_of(study):
    """UIDs of what a report lists of one study."""
    listed = [item for series in study.ReferencedSeriesSequence for item in series.ReferencedSOPSequence]
    return {str(item.ReferencedSOPInstanceUID) for item in listed}


def groups_of(report):
    """Content of the groups of measurements."""
    (measured,) = [item for item in report.ContentSequence if code_of(item) == "126010"]
    return [group.ContentSequence for group in measured.ContentSequence if code_of(group) == "125007"]


def code_of(item):
    return item.ConceptNameCodeSequence[0].get("CodeValue", "") if "ConceptNameCodeSequence" in item else ""


def test_the_report_draws_the_lesion_as_viewers_want_it(reading):
    """What OHIF reads: a library of images, and in the first group polygons on slices beside all numbers."""
    lesion, report = ball(), objects_of(reading)["measurements"].dataset
    assert [code_of(item) for item in report.ContentSequence].count("111028") == 1
    drawn, referenced = groups_of(report)
    # Both are one lesion; the first UID of a group is taken for its name.
    named = [next(item for item in group if item.ValueType == "UIDREF") for group in (drawn, referenced)]
    assert [code_of(item) for item in named] == ["112040", "112040"]
    assert named[0].UID == named[1].UID
    assert not [item for item in referenced if item.ValueType == "NUM"]
    regions = [item for item in drawn if item.ValueType == "SCOORD"]
    grid = reading.study.grid
    slices = {image.instance_uid: k for k, image in enumerate(reading.source.phases[2].images)}
    areas_ml = []
    for region in regions:
        assert (region.GraphicType, region.RelationshipType) == ("POLYLINE", "CONTAINS")
        points = np.reshape(region.GraphicData, (-1, 2)).astype(float)
        np.testing.assert_array_equal(points[0], points[-1])
        (image,) = region.ContentSequence
        k = slices[image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID]
        # The centre of the upper left pixel is (0.5, 0.5).
        index = np.column_stack([np.full(len(points), k), points[:, 1] - 0.5, points[:, 0] - 0.5])
        apart = np.linalg.norm(grid.to_mm(index) - lesion.centroid_mm, axis=1)
        assert apart.max() < scored_phantom.RADIUS_MM + 1.5
        x, y = points[:-1, 0], points[:-1, 1]
        area = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
        areas_ml.append(area * grid.voxel_volume_ml)
    assert areas_ml[0] == max(areas_ml)
    assert sum(areas_ml) == pytest.approx(lesion.volume_ml, rel=0.1)


def test_outlines_on_a_multi_frame_file_name_its_frames(multi_frame):
    drawn, _ = groups_of(objects_of(multi_frame)["measurements"].dataset)
    images = [item.ContentSequence[0] for item in drawn if item.ValueType == "SCOORD"]
    named = {
        (
            image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID,
            image.ReferencedSOPSequence[0].ReferencedFrameNumber,
        )
        for image in images
    }
    assert named <= {(image.instance_uid, image.frame) for image in multi_frame.source.phases[2].images}
    assert len(named) > 3


@pytest.mark.parametrize(("side", "code"), [(Side.LEFT, "7771000"), (Side.RIGHT, "24028007"), (None, None)])
def test_the_side_of_the_lesion_stands_in_segmentation_and_report(reading, side, code):
    made = objects_of(reading, assessed(replace(ball(), side=side)))
    (region,) = made["segmentation"].dataset.SegmentSequence[0].AnatomicRegionSequence
    found = [item.CodeValue for item in region.get("AnatomicRegionModifierSequence", [])]
    for group in groups_of(made["measurements"].dataset):
        (site,) = [item for item in group if code_of(item) == "363698007"]
        found += [item.ConceptCodeSequence[0].CodeValue for item in site.get("ContentSequence", [])]
    assert found == ([code] * 3 if code else [])


@pytest.mark.parametrize("origin", LesionOrigin)
def test_segmentation_and_report_say_who_outlined_the_lesion(reading, origin):
    made = objects_of(reading, assessed(replace(ball(), origin=origin)))
    (segment,) = made["segmentation"].dataset.SegmentSequence
    kinds = {
        LesionOrigin.DETECTOR: "AUTOMATIC",
        LesionOrigin.READER: "SEMIAUTOMATIC",
        LesionOrigin.EXPERT: "MANUAL",
    }
    assert segment.SegmentAlgorithmType == kinds[origin]
    assert ("SegmentationAlgorithmIdentificationSequence" in segment) == (origin is not LesionOrigin.EXPERT)
    said = {"detector": "the software", "reader": "a reader's box", "expert": "an expert, by hand"}[origin]
    assert any(f"Outline by {said}; volume" in text for text in leaves(made["measurements"].dataset)["texts"])


def test_the_pdf_and_the_picture_come_back_byte_for_byte(reading):
    made = objects_of(reading)
    report = dcmread(io.BytesIO(made["report"].to_bytes()))
    assert report.EncapsulatedDocument[: report.EncapsulatedDocumentLength] == scored_phantom.PDF
    assert made["card"].dataset.pixel_array.shape == (20, 31, 3)


@pytest.mark.parametrize("is_simulated", [False, True])
def test_every_object_is_of_a_study_of_its_own_and_names_nobody(reading, is_simulated):
    made = objects_of(reading, is_simulated=is_simulated)
    assert list(made) == ["segmentation", "measurements", "report", "card"]
    for each in made.values():
        found, content = each.dataset, each.to_bytes()
        # A file that is imported by hand must not put the study under a second patient.
        assert found.StudyInstanceUID == own_study(reading.study.key, reading.source.study_uid)
        (named,) = found.ReferencedStudySequence
        assert named.ReferencedSOPInstanceUID == reading.source.study_uid
        assert (found.PatientID, found.PatientName) == (reading.study.key, reading.study.key)
        assert (found.PatientBirthDate, found.AccessionNumber, found.StudyDate) == ("", "", "")
        assert found.PatientIdentityRemoved == "YES"
        assert found.SeriesDescription.startswith("RESEARCH ONLY")
        assert ("SIMULATED" in found.SeriesDescription) is is_simulated
        for secret in (phantoms_dicom.NAME, phantoms_dicom.BIRTH, phantoms_dicom.RECORD, "General Hospital"):
            assert secret.encode() not in content
    assert len({str(each.dataset.SeriesInstanceUID) for each in made.values()}) == 4


def test_the_same_result_gives_the_same_objects_and_another_one_others_in_the_same_series(reading):
    once, twice = objects_of(reading), objects_of(reading)
    later = objects_of(reading, receipt=replace(scored_phantom.RECEIPT, created_utc="2026-01-02T03:04:06+00:00"))
    other = objects_of(reading, receipt=replace(scored_phantom.RECEIPT, inputs_sha256="e" * 64))
    model = objects_of(reading, receipt=replace(scored_phantom.RECEIPT, bundle_sha256="f" * 64))
    for name, each in once.items():
        found = each.dataset
        assert each.to_bytes() == twice[name].to_bytes()
        assert found.SOPInstanceUID == later[name].dataset.SOPInstanceUID
        assert found.SOPInstanceUID != other[name].dataset.SOPInstanceUID
        assert found.SeriesInstanceUID == other[name].dataset.SeriesInstanceUID
        assert found.SeriesInstanceUID != model[name].dataset.SeriesInstanceUID


def test_a_refusal_measures_the_lesion_and_names_the_rule(reading):
    finding = Finding("eligibility.her2", Severity.REFUSAL, "The tumour is HER2-negative.", "negative", "positive")
    changes = {"outcome": Outcome.REFUSED, "score": None, "tier": None, "percentile": None, "findings": (finding,)}
    said = leaves(objects_of(reading, **changes)["measurements"].dataset)
    assert (said["OUTCOME"], said["REFUSAL"]) == (["refused"], ["eligibility.her2"])
    assert "RISK_SCORE" not in said
    assert "118565006" in said


def test_without_a_lesion_there_are_the_report_and_the_card_only(reading):
    assert list(objects_of(reading, lesion=None)) == ["report", "card"]


def test_without_uids_or_a_receipt_no_object_is_made(reading):
    with pytest.raises(NoSourceImages):
        result_objects(reading.study, None, assessed(), scored_phantom.TIERS, report=b"")
    with pytest.raises(NoSourceImages):
        objects_of(reading, receipt=None)


def test_only_objects_of_this_software_are_read_back(reading, tmp_path):
    made = objects_of(reading)
    assert [each.name for each in read_objects([e.to_bytes() for e in made.values()])] == [
        "segmentation",
        "measurements",
        "report",
        "card",
    ]
    with pytest.raises(MixedResults, match="card, measurements, report instead of"):
        read_objects([made[name].to_bytes() for name in ("measurements", "report", "card")])
    other = objects_of(reading, receipt=replace(scored_phantom.RECEIPT, created_utc="2026-02-02T03:04:06+00:00"))
    with pytest.raises(MixedResults, match="several runs"):
        read_objects([made[name].to_bytes() for name in list(made)[:3]] + [other["card"].to_bytes()])
    image = phantoms_dicom.dynamic_series(phantoms_dicom.truth())[0]
    for content in (phantoms_dicom.encoded(image), b"no DICOM"):
        with pytest.raises(NotAResultObject):
            read_objects([content])


@pytest.mark.skipif(
    not scored_phantom.has_validator(), reason="dciodvfy is not installed (apt-get install dicom3tools)"
)
@pytest.mark.parametrize("kind", ["classic", "multi-frame", "simulated reader's box", "expert", "refused"])
def test_the_validator_finds_no_error(kind, reading, multi_frame, tmp_path):
    source = multi_frame if kind == "multi-frame" else reading
    answer = assessed()
    if kind == "simulated reader's box":
        answer = assessed(replace(ball(), origin=LesionOrigin.READER))
    if kind == "expert":
        answer = assessed(replace(ball(), origin=LesionOrigin.EXPERT))
    refusal = {"outcome": Outcome.REFUSED, "score": None, "tier": None} if kind == "refused" else {}
    made = objects_of(source, answer, is_simulated=kind.startswith("simulated"), **refusal)
    assert {name: errors_in(each, tmp_path) for name, each in made.items()} == {name: [] for name in made}
