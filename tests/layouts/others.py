"""The ways of other makers: Canon and Toshiba, Hitachi, United Imaging, Aurora."""

from __future__ import annotations

from layouts.expect import ORDER, READ, Either, layout
from layouts.images import clock, dynamic, enhanced, frames_of, item, joined, moment, uid
from layouts.phantom import TIMES_S

TOSHIBA = {
    "Manufacturer": "TOSHIBA",
    "ImageType": ["ORIGINAL", "PRIMARY", "OTHER"],
    "SeriesDescription": "FFE3D fs",
}
CANON = {
    "Manufacturer": "CANON_MEC",
    "ImageType": ["ORIGINAL", "PRIMARY", "M"],
    "SeriesDescription": "Quick3D dyn",
}
HITACHI = {"Manufacturer": "Hitachi Medical Corporation", "ImageType": ["ORIGINAL", "PRIMARY", "OTHER"]}
UNITED = {
    "Manufacturer": "UIH",
    "ImageType": ["ORIGINAL", "PRIMARY", "M", "NONE"],
    "SeriesDescription": "quick3d_dyn",
}
AURORA = {"Manufacturer": "AURORA", "ImageType": ["ORIGINAL", "PRIMARY"], "SeriesDescription": "SPIRAL RODEO"}


def second(i: int, k: int) -> str:
    """Write the begin of a phase to the second."""
    return clock(TIMES_S[i])[:6]


@layout("Toshiba", READ)
def toshiba_one_series_by_acquisition_number():
    """One series; AcquisitionNumber and AcquisitionTime of each phase, InstanceNumber begins anew in each."""
    own = {"AcquisitionNumber": lambda i, k: i + 1, "InstanceNumber": lambda i, k: k + 1}
    return dynamic(one_series=True, AcquisitionTime=second, **own, **TOSHIBA)


@layout("Toshiba", ORDER)
def toshiba_acquisition_number_alone():
    """One series, one AcquisitionTime; AcquisitionNumber tells the phases apart."""
    own = {"AcquisitionNumber": lambda i, k: 10 * i + 1, "ContentTime": None}
    return dynamic(one_series=True, AcquisitionTime=clock(0), **own, **TOSHIBA)


@layout("Toshiba", ORDER)
def toshiba_acquisition_number_goes_before_content():
    """AcquisitionNumber tells the phases apart; ContentTime falls, since the last was reconstructed first."""
    own = {"AcquisitionNumber": lambda i, k: i + 1, "ContentTime": lambda i, k: clock(600 - 20 * i)}
    return dynamic(one_series=True, AcquisitionTime=clock(0), **own, **TOSHIBA)


@layout("Canon", ORDER)
def canon_temporal_position():
    """One series, one AcquisitionTime; TemporalPositionIdentifier tells the phases apart."""
    own = {"TemporalPositionIdentifier": lambda i, k: i + 1, "NumberOfTemporalPositions": 4}
    return dynamic(one_series=True, AcquisitionTime=clock(0), ContentTime=clock(0), **own, **CANON)


@layout("Canon", READ)
def canon_enhanced():
    """One enhanced image; FrameAcquisitionDateTime of each phase, frames in no order."""

    def content(i, k):
        return {
            "FrameContentSequence": item(FrameAcquisitionDateTime=moment(TIMES_S[i]), TemporalPositionIndex=i + 1)
        }

    return [enhanced(joined(frames_of(i, content) for i in range(4)), Manufacturer="CANON_MEC")]


@layout("Canon", READ)
def canon_enhanced_without_position_index():
    """One enhanced image; FrameAcquisitionDateTime is the one sign of the phase."""

    def content(i, k):
        return {"FrameContentSequence": item(FrameAcquisitionDateTime=moment(TIMES_S[i]))}

    return [enhanced(joined(frames_of(i, content) for i in range(4)), Manufacturer="CANON_MEC")]


@layout("Hitachi", READ)
def hitachi_whole_seconds():
    """A series for each phase; times without fractions, SeriesTime that of the examination."""
    return dynamic(AcquisitionTime=second, SeriesTime=clock(-600)[:6], SeriesDescription="TIGRE dyn", **HITACHI)


@layout("Hitachi", Either((READ, ORDER)))
def hitachi_content_time_alone():
    """One series without AcquisitionTime; ContentTime is all that tells its volumes apart."""
    own = {"AcquisitionTime": None, "ContentTime": second, "SeriesDescription": "TIGRE dyn"}
    return dynamic(one_series=True, **own, **HITACHI)


@layout("United Imaging", READ)
def united_acquisition_datetime_alone():
    """AcquisitionDateTime is there, AcquisitionDate and AcquisitionTime are not."""
    own = {
        "AcquisitionDateTime": lambda i, k: moment(TIMES_S[i]),
        "AcquisitionDate": None,
        "AcquisitionTime": None,
    }
    return dynamic(**own, **UNITED)


@layout("United Imaging", READ)
def united_one_series():
    """One series; AcquisitionDateTime and AcquisitionTime of each phase say the same."""
    return dynamic(one_series=True, AcquisitionDateTime=lambda i, k: moment(TIMES_S[i]), **UNITED)


@layout("United Imaging", READ)
def united_image_type_absent():
    """ImageType was removed; all else is in order."""
    return dynamic(**{**UNITED, "ImageType": None})


@layout("Aurora", READ)
def aurora_series_per_phase():
    """A series for each phase, ImageType of two values, longer TR."""
    return dynamic(**AURORA, RepetitionTime=29, EchoTime=4.8, FlipAngle=45)


@layout("Aurora", READ)
def aurora_numbers_fall():
    """SeriesNumber falls while time goes on; the times tell the order."""
    return dynamic(SeriesNumber=lambda i, k: 90 - i, InstanceNumber=lambda i, k: 6 - k, **AURORA)


@layout("any scanner", READ)
def enhanced_object_for_each_slice():
    """Enhanced images that hold the four phases of one slice each."""
    made = []
    for k in range(6):

        def content(i, k):
            at = {"FrameAcquisitionDateTime": moment(TIMES_S[i]), "TemporalPositionIndex": i + 1}
            return {"FrameContentSequence": item(**at)}

        frames = [frames_of(i, content)[k] for i in range(4)]
        made.append(enhanced(frames, SeriesInstanceUID=uid("slices"), InstanceNumber=k + 1))
    return made


@layout("any scanner", READ)
def enhanced_and_classic_of_one_examination():
    """The examination as enhanced images and once more as classic ones, with the same times and pixels."""

    def content(i, k):
        return {"FrameContentSequence": item(FrameAcquisitionDateTime=moment(TIMES_S[i]))}

    return dynamic() + [enhanced(frames_of(i, content), SeriesInstanceUID=uid(f"enhanced {i}")) for i in range(4)]
