"""Images of each breast by itself: both are searched, and one that cannot be read is warned of."""

from dataclasses import replace

import numpy as np
import phantoms
import phantoms_dicom
import pytest

from deeptepp.dicom.header.deidentify import DeidentificationReport
from deeptepp.dicom.read_dicom import StudyReading
from deeptepp.domain.geometry import Volume
from deeptepp.domain.lesion import BoxMm, LesionOrigin
from deeptepp.domain.risk import Severity
from deeptepp.domain.study import Phase, PhaseProposal, Side
from deeptepp.errors import MissingSlice, NoPreContrast, OtherImages, TwoSides
from deeptepp.scoring import images as module
from deeptepp.scoring.images import open_again, open_case

COARSE = (3.0, 3.0, 3.0)
SIDES = (
    PhaseProposal(("s1", "s2"), "the right breast", Side.RIGHT),
    PhaseProposal(("s3", "s4"), "the left breast", Side.LEFT),
)


def one_breast(sign: int, radius_mm: float):
    """Images of one breast with a tumour of a given size in it."""
    frame = (-160.0, -8.0) if sign < 0 else (8.0, 160.0)
    return phantoms.breast_phantom(
        spacing_mm=COARSE,
        sides=(sign,),
        field_of_view_x_mm=frame,
        centre_mm=(sign * 75.0, 10.0, 5.0),
        radii_mm=(radius_mm,) * 3,
    ).study


@pytest.fixture(scope="module")
def breasts():
    return {Side.RIGHT: one_breast(-1, 4.0), Side.LEFT: one_breast(1, 11.0)}


@pytest.fixture
def reader(breasts, monkeypatch):
    """A reader of a study in which each breast has volumes of its own; ``broken`` sides cannot be read."""
    asked, broken = [], {}

    def read(_source, *, phase_keys=None, side=None, **_more):
        asked.append((phase_keys, side))
        if side is None and phase_keys is None:
            raise TwoSides(value=2, proposals=SIDES)
        if side in broken:
            raise broken[side]
        side = side or (Side.RIGHT if phase_keys == ("s1", "s2") else Side.LEFT)
        return StudyReading(
            read.instead.get(side, breasts[side]),
            (),
            (),
            DeidentificationReport(1, (), (), (), 0, has_burned_in_text=False),
        )

    read.asked, read.broken, read.instead = asked, broken, {}
    monkeypatch.setattr(module, "read_study", read)
    monkeypatch.setattr(module, "check_study", read)
    return read


def test_both_breasts_are_searched_and_the_more_confident_one_comes_first(reader, tmp_path):
    images = open_case(tmp_path)
    assert reader.asked == [(None, None), (None, Side.RIGHT), (None, Side.LEFT)]
    assert (images.side, images.other_side.side) == (Side.LEFT, Side.RIGHT)
    assert {lesion.side for lesion in images.candidates} == {Side.LEFT}
    weaker = images.other_side.candidates
    assert not weaker or weaker[0].confidence < images.candidates[0].confidence


def test_a_side_that_is_asked_for_is_read_alone(reader, tmp_path):
    images = open_case(tmp_path, side=Side.RIGHT)
    assert reader.asked == [(None, None), (None, Side.RIGHT)]
    assert (images.side, images.other_side) == (Side.RIGHT, None)
    chosen = open_case(tmp_path, phase_keys=("s3", "s4"), side=Side.LEFT)
    assert (chosen.side, {lesion.side for lesion in chosen.candidates}) == (Side.LEFT, {Side.LEFT})


def test_a_breast_that_cannot_be_read_is_warned_of(reader, tmp_path):
    reader.broken[Side.RIGHT] = MissingSlice(phase=1, value=2, every_mm=3)
    images = open_case(tmp_path)
    assert (images.side, images.other_side) == (Side.LEFT, None)
    (warning,) = [finding for finding in images.findings if finding.rule == "dicom.side-not-read"]
    assert warning.severity is Severity.WARNING
    assert "right breast could not be read" in warning.message
    reader.broken[Side.LEFT] = MissingSlice(phase=1, value=2, every_mm=3)
    with pytest.raises(MissingSlice):
        open_case(tmp_path)


def test_a_side_in_which_no_breast_is_found_is_never_taken_for_one_without_a_tumour(reader, breasts, tmp_path):
    empty = breasts[Side.RIGHT]
    nothing = [Phase(Volume(np.ones_like(p.volume.voxels), p.volume.grid), p.time_s) for p in empty.phases]
    reader.instead[Side.RIGHT] = replace(empty, phases=tuple(nothing))
    images = open_case(tmp_path)
    assert images.side == Side.LEFT
    assert "images of the right breast" in images.findings[-1].message
    assert images.findings[-1].rule == "dicom.side-not-searched"


def test_a_doubt_about_one_breast_is_asked_with_its_side(reader, tmp_path):
    ways = (PhaseProposal(("s3", "s4"), "As the headers say."),)
    reader.broken[Side.LEFT] = NoPreContrast(value=2, proposals=ways)
    with pytest.raises(NoPreContrast) as caught:
        open_case(tmp_path)
    assert caught.value.proposals == (replace(ways[0], side=Side.LEFT),)
    assert caught.value.value == 2


def test_a_side_that_volumes_do_not_show_is_never_given_to_a_lesion(reader, tmp_path):
    """The keys are those of the right breast, the side that is named is the left one."""
    images = open_case(tmp_path, phase_keys=("s1", "s2"), side=Side.LEFT)
    assert images.side is None
    assert images.candidates == ()
    assert [f.value for f in images.findings if f.rule == "detection.no-lesion"] == [
        "no candidate in the left breast"
    ]


@pytest.mark.parametrize(("side", "n"), [(Side.LEFT, 0), (Side.RIGHT, 1)])
def test_in_images_of_both_breasts_a_side_keeps_its_own_candidates(monkeypatch, tmp_path, side, n):
    study = phantoms.breast_phantom(spacing_mm=COARSE).study
    reading = StudyReading(study, (), (), DeidentificationReport(1, (), (), (), 0, has_burned_in_text=False))
    monkeypatch.setattr(module, "read_study", lambda *_args, **_more: reading)
    images = open_case(tmp_path, side=side)
    assert [lesion.side for lesion in images.candidates] == [side] * n
    assert images.side is None


def test_a_question_of_another_kind_is_passed_on(monkeypatch, tmp_path):
    def read(*_args, **_more):
        raise NoPreContrast(value=2, proposals=(PhaseProposal(("s1", "s2"), "as acquired"),))

    monkeypatch.setattr(module, "read_study", read)
    with pytest.raises(NoPreContrast) as caught:
        open_case(tmp_path)
    assert caught.value.proposals[0].keys == ("s1", "s2")


def test_a_box_of_a_reader_has_a_side_also_where_the_detector_found_nothing():
    phantom = phantoms.breast_phantom(spacing_mm=COARSE, centre_mm=(70.0, 10.0, 5.0))
    found = open_case(phantom.study)
    box = BoxMm((58.0, -2.0, -7.0), (82.0, 22.0, 17.0))
    for images in (found, replace(found, detection=None)):
        lesion = images.lesion_in(box)
        assert (lesion.side, lesion.origin) == (Side.LEFT, LesionOrigin.READER)
    assert replace(found, side=Side.RIGHT).lesion_in(box).side is Side.RIGHT


def test_phases_that_a_reader_chose_are_found_again_and_changed_ones_are_refused(tmp_path):
    made = phantoms_dicom.dynamic_series(phantoms_dicom.truth())
    phantoms_dicom.save(made, tmp_path / "then")
    then = open_case(tmp_path / "then", phase_keys=("s1", "s3"))
    # Another series before them moves the keys.
    early = phantoms_dicom.dynamic_series(phantoms_dicom.truth(), SeriesNumber=0)[: len(made) // 3]
    phantoms_dicom.save([*early, *made], tmp_path / "now", seed=5)
    again = open_again(tmp_path / "now", then.source, then.study.digest)
    assert (again.study.digest, again.source) == (then.study.digest, then.source)
    made[0].PixelData = bytes(len(made[0].PixelData))
    phantoms_dicom.save(made, tmp_path / "changed")
    with pytest.raises(OtherImages):
        open_again(tmp_path / "changed", then.source, then.study.digest)
    phantoms_dicom.save(early, tmp_path / "other")
    with pytest.raises(OtherImages):
        open_again(tmp_path / "other", then.source, then.study.digest)


def test_the_breast_that_was_scored_is_found_again_also_where_the_other_one_comes_first(reader, breasts, tmp_path):
    reader.instead.update({side: replace(breasts[side], digest=side[0] * 64) for side in breasts})
    again = open_again(tmp_path, None, "r" * 64)
    assert (again.side, again.other_side.side) == (Side.RIGHT, Side.LEFT)
