"""What lies beside the phases: derived maps on their grid, words that mislead, other sequences."""

from __future__ import annotations

import numpy as np

from layouts.expect import ASK, READ, Either, Refusal, add, layout
from layouts.images import PHILIPS, clock, dynamic, uid, volume
from layouts.phantom import BREAST, FAT, IN_PHASE, TIMES_S, TRUE, Place, enhancement_map, subtraction

ORIGINAL = ["ORIGINAL", "PRIMARY", "M", "ND"]
DERIVED = ["DERIVED", "SECONDARY"]

MAPS = {
    "enhancement": ("PE1", "percent enhancement", "PEmap_early"),
    "signal_ratio": ("SER", "SER map", "signal enhancement ratio"),
    "wash_in": ("wash-in", "WashIn", "Wash_In rate"),
    "wash_out": ("wash_out", "Washout", "WASH-OUT"),
    "time_to_peak": ("TTP", "time to peak", "dyn_TTP"),
    "area_under_curve": ("iAUC", "IAUC60", "AUC_90"),
    "pharmacokinetics": ("Ktrans", "kep map", "dyn_VE"),
    "diffusion": ("ADC", "dADC map", "Apparent Diffusion Coefficient (mm2/s)"),
    "relaxation": ("T1 map", "T1map_Images", "T1_MAP"),
    "mask": ("mask", "Breast_Mask", "tumor segmentation"),
    "subtraction": ("SUB1", "sub_1-0", "Subtraction", "S2-S1", "dyn - SUB", "SUBTRACTED 2"),
    "projection": ("MIP1", "tMIP", "dyn_MIP_TRA", "MIP sub"),
}
"""Words by which scanners and workstations name what they derive from the phases."""


def beside(words: tuple[str, ...], image_type: list[str]) -> list:
    """Make the phases, and a map under each word: of the same grid and sequence, with the time of a phase."""
    made = dynamic(SeriesNumber=lambda i, k: 10 + 5 * i)
    for n, word in enumerate(words):
        own = {"SeriesDescription": word, "SeriesNumber": 11 + n, "ImageType": image_type}
        made += volume(enhancement_map() // (n + 1), i=n % 4, ContentTime=clock(700 + n), **own)
    return made


for kind, words in MAPS.items():
    add(
        f"maps_{kind}_typed_original",
        "workstation",
        f"Maps on the grid of the phases that say ORIGINAL; their words are {', '.join(words)}.",
        lambda words=words: beside(words, ORIGINAL),
        READ,
    )


@layout("workstation", READ)
def maps_typed_derived_without_words():
    """Maps on the grid of the phases that say DERIVED; there is no description anywhere."""
    made = dynamic(SeriesDescription=None)
    return made + [x for n in range(3) for x in volume(enhancement_map() // (n + 1), i=n, ImageType=DERIVED)]


@layout("workstation", READ)
def maps_before_the_first_phase():
    """A subtraction and a map whose AcquisitionTime is earlier than that of every phase."""
    made = dynamic()
    for word in ("Sub 1", "PE"):
        own = {"SeriesDescription": word, "AcquisitionTime": clock(-200), "ImageType": ["DERIVED", "PRIMARY", "M"]}
        made += volume(subtraction(1), SeriesNumber=1, **own)
    return made


@layout("workstation", READ)
def maps_in_the_series_of_the_phases():
    """The subtractions lie in the series of the phases, told apart by ImageType alone."""
    one = {"SeriesInstanceUID": uid("one series"), "SeriesNumber": 5}
    made = dynamic(**one)
    for i in (1, 2, 3):
        made += volume(subtraction(i), i=i, ImageType=["DERIVED", "PRIMARY", "SUBTRACTION"], **one)
    return made


@layout("workstation", READ)
def mask_of_ones():
    """A mask of zeros and ones, typed DERIVED, with the time of the last phase."""
    return dynamic() + volume(BREAST[3] > 300, i=3, ImageType=DERIVED, SeriesDescription="ROI", SeriesNumber=99)


MISLEADING = {
    "subtraction": "dyn T1 for SUB MIP",
    "localizer": "LOC adv t1 dyn",
    "enhancement": "t1 dyn PE protocol",
    "ratio": "SER 5 t1 dyn",
    "mask": "dyn mask on",
    "diffusion": "ADC study t1 dyn",
    "fat": "t1 FAT SAT dyn",
    "water": "t1 water excitation dyn",
    "phase": "t1 out of phase FOV dyn",
    "map": "t1 mapping trial dyn",
}
for kind, said in MISLEADING.items():
    add(
        f"words_of_{kind}_in_the_description_of_all_phases",
        "any scanner",
        f'All phases are called "{said}"; ImageType says that they are original images.',
        lambda said=said: dynamic(SeriesDescription=said),
        READ,
    )


@layout("any scanner", READ)
def words_of_the_protocol_name():
    """No description; ProtocolName carries the names of the inline subtraction and projection."""
    return dynamic(SeriesDescription=None, ProtocolName="t1_fl3d_dyna_SUB_MIP")


@layout("any scanner", READ)
def words_of_the_protocol_name_and_a_true_subtraction():
    """ProtocolName says SUB for all; one series is a subtraction and says so in ImageType."""
    own = {"SeriesDescription": None, "ProtocolName": "dyna_SUB"}
    sub = volume(subtraction(2), i=2, ImageType=["ORIGINAL", "PRIMARY", "M", "SUB"], **own)
    return dynamic(**own) + sub


@layout("any scanner", Either((READ, Refusal(way_on=(READ,)))))
def all_phases_typed_derived():
    """Every phase says DERIVED SECONDARY, as after filtering; nothing better is there."""
    return dynamic(ImageType=["DERIVED", "SECONDARY", "M"])


@layout("any scanner", READ)
def t1_mapping_with_other_flip_angles():
    """Volumes with flip angles of 2, 5 and 15 degrees on the grid of the phases, before them."""
    made = dynamic()
    for n, angle in enumerate((2, 5, 15)):
        voxels = np.round(BREAST[0] * (0.3 + 0.2 * n)).astype(np.uint16)
        own = {"FlipAngle": angle, "AcquisitionTime": clock(-300 + 60 * n), "SeriesNumber": 1 + n}
        made += volume(voxels, SeriesDescription="t1_vibe", **own)
    return made


@layout("any scanner", READ)
def t1_mapping_in_one_series():
    """One series of flip angles 2 and 15 degrees with one AcquisitionTime, before the dynamic."""
    made = dynamic()
    for angle in (2, 15):
        own = {"FlipAngle": angle, "AcquisitionTime": clock(-200), "SeriesInstanceUID": uid("flip angles")}
        made += volume(BREAST[0] // (20 // angle), SeriesNumber=2, **own)
    return made


@layout("any scanner", Either((READ, Refusal(way_on=(READ,)))))
def t1_mapping_with_the_flip_angle_of_the_dynamic():
    """T1 mapping with 5, 10 and 15 degrees; the dynamic has 10, so that one volume looks like a first baseline."""
    made = dynamic()
    for n, angle in enumerate((5, 10, 15)):
        own = {"FlipAngle": angle, "AcquisitionTime": clock(-300 + 60 * n), "SeriesNumber": 1 + n}
        made += volume(BREAST[0] // 10 * (8 + n), SeriesDescription=f"T1map_FA{angle}", **own)
    return made


@layout("any scanner", READ)
def t1_without_fat_suppression_before():
    """A T1 without fat suppression on the grid of the phases, five minutes before; ScanOptions tell."""
    own = {"ScanOptions": None, "AcquisitionTime": clock(-300), "SeriesNumber": 2, "SeriesDescription": "t1_fl3d"}
    return volume(IN_PHASE[0], **own) + dynamic(ScanOptions="FS")


@layout("any scanner", READ)
def t1_without_fat_suppression_among_several_options():
    """ScanOptions hold several values; FS is among those of the dynamic alone."""
    own = {"ScanOptions": ["PFP", "SFS"], "AcquisitionTime": clock(-200), "SeriesDescription": "t1 pre"}
    return volume(IN_PHASE[0], SeriesNumber=2, **own) + dynamic(ScanOptions=["PFP", "SFS", "FS"])


@layout("any scanner", Either((READ, Refusal(way_on=(READ,)))), by_images=True)
def t1_without_fat_suppression_told_by_words():
    """A T1 called non fat sat before phases called fat sat; ScanOptions say nothing."""
    own = {"AcquisitionTime": clock(-200), "SeriesDescription": "t1_fl3d non fat sat", "SeriesNumber": 2}
    return volume(IN_PHASE[0], **own) + dynamic(SeriesDescription="t1_fl3d fat sat dyn")


FINE = Place((-0.25, -0.25, -0.5), step_mm=(0.0, 0.0, 1.0), spacing_mm=(0.5, 0.5))


@layout("any scanner", READ)
def fine_t1_after_the_dynamic():
    """A finer T1 after the last phase, on a grid of its own."""
    fine = np.repeat(np.repeat(np.repeat(BREAST[3], 2, 0), 2, 1), 2, 2)
    return dynamic() + volume(
        fine, FINE, AcquisitionTime=clock(480), SeriesDescription="t1 highres", SeriesNumber=20
    )


@layout("any scanner", READ)
def fine_t1_before_and_after():
    """A finer T1 with TR 8 ms before and one after the dynamic: a pair that is no dynamic."""
    fine = [np.repeat(np.repeat(np.repeat(BREAST[i], 2, 0), 2, 1), 2, 2) for i in (0, 3)]
    own = {"SeriesDescription": "t1 highres", "RepetitionTime": 8.0}
    before = volume(fine[0], FINE, AcquisitionTime=clock(-400), SeriesNumber=2, **own)
    return before + dynamic() + volume(fine[1], FINE, AcquisitionTime=clock(480), SeriesNumber=20, **own)


@layout("any scanner", READ)
def diffusion_on_the_grid_of_the_phases():
    """Diffusion-weighted images of two b values on the grid of the phases."""
    own = {"ScanningSequence": "EP", "RepetitionTime": 6000, "EchoTime": 70, "FlipAngle": 90, "SeriesNumber": 3}
    made = dynamic()
    for b in (0.0, 800.0):
        name = {"SeriesInstanceUID": uid("diffusion"), "DiffusionBValue": b, "SeriesDescription": "ep2d_diff"}
        made += volume(TRUE["prior"][0], AcquisitionTime=clock(-500), **own, **name)
    return made


@layout("Philips", READ)
def philips_subtraction_in_the_dynamic_series():
    """The scanner put its subtractions into the series of the dynamic, as DERIVED SUBTRACTION."""
    one = {**PHILIPS, "SeriesInstanceUID": uid("scan"), "SeriesNumber": 401, "SeriesDescription": "dyn_eTHRIVE"}
    made = dynamic(TemporalPositionIdentifier=lambda i, k: i + 1, **one)
    for i in (1, 2, 3):
        own = {**one, "ImageType": ["DERIVED", "PRIMARY", "SUBTRACTION", "M", "FFE"]}
        made += volume(subtraction(i), i=i, TemporalPositionIdentifier=i + 1, **own)
    return made


@layout("any scanner", READ)
def fat_images_of_the_phases_by_image_type():
    """Fat images on the grid and with the times of the phases, FAT in ImageType, one description."""
    fat = dynamic(of="fat", ImageType=["ORIGINAL", "PRIMARY", "M", "FAT"], SeriesNumber=lambda i, k: 2 + i)
    return fat + dynamic(ImageType=["ORIGINAL", "PRIMARY", "M", "WATER"], SeriesNumber=lambda i, k: 12 + i)


@layout("any scanner", ASK)
def flip_angle_of_pre_differs():
    """The phase before contrast has a flip angle of 15 degrees, those after it 10."""
    return dynamic(FlipAngle=lambda i, k: 10 if i else 15)


@layout("any scanner", ASK)
def pre_without_fat_suppression():
    """The phase before contrast lacks the FS of ScanOptions that those after it have."""
    return dynamic(ScanOptions=lambda i, k: "FS" if i else None, AcquisitionTime=lambda i, k: clock(TIMES_S[i]))


@layout("any scanner", READ)
def signal_of_fat_alone_beside():
    """A fat-only volume of the moment of the second phase, called fat only."""
    return dynamic() + volume(FAT[1], i=1, SeriesDescription="dyn fat only", SeriesNumber=3)
