"""What an image was made for is told by ImageType first, and by words in any spelling."""

from dataclasses import replace

import dicom_rows
import phantoms_dicom as made
import pytest

from deeptepp.dicom.volumes import kinds

KNOWN = made.truth(times_s=(0,))


def facts(description="ax dyn", **tags):
    image = made.image(KNOWN.voxels[0][0], KNOWN.grid, 0, SeriesDescription=description, **tags)
    return dicom_rows.frames([image])[0].series


@pytest.mark.parametrize(
    "description",
    ["SUB1", "sub_1-0", "Subtraction 2", "S2-S1", "MIP1", "tMIP", "min IP", "LOC adv", "3-plane", "PE1", "SER",
     "washin", "Wash-Out", "TTP", "iAUC90", "K-trans", "T1 map", "mask", "ADC", "ep2d_DWI_b800", "T2 fs", "STIR"],
)  # fmt: skip
def test_words_of_what_is_no_phase_are_known_in_many_spellings(description):
    assert kinds.doubt(facts(description)) is not None


@pytest.mark.parametrize(
    "description",
    [
        "t1_fl3d_tra_dyn_1",
        "ax dyn 1st pass",
        "Sag VIBRANT LT",
        "e-THRIVE",
        "VIBE dyn 3",
        "dyn pre",
        "post 5",
        "perf",
    ],
)
def test_words_of_phases_raise_no_doubt(description):
    assert kinds.doubt(facts(description)) is None


def test_image_type_outweighs_the_words_of_an_original_image():
    assert kinds.unfit_reason(facts("t1_fl3d_dyna_SUB")) is None
    derived = facts("t1_fl3d_dyna_SUB", ImageType=["DERIVED", "SECONDARY"])
    assert "subtraction" in kinds.unfit_reason(derived)


@pytest.mark.parametrize(
    ("description", "tissue"),
    [
        ("WATER: Ax VIBRANT FLEX", "water"),
        ("FAT: Ax VIBRANT FLEX", "fat"),
        ("InPhase: Ax", "in-phase"),
        ("opp phase", "opposed"),
        ("mDIXON_W", "water"),
        ("dyn_F", "fat"),
        ("T1 FatSat dyn", "all"),
        ("ax fat sup", "all"),
        ("non fat sat", "all"),
        ("water exc", "all"),
        ("ax dyn w", "all"),
    ],
)
def test_dixon_parts_are_told_from_fat_saturation(description, tissue):
    assert kinds.tissue(facts(description)) == tissue


def test_the_code_of_a_dixon_part_outweighs_its_words():
    assert kinds.tissue(facts("FAT dyn", ImageType=["DERIVED", "PRIMARY", "DIXON", "WATER"])) == "water"


@pytest.mark.parametrize(
    ("description", "options", "is_saturated"),
    [("dyn", ["FS"], True), ("t1_fs_dyn", [], True), ("t1 non fs", ["FS"], False), ("t1_nfs", [], False)],
)  # fmt: skip
def test_fat_saturation_is_told_by_options_and_words(description, options, is_saturated):
    assert kinds.is_fat_saturated(facts(description, ScanOptions=options)) is is_saturated


def test_settings_may_differ_by_a_tenth():
    first = facts()
    assert kinds.is_same_sequence(first, replace(first, repetition_time_ms=4.9))
    assert not kinds.is_same_sequence(first, replace(first, repetition_time_ms=5.5))
    assert kinds.is_same_sequence(first, replace(first, flip_angle_deg=None))


def test_descriptions_speak_of_an_order():
    said = ["dyn post 2", "dyn pre", "dyn post 10", "dyn post 1"]
    assert sorted(said, key=lambda text: kinds.spoken_order(facts(text))) == [
        "dyn pre", "dyn post 1", "dyn post 2", "dyn post 10",
    ]  # fmt: skip
