"""From a manifest to a dataset that trains."""

import json
import shutil
from dataclasses import replace

import numpy as np
import phantoms_dicom
import pytest
from typer.testing import CliRunner

from deeptepp.cli import app
from deeptepp.datasets import regions
from deeptepp.datasets.checks import Demands
from deeptepp.datasets.image_columns import ImageChoice
from deeptepp.datasets.prepare import check_manifest, prepare_dataset
from deeptepp.datasets.problems import problem_lines, problems_in
from deeptepp.domain.study import PhaseProposal, Side
from deeptepp.errors import BadSetting, CohortRefused, JobCancelled, NoPreContrast
from deeptepp.imaging.roi import RoiSettings, read_roi, write_roi
from deeptepp.processes import Workers
from deeptepp.tables import read_cohort
from deeptepp.train.data.dataset import read_dataset

DEMANDS = Demands(n_folds=2, holdout_fraction=0.0)


def check(path, settings, **options):
    return check_manifest(path, demands=DEMANDS, settings=settings, **options)


def prepare(checked, out, settings, **options):
    return prepare_dataset(checked, out, demands=DEMANDS, settings=settings, **options)


def rules(problems):
    return {problem.rule: problem.rows for problem in problems}


@pytest.fixture
def with_studies(rows, studies):
    """Give the rows, the first two with studies of their own."""
    for i in range(2):
        rows[i] |= {"roi": "", "study": str(studies / f"tumour-{i}")}
    return [{"study": ""} | row for row in rows]


def test_a_manifest_becomes_a_dataset_that_training_reads(with_studies, write_manifest, settings, tmp_path):
    checked = check(write_manifest(with_studies), settings)
    assert checked.problems == ()
    told = []
    assert prepare(checked, tmp_path / "out", settings, progress=told.append) == ()
    dataset = read_dataset(tmp_path / "out")
    assert len(dataset) == 18
    assert dataset.roi_settings == settings
    assert dataset.roi(0).grid.shape == (24, 24, 24)
    assert dataset.cohort["subject"].tolist()[0] == "MRN-5500"
    assert dataset.cohort["rfs_event"].dtype == bool
    assert dataset.cohort.is_simulated
    assert dataset.description["n_by_origin"] == {"detector": 2, "given": 16}
    assert told[-1].found.startswith("18 of 18 regions of interest")


def test_no_subject_stands_in_a_file_name_or_in_what_is_told(with_studies, write_manifest, settings, tmp_path):
    told = []
    checked = check(write_manifest(with_studies), settings, progress=told.append)
    prepare(checked, tmp_path / "out", settings, progress=told.append)
    names = [path.name for folder in ("out", "roi-cache") for path in (tmp_path / folder).rglob("*")]
    texts = [path.read_text() for path in (tmp_path / "out").rglob("*.json")]
    assert len(names) > 60
    for text in (*names, *texts, *(report.found for report in told)):
        assert "MRN" not in text
        assert phantoms_dicom.RECORD not in text


def test_the_same_study_in_another_manifest_is_not_detected_again(
    with_studies, write_manifest, settings, tmp_path, studies, monkeypatch
):
    prepare(check(write_manifest(with_studies), settings), tmp_path / "out", settings)
    # The same images in another container.
    archive = shutil.make_archive(str(tmp_path / "zipped"), "zip", studies / "tumour-0")
    with_studies[0]["study"] = archive
    with_studies[0]["subject"] = "other"

    def fail(*_arguments):
        raise AssertionError

    monkeypatch.setattr(regions, "detect_lesions", fail)
    told = []
    path = write_manifest(with_studies, "second.csv")
    prepare(check(path, settings), tmp_path / "second", settings, progress=told.append)
    assert "18 from before, 0 failed" in told[-1].found
    first, second = (read_cohort(tmp_path / name / "cohort.parquet") for name in ("out", "second"))
    assert first["key"].tolist() == second["key"].tolist()


def test_other_settings_or_a_box_make_another_region(with_studies, write_manifest, settings, tmp_path):
    images = check(write_manifest(with_studies), settings).manifest.images[0]
    keys = {
        regions.RegionMaker(tmp_path, settings)._key(images, "content"),
        regions.RegionMaker(tmp_path, RoiSettings())._key(images, "content"),
        regions.RegionMaker(tmp_path, settings)._key(replace(images, phase_index=2), "content"),
        regions.RegionMaker(tmp_path, settings)._key(images, "other content"),
    }
    assert len(keys) == 4


def test_phases_or_a_side_of_a_reader_make_another_region_and_reach_the_reader(
    with_studies, write_manifest, settings, tmp_path, monkeypatch
):
    images = check(write_manifest(with_studies), settings).manifest.images[0]
    chosen = replace(images, phase_keys=("s1", "s2"), side=Side.LEFT)
    maker = regions.RegionMaker(tmp_path, settings)
    keys = {maker._key(each, "content") for each in (images, chosen, replace(chosen, side=Side.RIGHT))}
    assert len(keys) == 3
    asked = []

    def read(_path, **choice):
        asked.append(choice)
        raise NoPreContrast(value=2, proposals=(PhaseProposal(("s1", "s3"), "as acquired", Side.LEFT),))

    monkeypatch.setattr(regions, "check_study", read)
    monkeypatch.setattr(regions, "read_study", read)
    told = [regions.fault_of_images(chosen, settings), maker(chosen).fault]
    assert asked == [{"phase_keys": ("s1", "s2"), "side": Side.LEFT}] * 2
    assert {remedy for _, _, remedy in told} == {"Write into the manifest: phases s1 s3 and side left."}


def test_a_stopped_run_goes_on_where_it_was(with_studies, write_manifest, settings, tmp_path):
    checked = check(write_manifest(with_studies), settings)

    def stop(report):
        if report.found.startswith("3 of"):
            raise JobCancelled

    with pytest.raises(JobCancelled):
        prepare(checked, tmp_path / "out", settings, progress=stop)
    assert not (tmp_path / "out" / "cohort.parquet").exists()
    told = []
    prepare(checked, tmp_path / "out", settings, progress=told.append)
    assert "3 from before" in told[-1].found


def test_processes_give_the_same_dataset(with_studies, write_manifest, settings, tmp_path):
    path = write_manifest(with_studies)
    for n_jobs in (1, 2):
        checked = check(path, settings, workers=Workers.here(n_jobs))
        prepare(
            checked,
            tmp_path / str(n_jobs),
            settings,
            workers=Workers.here(n_jobs),
            kept=tmp_path / f"kept-{n_jobs}",
        )
    one, two = read_dataset(tmp_path / "1"), read_dataset(tmp_path / "2")
    assert one.description == two.description
    for patient in range(18):
        assert np.array_equal(one.roi(patient).voxels, two.roi(patient).voxels)


def test_a_reader_s_box_is_followed(with_studies, write_manifest, settings, tmp_path, studies):
    box = read_dataset_box(with_studies, write_manifest, settings, tmp_path)
    names = [f"box_{end}_{axis}_mm" for end in ("low", "high") for axis in "xyz"]
    rows = [dict.fromkeys(names, "") | row for row in with_studies]
    rows[0] |= dict(zip(names, [*(box - 8), *(box + 8)], strict=True))
    checked = check(write_manifest(rows, "box.csv"), settings)
    prepare(checked, tmp_path / "box", settings)
    dataset = read_dataset(tmp_path / "box")
    assert dataset.description["n_by_origin"] == {"detector": 1, "given": 16, "reader": 1}
    assert np.linalg.norm(dataset.roi(0).grid.centre_mm - box) < 8


def read_dataset_box(rows, write_manifest, settings, tmp_path):
    """Find the centre of the first tumour by the detector."""
    prepare(check(write_manifest(rows), settings), tmp_path / "out", settings)
    return read_dataset(tmp_path / "out").roi(0).grid.centre_mm


def test_all_that_is_wrong_is_told_at_once(with_studies, write_manifest, settings, studies, new_roi):
    for i, name in enumerate(["one.zip", "ct.zip", "letter.zip", "nowhere.zip"], start=2):
        with_studies[i] |= {"roi": "", "study": str(studies / name)}
    rng = np.random.default_rng(5)
    write_roi(new_roi(rng, RoiSettings(size_mm=64.0, spacing_mm=2.0)), studies.parent / "other.npz")
    with_studies[6]["roi"] = str(studies.parent / "other.npz")
    (studies.parent / "damaged.npz").write_bytes(b"nothing")
    with_studies[7]["roi"] = str(studies.parent / "damaged.npz")
    with_studies[8]["rfs_months"] = -2
    with_studies[9]["subject"] = with_studies[10]["subject"]
    found = rules(check(write_manifest(with_studies), settings).problems)
    assert found["dicom.missing-phase"] == (4,)
    assert found["dicom.wrong-modality"] == (5,)
    assert found["archive.not-a-zip"] == (6,)
    assert found["manifest.images-absent"] == (7,)
    assert found["roi.other-settings"] == (8,)
    assert found["roi.unreadable"] == (9,)
    assert found["cohort.negative-months"] == (10,)
    assert found["cohort.duplicate-subject"] == (11, 12)


def test_nothing_is_computed_where_a_problem_refuses(rows, write_manifest, settings, tmp_path):
    rows[0]["rfs_event"] = 7
    checked = check(write_manifest(rows), settings)
    with pytest.raises(CohortRefused, match=r"cohort\.bad-event"):
        prepare(checked, tmp_path / "out", settings)
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "roi-cache").exists()


def test_a_study_without_a_tumour_is_told_at_the_end_and_can_be_left_out(
    with_studies, write_manifest, settings, tmp_path, studies
):
    with_studies[1]["study"] = str(studies / "noise.zip")
    checked = check(write_manifest(with_studies), settings)
    assert checked.problems == ()
    with pytest.raises(CohortRefused) as caught:
        prepare(checked, tmp_path / "out", settings)
    (problem,) = problems_in(caught.value)
    assert problem.rule.startswith("detection.")
    assert problem.rows == (3,)
    assert not (tmp_path / "out" / "cohort.parquet").exists()
    (warning,) = prepare(checked, tmp_path / "out", settings, skip_failed=True)
    assert not warning.is_refusal
    assert len(read_dataset(tmp_path / "out")) == 17


def test_leaving_too_many_out_is_refused(rows, write_manifest, settings, tmp_path):
    rows = [{"study": ""} | row for row in rows]
    for i in (0, 3, 6, 9, 12):
        target = tmp_path / f"noise-{i}.zip"
        phantoms_dicom.save_zip(phantoms_dicom.dynamic_series(phantoms_dicom.truth(), StudyID=str(i)), target)
        rows[i] |= {"roi": "", "study": str(target)}
    with pytest.raises(CohortRefused, match=r"cohort\.too-few-events"):
        prepare(check(write_manifest(rows), settings), tmp_path / "out", settings, skip_failed=True)


def test_two_patients_with_the_same_images_are_refused(with_studies, write_manifest, settings, tmp_path, studies):
    shutil.copytree(studies / "tumour-0", tmp_path / "copy")
    with_studies[1]["study"] = "copy"
    with pytest.raises(CohortRefused, match=r"manifest\.shared-images") as caught:
        prepare(check(write_manifest(with_studies), settings), tmp_path / "out", settings)
    assert rules(problems_in(caught.value))["manifest.shared-images"] == (2, 3)


def test_a_patient_who_is_taken_off_the_manifest_leaves_the_folder(rows, write_manifest, settings, tmp_path):
    prepare(check(write_manifest(rows), settings), tmp_path / "out", settings)
    prepare(check(write_manifest(rows[1:]), settings), tmp_path / "out", settings)
    assert len(list((tmp_path / "out" / "rois").iterdir())) == 17
    assert len(read_dataset(tmp_path / "out")) == 17


def test_a_dataset_of_another_kind_is_not_written_over(rows, write_manifest, settings, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "dataset.json").write_text(json.dumps({"is_simulated": True}))
    with pytest.raises(BadSetting, match="made in another way"):
        prepare(check(write_manifest(rows), settings), tmp_path / "out", settings)


def test_the_table_shows_refusals_first_and_draws_rows_together(rows, write_manifest, settings):
    for row in rows[2:6]:
        row["pr_positive"] = ""
    rows[0]["arm"] = "unknown"
    text = "\n".join(problem_lines(check(write_manifest(rows), settings).problems))
    assert text.index("cohort.unknown-arm]  row 2") < text.index("clinical.missing]  rows 4-7")
    assert text.endswith("1 refusal(s), 1 warning(s)")


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_command_leaves_with_one_where_something_refuses(tmp_path, write_manifest, rows, new_roi):
    rng = np.random.default_rng(2)
    for row in rows:
        write_roi(new_roi(rng, RoiSettings()), tmp_path / row["roi"])
    path = write_manifest(rows)
    checked = run("prepare", path, "--check", "--folds", 3)
    assert checked.exit_code == 0, checked.output
    assert "0 refusal(s)" in checked.output
    assert not (tmp_path / "out").exists()
    made = run("prepare", path, "--out", tmp_path / "out", "--folds", 3)
    assert made.exit_code == 0, made.output
    assert len(read_dataset(tmp_path / "out")) == 18
    too_many = run("prepare", path, "--check", "--json", "--folds", 9)
    assert too_many.exit_code == 1
    answer = json.loads(too_many.stdout)
    assert answer["outcome"] == "refused"
    assert [p["rule"] for p in answer["problems"]] == ["cohort.too-few-events"]
    assert run("prepare", path).exit_code == 2


def test_a_region_reads_back_as_it_was_given(rows, write_manifest, settings, tmp_path):
    prepare(check(write_manifest(rows), settings), tmp_path / "out", settings)
    dataset = read_dataset(tmp_path / "out")
    given = read_roi(tmp_path / "region-4.npz")
    assert np.array_equal(dataset.roi(4).voxels, given.voxels)
    assert np.array_equal(dataset.roi(4).mask, given.mask)


def test_the_command_keeps_the_channels_it_is_asked_for_and_refuses_others(with_studies, write_manifest, tmp_path):
    path = write_manifest([row | {"roi": ""} for row in with_studies[:2]])
    refused = CliRunner().invoke(app, ["prepare", str(path), "--check", "--json", "--channels", "pre,early"])
    assert refused.exit_code == 1
    assert "roi.channels" in refused.output
    asked = CliRunner().invoke(app, ["prepare", str(path), "--check", "--channels", "pre,post"])
    assert "settings.bad-value" not in asked.output


def test_a_choice_on_the_command_line_is_that_of_rows_that_make_none(with_studies, write_manifest, settings):
    with_studies[0] |= {"side": "left", "phases": ""}
    with_studies[1] |= {"side": "", "phases": "s1 s2"}
    rows = [{"side": "", "phases": ""} | row for row in with_studies]
    path = write_manifest(rows)
    arguments = ["prepare", str(path), "--check", "--phases", "s1,s9", "--side", "right"]
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 1
    assert "s9" in told.output
    choice = ImageChoice(("s1", "s9"), Side.RIGHT, None)
    images = check(path, settings, choice=choice).manifest.images
    assert [(each.phase_keys, each.side) for each in images[:3]] == [
        (("s1", "s9"), Side.LEFT),
        (("s1", "s2"), Side.RIGHT),
        (None, None),
    ]
