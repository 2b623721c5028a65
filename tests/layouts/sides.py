"""One examination in several volumes of one time: each breast by itself, two slabs, two stacks."""

from __future__ import annotations

from layouts.expect import READ, TWO_SIDES, Phases, Refusal, layout, phases
from layouts.images import GE, clock, dynamic, enhanced, frames_of, item, joined, moment, uid, volume
from layouts.phantom import BREAST, LEFT, RIGHT, SAGITTAL, TIMES_S, TRUE, Place

BOTH = ((LEFT, "left", "L"), (RIGHT, "breast", "R"))


def both(**tags) -> list:
    """Make the phases of both breasts; a tag may be a function of the phase, the slice."""
    return [made for place, of, _ in BOTH for made in dynamic(of=of, place=place, **tags)]


@layout("GE", TWO_SIDES)
def sagittal_series_of_each_breast_and_phase():
    """Each breast and phase is a sagittal series; Laterality tells the side, the left follows 35 s later."""
    made = []
    for place, of, side in BOTH:
        late = 35 if side == "L" else 0
        own = {"Laterality": side, "SeriesDescription": f"SAG {side}T dyn", "ContentTime": None, **GE}
        own["SeriesNumber"] = lambda i, k, side=side: 10 + 2 * i + (side == "L")
        made += dynamic(of=of, place=place, AcquisitionTime=lambda i, k, t=late: clock(TIMES_S[i] + t), **own)
    return made


@layout("GE", TWO_SIDES)
def sagittal_series_of_each_breast():
    """Each breast is one sagittal series of all phases, told apart by TriggerTime; nothing names the side."""
    return both(one_series=True, TriggerTime=lambda i, k: TIMES_S[i] * 1000, AcquisitionTime=clock(0), **GE)


@layout("GE", TWO_SIDES)
def sagittal_both_breasts_in_one_series():
    """One sagittal series holds both breasts with a gap between them, at the same times."""
    return both(SeriesInstanceUID=uid("sagittal"), SeriesNumber=5, SeriesDescription="Sag VIBRANT", **GE)


@layout("GE", TWO_SIDES)
def sagittal_both_breasts_in_one_series_by_position():
    """One sagittal series holds both breasts with a gap; AcquisitionTime is one, TriggerTime tells the phase."""
    own = {"AcquisitionTime": clock(0), "TriggerTime": lambda i, k: TIMES_S[i] * 1000}
    number = lambda i, k: i + 1  # noqa: E731
    return both(SeriesInstanceUID=uid("sagittal"), SeriesNumber=5, TemporalPositionIdentifier=number, **own, **GE)


@layout("Siemens", TWO_SIDES)
def sagittal_each_phase_holds_both_breasts():
    """A series for each phase, each of which holds both breasts with a gap."""
    return both(SeriesInstanceUID=lambda i, k: uid(f"phase {i}"))


FEWER = Refusal(
    ("dicom.two-sides",),
    (
        phases(0, 1, 2, 3, place=LEFT, of="left", side="left", end_slice=5),
        phases(0, 1, 2, 3, place=RIGHT, side="right"),
    ),
)


@layout("GE", FEWER)
def sagittal_series_of_different_length():
    """Each breast is one sagittal series; the left has five slices, the right six."""
    made = both(one_series=True, **GE)
    return [x for x in made if float(x.ImagePositionPatient[0]) < LEFT.origin_mm[0] + 9.5]


TILTED_LEFT = Place((60.0, 0.0, 0.0), (0.28, 0.96, 0.0), (0.0, 0.0, -1.0), (1.92, -0.56, 0.0))
TILTED_RIGHT = Place((-100.0, 0.0, 0.0), (-0.28, 0.96, 0.0), (0.0, 0.0, -1.0), (1.92, 0.56, 0.0))


@layout(
    "any scanner",
    Refusal(
        ("dicom.two-sides",),
        (
            phases(0, 1, 2, 3, place=TILTED_LEFT, of="left", side="left"),
            phases(0, 1, 2, 3, place=TILTED_RIGHT, side="right"),
        ),
    ),
)
def oblique_series_of_each_breast():
    """Each breast is a series of slices that are turned by 16 degrees, to the left and to the right."""
    left = dynamic(of="left", place=TILTED_LEFT, one_series=True)
    return left + dynamic(place=TILTED_RIGHT, one_series=True, SeriesNumber=6)


AXIAL_LEFT, AXIAL_RIGHT = Place((60.0, 0.0, 0.0)), Place((-76.0, 0.0, 0.0))


@layout(
    "any scanner",
    Refusal(
        ("dicom.two-sides",),
        (
            phases(0, 1, 2, 3, place=AXIAL_LEFT, of="left", side="left"),
            phases(0, 1, 2, 3, place=AXIAL_RIGHT, side="right"),
        ),
    ),
)
def axial_stacks_of_each_breast():
    """Axial slices of a small field of view around each breast, both stacks in one series."""
    one = {"SeriesInstanceUID": uid("stacks"), "SeriesNumber": 5}
    return dynamic(of="left", place=AXIAL_LEFT, **one) + dynamic(place=AXIAL_RIGHT, **one)


@layout("Philips", TWO_SIDES)
def enhanced_with_two_stacks():
    """One enhanced image; StackID parts its frames into the left and the right breast."""
    frames = []
    for place, of, side in BOTH:

        def content(i, k, side=side):
            stack = {"StackID": side, "InStackPositionNumber": k + 1, "TemporalPositionIndex": i + 1}
            return {"FrameContentSequence": item(FrameAcquisitionDateTime=moment(TIMES_S[i]), **stack)}

        frames += joined(frames_of(i, content, place, of) for i in range(4))
    return [enhanced(frames, LEFT)]


@layout("any scanner", TWO_SIDES)
def sagittal_series_with_subtractions():
    """Each breast is one sagittal series; subtractions of each lie beside."""
    made = both(one_series=True)
    for place, _, side in BOTH:
        own = {"ImageType": ["DERIVED", "PRIMARY", "SUB"], "SeriesDescription": f"SUB {side}", "SeriesNumber": 60}
        made += volume(BREAST[1] // 2, place, 1, **own)
    return made


@layout("any scanner", phases(0, 1, 2, 3, place=RIGHT))
def sagittal_of_the_right_breast_alone():
    """A sagittal dynamic of the right breast alone: nothing is to be asked."""
    return dynamic(place=RIGHT, Laterality="R")


@layout("any scanner", phases(0, 1, 2, 3, place=Place((-6.0, 0.0, 0.0), **SAGITTAL)))
def sagittal_of_both_breasts_without_a_gap():
    """A sagittal dynamic through both breasts without a gap: one volume."""
    return dynamic(place=Place((-6.0, 0.0, 0.0), **SAGITTAL), one_series=True)


@layout("any scanner", READ)
def axial_dynamic_and_sagittal_volumes_after():
    """An axial dynamic of both breasts, then one sagittal volume of each."""
    made = dynamic()
    for n, (place, of, side) in enumerate(BOTH):
        own = {"AcquisitionTime": clock(500 + 60 * n), "Laterality": side, "SeriesNumber": 20 + n}
        made += volume(TRUE[of][3], place, SeriesDescription=f"sag {side}", **own)
    return made


LOWER, UPPER = Place(), Place((0.0, 0.0, 60.0))
SLABS = (phases(0, 1, 2, 3, place=LOWER), phases(0, 1, 2, 3, place=UPPER, of="left"))


@layout("any scanner", Refusal(way_on=SLABS))
def axial_slabs_in_one_series():
    """One axial series in two slabs with 48 mm between them, one above the other."""
    one = {"SeriesInstanceUID": uid("slabs"), "SeriesNumber": 5}
    return dynamic(place=LOWER, **one) + dynamic(of="left", place=UPPER, **one)


RIGHT_OF_THREE = Phases((0.0, 90.0, 165.0), (0, 1, 2), place=RIGHT, side="right")


@layout("GE", Refusal(("dicom.two-sides",), (RIGHT_OF_THREE,)))
def sagittal_right_series_was_stopped():
    """Each breast is one sagittal series; the last phase of the right one was stopped after two slices."""
    left = dynamic(of="left", place=LEFT, one_series=True, **GE)
    return left + dynamic(place=RIGHT, one_series=True, SeriesNumber=6, **GE)[:20]
