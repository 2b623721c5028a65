"""Small pictures of a study: one for each row that may be shown, and what a proposal brightens."""

import numpy as np
import pytest
from phantoms_dicom import Truth, clock, dynamic_series, image, save, save_zip

from deeptepp.dicom import series_preview
from deeptepp.dicom.read_dicom import list_series
from deeptepp.dicom.series_preview import SIDE_PX, previews_of
from deeptepp.domain.geometry import Grid
from deeptepp.domain.study import PhaseProposal

GRID = Grid.axial((5, 200, 240), (2.0, 1.0, 1.0), (0.0, 0.0, 0.0))


def volumes():
    """A dark body that stays as it is, and a square in its middle slice that brightens after contrast."""
    voxels = []
    for phase in range(3):
        volume = np.full(GRID.shape, 100, dtype=np.uint16)
        volume[:, :, :40] = 1000
        if phase:
            volume[2, 80:120, 100:140] = 900
        voxels.append(volume)
    return tuple(voxels)


@pytest.fixture(scope="module")
def series():
    return dynamic_series(Truth(GRID, volumes(), (0.0, 90.0, 180.0)))


@pytest.fixture(scope="module")
def study(series, tmp_path_factory):
    return save_zip(series, tmp_path_factory.mktemp("study") / "study.zip")


def test_every_row_of_the_table_has_a_picture_of_its_middle_slice(study):
    pictures = previews_of(study, ()).rows
    assert set(pictures) == {row.key for row in list_series(study)}
    for picture in pictures.values():
        assert picture.dtype == np.uint8
        assert picture.shape == (100, 120)
        assert max(picture.shape) <= 1.5 * SIDE_PX
    pre, post = (pictures[key] for key in ("s1", "s2"))
    assert pre[50, 60] == 0
    assert post[50, 60] > 200


def two_slabs():
    """Two breasts in one series, with a gap between them; the second one is bright."""
    made = []
    for phase, time_s in enumerate((0.0, 90.0)):
        for k in [*range(5), *range(25, 30)]:
            plane = np.full((40, 40), 100 * phase, dtype=np.uint16)
            plane[10:30, 10:30] = 1000 if k < 25 else 3000
            plane[:20, :20] = k
            own = {"SeriesInstanceUID": "1.2.6", "AcquisitionDate": "20200102", "AcquisitionTime": clock(time_s)}
            made.append(image(plane, GRID, k, **own))
    return made


def uids_that_repeat():
    """Phases that were given one SOPInstanceUID for the images of one place."""
    made = dynamic_series(Truth(GRID, volumes(), (0.0, 90.0, 180.0)))
    for n, each in enumerate(made):
        each.SOPInstanceUID = f"1.2.5.{n % GRID.shape[0]}"
        each.file_meta.MediaStorageSOPInstanceUID = each.SOPInstanceUID
    return made


@pytest.mark.parametrize("make", [two_slabs, uids_that_repeat])
def test_a_key_means_the_volume_that_it_means_in_the_table(tmp_path, make):
    save(make(), tmp_path)
    table = [row.key for row in list_series(tmp_path)]
    assert sorted(previews_of(tmp_path, ()).rows) == sorted(table)
    assert len(table) == {two_slabs: 4, uids_that_repeat: 3}[make]


def test_one_file_is_opened_for_each_row(study, monkeypatch):
    opened = []
    monkeypatch.setattr(
        series_preview, "read_plane", lambda member, frame: opened.append(frame) or np.ones((8, 8))
    )
    assert len(previews_of(study, ()).rows) == len(opened) > 1


def test_a_proposal_shows_what_is_brighter_after_contrast_and_nothing_else(study):
    (drawn,) = previews_of(study, [PhaseProposal(("s1", "s2", "s3"), "as acquired")]).proposals
    assert drawn.gain[50, 60] == 255
    assert drawn.gain[10, 10] == 0
    assert drawn.gain[10, 60] == 0
    # One window for all: what does not enhance looks alike before and after.
    assert np.array_equal(drawn.pre[:30], drawn.first[:30])
    assert np.array_equal(drawn.first, drawn.last)


def test_the_key_of_a_series_stands_for_all_of_its_volumes(tmp_path):
    known = Truth(GRID, volumes(), (0.0, 90.0, 180.0))
    path = save_zip(dynamic_series(known, series_per_phase=False), tmp_path / "one.zip")
    drawn = previews_of(
        path, [PhaseProposal(("s1",), "the series"), PhaseProposal(("s1.2", "s1.1"), "the other way round")]
    )
    one, other = drawn.proposals
    assert one.gain[50, 60] == 255
    assert other.gain.max() == 0


def test_images_that_may_have_text_in_them_or_cannot_be_read_have_no_picture(series, tmp_path):
    plane = np.zeros((64, 64), dtype=np.uint16)
    tagged = {"SeriesInstanceUID": "1.2.9", "SeriesDescription": "screen", "BurnedInAnnotation": "YES"}
    broken = {"SeriesInstanceUID": "1.2.8", "SeriesDescription": "cut", "PixelData": b"\0\0"}
    other = {"SeriesInstanceUID": "1.2.7", "SeriesDescription": "plan", "Modality": "CT"}
    extra = [image(plane, GRID, k, **tags) for tags in (tagged, broken, other) for k in range(2)]
    save([*series, *extra], tmp_path)
    size = {row.key: (row.rows, row.columns) for row in list_series(tmp_path)}
    assert sorted(size.values()) == [(64, 64)] * 3 + [(200, 240)] * 3
    assert {key for key, shape in size.items() if shape == (200, 240)} == set(previews_of(tmp_path, ()).rows)
