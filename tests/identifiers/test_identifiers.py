"""Identifiers stand where they are documented to be and nowhere else; what looks for them finds them."""

from __future__ import annotations

import base64
import os
import subprocess
import sys

import phantoms_dicom
import pytest
import scored_phantom
from dashboard_server import ROOT

from deeptepp.dicom.read_dicom import read_study
from deeptepp.scoring.images import CaseImages
from identifiers import visits
from identifiers.planting import KINDS, LABEL, packed, plant, told


def wrong_in(planted, places):
    return {each.name: told(planted.kinds_in(each.contents), each.documented)[1] for each in places}


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """A small study of two phases with every identifier, in an installation that holds nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEEPTEPP_KEY", "5a" * 32)
    monkeypatch.setenv("DEEPTEPP_BOARD", str(tmp_path / "store" / "board.sqlite"))
    images = phantoms_dicom.dynamic_series(phantoms_dicom.truth())
    planted = plant(images)
    file = tmp_path / "FNQZ0001.zip"
    file.write_bytes(packed(images))
    return file, planted


def test_store_and_backup_hold_no_identifier_of_a_study(archive, tmp_path):
    file, planted = archive
    reading = read_study(file)
    images = CaseImages(
        reading.study, reading.series, reading.deidentified, (), scored_phantom.PHASE, None, reading.source
    )
    places = [*visits.kept(images, str(tmp_path / "store" / "board.sqlite"), tmp_path)]
    places.append(visits.Place("store", visits.TYPED, visits.files(tmp_path / "store")))
    assert wrong_in(planted, places) == {each.name: [] for each in places}
    # And what was typed to be kept was found, or nothing at all was looked at.
    assert planted.kinds_in(places[-1].contents)["LB"] == 1


def test_what_looks_for_identifiers_finds_each_kind_also_where_it_is_packed(archive):
    file, planted = archive
    planted.exact.add(b"5a5a5a5a")
    found = planted.kinds_in([file.read_bytes(), base64.b64encode(f"{LABEL} {'x' * 40} 5a5a5a5a".encode())])
    assert set(found) == set(KINDS) - {"NT", "SW", "PE"}
    assert found["PN"] > 20
    assert found["LO"] > 300
    assert told({"PN": 2, "LB": 1}, ("LB",)) == (["**2**", *[""] * 7, "1", *[""] * 4], ["PN"])


@pytest.mark.long
def test_no_screen_answer_log_or_file_holds_an_identifier_that_is_not_documented(tmp_path):
    command = [sys.executable, "-m", "identifiers", "--out", str(tmp_path / "table.md")]
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
