"""Real studies: a complete breast DCE-MR study, and images of five vendors that are hard to read."""

import random
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from deeptepp.dicom.files.archive import open_members
from deeptepp.dicom.header.headers import frames_of
from deeptepp.dicom.pixels.decode import read_volumes
from deeptepp.dicom.read_dicom import list_series, read_study
from deeptepp.dicom.volumes.sort import stacks_of
from deeptepp.errors import DeepTeppError, IrregularSpacing, MissingSlice, NoDicomFound, NotAnArchive
from deeptepp.safe_files import looks_like_dicom

pytestmark = pytest.mark.real

DATA = Path(__file__).parents[3] / "shared" / "data"
DUKE = DATA / "duke_mri_153" / "Breast_MRI_153.zip"
AWKWARD = DATA / "awkward_dicom"

AWKWARD_FOLDERS = sorted({str(p.parent.relative_to(AWKWARD)) for p in AWKWARD.rglob("*") if p.is_file()})
AWKWARD_FILES = sorted(str(p.relative_to(AWKWARD)) for p in AWKWARD.rglob("*.dcm"))


@pytest.fixture(scope="module")
def duke():
    if not DUKE.exists():
        pytest.skip("the real study Breast_MRI_153.zip is not beside the checkout")
    started = time.process_time()
    reading = read_study(DUKE)
    return reading, time.process_time() - started


def test_the_five_phases_are_found_by_time(duke):
    study = duke[0].study
    assert study.grid.shape == (160, 448, 448)
    assert study.grid.spacing_mm == pytest.approx((1.1, 0.75893, 0.75893), abs=1e-4)
    assert [p.time_s for p in study.phases] == pytest.approx([0, 1371.1, 1492.5, 1615.2, 1736.7], abs=0.1)
    assert study.phases[0].volume.voxels.dtype == np.uint16
    assert (study.acquisition.patient_sex, study.acquisition.patient_age_years) == ("F", 55)


def test_the_annotated_box_enhances_as_published(duke):
    # Rows 47-82, columns 90-124, slices 83-100 counted from 1 in descending z.
    box = np.s_[160 - 100 : 160 - 82, 46:82, 89:124]
    means = [p.volume.voxels[box].mean() for p in duke[0].study.phases]
    assert means == pytest.approx([105, 194, 198, 198, 198], abs=2)


def test_the_distractors_are_not_used_and_say_why(duke):
    rows = {row.description: row for row in duke[0].series}
    assert len(rows) == 7
    assert "spin echo" in rows["ax t1 tse +c"].reason
    assert "SEG" in rows["Segmentation"].reason
    assert [rows[d].role for d in ("ax dyn pre", "ax dyn 3rd pass")] == ["pre-contrast", "post-contrast 3"]


def test_it_reads_within_15_seconds_of_one_core(duke):
    assert duke[1] < 15


def test_shuffled_files_of_a_folder_give_the_same_digest_as_the_zip(duke, tmp_path):
    with zipfile.ZipFile(DUKE) as archive:
        contents = [archive.read(name) for name in archive.namelist() if not name.endswith("/")]
    random.Random(5).shuffle(contents)
    paths = []
    for i, content in enumerate(contents):
        paths.append(tmp_path / f"{i}")
        paths[-1].write_bytes(content)
    reading = read_study(tmp_path)
    assert reading.study.digest == duke[0].study.digest
    assert reading.series == duke[0].series
    chosen = read_study(paths[::-1], phase_keys=("s1", "s2", "s3", "s4", "s5"))
    assert chosen.study.digest == duke[0].study.digest


def sources(names):
    if not names:
        return [pytest.param(None, marks=pytest.mark.skip(reason="awkward_dicom is not beside the checkout"))]
    return names


@pytest.mark.parametrize("name", sources(AWKWARD_FOLDERS + AWKWARD_FILES))
def test_every_awkward_source_ends_in_volumes_or_a_named_error(name):
    with pytest.raises(DeepTeppError) as caught:
        read_study(AWKWARD / name)
    assert caught.value.rule.startswith(("dicom.", "archive."))
    if not isinstance(caught.value, (NoDicomFound, NotAnArchive)):
        assert all(row.reason for row in list_series(AWKWARD / name))


@pytest.mark.parametrize("name", sources(sorted({str(Path(n).parent) for n in AWKWARD_FILES})))
def test_every_awkward_volume_of_grey_images_decodes(name):
    with open_members(AWKWARD / name) as members:
        frames = []
        for i, member in enumerate(members):
            with member.open() as stream:
                if looks_like_dicom(stream.read(132)):
                    stream.seek(0)
                    frames += frames_of(dcmread(stream, stop_before_pixels=True), i)
        whole = [s for s in stacks_of(frames) if s.grid is not None and s.series.is_image]
        volumes = read_volumes(whole, members, advance=lambda _: None)
    assert [v.shape for v in volumes] == [s.grid.shape for s in whole]
    assert all(v.max() > v.min() for v in volumes)


def test_all_compressions_of_one_volume_decode_to_the_same_voxels():
    if not AWKWARD.exists():
        pytest.skip("awkward_dicom is not beside the checkout")
    digests = set()
    for kind in ("compressed", "compressed_j2k", "compressed_jpeg", "compressed_jpegls", "compressed_rle"):
        with open_members(AWKWARD / "dicom2nifti_tests" / "generic" / kind / "001") as members:
            frames = [f for i, m in enumerate(members) for f in frames_of(header_of(m), i)]
            volumes = read_volumes(stacks_of(frames), members, advance=lambda _: None)
        digests.add(volumes[0].tobytes())
    assert len(digests) == 1


def header_of(member):
    with member.open() as stream:
        return dcmread(stream, stop_before_pixels=True)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("gantrytilting/001", IrregularSpacing),
        ("sliceincrement/001", MissingSlice),
        ("sliceincrement/002", MissingSlice),
    ],
)
def test_what_makes_no_volume_says_why(name, error):
    folder = AWKWARD / "dicom2nifti_tests" / "failing" / name
    if not folder.exists():
        pytest.skip("awkward_dicom is not beside the checkout")
    with open_members(folder) as members:
        (stack,) = stacks_of([f for i, m in enumerate(members) for f in frames_of(header_of(m), i)])
    assert isinstance(stack.problem, error)
