"""Damaged studies are read right or refused by name; ``make mutations`` tries two thousand."""

import tempfile
from pathlib import Path

import pytest
from mutations.attributes import rewritten
from mutations.judge import Outcome, differences, outcome_of
from mutations.studies import KINDS, TIMES_S, study
from mutations.table import faults, row_of
from mutations.trial import read, trial, usual, zipped
from phantoms_dicom import NAME

from deeptepp.dicom.read_dicom import StudyReading
from deeptepp.errors import MissingTag, UnreadablePixels

N_QUICK = 150
FIRST_SEEDS = range(0, N_QUICK, 10)
"""The quick part takes ten seeds in each test, so that a failure names few."""


@pytest.fixture(scope="module")
def home():
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.parametrize("first", FIRST_SEEDS)
def test_a_damaged_study_is_read_right_or_refused_by_name(first, home):
    wrong = faults([row_of(trial(seed, home)) for seed in range(first, first + 10)])
    assert not wrong, wrong


@pytest.mark.parametrize("kind", KINDS)
def test_an_undamaged_study_is_read_as_it_is(kind, home):
    assert differences(usual(kind, home), is_scaled=study(kind).is_scaled) == set()


def test_the_judge_sees_other_phases_and_what_is_said(home):
    whole = usual("one series", home)
    (home / "other.zip").write_bytes(zipped(study("one series").files[8:], "stored zip"))
    got = read(home / "other.zip")
    if not isinstance(got, Exception):
        assert outcome_of(got, whole, "", is_scaled=False) == Outcome("other, in silence", "fewer phases, order")
    assert outcome_of(whole, whole, f"read {NAME}", is_scaled=False).end == "an identifier said"
    assert outcome_of(KeyError("x"), whole, "", is_scaled=False).end == "an exception without a name"
    assert outcome_of(UnreadablePixels(value=1, reason="damaged"), whole, "", is_scaled=False).end == "refused"


def read_with(home: Path, kind: str, files: dict[int, bytes]):
    """Read a study of which some files hold other bytes."""
    contents = [files.get(n, content) for n, content in enumerate(study(kind).files)]
    (home / "changed.zip").write_bytes(zipped(contents, "stored zip"))
    return read(home / "changed.zip")


def test_bytes_put_in_before_the_last_pixels_are_found(home):
    content = study("one series").files[3]
    got = read_with(home, "one series", {3: content[:-100] + b"\x07\x01" * 4 + content[-100:]})
    assert isinstance(got, UnreadablePixels)


def test_zeros_behind_the_pixels_are_none_of_them(home):
    got = read_with(home, "one series", {3: study("one series").files[3] + bytes(512)})
    assert differences(got, is_scaled=False) == set()


def test_more_frames_than_places_are_refused(home):
    def without_last(made, _n):
        del made.PerFrameFunctionalGroupsSequence[-1]

    got = read_with(home, "enhanced", {0: rewritten(study("enhanced").files[0], without_last, 0)})
    assert isinstance(got, UnreadablePixels)


def test_one_damaged_time_of_a_volume_does_not_move_it(home):
    kind = "a series for each phase"

    def earlier(made, _n):
        made.AcquisitionTime = "080100"

    got = read_with(home, kind, {20: rewritten(study(kind).files[20], earlier, 0)})
    assert isinstance(got, StudyReading)
    assert [phase.time_s for phase in got.study.phases] == list(TIMES_S)


def test_files_that_do_not_name_their_class_are_counted_as_damaged(home):
    kind = "a series for each phase"

    def nameless(made, _n):
        del made.SOPClassUID

    files = {n: rewritten(study(kind).files[n], nameless, 0) for n in range(16, 24)}
    got = read_with(home, kind, files)
    assert isinstance(got, StudyReading)
    assert [(f.rule, f.value) for f in got.findings] == [("dicom.damaged-files", 8)]


def test_a_last_phase_without_a_place_is_asked_about(home):
    kind = "a series for each phase"

    def placeless(made, _n):
        del made.ImagePositionPatient

    got = read_with(home, kind, {n: rewritten(study(kind).files[n], placeless, 0) for n in range(16, 24)})
    assert isinstance(got, MissingTag)
    assert got.proposals


def test_a_name_in_the_maker_is_not_kept(home):
    kind = "one series"

    def named(made, _n):
        made.Manufacturer = NAME

    files = {n: rewritten(content, named, 0) for n, content in enumerate(study(kind).files)}
    got = read_with(home, kind, files)
    assert isinstance(got, StudyReading)
    assert got.study.acquisition.manufacturer is None


def test_columns_fewer_than_the_pixels_fill_are_refused(home):
    kind = "a series for each phase"

    def narrower(made, _n):
        made.Columns = 31

    files = {n: rewritten(content, narrower, 0) for n, content in enumerate(study(kind).files)}
    assert isinstance(read_with(home, kind, files), UnreadablePixels)
