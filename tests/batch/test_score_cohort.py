"""Many studies in one run: nothing is scored twice, nothing is lost, and one bad study stops nothing."""

import csv
import fcntl
import json
import os
import shutil
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from deeptepp.batch import study_task
from deeptepp.batch.study_list import list_studies
from deeptepp.cli import app
from deeptepp.datasets.image_columns import ImageChoice
from deeptepp.domain.score_receipt import Receipt
from deeptepp.errors import CohortRefused, FolderInUse, RunUnderWay
from deeptepp.processes import ProcessEngine, Workers


def read_csv(path):
    with path.open(encoding="utf-8-sig") as stream:
        return list(csv.DictReader(stream))


def rows_of(out):
    return {row["subject"]: row for row in pq.read_table(out / "assessments.parquet").to_pylist()}


def timeless(told):
    """Leave out when it was computed, and the hash that covers it."""
    return told | {
        "receipt": {k: v for k, v in told["receipt"].items() if k not in ("id", "sha256", "created_utc")}
    }


def test_bad_studies_in_the_middle_stop_nothing(run):
    out, counts, told = run
    assert str(counts) == "8 studies: 2 scored, 5 refused, 1 question(s); 0 from before"
    assert [row["subject"] for row in rows_of(out).values() if row["score"] is not None] == ["first", "last"]
    assert told[-1] == "7 of 7: row 9 scored"


def test_every_row_that_was_not_scored_stands_in_one_table_with_its_rule(run):
    out, _, _ = run
    assert {row["subject"]: row["rule"] for row in read_csv(out / "refusals.csv")} == {
        "letter": "archive.not-a-zip",
        "failing": "study.failed",
        "absent": "manifest.images-absent",
        "negative": "eligibility.her2",
        "strange": "clinical.out-of-range",
    }
    (question,) = read_csv(out / "questions.csv")
    assert (question["subject"], question["row"]) == ("question", "4")
    assert question["answer"] == "phases s1 s3 and side left"


def test_no_name_of_a_file_and_no_message_of_a_fault_is_told_or_kept(run):
    out, _, told = run
    texts = [*told, *(str(path.relative_to(out)) for path in out.rglob("*"))]
    texts += [path.read_bytes().decode("latin-1") for path in out.rglob("*") if path.is_file()]
    assert len(texts) > 20
    assert [
        text for text in texts for word in ("mary-roe", "Jane Doe", "letter.zip", "nowhere") if word in text
    ] == []


def test_an_assessment_is_that_of_the_command_on_one_study(run, many, tmp_path):
    out, _, _ = run
    (tmp_path / "facts.toml").write_text('her2_status = "positive"\ntumour_size_mm = 26\nnode_stage = "N1"\n')
    command = ["score", many / "mary-roe-1", "--cp", tmp_path / "facts.toml", "--bundle", many / "bundle"]
    alone = CliRunner().invoke(app, [*map(str, command), "--no-stability", "--json"])
    row = rows_of(out)["first"]
    told = json.loads(row["assessment"])
    assert timeless(told) == timeless(json.loads(alone.stdout))
    assert (row["score"], row["tier"], row["lesion.volume_ml"]) == (
        told["score"],
        told["tier"],
        told["lesion"]["volume_ml"],
    )
    receipt = Receipt.from_json((out / "receipts" / row["key"][:2] / f"{row['key']}.json").read_text())
    assert receipt.id == row["receipt.id"]


def test_the_next_run_takes_what_is_there_and_scores_what_is_missing(run, scored, spoilt, tmp_path, monkeypatch):
    out = tmp_path / "out"
    shutil.copytree(run[0], out)
    key = rows_of(out)["last"]["key"]
    (out / "results" / key[:2] / f"{key}.json").write_text('{"torn')
    opened = []
    monkeypatch.setattr(
        study_task, "open_case", lambda path, **choice: opened.append(path.name) or spoilt(path, **choice)
    )
    assert scored(out).n_kept == 3
    assert sorted(opened) == ["failing", "mary-roe-3"]
    before, after = rows_of(run[0]), rows_of(out)
    assert timeless(json.loads(after["last"]["assessment"])) == timeless(json.loads(before["last"]["assessment"]))
    assert after["first"] == before["first"]


def test_another_fact_model_or_setting_is_another_result(many, run):
    task = study_task.StudyTask(run[0], many / "bundle", "sha", "code", 4096.0)
    (listed,) = [each for each in _studies(many) if each.images.row == 2]
    others = [
        study_task.StudyTask(run[0], many / "bundle", "other", "code", 4096.0)._key(listed),
        study_task.StudyTask(run[0], many / "bundle", "sha", "other", 4096.0)._key(listed),
        study_task.StudyTask(run[0], many / "bundle", "sha", "code", 4096.0, with_shifts=False)._key(listed),
        task._key(next(each for each in _studies(many) if each.images.row == 9)),
    ]
    assert len({task._key(listed), *others}) == 5
    assert task._key(listed) == study_task.StudyTask(run[0], many, "sha", "code", 9000.0)._key(listed)


def _studies(many):
    return list_studies(many / "patients.csv", choice=ImageChoice(), units={}).studies


def test_a_worker_with_other_code_or_another_disk_scores_nothing(many, run, tmp_path):
    (listed,) = [each for each in _studies(many) if each.images.row == 2]
    other = study_task.StudyTask(run[0], many / "bundle", "sha", "code", 4096.0)
    assert other(listed).rule == "cluster.other-code"
    elsewhere = study_task.StudyTask(tmp_path, many / "bundle", "sha", study_task.code_at_hand(), 4096.0)
    assert elsewhere(listed).rule == "cluster.folder-not-shared"


@pytest.mark.parametrize("fault", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_a_study_that_takes_too_much_memory_is_told_by_name(many, run, monkeypatch, fault):
    def outgrow(_self, _listed):
        raise fault

    monkeypatch.setattr(study_task.StudyTask, "_outcome", outgrow)
    task = study_task.StudyTask(run[0], many / "bundle", "sha", "code", 4096.0)
    outcome = task(_studies(many)[0])
    assert (outcome.rule, outcome.key) == ("job.too-much-memory", "")


def test_a_folder_of_studies_needs_no_manifest(many, scored, tmp_path):
    folder = tmp_path / "studies"
    folder.mkdir()
    (folder / "jane-doe").symlink_to(many / "mary-roe-1")
    (folder / "list.txt").write_text("no study")
    assert str(scored(tmp_path / "out", source=folder)).startswith("1 studies: 1 scored")
    assert list(rows_of(tmp_path / "out")) == ["study-1"]


def test_a_folder_without_studies_or_a_table_that_says_not_whose_is_refused(many, tmp_path):
    (tmp_path / "twice.csv").write_text("subject,study\na,x.zip\na,y.zip\n")
    (tmp_path / "cm.csv").write_text(
        "subject,study,tumour_size_mm\n" + "".join(f"p{i},{i}.zip,2.{i}\n" for i in range(12))
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    rules = {}
    for source in (empty, tmp_path / "twice.csv", tmp_path / "cm.csv"):
        with pytest.raises(CohortRefused) as refused:
            list_studies(source, choice=ImageChoice(), units={})
        rules[source.name] = refused.value.facts["rules"]
    assert rules == {
        "empty": "manifest.empty-folder",
        "twice.csv": "cohort.duplicate-subject",
        "cm.csv": "cohort.unit",
    }
    in_cm = list_studies(tmp_path / "cm.csv", choice=ImageChoice(), units={"tumour_size_mm": "cm"})
    assert in_cm.studies[3].profile.tumour_size_mm == 23


def test_a_folder_of_other_files_or_of_a_run_under_way_is_left_alone(many, run, scored, tmp_path):
    (tmp_path / "thesis.doc").write_text("mine")
    with pytest.raises(FolderInUse):
        scored(tmp_path)
    held = os.open(run[0], os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(RunUnderWay):
        scored(run[0])
    os.close(held)


def test_the_command_says_what_became_of_all_and_leaves_with_zero(many, run):
    out, _, _ = run
    arguments = ["score-cohort", str(many / "patients.csv"), "--out", str(out), "--bundle", str(many / "bundle")]
    refused = CliRunner().invoke(app, [*arguments, "--address", "tcp://127.0.0.1:9"])
    assert refused.exit_code == 2
    unreachable = CliRunner().invoke(app, [*arguments, "--backend", "dask", "--address", "tcp://127.0.0.1:9"])
    assert unreachable.exit_code == 1
    assert "[cluster.unreachable]" in unreachable.stderr


@pytest.mark.long
@pytest.mark.parametrize("engine", [ProcessEngine.LOKY, ProcessEngine.DASK, ProcessEngine.RAY])
def test_every_engine_gives_the_same_to_the_bit(many, run, tmp_path, engine):
    # In a process of its own, since engines leave open what they closed, and two studies at once.
    command = [
        sys.executable,
        "-c",
        "from deeptepp.cli import app; app()",
        "score-cohort",
        str(many / "patients.csv"),
    ]
    options = ["--bundle", str(many / "bundle"), "--backend", engine, "--jobs", "2", "--no-stability"]
    subprocess.run([*command, *options, "--out", str(tmp_path / "out")], check=True, capture_output=True)
    there, here = rows_of(tmp_path / "out"), rows_of(run[0])
    for subject in ("first", "last", "negative"):
        told = [timeless(json.loads(rows[subject]["assessment"])) for rows in (there, here)]
        assert told[0] == told[1]
        assert there[subject]["key"] == here[subject]["key"]


def test_workers_of_one_machine_are_counted(many):
    assert Workers.here(1).engine is ProcessEngine.SERIAL
    assert Workers.here(3) == Workers(ProcessEngine.LOKY, 3)
