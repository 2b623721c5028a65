"""The command line on NIfTI files and on a CD: what is listed, asked, found and scored."""

import json

import numpy as np
import phantoms
import phantoms_nifti
import pytest
import tiny_bundle
from dicomdirs import record, write_dicomdir
from typer.testing import CliRunner

from deeptepp.cli import app
from deeptepp.dicom.write import write_study

TIMES_S = (0.0, 90.0, 180.0)
PATIENT = "doe_jane_19620314"


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The same phases as files without numbers, as one file of all, as a patient with an outline, and as a CD."""
    root = tmp_path_factory.mktemp("nifti")
    phantom = phantoms.breast_phantom(spacing_mm=(3.0, 3.0, 3.0), times_s=TIMES_S)
    grid, voxels = phantom.study.grid, [phase.volume.voxels for phase in phantom.study.phases]
    for name, v in zip(("early", "native", "tardy"), (voxels[1], voxels[0], voxels[2]), strict=True):
        phantoms_nifti.save_volume(v, grid, root / "loose" / f"{PATIENT}_{name}.nii.gz")
    phantoms_nifti.save_volume(np.stack(voxels), grid, root / "all.nii.gz")
    for k, v in enumerate(voxels):
        phantoms_nifti.save_volume(v, grid, root / "images" / "DUKE_001" / f"DUKE_001_{k:04d}.nii.gz")
    mask = phantom.lesion.mask.astype("u1")
    phantoms_nifti.save_volume(mask, grid, root / "segmentations" / "expert" / "DUKE_001.nii.gz")
    write_study(phantom.study, root / "cd" / "IMAGES", description="simulated", patient_key="SIM")
    files = sorted(p for p in (root / "cd").rglob("*") if p.is_file())
    write_dicomdir(root / "cd" / "DICOMDIR", [record(p.relative_to(root / "cd").parts) for p in files])
    tiny_bundle.make_tiny_bundle(root / "bundle")
    return root


def test_series_asks_in_which_order_files_are_and_each_way_goes_through(root):
    asked = run("series", root / "loose")
    assert asked.exit_code == 1
    assert "[nifti.order-unknown]" in asked.stdout
    assert PATIENT not in asked.output
    assert "jane" not in asked.output
    ways = json.loads(run("series", root / "loose", "--json").stdout)["proposals"]
    refused = run("detect", root / "loose")
    assert all(way["options"] in refused.output for way in ways)
    found = run("detect", root / "loose", "--phases", "s2,s1,s3", "--times", "0,90,180", "--json")
    assert found.exit_code == 0, found.output
    whole = run("detect", root / "all.nii.gz", "--times", "0, 90, 180", "--json")
    assert json.loads(found.stdout)["input_sha256"] == json.loads(whole.stdout)["input_sha256"]


def test_a_file_of_all_phases_is_listed_without_times_and_with_those_given(root):
    untimed = run("series", root / "all.nii.gz")
    assert untimed.exit_code == 0, untimed.output
    assert "[nifti.no-times]" in untimed.stdout
    timed = json.loads(run("series", root / "all.nii.gz", "--times", "5,95,185", "--json").stdout)
    assert [row["acquisition_time_s"] for row in timed["series"]] == [0.0, 90.0, 180.0]
    wrong = run("series", root / "all.nii.gz", "--times", "0,90", "--json")
    assert json.loads(wrong.stdout)["findings"][0]["rule"] == "nifti.times"
    assert run("series", root / "all.nii.gz", "--times", "0,soon").exit_code == 2


def test_a_patient_of_mama_mia_is_scored_with_the_experts_outline(root, tmp_path):
    study, bundle = root / "images" / "DUKE_001", ["--bundle", root / "bundle"]
    lines = run("detect", study).stdout.splitlines()
    assert lines[0].startswith("1. Right breast")
    assert lines[0].endswith("outlined by the expert")
    scored = json.loads(run("score", study, *bundle, "--allow-ineligible", "--json").stdout)
    assert scored["lesion"]["origin"] == "expert"
    said = run("score", study, *bundle, "--allow-ineligible")
    assert "by the expert" in said.stdout
    assert "[quality.no-times]" in said.stdout
    written = run("score", study, *bundle, "--allow-ineligible", "--out", tmp_path / "out")
    assert "[pacs.no-source]" in written.output
    assert (tmp_path / "out" / "report.pdf").is_file()


def test_a_cd_is_read_by_its_dicomdir(root):
    by_directory = run("detect", root / "cd" / "DICOMDIR", "--json")
    assert by_directory.exit_code == 0, by_directory.output
    by_folder = json.loads(run("detect", root / "cd", "--json").stdout)
    assert json.loads(by_directory.stdout)["input_sha256"] == by_folder["input_sha256"]
    refused = run("detect", root / "cd", "--times", "0,90,180", "--json")
    assert json.loads(refused.stdout)["findings"][0]["rule"] == "nifti.times"
