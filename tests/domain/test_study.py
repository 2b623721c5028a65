"""A study is ordered, on one grid, and nameless."""

from dataclasses import fields

import numpy as np
import pytest

from deeptepp.domain.geometry import Grid, Volume
from deeptepp.domain.study import Acquisition, Phase, Study


def phase(time_s, shift_mm=0.0):
    grid = Grid.axial((2, 3, 4), (1, 1, 1), (shift_mm, 0, 0))
    return Phase(Volume(np.zeros((2, 3, 4), np.int16), grid), time_s)


def test_phases_must_ascend_from_zero():
    assert Study((phase(0), phase(90)), "key").n_post == 1
    for times in [(0, 90, 60), (10, 60)]:
        with pytest.raises(ValueError, match="ascend"):
            Study(tuple(map(phase, times)), "key")


def test_one_phase_is_no_study():
    with pytest.raises(ValueError, match="at least 2"):
        Study((phase(0),), "key")


def test_phases_on_two_grids_are_no_study():
    with pytest.raises(ValueError, match="one grid"):
        Study((phase(0), phase(60, shift_mm=2)), "key")


def test_no_field_can_hold_a_name_or_an_identifier():
    names = {f.name for value in (Study, Acquisition, Phase) for f in fields(value)}
    assert not {n for n in names if any(w in n for w in ("patient_id", "patient_name", "birth"))}
