"""Cases under kills and planted identifiers: what was accepted is there and whole, and nothing says who she is."""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import replace

import coarse_study
import pydicom
import pytest
from kept_samples import scored
from sqlalchemy import select

from deeptepp.dicom.write import write_study
from deeptepp.domain.geometry import Volume
from deeptepp.domain.people import LOCAL
from deeptepp.scoring.images import open_case
from deeptepp.store.backup import write_backup
from deeptepp.store.cases import Board
from deeptepp.store.kept.kept_schema import KEPT, SCORES
from deeptepp.store.kept.kept_values import to_bytes

N_KILLS = 12
PLANTED = {
    "PatientName": "ZZPLANTED^ANNA",
    "PatientID": "ZZPLANTED-4711",
    "PatientBirthDate": "19710312",
    "AccessionNumber": "ZZPLANTEDACC",
    "InstitutionName": "ZZPLANTED CLINIC",
    "ReferringPhysicianName": "ZZPLANTED^DOC",
    "StudyDescription": "ZZPLANTED of Anna",
}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEEPTEPP_KEY", "ab" * 32)


def few_slices(images):
    """The same case with two phases of eight slices, so that it is written many times in a second."""
    start, stop = (0, 0, 0), (8, *images.study.grid.shape[1:])
    grid = images.study.grid.crop(start, stop)
    phases = tuple(
        replace(phase, volume=Volume(phase.volume.voxels[:8], grid)) for phase in images.study.phases[:2]
    )
    return replace(images, study=replace(images.study, phases=phases))


def keep_until_killed(address, images, accepted):
    """Keep cases and further scores of them, and tell of each that was accepted."""
    board = Board(address)
    while True:
        kept, _ = board.kept.keep(scored(images), LOCAL, images=images)
        os.write(accepted, f"{kept.row.id} 1\n".encode())
        kept, _ = board.kept.keep(scored(images, 0.42), LOCAL, case_id=kept.row.id, seen=1, images=images)
        os.write(accepted, f"{kept.row.id} 2\n".encode())


def test_no_accepted_score_is_lost_by_kills_and_every_kept_image_is_whole(address):
    images, rng = few_slices(coarse_study.opened()), random.Random(0)
    Board(address).close()
    out, into = os.pipe()
    for _ in range(N_KILLS):
        child = os.fork()
        if child == 0:
            try:
                keep_until_killed(address, images, into)
            finally:
                os._exit(1)
        time.sleep(rng.uniform(0.1, 1.2))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    os.close(into)
    with os.fdopen(out) as stream:
        accepted = dict(line.split() for line in stream)
    assert accepted
    board = Board(address)
    for case_id, n_scores in accepted.items():
        assert len(board.kept.open(case_id).scores) >= int(n_scores)
    for row in board.kept.rows():
        if row.images_utc:
            assert board.kept.images(row.id).study.digest == images.study.digest
    board.close()


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A study with planted identifiers, as it was opened, and its UIDs."""
    folder, uids = tmp_path_factory.mktemp("study"), set()
    write_study(coarse_study.coarse_study().study, folder, description="simulated", patient_key="planted")
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            dataset = pydicom.dcmread(file)
            for keyword, value in PLANTED.items():
                setattr(dataset, keyword, value)
            uids |= {dataset.StudyInstanceUID, dataset.SeriesInstanceUID}
            dataset.save_as(file)
    return open_case(folder), uids


def test_nothing_that_is_kept_or_backed_up_says_who_she_is(address, planted, tmp_path):
    images, uids = planted
    board = Board(address)
    kept, trouble = board.kept.keep(scored(images), LOCAL, images=images)
    assert trouble is None
    write_backup(address, tmp_path / "out.zip")
    with board._engine.connect() as connection:
        rows = [repr(tuple(row)) for table in (KEPT, SCORES) for row in connection.execute(select(table))]
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    held = b"".join(file.read_bytes() for file in files) + "".join(rows).encode()
    assert len(files) > 1
    for secret in ("ZZPLANTED", "19710312", *uids):
        assert secret.encode() not in held, secret
    # Decrypted, the images hold the UIDs and nothing else of her.
    back = board.kept.images(kept.row.id)
    content = to_bytes(back)
    assert b"ZZPLANTED" not in content
    assert back.source.study_uid in uids
    board.close()
