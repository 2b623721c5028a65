"""Public collections, in the layouts of their archives, become datasets in one step."""

import json
import re
import shutil
import zipfile

import archives_on_disk
import numpy as np
import pytest
from typer.testing import CliRunner

from deeptepp.cli import app
from deeptepp.datasets.collection import LAYOUTS, read_collection
from deeptepp.datasets.regions import RegionMaker
from deeptepp.dicom.read_dicom import read_study
from deeptepp.dicom.slice_box import box_of_slices
from deeptepp.domain.lesion import SliceBox
from deeptepp.errors import BadSetting, LesionOutsideVolume, UnknownPublicCohort, UnreadableCohort
from deeptepp.imaging.roi import RoiSettings, read_roi
from deeptepp.tables import read_cohort

IDENTIFIED = re.compile(r"(Breast_MRI|DUKE|ISPY2|ISPY2MRIT0)[_-]?9\d\d|T0-ISPY2", re.IGNORECASE)


@pytest.fixture(scope="session")
def archives(tmp_path_factory):
    """Give one download of each collection, which tests only read."""
    root = tmp_path_factory.mktemp("archives")
    return {
        "duke": archives_on_disk.write_duke(root / "duke"),
        "mama-mia": archives_on_disk.write_mama_mia(root / "mama-mia", n_patients=6),
        "ispy2": archives_on_disk.write_ispy2(root / "ispy2"),
    }


def rules(problems):
    return {problem.rule: problem for problem in problems}


def prepare(*words):
    return CliRunner().invoke(app, ["prepare", *map(str, words)])


@pytest.mark.parametrize(
    ("name", "origin", "label", "n"),
    [
        ("duke", "reader", "rfs_event", 4),
        ("mama-mia", "expert", "rfs_event", 6),
        ("ispy2", "detector", "her2_positive", 4),
    ],
)
def test_a_collection_becomes_a_dataset_in_one_step_and_goes_on_where_it_was(
    archives, tmp_path, name, origin, label, n
):
    command = ("--collection", name, archives[name], "--out", tmp_path / "out", "--folds", 2, "--label", label)
    result = prepare(*command)
    assert result.exit_code == 0, result.output
    assert not IDENTIFIED.search(result.output)
    about = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert about["n_by_origin"] == {origin: n}
    assert about["collection"]["name"] == name
    assert about["collection"]["licence"] in about["study"]["data_availability"]
    cohort = read_cohort(tmp_path / "out" / "cohort.parquet")
    assert cohort[label].astype(float).sum() == n / 2
    assert f"{n} of {n} regions of interest, {n} from before, 0 failed" in prepare(*command).output
    truth = archives_on_disk.simulated().lesion
    for key in cohort["key"]:
        # What was cut is around the tumour that was simulated.
        roi = read_roi(tmp_path / "out" / "rois" / f"{key}.npz")
        centre = roi.grid.to_mm(np.argwhere(roi.mask)).mean(axis=0)
        assert np.linalg.norm(centre - truth.centroid_mm) < 8


def test_whoever_is_left_out_is_told_by_rule_and_row_and_nobody_by_name(archives):
    manifest = read_collection("duke", archives["duke"])
    told = rules(manifest.problems)
    assert told["collection.images-absent"].rows == (8,)
    assert told["collection.left-out"].rows == (9,)
    assert "4 of 6 patients are kept, 2 of them positive" in told["collection.kept"].found
    assert not any(problem.is_refusal for problem in manifest.problems)
    assert len(manifest.images) == len(manifest.cohort) == len(manifest.subjects) == 4
    assert not IDENTIFIED.search(" ".join(p.found + p.remedy for p in manifest.problems))


def test_recurrence_cannot_be_learnt_from_a_collection_without_follow_up(archives, tmp_path):
    result = prepare("--collection", "ispy2", archives["ispy2"], "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "[collection.nobody]" in result.output
    assert "HER2 status alone" in " ".join(result.output.split())
    assert not (tmp_path / "out").exists()


def test_a_table_without_images_is_refused_with_where_to_get_them(archives, tmp_path):
    shutil.copy(archives["duke"] / "Clinical_and_Other_Features.xlsx", tmp_path)
    told = rules(read_collection("duke", tmp_path).problems)
    assert told["collection.nobody"].is_refusal
    assert "no images" in told["collection.nobody"].found


def test_a_second_examination_without_a_name_is_never_guessed(archives, tmp_path):
    shutil.copytree(archives["ispy2"], tmp_path / "ispy2")
    for place in (tmp_path / "ispy2").glob("*/ISPY2/*/*T0-*"):
        place.rename(place.with_name("before"))
    told = read_collection("ispy2", tmp_path / "ispy2", label="her2_positive").problems
    assert any("no name says which is the first" in p.found and p.rows == (2, 3, 4, 5) for p in told)


def test_a_patient_found_in_two_downloads_is_left_out(archives, tmp_path):
    shutil.copytree(archives["duke"], tmp_path / "duke")
    subject = next((tmp_path / "duke").glob("*/*/Breast_MRI_900-1"))
    shutil.make_archive(str(tmp_path / "duke" / subject.name), "zip", subject)
    manifest = read_collection("duke", tmp_path / "duke")
    assert any("Several folders" in p.found and p.rows == (5,) for p in manifest.problems)
    shutil.rmtree(subject)
    assert len(read_collection("duke", tmp_path / "duke").images) == 4


def test_other_names_labels_and_folders_are_refused(archives, tmp_path):
    with pytest.raises(UnknownPublicCohort, match=", ".join(LAYOUTS)):
        read_collection("metabric", archives["duke"])
    with pytest.raises(BadSetting, match="her2_positive"):
        read_collection("duke", archives["duke"], label="pcr")
    with pytest.raises(UnreadableCohort, match="the folder holds no"):
        read_collection("duke", tmp_path)
    assert prepare(archives["duke"], "--out", tmp_path / "out").exit_code == 2


def test_one_damaged_study_stops_the_collection_only_where_it_may_not_be_skipped(archives, tmp_path):
    root = tmp_path / "mama-mia"
    shutil.copytree(archives["mama-mia"], root)
    next(root.glob("images/DUKE_902/*_0000.nii.gz")).write_bytes(b"lost")
    command = ("--collection", "mama-mia", root, "--out", tmp_path / "out", "--folds", 2)
    refused = prepare(*command)
    assert refused.exit_code == 1
    assert "row 4" in refused.output
    result = prepare(*command, "--skip-failed")
    assert result.exit_code == 0, result.output
    assert len(read_cohort(tmp_path / "out" / "cohort.parquet")) == 5


def test_an_outline_that_changes_makes_another_region(archives, tmp_path):
    shutil.copytree(archives["mama-mia"], tmp_path / "copy")
    images = read_collection("mama-mia", tmp_path / "copy").images[0]
    maker = RegionMaker(tmp_path, RoiSettings())
    first = maker._key(images, "content")
    outline = tmp_path / "copy" / "segmentations" / "expert" / f"{images.path.name.lower()}.nii.gz"
    outline.write_bytes(outline.read_bytes() + b"\0")
    assert maker._key(images, "content") != first


def test_a_box_lies_at_the_same_place_whatever_the_order_of_the_files(archives, tmp_path):
    images = read_collection("duke", archives["duke"]).images[0]
    assert images.slice_box is not None
    pre = sorted(next(images.path.glob("*/0.*")).iterdir())
    shuffled = tmp_path / "study.zip"
    with zipfile.ZipFile(shuffled, "w") as archive:
        for path in [*pre[::-1], *images.path.glob("*/1.*/*")]:
            archive.write(path, path.relative_to(images.path))
    found = [box_of_slices(p, images.slice_box, read_study(p).source) for p in (images.path, shuffled)]
    assert found[0] == found[1]
    truth = archives_on_disk.simulated().lesion.box
    assert np.allclose(found[0].low, truth.low, atol=6)
    assert np.allclose(found[0].high, truth.high, atol=6)


def test_a_box_in_slices_that_the_phase_does_not_have_is_refused(archives):
    images = read_collection("duke", archives["duke"]).images[0]
    source = read_study(images.path).source
    for box in (
        SliceBox((1, 5), (1, 5), (20, 29)),
        SliceBox((1, 99), (1, 5), (1, 2)),
        SliceBox((3, 1), (1, 2), (1, 2)),
    ):
        with pytest.raises(LesionOutsideVolume):
            box_of_slices(images.path, box, source)
