from dataclasses import replace

import numpy as np
import phantoms
import pytest

from deeptepp.domain.geometry import Grid, Volume
from deeptepp.domain.study import Phase, Study
from deeptepp.errors import UnknownSeries
from deeptepp.imaging.phase import choose_phase, contrast_time_s, post_period_s

GRID = Grid.axial((4, 6, 6), (5, 5, 5))


def study_at(*times_s: float) -> Study:
    volume = Volume(np.zeros(GRID.shape, dtype=np.uint8), GRID)
    return Study(tuple(Phase(volume, t) for t in times_s), "times")


@pytest.mark.parametrize(
    ("times_s", "index", "rule"),
    [
        ((0, 90, 165, 240, 315, 390), 3, "third-post"),
        ((0, 1370, 1460, 1550, 1640), 3, "third-post"),
        ((0, 1371, 1493, 1615, 1737), 2, "nearest-195-s"),
        ((0, 60, 140, 330), 2, "nearest-195-s"),
        ((0, 90, 240, 315, 390), 2, "nearest-195-s"),
        ((0, 100, 190), 2, "nearest-150-s"),
        ((0, 100, 400), 1, "nearest-150-s"),
        ((0, 100), 1, "nearest-195-s"),
        (tuple(range(0, 200, 10)), 19, "nearest-195-s"),
    ],
)
def test_phase_follows_number_and_period(times_s, index, rule):
    choice = choose_phase(study_at(*times_s))
    assert (choice.index, choice.rule) == (index, rule)
    assert choice.reason.endswith(".")


def test_minutes_before_the_injection_do_not_move_the_choice():
    early, late = study_at(0, 60, 180, 300, 420), study_at(0, 1500, 1620, 1740, 1860)
    assert choose_phase(early).index == choose_phase(late).index == 2
    assert contrast_time_s(early, 2) == contrast_time_s(late, 2) == 180


def test_reader_overrides_the_rule():
    assert choose_phase(study_at(0, 90, 165, 240), index=1).rule == "reader"


@pytest.mark.parametrize("index", [0, 4, -1])
def test_reader_cannot_choose_a_phase_that_is_not_there(index):
    with pytest.raises(UnknownSeries):
        choose_phase(study_at(0, 90, 165, 240), index=index)


def test_phases_that_are_merely_counted_have_no_period():
    counted = replace(study_at(0, 1, 2, 3), has_times=False)
    assert post_period_s(counted) is None
    assert choose_phase(counted).rule == "peak-enhancement"


def test_unknown_times_leave_the_choice_to_the_enhancement():
    phantom = phantoms.breast_phantom(
        spacing_mm=(4.0, 4.0, 4.0), noise=1.0, times_s=(0, 1, 1, 1, 1, 1), radii_mm=(18.0, 18.0, 18.0)
    )
    assert post_period_s(phantom.study) is None
    choice = choose_phase(phantom.study)
    assert choice.rule == "peak-enhancement"
    assert choice.index == 3


def test_unknown_times_without_a_breast_still_give_a_phase():
    phases = phantoms.empty_study(n_phases=4).phases
    study = Study(tuple(Phase(p.volume, 0.0) for p in phases), "empty")
    assert 1 <= choose_phase(study).index <= 3
