"""What a message tells the user to do can be done: every command, option and control that it names exists."""

import inspect
import re
from pathlib import Path

import phantoms_dicom
import pytest
from typer.main import get_command

from deeptepp import errors
from deeptepp.cli import app
from deeptepp.dicom.read_dicom import list_series, read_study
from deeptepp.errors import MixedGeometry, NoPreContrast
from deeptepp.report.case.series_names import proposed_keys

ROOT = Path(__file__).parents[1]
SCREENS = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "deeptepp" / "ui").rglob("*.py"))
FAMILIES = (errors.ArchiveError, errors.DicomError, errors.DetectionError, errors.UploadError, errors.BundleError)

CONTROLS = {
    "series table": "def series_table(",
    "Draw the box": "Draw box",
    "Draw it on the tumour": "Draw box",
    "choose its phases": "Use these series as phases",
    "Choose phases": "Use these series as phases",
    "Choose the side": "Show the other breast",
}
"""What messages tell the user to use, and what on the screens it is."""


def messages():
    return [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, FAMILIES)]


def commands():
    return get_command(app).commands


def options_of(command):
    return {option for each in command.params for option in each.opts}


@pytest.mark.parametrize("kind", messages(), ids=lambda kind: kind.__name__)
def test_every_command_and_option_that_a_message_names_exists(kind):
    for name in re.findall(r"deeptepp ([a-z-]+)", kind.template):
        assert name in commands()
    known = set().union(*(options_of(command) for command in commands().values()))
    assert set(re.findall(r"--[a-z-]+", kind.template)) <= known


@pytest.mark.parametrize("kind", messages(), ids=lambda kind: kind.__name__)
def test_every_control_that_a_message_names_is_on_a_screen(kind):
    for said, control in CONTROLS.items():
        assert said not in kind.template or control in SCREENS


@pytest.mark.parametrize("control", CONTROLS)
def test_every_control_in_the_list_is_named_by_a_message(control):
    assert any(control in kind.template for kind in messages())


def test_a_study_can_be_chosen_from_on_the_command_line_as_on_the_screen():
    for command in ("score", "detect"):
        assert {"--phases", "--side", "--box"} <= options_of(commands()[command])
    assert "--json" in options_of(commands()["series"])


def test_choosing_the_phases_in_the_series_table_goes_through_where_that_is_the_advice(tmp_path):
    """Two grids: the advice of the refusal is followed with keys of the table."""
    first, second = phantoms_dicom.truth(), phantoms_dicom.truth(times_s=(270.0, 360.0))
    other = phantoms_dicom.Truth(
        type(second.grid).axial((6, 8, 10), (2.0, 0.9, 0.9), (0.0, 0.0, 0.0)), second.voxels, second.times_s
    )
    images = phantoms_dicom.dynamic_series(first)
    for k, each in enumerate(phantoms_dicom.dynamic_series(other)):
        each.SeriesInstanceUID = f"1.2.4.{k // 6}"
        images.append(each)
    phantoms_dicom.save(images, tmp_path)
    rows = list_series(tmp_path)
    with pytest.raises(MixedGeometry) as caught:
        read_study(tmp_path, phase_keys=("s1", "s4"))
    assert "Choose phases of one acquisition in the series table" in str(caught.value)
    one = [row.key for row in rows if row.spacing_mm == rows[0].spacing_mm]
    assert len(read_study(tmp_path, phase_keys=one).study.phases) == len(one) == 3


def test_an_unknown_key_is_answered_with_the_keys_that_are_known(tmp_path):
    phantoms_dicom.save(phantoms_dicom.dynamic_series(phantoms_dicom.truth()), tmp_path)
    with pytest.raises(errors.UnknownSeries) as caught:
        read_study(tmp_path, phase_keys=("s1", "s9"))
    keys = str(caught.value.limit).split(", ")
    assert len(read_study(tmp_path, phase_keys=keys).study.phases) == 3


def test_a_post_contrast_export_can_be_read_all_the_same_when_the_reader_says_so(tmp_path):
    """The pre-contrast series was left out: refused, with the choice as the way on."""
    made = phantoms_dicom.dynamic_series(phantoms_dicom.truth(), ContrastBolusAgent="Gd")
    phantoms_dicom.save(made[phantoms_dicom.SHAPE[0] :], tmp_path)
    with pytest.raises(NoPreContrast) as caught:
        read_study(tmp_path)
    assert "choose the phases in the series table" in str(caught.value)
    keys = [row.key for row in list_series(tmp_path)]
    assert read_study(tmp_path, phase_keys=keys).study.n_post == 1


def test_the_proposal_chosen_unchanged_gives_the_same_study(tmp_path):
    made = phantoms_dicom.dynamic_series(phantoms_dicom.truth(), series_per_phase=False)
    phantoms_dicom.save(made, tmp_path)
    proposed = read_study(tmp_path)
    chosen = read_study(tmp_path, phase_keys=proposed_keys(proposed.series))
    assert chosen.study.digest == proposed.study.digest
