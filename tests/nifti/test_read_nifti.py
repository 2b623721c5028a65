"""NIfTI is read as it was written, in its place, and never in an order that the files leave open."""

import gzip
import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import phantoms_dicom as dicom
import phantoms_nifti as made
import pytest
import SimpleITK as sitk  # noqa: N813
from openpyxl import Workbook
from phantoms_nifti import NAME, SHAPE, plain, save, save_phases
from scipy.spatial.transform import Rotation

from deeptepp import errors
from deeptepp.dicom.digest import study_digest
from deeptepp.dicom.read_dicom import read_study
from deeptepp.domain.lesion import LesionOrigin
from deeptepp.nifti import voxels as voxels_room
from deeptepp.nifti.read_nifti import is_nifti, list_nifti
from deeptepp.nifti.read_nifti import read_nifti as read_nifti_with

NAMES = ["p_0000.nii", "p_0001.nii", "p_0002.nii"]
TURN = Rotation.from_euler("xyz", (17, -25, 38), degrees=True)
HALF_TURN = Rotation.from_euler("z", 180, degrees=True)


def digest_of(phases):
    return f"{sum(float(p.volume.voxels.sum()) for p in phases):032.0f}"


def read_nifti(source, **options):
    return read_nifti_with(source, digest_of=digest_of, **options)


def assert_is(reading, voxels, affine):
    """Every voxel and every corner is where it was written."""
    grid = made.grid_of_affine(affine)
    assert len(reading.study.phases) == len(voxels)
    for phase, truth in zip(reading.study.phases, voxels, strict=True):
        np.testing.assert_array_equal(phase.volume.voxels, truth)
        np.testing.assert_allclose(phase.volume.grid.corners_mm(), grid.corners_mm(), atol=1e-3)


def refusal_of(raw, tmp_path):
    """What a study refuses with whose second phase is this file."""
    save(plain(made.volumes()[0]), tmp_path / NAMES[0])
    save(raw, tmp_path / NAMES[1])
    with pytest.raises(errors.NiftiError) as caught:
        read_nifti(tmp_path)
    return caught.value


@pytest.mark.parametrize("forms", ["q", "s", "qs"])
@pytest.mark.parametrize("rotation", [None, TURN, HALF_TURN], ids=["straight", "oblique", "half turn"])
@pytest.mark.parametrize("mirrored", [False, True], ids=["right-handed", "left-handed"])
def test_voxels_and_corners_are_those_written_by_either_transform(tmp_path, forms, rotation, mirrored):
    affine = made.ras_affine(rotation, mirrored=mirrored)
    voxels = made.volumes(2)
    for name, v in zip(NAMES, voxels, strict=False):
        sform, qform = (affine if form in forms else None for form in "sq")
        save(made.Raw(v, sform=sform, qform=qform, sform_code=2, qform_code=1), tmp_path / name)
    assert_is(read_nifti(tmp_path), voxels, affine)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_every_real_type_is_read_in_both_byte_orders_and_versions(tmp_path, version, order, kind):
    voxels = [(v % 120).astype(kind) for v in made.volumes(2)]
    for name, v in zip(NAMES, voxels, strict=False):
        save(plain(v, version=version, order=order), tmp_path / f"{name}.gz")
    assert_is(read_nifti(tmp_path), voxels, made.ras_affine())


@pytest.mark.parametrize("rotation", [None, TURN], ids=["straight", "oblique"])
def test_files_of_simpleitk_are_where_simpleitk_says(tmp_path, rotation):
    turn = np.eye(3) if rotation is None else rotation.as_matrix()
    for name, v in zip(NAMES, made.volumes(2), strict=False):
        image = sitk.GetImageFromArray(v)
        image.SetSpacing((0.7, 0.8, 2.0))
        image.SetOrigin((5.0, -6.0, 7.0))
        image.SetDirection(turn.ravel().tolist())
        sitk.WriteImage(image, str(tmp_path / f"{name}.gz"))
    study = read_nifti(tmp_path).study
    for k, j, i in ((0, 0, 0), (5, 0, 0), (0, 7, 0), (0, 0, 9), (5, 7, 9)):
        truth = image.TransformIndexToPhysicalPoint((i, j, k))
        np.testing.assert_allclose(study.grid.to_mm((k, j, i)), truth, atol=1e-3)
    np.testing.assert_array_equal(study.phases[1].volume.voxels, made.volumes(2)[1])


def test_the_scale_of_each_file_is_applied_and_zero_or_nan_is_none(tmp_path):
    first, second, third = made.volumes(3)
    save(plain(first, slope=2.0, intercept=-5.0), tmp_path / NAMES[0])
    save(plain(second, slope=0.0, intercept=9.0), tmp_path / NAMES[1])
    save(plain(third, slope=np.nan, intercept=np.nan), tmp_path / NAMES[2])
    assert_is(read_nifti(tmp_path), [first * 2.0 - 5.0, second, third], made.ras_affine())


def test_transforms_that_differ_are_refused_and_by_how_much_is_said(tmp_path):
    moved = made.ras_affine()
    moved[0, 3] += 3.0
    refusal = refusal_of(plain(made.volumes()[1], sform=moved, sform_code=2), tmp_path)
    assert isinstance(refusal, errors.NiftiGeometriesDiffer)
    assert refusal.value == pytest.approx(3.0)


def test_transforms_that_differ_by_rounding_are_read(tmp_path):
    near = made.ras_affine(HALF_TURN)
    near[1, 3] += 0.05
    for name, v in zip(NAMES, made.volumes(2), strict=False):
        save(made.Raw(v, sform=near, qform=made.ras_affine(HALF_TURN)), tmp_path / name)
    assert_is(read_nifti(tmp_path), made.volumes(2), near)


def test_float32_of_nearly_half_a_turn_is_no_difference(tmp_path):
    """Near 180 degrees float32 loses the real part of the quaternion, though both transforms are the same."""
    for thousandths in range(0, 60, 3):
        affine = made.ras_affine(Rotation.from_euler("zyx", (180 - thousandths / 1000, 20, 11), degrees=True))
        for name, v in zip(NAMES, made.volumes(2), strict=False):
            save(made.Raw(v, sform=affine, qform=affine), tmp_path / name)
        assert_is(read_nifti(tmp_path), made.volumes(2), affine)


def skewed():
    affine = made.ras_affine()
    affine[0, 1] += 0.1
    return affine


def broken(**changes):
    return replace(plain(made.volumes()[1]), **changes)


NOT_NUMBERS = np.where(made.volumes()[1] > 4000, np.nan, 1.0 * made.volumes()[1])
TOO_MANY = np.tile(made.volumes()[1], (9, 1, 1))


REFUSED = {
    "no transform": (broken(sform=None, qform=None), errors.UnplacedNifti),
    "template": (broken(qform=None, sform_code=4), errors.UnplacedNifti),
    "all zero": (broken(qform=None, sform=np.zeros((4, 4)), pixdim=(1, 1, 1)), errors.UnplacedNifti),
    "stale pixdim": (broken(qform=None, pixdim=(1.0, 1.0, 1.0)), errors.NiftiSpacingDiffers),
    "skewed": (broken(qform=None, sform=skewed(), pixdim=(0, 0, 0)), errors.SkewedNifti),
    "micrometres": (broken(units=3), errors.NiftiUnits),
    "huge": (broken(qform=None, sform=made.ras_affine() * 100, pixdim=(0, 0, 0)), errors.ImplausibleNifti),
    "complex": (broken(datatype=32), errors.UnsupportedNifti),
    "colours": (broken(datatype=128), errors.UnsupportedNifti),
    "unknown type": (broken(datatype=3), errors.DamagedNifti),
    "pair": (broken(magic=b"ni1\0"), errors.UnsupportedNifti),
    "vectors": (broken(intent=1007), errors.UnsupportedNifti),
    "five axes": (broken(dim=(5, 10, 8, 3, 1, 2, 1, 1)), errors.UnsupportedNifti),
    "one slice": (broken(dim=(2, 10, 48, 1, 1, 1, 1, 1)), errors.UnsupportedNifti),
    "no axes": (broken(dim=(0, 1, 1, 1, 1, 1, 1, 1)), errors.DamagedNifti),
    "negative side": (broken(dim=(3, 10, -8, 6, 1, 1, 1, 1)), errors.DamagedNifti),
    "too short": (broken(dim=(3, 10, 8, 7, 1, 1, 1, 1)), errors.DamagedNifti),
    "too long": (broken(voxels=TOO_MANY, dim=(3, 10, 8, 6, 1, 1, 1, 1)), errors.DamagedNifti),
    "voxels in the header": (broken(offset=100), errors.DamagedNifti),
    "scale is no number": (broken(slope=np.inf), errors.DamagedNifti),
    "not a number": (broken(voxels=NOT_NUMBERS), errors.NotFiniteNifti),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_placed_or_read_is_refused_by_name(tmp_path, case):
    raw, kind = REFUSED[case]
    refusal = refusal_of(raw, tmp_path)
    assert type(refusal) is kind
    assert NAME not in str(refusal)


@pytest.mark.parametrize("keep", [1, 30, 300, 400, 700])
def test_a_packed_file_cut_anywhere_is_refused(tmp_path, keep):
    save_phases(tmp_path, [f"{name}.gz" for name in NAMES])
    cut = tmp_path / f"{NAMES[1]}.gz"
    cut.write_bytes(cut.read_bytes()[:keep])
    with pytest.raises(errors.NiftiError):
        read_nifti(tmp_path)


def test_an_empty_file_that_is_called_nifti_is_a_missing_phase_not_nothing(tmp_path):
    save_phases(tmp_path, NAMES)
    (tmp_path / "p_0003.nii.gz").write_bytes(b"")
    with pytest.raises(errors.DamagedNifti):
        read_nifti(tmp_path)


@pytest.mark.parametrize("version", [1, 2])
def test_a_header_with_any_broken_byte_is_read_or_refused_by_name(tmp_path, version):
    save_phases(tmp_path, NAMES)
    whole = made.encoded(plain(made.volumes()[1], version=version))
    outcomes = set()
    for place in range(0, 540, 12):
        broken_bytes = bytearray(whole)
        broken_bytes[place] ^= 0xFF
        (tmp_path / NAMES[1]).write_bytes(broken_bytes)
        try:
            outcomes.add(len(read_nifti(tmp_path).study.phases))
        except errors.NiftiError:
            outcomes.add("refused")
    assert outcomes == {3, "refused"}


def test_a_wrong_checksum_is_damage(tmp_path):
    save_phases(tmp_path, [f"{name}.gz" for name in NAMES])
    broken = tmp_path / f"{NAMES[2]}.gz"
    content = bytearray(broken.read_bytes())
    content[-8] ^= 0xFF
    broken.write_bytes(content)
    with pytest.raises(errors.DamagedNifti):
        read_nifti(tmp_path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    for name in NAMES:
        head = made.encoded(plain(made.volumes()[0], dim=(3, 1024, 1024, 300, 1, 1, 1, 1)))
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(head))
    with pytest.raises(errors.NiftiTooLarge):
        read_nifti(tmp_path)


def test_a_bomb_of_many_small_volumes_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(voxels_room, "RATIO_FROM_BYTES", 10_000)
    monkeypatch.setattr(voxels_room, "MAX_RATIO", 50.0)
    four = np.zeros((200, *SHAPE), dtype="u2")
    four[:, 0] = np.arange(80).reshape(8, 10)
    save(plain(four), tmp_path / "all.nii.gz")
    with pytest.raises(errors.NiftiTooLarge):
        read_nifti(tmp_path / "all.nii.gz")


ORDERS = {
    "MAMA-MIA": ["duke_001_0000", "duke_001_0001", "duke_001_0002"],
    "phase from one": ["phase1", "phase2", "phase3"],
    "ten and more": [f"dyn-{i}" for i in range(12)],
    "words": ["t1_pre", "t1_post1", "t1_post2"],
    "words with fillers": ["sub-07_pre-contrast", "sub-07_post_contrast_1", "sub-07_post_contrast_2"],
    "one post": ["pre", "post"],
}


@pytest.mark.parametrize("case", ORDERS)
def test_an_order_that_names_say_in_one_way_is_taken(tmp_path, case):
    names = [f"{name}.nii.gz" for name in ORDERS[case]]
    save_phases(tmp_path, names)
    reading = read_nifti(tmp_path)
    assert_is(reading, made.volumes(len(names)), made.ras_affine())
    assert not reading.study.has_times
    assert [phase.time_s for phase in reading.study.phases] == list(range(len(names)))
    assert "nifti.no-times" in {finding.rule for finding in reading.findings}


ASKED = {
    "first is missing": ["duke_001_0001", "duke_001_0002", "duke_001_0003"],
    "one between is missing": ["phase1", "phase2", "phase4"],
    "series numbers": ["dyn_5", "dyn_6", "dyn_7"],
    "no words known": ["early", "late", "plain"],
    "two patients by free names": ["anna_pre", "berta_post1"],
    "no phase before": ["post1", "post2", "post3"],
    "two before": ["a_pre", "a_native", "a_post1"],
    "posts without numbers": ["pre", "post_a", "post_b"],
    "two sets": ["a_pre", "a_post1", "b_pre", "b_post1"],
    "one beside the set": ["dyn_1", "dyn_2", "unenhanced"],
    "numbers alone, as uploads have": ["000000", "000001", "000002"],
    "numbers of patients": ["patient1", "patient2", "patient3"],
    "numbers of cases": ["case_0000", "case_0001", "case_0002"],
    "numbers of folders": ["1/phase", "2/phase", "3/phase"],
    "patients in another script": ["张三_pre", "李四_post1"],
    "two numbers": ["a1_b1", "a2_b1", "a1_b2"],
}


@pytest.mark.parametrize("case", ASKED)
def test_an_order_that_names_leave_open_is_a_question_that_can_be_answered(tmp_path, case):
    names = [f"{name}.nii" for name in ASKED[case]]
    paths = save_phases(tmp_path, names)
    with pytest.raises(errors.NiftiOrderUnknown) as caught:
        read_nifti(tmp_path)
    keys = {
        row.key: made.volumes(len(names))[i] for row, i in zip(list_nifti(tmp_path), by_name(paths), strict=True)
    }
    for proposal in caught.value.proposals:
        study = read_nifti(tmp_path, phase_keys=proposal.keys).study
        for key, phase in zip(proposal.keys, study.phases, strict=True):
            np.testing.assert_array_equal(phase.volume.voxels, keys[key])
    assert caught.value.proposals


def by_name(paths):
    """Indices of the files in the order of their names."""
    return sorted(range(len(paths)), key=lambda i: str(paths[i]))


def test_the_volume_named_before_contrast_is_proposed_first(tmp_path):
    save_phases(tmp_path, ["dyn_1.nii", "dyn_2.nii", "unenhanced.nii"])
    with pytest.raises(errors.NiftiOrderUnknown) as caught:
        read_nifti(tmp_path)
    assert [p.keys for p in caught.value.proposals] == [("s3", "s1", "s2"), ("s1", "s2")]


def test_several_patients_are_never_mixed(tmp_path):
    save_phases(tmp_path / "images" / "a", ["duke_001_0000.nii", "duke_001_0001.nii"])
    save_phases(tmp_path / "images" / "b", ["duke_002_0000.nii", "duke_002_0001.nii"])
    files = [tmp_path / "images/a/duke_001_0000.nii", tmp_path / "images/b/duke_002_0001.nii"]
    for source in (tmp_path, files):
        with pytest.raises(errors.SeveralNiftiPatients) as caught:
            read_nifti(source)
        assert (caught.value.value, "duke" in str(caught.value)) == (2, False)


def test_two_sessions_of_one_patient_are_never_mixed(tmp_path):
    save_phases(tmp_path, ["sub-1_ses-a_pre.nii", "sub-1_ses-b_post1.nii"])
    with pytest.raises(errors.SeveralNiftiPatients):
        read_nifti(tmp_path)


def test_derived_images_and_other_contrasts_are_no_phases(tmp_path):
    save_phases(tmp_path, ["x_pre.nii", "x_post1.nii", "x_sub1.nii", "x_post1_mip.nii", "x_t2.nii", "x_adc.nii"])
    reading = read_nifti(tmp_path)
    assert [row.role for row in reading.series].count("not used") == 4
    assert_is(reading, [made.volumes(6)[i] for i in (0, 1)], made.ras_affine())


def test_phases_on_other_grids_are_refused(tmp_path):
    moved = made.ras_affine()
    moved[2, 3] += 0.5
    first, second = made.volumes(2)
    save(plain(first), tmp_path / NAMES[0])
    save(plain(second, sform=moved, qform=moved), tmp_path / NAMES[1])
    with pytest.raises(errors.NiftiGridsDiffer):
        read_nifti(tmp_path)


def test_one_file_of_all_phases_takes_its_times_from_a_step_that_can_be_one(tmp_path):
    voxels = np.stack(made.volumes(4))
    for units, step, times in (
        (2 + 8, 75.0, [0, 75, 150, 225]),
        (2 + 16, 75_000.0, [0, 75, 150, 225]),
        (2 + 24, 75e6, [0, 75, 150, 225]),
        (2 + 8, 0.0045, None),  # the TR of the sequence, as converters write it
        (2 + 8, 1.0, None),  # what SimpleITK writes for any image
        (2, 75.0, None),  # no unit of time
    ):
        path = save(plain(voxels, units=units, step=step), tmp_path / "dynamic.nii.gz")
        reading = read_nifti(path)
        assert_is(reading, voxels, made.ras_affine())
        assert reading.study.has_times == (times is not None)
        assert [phase.time_s for phase in reading.study.phases] == pytest.approx(times or [0, 1, 2, 3])


def test_begins_in_the_side_file_win_over_the_header_and_repetition_time_is_never_used(tmp_path):
    path = save(plain(np.stack(made.volumes(3)), units=10, step=75.0), tmp_path / "d.nii")
    side = tmp_path / "d.json"
    side.write_text(json.dumps({"FrameTimesStart": [10, 130, 200], "RepetitionTime": 60}))
    assert [phase.time_s for phase in read_nifti(path).study.phases] == [0, 120, 190]
    side.write_text(json.dumps({"RepetitionTime": 60}))
    assert [phase.time_s for phase in read_nifti(path).study.phases] == [0, 75, 150]


def write_clocks(paths, clocks, field="AcquisitionTime", **facts):
    for path, clock in zip(paths, clocks, strict=True):
        path.with_suffix(".json").write_text(json.dumps({field: clock, "PatientName": NAME} | facts))


def test_clocks_of_side_files_order_what_names_leave_open(tmp_path):
    paths = save_phases(tmp_path, ["a.nii", "b.nii", "c.nii"])
    clocks = ["08:03:00.5", "08:00:00.0", "08:01:30.0"]
    write_clocks(paths, clocks, StudyInstanceUID="1.2.3")
    study = read_nifti(tmp_path).study
    first, second, third = made.volumes(3)
    for phase, truth in zip(study.phases, (second, third, first), strict=True):
        np.testing.assert_array_equal(phase.volume.voxels, truth)
    assert [phase.time_s for phase in study.phases] == [0, 90, 180.5]


def test_clocks_of_one_day_do_not_join_what_may_be_two_patients(tmp_path):
    paths = save_phases(tmp_path, ["anna.nii", "berta.nii"])
    write_clocks(paths, ["080000", "080500"])
    with pytest.raises(errors.NiftiOrderUnknown):
        read_nifti(tmp_path)
    write_clocks(paths[:1], ["080000"], StudyInstanceUID="1.2.3")
    write_clocks(paths[1:], ["080500"], StudyInstanceUID="1.2.4")
    with pytest.raises(errors.SeveralNiftiPatients):
        read_nifti(tmp_path, phase_keys=("s1", "s2"))


def test_clocks_that_contradict_the_names_are_a_question(tmp_path):
    write_clocks(save_phases(tmp_path, ["pre.nii", "post1.nii"]), ["080130", "080000"])
    with pytest.raises(errors.NiftiOrderUnknown) as caught:
        read_nifti(tmp_path)
    # Keys count names: post1 is s1.
    assert {p.keys for p in caught.value.proposals} == {("s2", "s1"), ("s1", "s2")}


def test_equal_clocks_give_no_times_and_that_is_said(tmp_path):
    write_clocks(save_phases(tmp_path, ["pre.nii", "post1.nii"]), ["080000", "080000"])
    reading = read_nifti(tmp_path)
    assert not reading.study.has_times
    assert [finding.rule for finding in reading.findings] == ["nifti.times-contradict"]


def test_a_date_carries_the_clock_over_midnight(tmp_path):
    paths = save_phases(tmp_path, ["pre.nii", "post1.nii"])
    write_clocks(paths, ["2020-01-02T23:59:30", "2020-01-03T00:01:00"], "AcquisitionDateTime")
    assert [phase.time_s for phase in read_nifti(tmp_path).study.phases] == [0, 90]


def test_given_times_are_taken_and_must_fit(tmp_path):
    save_phases(tmp_path, NAMES)
    study = read_nifti(tmp_path, times_s=(100, 190, 280)).study
    assert ([phase.time_s for phase in study.phases], study.has_times) == ([0, 90, 180], True)
    for wrong in ((0, 90), (0, 180, 90), (0, 90, np.nan)):
        with pytest.raises(errors.NiftiTimesDiffer):
            read_nifti(tmp_path, times_s=wrong)


def mama_mia(root, times="[0, 134, 222]"):
    """Write one patient in the layout of MAMA-MIA, with another patient's outline beside; give its folder."""
    folder = root / "images" / "DUKE_001"
    save_phases(folder, [f"duke_001_000{i}.nii.gz" for i in range(3)])
    expert = root / "segmentations" / "expert"
    save(plain(made.outline((2, 3, 4), (2, 3, 5), (4, 1, 1))), expert / "duke_001.nii.gz")
    save(plain(made.outline((1, 1, 1))), expert / "duke_002.nii.gz")
    save(plain(made.outline((5, 5, 5))), root / "segmentations" / "automatic" / "duke_001.nii.gz")
    book = Workbook()
    book.active.append(["patient_id", "acquisition_times"])
    book.active.append(["DUKE_002", "[0, 1000, 2000]"])
    book.active.append(["DUKE_001", times])
    book.save(root / "clinical_and_imaging_info.xlsx")
    return folder


@pytest.mark.parametrize("whole", [True, False], ids=["whole folder", "folder of the patient"])
def test_a_patient_of_mama_mia_comes_with_outline_and_times(tmp_path, whole):
    folder = mama_mia(tmp_path)
    reading = read_nifti(tmp_path if whole else folder)
    assert [phase.time_s for phase in reading.study.phases] == [0, 134, 222]
    assert reading.mask.origin is LesionOrigin.EXPERT
    assert sorted(map(tuple, np.argwhere(reading.mask.mask))) == [(2, 3, 4), (2, 3, 5), (4, 1, 1)]
    np.testing.assert_allclose(reading.mask.grid.corners_mm(), reading.study.grid.corners_mm())


def test_times_of_the_table_that_do_not_fit_the_phases_are_none(tmp_path):
    assert not read_nifti(mama_mia(tmp_path, "[0, 134]")).study.has_times
    assert not read_nifti(mama_mia(tmp_path, "[0, 134, 20]")).study.has_times


def test_times_of_the_file_of_facts_are_read(tmp_path):
    folder = mama_mia(tmp_path, "")
    facts = tmp_path / "patient_info_files" / "duke_001.json"
    facts.parent.mkdir()
    facts.write_text(json.dumps({"imaging_data": {"acquisition_times": [0, 140, 230]}}))
    assert [phase.time_s for phase in read_nifti(folder).study.phases] == [0, 140, 230]


MASKS = {
    "two labels": (plain(made.outline((2, 2, 2)) + 2 * made.outline((3, 3, 3))), "2 labels"),
    "empty": (plain(made.outline()), "empty"),
    "everything": (plain(made.outline() + np.uint8(1)), "more than a tumour"),
    "another grid": (
        plain(made.outline((2, 2, 2)), qform=None, sform=made.ras_affine(HALF_TURN)),
        "another grid",
    ),
}


@pytest.mark.parametrize("case", MASKS)
def test_an_outline_that_says_no_one_thing_is_not_used_and_said_so(tmp_path, case):
    raw, said = MASKS[case]
    save_phases(tmp_path, NAMES)
    save(raw, tmp_path / "mask.nii.gz")
    reading = read_nifti(tmp_path)
    assert reading.mask is None
    assert said in next(f.message for f in reading.findings if f.rule == "nifti.outline")
    assert len(reading.study.phases) == 3


def test_an_outline_is_known_by_its_voxels_not_by_its_name(tmp_path):
    save_phases(tmp_path, ["dyn1.nii", "dyn2.nii"])
    save(plain(made.outline((2, 2, 2), value=255)), tmp_path / "dyn3.nii")
    reading = read_nifti(tmp_path)
    assert (len(reading.study.phases), int(reading.mask.mask.sum())) == (2, 1)


def test_another_patients_outline_is_never_used(tmp_path):
    save_phases(tmp_path, ["duke_001_0000.nii", "duke_001_0001.nii"])
    save(plain(made.outline((2, 2, 2))), tmp_path / "duke_010.nii")
    assert read_nifti(tmp_path).mask is None


def test_two_equal_phases_are_asked_about(tmp_path):
    voxels = made.volumes(1)[0]
    for name in NAMES:
        save(plain(voxels), tmp_path / name)
    with pytest.raises(errors.NiftiOrderUnknown):
        read_nifti(tmp_path)


def test_keys_override_names_and_must_be_rows_of_intensities(tmp_path):
    save_phases(tmp_path, NAMES)
    save(plain(made.outline((1, 1, 1))), tmp_path / "q.nii")
    study = read_nifti(tmp_path, phase_keys=("s3", "s1")).study
    for phase, truth in zip(study.phases, (made.volumes()[2], made.volumes()[0]), strict=True):
        np.testing.assert_array_equal(phase.volume.voxels, truth)
    for wrong in (("s1", "s9"), ("s1", "s1"), ("s1", "s4")):
        with pytest.raises(errors.UnknownNiftiVolume):
            read_nifti(tmp_path, phase_keys=wrong)
    with pytest.raises(errors.NiftiPhaseMissing):
        read_nifti(tmp_path, phase_keys=("s1",))


def test_a_broken_file_that_was_not_chosen_does_not_matter(tmp_path):
    save_phases(tmp_path, NAMES)
    save(replace(plain(made.volumes()[0]), sform=None, qform=None), tmp_path / "extra.nii")
    keys = [row.key for row in list_nifti(tmp_path)]
    assert keys == ["s1", "s2", "s3", "s4"]
    assert len(read_nifti(tmp_path, phase_keys=keys[1:]).study.phases) == 3


def test_a_zip_a_folder_and_a_list_give_the_same_study(tmp_path):
    paths = save_phases(tmp_path / "in", [f"{name}.gz" for name in NAMES])
    with zipfile.ZipFile(tmp_path / "study", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._p_0000.nii", b"x")
        archive.writestr("readme.txt", b"x")
        for path in reversed(paths):
            archive.write(path, f"any/{path.name}")
    for source in (tmp_path / "in", tmp_path / "study", list(reversed(paths))):
        assert is_nifti(source)
        assert_is(read_nifti(source), made.volumes(), made.ras_affine())


def test_what_is_nifti_is_told_by_content(tmp_path):
    packed = save(plain(made.volumes()[0]), tmp_path / "a.nii.gz").rename(tmp_path / "a")
    plain_file = save(plain(made.volumes()[0], version=2, order=">"), tmp_path / "b.nii").rename(tmp_path / "b")
    assert is_nifti(packed)
    assert is_nifti([packed, plain_file])
    (tmp_path / "c.nii.gz").write_bytes(gzip.compress(b"no image" * 100))
    (tmp_path / "d.nii").write_bytes(b"")
    (tmp_path / "e.zip").write_bytes(b"PK\x03\x04 broken")
    for name in ("c.nii.gz", "d.nii", "e.zip", "none"):
        assert not is_nifti(tmp_path / name)
    (tmp_path / "f").write_bytes(bytes(128) + b"DICM" + bytes(300))
    assert not is_nifti(tmp_path)


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    outside = save_phases(tmp_path / "out", NAMES)
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "p_0000.nii").symlink_to(outside[0])
    assert not is_nifti(inside)
    with pytest.raises(errors.UnsafeArchivePath):
        read_nifti(inside)


@pytest.mark.parametrize("name", ["../p.nii", "/p.nii", "C:\\p.nii"])
def test_an_archive_that_leaves_its_folder_is_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        archive.writestr(name, made.encoded(plain(made.volumes()[0])))
    with pytest.raises(errors.UnsafeArchivePath):
        read_nifti(tmp_path / "s.zip")


def test_no_identifier_leaves_the_reader(tmp_path):
    names = [f"{NAME}_000{i}.nii" for i in range(3)]
    write_clocks(save_phases(tmp_path / NAME, names), ["080000", "080100", "080200"])
    told = io.StringIO()
    reading = read_nifti(tmp_path / NAME, progress=lambda report: told.write(repr(report)))
    everything = repr(reading) + repr(list_nifti(tmp_path / NAME)) + told.getvalue()
    assert not {"doe", "jane", "19620314"} & set(everything.lower().replace("_", " ").split())
    assert NAME not in everything
    assert (reading.study.key, len(reading.study.key)) == (reading.study.digest[:16], 16)


def test_one_study_has_one_digest_as_dicom_and_as_nifti(tmp_path):
    truth = dicom.truth()
    dicom.save(dicom.dynamic_series(truth), tmp_path / "dicom")
    one = read_study(tmp_path / "dicom").study
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ one.grid.affine[:, [2, 1, 0, 3]]
    for name, v in zip(NAMES, truth.voxels, strict=True):
        save(made.Raw(v, sform=ras, qform=ras), tmp_path / "nifti" / name)
    other = read_nifti_with(tmp_path / "nifti", digest_of=study_digest, times_s=truth.times_s).study
    assert (other.digest, other.key) == (one.digest, one.key)
