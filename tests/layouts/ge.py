"""The ways of GE scanners: VIBRANT and DISCO, Flex, sagittal series of each breast."""

from __future__ import annotations

from layouts.expect import ONE_OF_TWO, ORDER, READ, Either, Phases, Refusal, add, layout, phases
from layouts.images import GE, clock, dynamic, volume
from layouts.phantom import BREAST, TIMES_S, subtraction

ONE_TIME = {"AcquisitionTime": clock(0), "ContentTime": clock(0), "SeriesTime": clock(0)}
VIBRANT = {"SeriesDescription": "Ax VIBRANT MPh", **GE, **ONE_TIME}


def trigger_ms(i: int, k: int) -> float:
    """Give the begin of a phase after that of its series."""
    return TIMES_S[i] * 1000


@layout("GE", READ)
def ge_trigger_time():
    """All phases in one series of one AcquisitionTime; TriggerTime and TemporalPositionIdentifier tell."""
    return dynamic(
        one_series=True, TriggerTime=trigger_ms, TemporalPositionIdentifier=lambda i, k: i + 1, **VIBRANT
    )


@layout("GE", READ)
def ge_trigger_time_alone():
    """TriggerTime is the one difference between the phases; the first has none at all."""
    return dynamic(one_series=True, TriggerTime=lambda i, k: trigger_ms(i, k) or None, **VIBRANT)


def ge_after(**tags) -> list:
    """Make the phases after contrast in one series that begins with the first of them."""
    at = {"AcquisitionTime": clock(90), "ContentTime": clock(90), "SeriesTime": clock(90), "SeriesNumber": 6}
    own = {**VIBRANT, **at, "TriggerTime": lambda i, k: (TIMES_S[i] - 90) * 1000}
    return dynamic([1, 2, 3], one_series=True, **(own | tags))


@layout("GE", READ)
def ge_pre_apart_first_trigger_absent():
    """The phase before contrast apart and without TriggerTime; the first after it without TriggerTime, too."""
    later = lambda i, k: (TIMES_S[i] - 90) * 1000 or None  # noqa: E731
    return dynamic([0], **VIBRANT) + ge_after(TriggerTime=later)


@layout("GE", READ)
def ge_pre_apart_both_with_positions():
    """Both series count TemporalPositionIdentifier from 1."""
    pre = dynamic([0], TemporalPositionIdentifier=1, TriggerTime=0, **VIBRANT)
    return pre + ge_after(TemporalPositionIdentifier=lambda i, k: i)


@layout("GE", READ)
def ge_pre_apart_with_higher_series_number():
    """The phase before contrast was copied to series 800; the times tell that it came first."""
    return dynamic([0], **{**VIBRANT, "SeriesNumber": 800}) + ge_after()


@layout("GE", ORDER)
def ge_position_alone():
    """TemporalPositionIdentifier is the one sign; no TriggerTime, one AcquisitionTime."""
    return dynamic(one_series=True, TemporalPositionIdentifier=lambda i, k: i + 1, **VIBRANT)


EVERY_75_S = Phases((0.0, 75.0, 150.0, 225.0), (0, 1, 2, 3))


@layout("GE", Either((EVERY_75_S, ORDER)))
def ge_position_and_resolution():
    """TemporalPositionIdentifier, and TemporalResolution of 75000 ms."""
    number = lambda i, k: i + 1  # noqa: E731
    return dynamic(one_series=True, TemporalPositionIdentifier=number, TemporalResolution=75000, **VIBRANT)


@layout("GE", Either((EVERY_75_S, ORDER)))
def ge_resolution_in_microseconds():
    """TemporalPositionIdentifier, and TemporalResolution in microseconds: phases 21 hours apart cannot be."""
    number = lambda i, k: i + 1  # noqa: E731
    return dynamic(one_series=True, TemporalPositionIdentifier=number, TemporalResolution=75000000, **VIBRANT)


@layout("GE", READ)
def ge_trigger_time_beside_a_resolution_in_microseconds():
    """TriggerTime tells the begin of each phase; TemporalResolution is there in microseconds."""
    number = lambda i, k: i + 1  # noqa: E731
    own = {"TriggerTime": trigger_ms, "TemporalPositionIdentifier": number, "TemporalResolution": 75000000}
    return dynamic(one_series=True, **own, **VIBRANT)


@layout("GE", Either((READ, ORDER, Refusal())))
def ge_trigger_time_in_microseconds():
    """TriggerTime in microseconds: read as milliseconds, the phases would be 21 hours apart."""
    return dynamic(one_series=True, TriggerTime=lambda i, k: TIMES_S[i] * 1e6, **VIBRANT)


@layout("GE", READ)
def ge_trigger_time_against_instance_number():
    """InstanceNumber counts the slices of all phases place by place, against the order of time."""
    return dynamic(one_series=True, TriggerTime=trigger_ms, InstanceNumber=lambda i, k: 24 - 4 * k - i, **VIBRANT)


@layout("GE", READ)
def ge_phases_once_more_in_series_of_their_own():
    """The multi-phase series, and copies of each phase as Ph1/, Ph2/ ... made an hour later."""
    made = dynamic(one_series=True, TriggerTime=trigger_ms, **VIBRANT)
    for i in range(4):
        own = {
            "SeriesDescription": f"Ph{i + 1}/Ax VIBRANT MPh",
            "SeriesNumber": 500 + i,
            "TriggerTime": trigger_ms,
        }
        made += dynamic([i], **{**VIBRANT, **own, "ContentTime": clock(3600), "SeriesTime": clock(3600)})
    return made


@layout("GE", READ)
def ge_subtractions_of_phases():
    """Subtractions as SUB1/, SUB2/, SUB3/ on the grid and under the times of the phases, typed ORIGINAL."""
    made = dynamic(one_series=True, TriggerTime=trigger_ms, **VIBRANT)
    for i in (1, 2, 3):
        own = {"SeriesDescription": f"SUB{i}/Ax VIBRANT MPh", "SeriesNumber": 600 + i, "TriggerTime": trigger_ms}
        made += volume(subtraction(i), i=i, **{**VIBRANT, **own})
    return made


@layout("GE", READ)
def ge_disco():
    """DISCO: each phase has its AcquisitionTime, and a TriggerTime that counts from the first after contrast."""
    own = {**VIBRANT, "AcquisitionTime": lambda i, k: clock(TIMES_S[i])}
    return dynamic(one_series=True, TriggerTime=lambda i, k: max(TIMES_S[i] - 90, 0) * 1000, **own)


@layout("GE", ONE_OF_TWO)
def ge_intensity_corrected_and_not():
    """Each phase as ORIG: and as PURE: in series of their own, with one AcquisitionTime and TriggerTime."""
    made = []
    for n, (word, of) in enumerate((("ORIG", "breast"), ("PURE", "second"))):
        own = {"SeriesDescription": f"{word}: Ax VIBRANT", "SeriesNumber": 5 + 100 * n, "TriggerTime": trigger_ms}
        made += dynamic(of=of, one_series=True, **{**VIBRANT, **own})
    return made


@layout("GE", ONE_OF_TWO)
def ge_unfiltered_copy_with_later_content():
    """A second reconstruction without a filter, its ContentTime minutes later and its description the same."""
    made = dynamic(one_series=True, TriggerTime=trigger_ms, **VIBRANT)
    own = {"SeriesNumber": 1005, "TriggerTime": trigger_ms, "ContentTime": lambda i, k: clock(600 + i)}
    return made + dynamic(of="second", one_series=True, **{**VIBRANT, **own})


SPELLINGS = {
    "prefix": ("FAT: Ax VIBRANT FLEX", "InPhase: Ax VIBRANT FLEX", "WATER: Ax VIBRANT FLEX"),
    "suffix": ("Ax VIBRANT-Flex fat", "Ax VIBRANT-Flex in-phase", "Ax VIBRANT-Flex water"),
    "out_phase": ("(FAT) Ax Flex", "(Out-Phase) Ax Flex", "(WATER) Ax Flex"),
    "underscores": ("Ax_Vibrant_Flex_F", "Ax_Vibrant_Flex_IP", "Ax_Vibrant_Flex_W"),
    "mixed_case": ("Fat:Ax dyn", "OutPhase:Ax dyn", "Water:Ax dyn"),
}


def flex(words: tuple[str, str, str]) -> list:
    """Make fat, in-phase and water series, in this order of SeriesNumber, with one ImageType."""
    made = []
    for n, (word, of) in enumerate(zip(words, ("fat", "in-phase", "breast"), strict=True)):
        own = {"SeriesDescription": word, "SeriesNumber": 5 + n, "TriggerTime": trigger_ms}
        made += dynamic(of=of, one_series=True, **{**VIBRANT, **own})
    return made


for spelling, spelt in SPELLINGS.items():
    add(
        f"ge_flex_{spelling}",
        "GE",
        f"Fat, in or out of phase, and water under one ImageType, told apart by words alone: {', '.join(spelt)}.",
        lambda spelt=spelt: flex(spelt),
        READ,
    )


@layout("GE", READ)
def ge_flex_water_alone_says_nothing():
    """The water series has the plain description; fat and in-phase say what they are."""
    return flex(("FAT: Ax Flex dyn", "InPhase: Ax Flex dyn", "Ax Flex dyn"))


@layout("GE", READ)
def ge_delayed_series_on_another_grid():
    """A sagittal series after the dynamic one, on a grid of its own."""
    own = {"SeriesDescription": "Sag delayed", "SeriesNumber": 9, "ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}
    turned = {"ImagePositionPatient": lambda i, k: [3.0 * k, 0, 12], **own}
    return dynamic(one_series=True, TriggerTime=trigger_ms, **VIBRANT) + volume(
        BREAST[3], **{**VIBRANT, **turned, "AcquisitionTime": clock(600)}
    )


DELAYED = Phases((0.0, 90.0, 165.0, 240.0, 900.0), (0, 1, 2, 3, 5))


@layout("GE", Either((DELAYED, phases(0, 1, 2, 3, says="finding"))))
def ge_delayed_phase_of_the_same_sequence():
    """One more volume of the same sequence and grid, 15 min after the first, in a series of its own."""
    late = {"AcquisitionTime": clock(900), "ContentTime": clock(900), "SeriesTime": clock(900), "SeriesNumber": 9}
    made = dynamic(one_series=True, TriggerTime=trigger_ms, **VIBRANT)
    return made + dynamic([5], **{**VIBRANT, **late})
