"""The ways of Philips scanners: classic and enhanced, private begin times, scale slopes, mDIXON."""

from __future__ import annotations

import numpy as np
from pydicom.sequence import Sequence as Items

from layouts.expect import ORDER, READ, Either, Refusal, layout, phases
from layouts.images import (
    PHILIPS,
    PHILIPS_CREATOR,
    clock,
    dataset,
    dynamic,
    enhanced,
    frames_of,
    item,
    joined,
    moment,
    uid,
    volume,
)
from layouts.phantom import BREAST, TIMES_S, TRUE

THRIVE = {
    **PHILIPS,
    "SeriesDescription": "dyn_eTHRIVE",
    "AcquisitionTime": clock(0),
    "ContentTime": clock(0),
    "TemporalPositionIdentifier": lambda i, k: i + 1,
}
SCALED = phases(0, 1, 2, 3, any_unit=True)


def begin(i: int, k: int) -> list[tuple]:
    """Give the private begin of a dynamic in seconds."""
    return [(PHILIPS_CREATOR, 0xA0, "FL", TIMES_S[i])]


@layout("Philips", READ)
def philips_private_begin():
    """One series, one AcquisitionTime, TemporalPositionIdentifier, and the private begin of each dynamic."""
    return dynamic(one_series=True, private=begin, **THRIVE)


@layout("Philips", READ)
def philips_private_begin_in_another_block():
    """The begin times are in the second private block; the first is of another maker, with other numbers."""

    def blocks(i, k):
        return [("SOMEBODY ELSE", 0xA0, "FL", 1000.0 - i), *begin(i, k)]

    return dynamic(one_series=True, private=blocks, **THRIVE)


@layout("Philips", ORDER)
def philips_foreign_block_at_the_usual_place():
    """At (2005,10A0) lies an element of another maker; the own block is gone. The order is known, no time."""
    return dynamic(one_series=True, private=lambda i, k: [("SOMEBODY ELSE", 0xA0, "FL", 500.0 - 7 * i)], **THRIVE)


@layout("Philips", ORDER)
def philips_private_tags_gone():
    """One series, one AcquisitionTime, TemporalPositionIdentifier; private elements were removed."""
    return dynamic(one_series=True, **THRIVE)


@layout("Philips", ORDER)
def philips_content_time_is_the_reconstruction():
    """TemporalPositionIdentifier, and a ContentTime that runs through all phases within ten seconds."""
    own = {**THRIVE, "ContentTime": lambda i, k: clock(420 + 2 * i)}
    return dynamic(one_series=True, **own)


@layout("Philips", READ)
def philips_trigger_time_zero():
    """TriggerTime is 0 in every image; the private begin of each dynamic tells the time."""
    return dynamic(one_series=True, private=begin, TriggerTime=0, **THRIVE)


@layout("Philips", READ)
def philips_pre_in_a_scan_of_its_own():
    """Two scans, each with its AcquisitionTime; the private begins of the second count from its own start."""
    pre = dynamic([0], private=begin, **{**THRIVE, "SeriesNumber": 301})
    own = {**THRIVE, "AcquisitionTime": clock(90), "SeriesNumber": 401, "ContentTime": clock(90)}
    own["TemporalPositionIdentifier"] = lambda i, k: i
    after = lambda i, k: [(PHILIPS_CREATOR, 0xA0, "FL", TIMES_S[i] - 90)]  # noqa: E731
    return pre + dynamic([1, 2, 3], one_series=True, private=after, **own)


@layout("Philips", READ)
def philips_a_series_for_each_dynamic():
    """The dynamics were exported as series of their own, with AcquisitionTime of each."""
    own = {**THRIVE, "AcquisitionTime": lambda i, k: clock(TIMES_S[i]), "SeriesNumber": lambda i, k: 401 + i}
    return dynamic(**own)


@layout("Philips", READ)
def philips_magnitude_phase_real_in_one_series():
    """Magnitude, phase and real images of each dynamic in one series, told apart by ImageType."""
    made = dynamic(one_series=True, SeriesInstanceUID=uid("scan"), private=begin, **THRIVE)
    for kind, of in ((["PHASE MAP", "P", "FFE"], "prior"), (["R_FFE", "R", "FFE"], "left")):
        own = {**THRIVE, "ImageType": ["ORIGINAL", "PRIMARY", *kind], "SeriesInstanceUID": uid("scan")}
        made += dynamic(of=of, one_series=True, private=begin, **own)
    return made


MDIXON = (("F", "fat"), ("IP", "in-phase"), ("W", "breast"), ("OP", "left"))


@layout("Philips", READ)
def philips_mdixon_in_one_series():
    """Water, fat, in and out of phase in one series, told apart by ImageType; water is DERIVED, too."""
    made = []
    for kind, of in MDIXON:
        origin = "ORIGINAL" if kind.endswith("P") else "DERIVED"
        own = {**THRIVE, "ImageType": [origin, "PRIMARY", kind, kind, "DERIVED"], "SeriesInstanceUID": uid("scan")}
        made += dynamic(of=of, one_series=True, private=begin, **own)
    return made


@layout("Philips", READ)
def philips_mdixon_in_series_of_one_name():
    """Water, fat, in and out of phase in a series each under one description, fat first."""
    made = []
    for n, (kind, of) in enumerate(MDIXON):
        own = {**THRIVE, "ImageType": ["DERIVED", "PRIMARY", kind, kind, "DERIVED"], "SeriesNumber": 401 + n}
        made += dynamic(of=of, one_series=True, private=begin, **own)
    return made


def philips_content(i: int, k: int) -> dict:
    """Give the groups of a frame: temporal position, and one moment for the whole scan."""
    at = item(TemporalPositionIndex=i + 1, FrameAcquisitionDateTime=moment(0), InStackPositionNumber=k + 1)
    return {"FrameContentSequence": at}


def private_item(*elements: tuple[int, str, float]) -> list[tuple]:
    """Give the private sequence in which enhanced images keep what classic ones hold at their top."""
    inner = dataset(private=[(PHILIPS_CREATOR, *element) for element in elements])
    return [(PHILIPS_CREATOR, 0x0F, "SQ", Items([inner]))]


def philips_enhanced(content, **tags) -> list:
    """Make one enhanced image of four dynamics."""
    frames = joined(frames_of(i, content) for i in range(4))
    return [enhanced(frames, Manufacturer="Philips Medical Systems", AcquisitionDateTime=moment(0), **tags)]


def enhanced_begin(i: int, k: int) -> list[tuple]:
    """Give the private begin of a frame: the sequence (2005,140F) of block 14 holds (2005,10A0)."""
    return private_item((0xA0, "FL", TIMES_S[i]))


@layout("Philips", READ)
def philips_enhanced_private_begin():
    """One enhanced image; FrameAcquisitionDateTime is one, the private begin of each frame tells the time."""
    return with_private_in_block_14(
        philips_enhanced(lambda i, k: philips_content(i, k) | {"private": enhanced_begin(i, k)})
    )


def with_private_in_block_14(images: list) -> list:
    """Move the private sequence of each frame from block 10 to block 14, where these scanners put it."""
    for frame in images[0].PerFrameFunctionalGroupsSequence:
        moved = frame[0x2005, 0x100F].value
        del frame[0x2005, 0x100F]
        del frame[0x2005, 0x0010]
        frame.add_new(0x20050014, "LO", PHILIPS_CREATOR)
        frame.add_new(0x2005140F, "SQ", moved)
    return images


@layout("Philips", ORDER)
def philips_enhanced_position_alone():
    """One enhanced image whose frames have TemporalPositionIndex and one moment; private elements are gone."""
    return philips_enhanced(philips_content)


@layout("Philips", READ)
def philips_enhanced_time_offset():
    """One enhanced image; TemporalPositionTimeOffset of each frame tells the time."""

    def content(i, k):
        offset = item(TemporalPositionTimeOffset=TIMES_S[i])
        return {"FrameContentSequence": item(TemporalPositionIndex=i + 1), "TemporalPositionSequence": offset}

    return philips_enhanced(content)


@layout("Philips", READ)
def philips_enhanced_mdixon():
    """One enhanced image of water and fat frames, told apart by FrameType."""
    frames = []
    for kind, of in (("F", "fat"), ("W", "breast")):
        for i in range(4):

            def content(i, k, kind=kind):
                at = item(TemporalPositionIndex=i + 1, FrameAcquisitionDateTime=moment(TIMES_S[i]))
                typed = item(FrameType=["DERIVED", "PRIMARY", kind, kind, "DERIVED"])
                return {"FrameContentSequence": at, "MRImageFrameTypeSequence": typed}

            frames += frames_of(i, content, of=of)
    return [enhanced(frames, ImageType=["DERIVED", "PRIMARY", "MIXED", "MIXED", "DERIVED"])]


def scaled(i: int, factor: float, slope: float, scale: float | None, **tags) -> list:
    """Make phase ``i`` with stored values ``factor`` times the true ones."""
    private = [] if scale is None else [(PHILIPS_CREATOR, 0x0E, "FL", scale), (PHILIPS_CREATOR, 0x0D, "FL", 0.0)]
    stored = np.round(BREAST[i] * factor).astype(np.uint16)
    own = {**PHILIPS, "SeriesDescription": "eTHRIVE", "SeriesNumber": 301 + 100 * i, "private": private}
    return volume(stored, i=i, RescaleSlope=slope, RescaleIntercept=0, **(own | tags))


@layout("Philips", SCALED)
def philips_scale_slope_of_pre_differs():
    """Stored values of the phase before contrast are doubled; its private scale slope is, too."""
    return joined(scaled(i, 2.0 if i == 0 else 1.0, 1.0, 0.02 if i == 0 else 0.01) for i in range(4))


@layout("Philips", SCALED)
def philips_rescale_and_scale_slopes_differ():
    """RescaleSlope and scale slope differ in every phase; stored x RS / (RS x SS) is one scale."""
    both = [(1.5, 0.03), (2.5, 0.01), (1.25, 0.02), (3.0, 0.04)]
    return joined(scaled(i, 100 * scale, slope, scale) for i, (slope, scale) in enumerate(both))


@layout("Philips", SCALED)
def philips_scale_slope_in_one_series():
    """One series; the scale slope of each dynamic differs."""
    own = {"SeriesInstanceUID": uid("scan"), "SeriesNumber": 401}
    return joined(scaled(i, i + 1.0, 1.0, (i + 1) / 100, **own) for i in range(4))


@layout("Philips", Either((phases(0, 1, 2, 3, any_unit=True), Refusal())), by_images=True)
def philips_real_world_value():
    """Stored values of the phase before contrast are doubled, and its real world value slope is halved."""

    def mapped(slope):
        unit = item(CodeValue="1", CodingSchemeDesignator="UCUM", CodeMeaning="no units")
        ends = {"RealWorldValueFirstValueMapped": 0, "RealWorldValueLastValueMapped": 4095}
        return item(
            RealWorldValueSlope=slope, RealWorldValueIntercept=0.0, MeasurementUnitsCodeSequence=unit, **ends
        )

    made = []
    for i in range(4):
        factor = 2.0 if i == 0 else 1.0
        made += scaled(i, factor, 1.0, None, RealWorldValueMappingSequence=mapped(1 / factor))
    return made


@layout("Philips", SCALED)
def philips_enhanced_scale_slopes():
    """One enhanced image; the rescale and scale slopes of its frames differ between the dynamics."""
    frames = []
    for i in range(4):

        def content(i, k):
            at = item(TemporalPositionIndex=i + 1, FrameAcquisitionDateTime=moment(TIMES_S[i]))
            values = item(RescaleSlope=1.0 + i / 2, RescaleIntercept=0, RescaleType="US")
            private = private_item((0x0E, "FL", (i + 1) / 100), (0x0D, "FL", 0.0))
            return {"FrameContentSequence": at, "PixelValueTransformationSequence": values, "private": private}

        frames += [(plane * (i + 1), groups) for plane, groups in frames_of(i, content)]
    return with_private_in_block_14([enhanced(frames, Manufacturer="Philips Medical Systems")])


@layout("any scanner", READ)
def rescale_slope_of_each_phase():
    """Stored values of each phase lie on a scale of their own, RescaleSlope and RescaleIntercept undo it."""
    made = []
    for i, slope in enumerate((0.5, 0.25, 1.0, 0.125)):
        stored = (TRUE["breast"][i] / slope).astype(np.uint16) + 8
        own = {"Manufacturer": "TOSHIBA", "RescaleSlope": slope, "RescaleIntercept": -8 * slope}
        made += volume(stored, i=i, SeriesNumber=5 + i, SeriesDescription="dyn", **own)
    return made
