"""Identifiers stand where they are documented to be and nowhere else; what looks for them finds them."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys

import phantoms_dicom
import postgres_server
import pytest
import scored_phantom
from dashboard_server import ROOT
from pydicom import datadict

from deeptepp.dicom.read_dicom import read_study
from deeptepp.scoring.images import CaseImages
from identifiers import visits
from identifiers.__main__ import elsewhere
from identifiers.planting import KINDS, LABEL, packed, plant, told


def wrong_in(planted, places):
    return {each.name: told(planted.found_in(each.contents), each.documented)[1] for each in places}


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


@pytest.fixture
def images(archive):
    """What is kept of the study."""
    reading = read_study(archive[0])
    return CaseImages(
        reading.study, reading.series, reading.deidentified, (), scored_phantom.PHASE, None, reading.source
    )


def test_files_and_log_of_postgresql_hold_what_is_documented_alone(archive, images, tmp_path):
    if postgres_server.binaries() is None:
        pytest.skip("No PostgreSQL server is installed (apt-get install postgresql)")
    _, planted = archive
    with elsewhere() as server:
        places = [*visits.kept(images, server.address, tmp_path), *visits.in_postgresql(server)]
    assert wrong_in(planted, places) == {each.name: [] for each in places}
    held = [set(planted.found_in(each.contents)) for each in places]
    assert held == [{"LB", "NT", "PE"}, {"LB", "NT", "PE"}, {"PE"}, set()]


def test_store_and_backup_hold_no_identifier_of_a_study(archive, images, tmp_path):
    _, planted = archive
    places = [*visits.kept(images, str(tmp_path / "store" / "board.sqlite"), tmp_path)]
    places.append(visits.Place("SQLite file and its write-ahead log", visits.files(tmp_path / "store")))
    assert wrong_in(planted, places) == {each.name: [] for each in places}
    # And what was typed to be kept was found, or nothing at all was looked at.
    assert set(planted.found_in(places[-1].contents)) == {"LB", "NT", "PE"}


def test_what_looks_for_identifiers_finds_each_kind_also_where_it_is_packed(archive):
    file, planted = archive
    planted.exact[b"5a5a5a5a"] = ("TK", "TK")
    found = planted.found_in([file.read_bytes(), base64.b64encode(f"{LABEL} {'x' * 40} 5a5a5a5a".encode())])
    assert set(found) == set(KINDS) - {"NT", "SW", "DR", "PE"}
    for kind, n in {"PN": 20, "LO": 300, "DA": 100, "UI": 80}.items():
        assert len({keyword for keyword, _ in found[kind]}) > n, kind


def test_an_identifier_is_a_fault_unless_its_element_or_its_kind_is_documented():
    found = {"PN": {("PatientName", "PNQZ0001"), ("OperatorsName", "PNQZ0002")}, "LB": {("LB", "LBQZ0001")}}
    assert told(found, ("LB", "PatientName")) == (["**2**", *[""] * 7, "1", *[""] * 5], ["OperatorsName"])
    assert told(found, ("LB", "PatientName", "OperatorsName"))[1] == []


def test_what_is_documented_is_read_from_the_documentation_and_every_name_in_it_is_known():
    section = visits.DOCUMENTATION.read_text().split("## Where identifiers come out\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)[1:]
    names = {name for row in rows for name in visits.place(row).documented}
    assert {"LB", "StudyInstanceUID", "PatientName"} <= names
    assert names <= {*KINDS, *datadict.keyword_dict}
    assert visits.place("metrics").documented == frozenset()


@pytest.mark.long
def test_no_screen_answer_log_or_file_holds_an_identifier_that_is_not_documented(tmp_path):
    command = [sys.executable, "-m", "identifiers", "--out", str(tmp_path / "table.md")]
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
