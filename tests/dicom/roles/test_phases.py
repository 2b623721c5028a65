"""The dynamic phases are proposed among whatever else a study holds, with a reason for every row."""

import numpy as np
import phantoms_dicom as made
import pytest

from deeptepp.dicom.header.headers import frames_of
from deeptepp.dicom.roles.phases import propose_phases
from deeptepp.dicom.roles.rows import rows_of
from deeptepp.dicom.volumes.sort import stacks_of
from deeptepp.domain.geometry import Grid
from deeptepp.errors import MissingSlice, NotDynamic


def propose(images):
    frames = [frame for i, image in enumerate(images) for frame in frames_of(image, i)]
    rows = rows_of(stacks_of(frames))
    return rows, propose_phases(rows)


def extra(uid: str = "9.9", time_s: float = 60, grid: Grid | None = None, **tags):
    """One further volume in the study."""
    known = made.truth(grid, (0,))
    shared = {
        "SeriesInstanceUID": uid,
        "AcquisitionDate": "20200102",
        "AcquisitionTime": made.clock(time_s),
        "SeriesNumber": 50,
    }
    return [made.image(plane, known.grid, k, **(shared | tags)) for k, plane in enumerate(known.voxels[0])]


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"ImageType": ["DERIVED", "PRIMARY", "M", "SUB"]}, "subtraction"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "M", "SUBTRACT"]}, "subtraction"),
        ({"SeriesDescription": "ax dyn SUB 1"}, "subtraction"),
        ({"ImageType": ["DERIVED", "SECONDARY", "PROJECTION IMAGE"]}, "projection"),
        ({"SeriesDescription": "MIP post 1"}, "projection"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localizer"),
        ({"DiffusionBValue": 800.0}, "diffusion"),
        ({"SeriesDescription": "ep2d_DWI_b800"}, "diffusion"),
        ({"SeriesDescription": "ax T2 fs"}, "T2"),
        ({"EchoTime": 80}, "echo time of 80 ms"),
        ({"RepetitionTime": 2500}, "repetition time of 2500 ms"),
        ({"ScanningSequence": "SE"}, "spin echo"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "P", "ND"]}, "phase"),
        ({"BurnedInAnnotation": "YES"}, "burned"),
        ({"Modality": "PT"}, "PT"),
        ({"PhotometricInterpretation": "RGB"}, "greyscale"),
        ({"FlipAngle": 30}, "sequence"),
        ({"grid": Grid.axial((6, 8, 10), (2.0, 0.9, 0.9))}, "grid differs"),
        ({"grid": Grid.axial((1, 8, 10), (2.0, 0.9, 0.9))}, "single plane"),
    ],
)
def test_what_is_no_phase_is_left_out_with_a_reason(tags, words):
    rows, proposal = propose(made.dynamic_series(made.truth()) + extra(**tags))
    assert proposal.refusal is None
    assert len(proposal.phases) == 3
    (other,) = [row for row in rows if row.stack.series.series_uid == "9.9"]
    assert words in proposal.reasons[other.key]
    assert set(proposal.reasons) == {row.key for row in rows}


def test_a_b_value_of_zero_is_no_diffusion():
    _, proposal = propose(made.dynamic_series(made.truth(), DiffusionBValue=0.0))
    assert len(proposal.phases) == 3


def test_a_second_reconstruction_of_one_moment_is_left_out():
    copy = extra(time_s=90.2, ImageType=["ORIGINAL", "PRIMARY", "M", "DIS2D"])
    rows, proposal = propose(made.dynamic_series(made.truth()) + copy)
    assert [row.stack.series.series_uid for row in proposal.phases] == ["1.2.3.0", "1.2.3.1", "1.2.3.2"]
    assert (
        "second reconstruction"
        in proposal.reasons[next(r.key for r in rows if r.stack.series.series_uid == "9.9")]
    )


def test_water_images_are_preferred_to_fat_and_opposed_ones():
    images = []
    for part, code in enumerate(("F", "W", "IP")):
        images += made.dynamic_series(made.truth(), ImageType=["DERIVED", "PRIMARY", "DIXON", code])
        for image in images[-18:]:
            image.SeriesInstanceUID += f".{part}"
    _, proposal = propose(images)
    assert {row.stack.series.image_type[-1] for row in proposal.phases} == {"W"}
    assert proposal.findings[0].rule == "dicom.derived"


def test_the_last_of_two_pre_contrast_volumes_is_used():
    early = extra(time_s=-30, SeriesDescription="ax dyn pre")
    rows, proposal = propose(early + made.dynamic_series(made.truth()))
    assert proposal.times_s == (0, 90, 180)
    assert "earlier pre-contrast" in proposal.reasons[rows[0].key]


def test_phases_are_ordered_by_time_not_by_number_or_uid():
    images = made.dynamic_series(made.truth())
    for n, image in enumerate(images):
        image.SeriesNumber = 9 - n // 6
        image.SeriesInstanceUID = f"1.2.{9 - n // 6}"
    rows, proposal = propose(images)
    assert [row.key for row in proposal.phases] == ["s1", "s2", "s3"]
    assert [row.stack.series.series_number for row in rows] == [9, 8, 7]
    assert proposal.times_s == (0, 90, 180)


def test_a_t2_series_alone_is_not_dynamic():
    _, proposal = propose(extra(EchoTime=100, RepetitionTime=5000))
    assert isinstance(proposal.refusal, NotDynamic)
    assert proposal.refusal.value == 1


def test_a_short_volume_is_told_from_one_of_other_geometry():
    known = made.truth(times_s=(0, 90))
    images = made.dynamic_series(known)[:-2]
    _, proposal = propose(images)
    assert isinstance(proposal.refusal, MissingSlice)
    assert (proposal.refusal.value, proposal.refusal.facts["every_mm"]) == (2, pytest.approx(2.0))


def test_an_oblique_stack_of_one_phase_is_no_reason_to_doubt_the_rest():
    oblique = np.eye(4)
    oblique[:3, :3] = made.truth().grid.affine[:3, :3][[2, 0, 1]]
    _, proposal = propose(made.dynamic_series(made.truth()) + extra(time_s=200, grid=Grid((6, 8, 10), oblique)))
    assert len(proposal.phases) == 3


def test_a_phase_on_another_grid_is_warned_of_not_dropped_in_silence():
    known = made.truth()
    other = Grid.axial((6, 8, 10), (2.0, 0.9, 0.9))
    _, proposal = propose([*made.dynamic_series(known), *extra(grid=other, time_s=900)])
    assert [(f.rule, f.value) for f in proposal.findings] == [("dicom.phase-left-out", 1)]
    _, whole = propose(made.dynamic_series(known))
    assert whole.findings == ()
