"""What tears an examination apart, or hides it: lost times, drawn numbers, words, and series beside it."""

from __future__ import annotations

import numpy as np

from layouts.anonymisers import DATES, GONE, ZEROED
from layouts.clocks import ultrafast
from layouts.expect import ASK, ORDER, READ, Either, Phases, Refusal, add, layout, phases
from layouts.images import GE, clock, dynamic, enhanced, frames_of, item, joined, moment, uid, volume
from layouts.phantom import BREAST, LEFT, RIGHT, SAGITTAL, SHAPE, TIMES_S, TRUE, Place, subtraction

READ_OR_ASK = Either((READ, ASK))
ASK_ORDER = Refusal(way_on=(ORDER,))
ORDER_OR_ASK = Either((ORDER, ASK_ORDER))
WARNED = Phases(READ.times_s, READ.volumes, says="warning")


def again(seed: int) -> np.ndarray:
    """Acquire the volume before contrast once more: the same tissue with other noise."""
    noise = np.random.default_rng(seed).integers(-3, 4, SHAPE)
    return np.clip(BREAST[0].astype(int) + noise, 0, None).astype(np.uint16)


# --- times that are equal, wrong or lost ----------------------------------------------------------------------


@layout("anonymiser", ASK_ORDER)
def pre_and_first_post_share_a_time():
    """The phase before contrast bears the time of the first after it; SeriesNumber tells them apart."""
    return dynamic(AcquisitionTime=lambda i, k: clock(TIMES_S[max(i, 1)]), ContentTime=None)


@layout("anonymiser", ASK_ORDER)
def last_two_posts_share_a_time():
    """The last two phases bear one time: neither is a second reconstruction of the other."""
    return dynamic(AcquisitionTime=lambda i, k: clock(TIMES_S[min(i, 2)]), ContentTime=None)


@layout("anonymiser", ASK_ORDER)
def pre_alone_has_its_time_zeroed():
    """The time of the phase before contrast is 000000, the others keep theirs."""
    return dynamic(AcquisitionTime=lambda i, k: clock(TIMES_S[i]) if i else "000000", ContentTime=None)


@layout("anonymiser", ASK_ORDER)
def one_post_has_its_time_zeroed():
    """The time of the second phase after contrast is 000000, the others keep theirs."""
    return dynamic(AcquisitionTime=lambda i, k: "000000" if i == 2 else clock(TIMES_S[i]), ContentTime=None)


@layout("anonymiser", Either((READ, ORDER, ASK_ORDER)))
def one_post_lacks_its_time():
    """AcquisitionTime is absent from the second phase after contrast alone; SeriesNumber tells the order."""
    return dynamic(AcquisitionTime=lambda i, k: None if i == 2 else clock(TIMES_S[i]), ContentTime=None)


@layout("anonymiser", Either((READ, ORDER)))
def times_of_the_posts_gone():
    """The phase before contrast keeps its time; the series of the others has AcquisitionNumber alone."""
    own = {"AcquisitionTime": None, "ContentTime": None, "AcquisitionNumber": lambda i, k: i}
    return dynamic([0]) + dynamic([1, 2, 3], one_series=True, SeriesNumber=8, **own)


@layout("anonymiser", ASK_ORDER)
def times_drawn_by_chance():
    """Each series has a time drawn by chance; SeriesNumber and AcquisitionNumber tell the order."""
    drawn = (300, 0, 700, 100)
    return dynamic(
        AcquisitionTime=lambda i, k: clock(drawn[i]), ContentTime=None, AcquisitionNumber=lambda i, k: i + 1
    )


@layout("anonymiser", ASK_ORDER)
def series_numbers_drawn_by_chance():
    """No times, and SeriesNumber drawn by chance: descriptions alone tell that two phases changed places."""
    words, drawn = ("pre", "post 1", "post 2", "post 3"), (10, 40, 30, 20)
    own = {"SeriesDescription": lambda i, k: words[i], "SeriesNumber": lambda i, k: drawn[i]}
    return dynamic(**GONE, **own)


@layout("anonymiser", Refusal(way_on=(Phases(None, (0, 2)),)))
def two_phases_whose_acquisition_numbers_fall():
    """Two phases without times; AcquisitionNumber is 2 before contrast, where the scan was begun anew, then 1."""
    return dynamic([0, 2], **GONE, AcquisitionNumber=lambda i, k: 1 if i else 2)


@layout("anonymiser", ORDER_OR_ASK)
def image_type_tells_before_and_after_without_times():
    """Times are zeroed; ImageType says PRE_CONTRAST and POST_CONTRAST; SeriesNumber tells the order."""
    kinds = lambda i, k: ["ORIGINAL", "PRIMARY", "M", "POST_CONTRAST" if i else "PRE_CONTRAST"]  # noqa: E731
    return dynamic(**ZEROED, ImageType=kinds)


# --- identifiers and dates ------------------------------------------------------------------------------------


@layout("anonymiser", ASK)
def new_study_uid_for_the_posts():
    """The series before contrast and the one of all other phases have a StudyInstanceUID each."""
    pre = dynamic([0], StudyInstanceUID=uid("study before"))
    return pre + dynamic([1, 2, 3], one_series=True, SeriesNumber=7, StudyInstanceUID=uid("study after"))


@layout("anonymiser", Either((ASK, ASK_ORDER)))
def dates_of_pre_and_posts_shifted_apart():
    """Every date of the series before contrast is shifted by another number of days than those of the others."""
    own = dict.fromkeys(DATES, "20190411")
    pre = dynamic([0], **dict.fromkeys(DATES, "20190304"))
    return pre + dynamic([1, 2, 3], one_series=True, SeriesNumber=8, **own)


@layout("anonymiser", READ)
def patient_number_missing_beside_a_name():
    """PatientID was removed from one series, PatientName is there in all."""
    return dynamic(PatientID=lambda i, k: "MRN0048812" if i else None)


@layout("archive", READ)
def patient_number_in_other_letters():
    """PatientID is written in small letters in one series."""
    return dynamic(PatientID=lambda i, k: "MRN0048812" if i else "mrn0048812")


@layout("anonymiser", Refusal(("dicom.mixed-patients",)))
def names_of_two_patients_without_numbers():
    """PatientID was removed everywhere; two names are left."""
    return dynamic(PatientID=None) + dynamic(of="prior", PatientID=None, PatientName="ROE^MARY")


@layout("anonymiser", READ)
def every_uid_new_in_each_image():
    """Study, series, frame of reference and image have a new UID in every file."""
    own = {
        name: lambda i, k, name=name: uid(f"{name} {i} {k}") for name in ("StudyInstanceUID", "SeriesInstanceUID")
    }
    return dynamic(FrameOfReferenceUID=lambda i, k: uid(f"frame {i} {k}"), **own)


@layout("anonymiser", Refusal(way_on=(READ,)))
def prior_with_the_same_constant_date():
    """Prior and current under one study and one constant date; each has its frame of reference."""
    one_date = dict.fromkeys(DATES, "00010101")
    later = {"AcquisitionTime": lambda i, k: clock(7000 + TIMES_S[i]), "FrameOfReferenceUID": uid("prior frame")}
    return dynamic(**one_date) + dynamic(of="prior", **later, **one_date)


# --- words ----------------------------------------------------------------------------------------------------


@layout("Siemens", READ_OR_ASK)
def named_after_its_subtraction_beside_an_ultrafast_series():
    """All standard phases are named after their subtraction; an ultrafast series has a plain name."""
    return dynamic(SeriesDescription="t1_vibe_dyn_sub") + ultrafast(40)


@layout("any scanner", READ_OR_ASK)
def named_after_a_map_beside_a_pair_of_other_volumes():
    """The names of all phases hold the word map; two volumes of another sequence have plain names."""
    own = {"RepetitionTime": 9.0, "FlipAngle": 20, "SeriesDescription": "t1"}
    before = volume(TRUE["prior"][0], AcquisitionTime=clock(-300), SeriesNumber=2, **own)
    after = volume(TRUE["prior"][3], AcquisitionTime=clock(800), SeriesNumber=20, **own)
    return dynamic(SeriesDescription="t1 dyn map") + before + after


LETTERS = {
    "before_a_colon": ("F: Ax dyn", "W: Ax dyn"),
    "in_brackets": ("Ax dyn (F)", "Ax dyn (W)"),
    "as_a_last_word": ("Ax dyn F", "Ax dyn W"),
    "after_the_word_dixon": ("mDIXON F dyn", "mDIXON W dyn"),
}


def lettered(words: tuple[str, str]) -> list:
    """Make fat and water series under one ImageType, fat first."""
    made = []
    for n, (word, of) in enumerate(zip(words, ("fat", "breast"), strict=True)):
        made += dynamic(of=of, one_series=True, SeriesDescription=word, SeriesNumber=5 + n, **GE)
    return made


for place, spelt in LETTERS.items():
    add(
        f"dixon_letter_{place}",
        "any scanner",
        f"Fat and water under one ImageType, told by a letter {place.replace('_', ' ')}: {', '.join(spelt)}.",
        lambda spelt=spelt: lettered(spelt),
        READ,
    )


@layout("GE", READ_OR_ASK)
def dixon_series_of_one_name():
    """Fat and water series under one description and ImageType, fat first: the images tell."""
    return lettered(("Ax Flex dyn", "Ax Flex dyn"))


UNKNOWN_MAPS = ("Enh %", "Peak")

for word in UNKNOWN_MAPS:
    add(
        f"map_called_{'_'.join(word.lower().replace('%', 'percent').split())}",
        "workstation",
        f"A map that is typed ORIGINAL and called {word}, on the grid of the phases, at a time of its own.",
        lambda word=word: (
            dynamic()
            + volume(subtraction(2) * 2 + 3, AcquisitionTime=clock(400), SeriesNumber=77, SeriesDescription=word)
        ),
        READ_OR_ASK,
    )


# --- what lies beside, and what is missing --------------------------------------------------------------------


@layout("any scanner", Refusal(way_on=(READ,)))
def sagittal_volume_of_the_same_settings_before():
    """A sagittal volume with the settings of the axial dynamic was made before it."""
    place = Place((-12.0, 0.0, 0.0), **SAGITTAL)
    own = {"AcquisitionTime": clock(-400), "SeriesNumber": 2, "SeriesDescription": "t1 sag"}
    return volume(TRUE["prior"][0], place, **own) + dynamic()


@layout("GE", Refusal(way_on=(phases(0, 1, 2, 3, place=RIGHT),)))
def one_volume_of_the_other_breast_before():
    """A sagittal dynamic of the right breast; one volume of the left with the same settings before it."""
    own = {"AcquisitionTime": clock(-400), "SeriesNumber": 2}
    return volume(TRUE["left"][0], LEFT, **own) + dynamic(place=RIGHT)


WITHOUT_THE_FIRST = Phases((0.0, 165.0, 240.0), (0, 2, 3))
WITHOUT_THE_SECOND = Phases((0.0, 90.0, 240.0), (0, 1, 3))


@layout("any scanner", Refusal(way_on=(WITHOUT_THE_FIRST,)))
def first_post_lies_half_a_slice_aside():
    """The first phase after contrast lies 1 mm from the others, half a slice: without it, post 3 is no third."""
    return dynamic([1], place=Place((0.0, 0.0, 1.0))) + dynamic([0, 2, 3])


@layout("any scanner", Refusal(way_on=(WITHOUT_THE_SECOND,)))
def second_post_was_stopped_and_not_repeated():
    """The second of three phases after contrast holds half of its slices, and the third came in its time."""
    return [made for n, made in enumerate(dynamic()) if n not in (15, 16, 17)]


@layout("workstation", READ_OR_ASK)
def corrected_copies_with_times_of_their_own():
    """All phases once more, moved onto one another and typed ORIGINAL, with the time of processing."""
    own = {"SeriesNumber": lambda i, k: 900 + i, "SeriesDescription": "dyn corrected", "ContentTime": None}
    return dynamic() + dynamic(of="second", AcquisitionTime=lambda i, k: clock(1000 + i), **own)


@layout("workstation", READ_OR_ASK)
def one_phase_reconstructed_again():
    """One phase after contrast was reconstructed again: the same type and time, other pixels."""
    own = {"SeriesNumber": 1006, "SeriesDescription": "t1_fl3d_dyna", "ContentTime": clock(5000)}
    return dynamic() + volume(TRUE["second"][2], i=2, **own)


@layout("Siemens", WARNED)
def corrected_for_distortion_after_contrast_alone():
    """The phase before contrast as ND, those after it as DIS2D: no set is whole."""
    return dynamic(ImageType=lambda i, k: ["ORIGINAL", "PRIMARY", "M", "DIS2D" if i else "ND"])


@layout("any scanner", Refusal(way_on=(READ,)))
def failed_injection_before():
    """Four volumes without contrast, since the injection failed; the dynamic follows ten minutes later."""
    failed = joined(
        volume(again(n), AcquisitionTime=clock(-900 + 75 * n), SeriesNumber=n, SeriesDescription="t1_fl3d_dyna")
        for n in range(4)
    )
    return failed + dynamic(SeriesNumber=lambda i, k: 10 + i)


# --- enhanced images ------------------------------------------------------------------------------------------


def flavoured(kind: str) -> list:
    """Make an enhanced image of each phase with a third value of ImageType."""
    made = []
    for i in range(4):
        content = lambda i, k: {"FrameContentSequence": item(FrameAcquisitionDateTime=moment(TIMES_S[i]))}  # noqa: E731
        own = {"SeriesInstanceUID": uid(f"flavour {i}"), "ImageType": ["ORIGINAL", "PRIMARY", kind, "NONE"]}
        made.append(enhanced(frames_of(i, content), SeriesNumber=5 + i, **own))
    return made


for kind in ("T1", "PERFUSION"):
    add(
        f"enhanced_flavour_{kind.lower()}",
        "any scanner",
        f"Enhanced images whose ImageType says ORIGINAL, PRIMARY, {kind}, NONE: originals, no maps.",
        lambda kind=kind: flavoured(kind),
        READ,
    )


@layout("any scanner", READ)
def enhanced_reference_time_alone():
    """One enhanced image; FrameReferenceDateTime alone tells the phases apart."""
    content = lambda i, k: {"FrameContentSequence": item(FrameReferenceDateTime=moment(TIMES_S[i]))}  # noqa: E731
    return [enhanced(joined(frames_of(i, content) for i in range(4)), SeriesNumber=5)]
