"""When an image was made: every sign of time that a DICOM header may carry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from deeptepp.dicom.header_values import Header, first, number, private_value

SECONDS_PER_DAY = 86_400.0
"""Seconds in a day."""

PHILIPS_IMAGING = "Philips MR Imaging DD 001"
"""Creator of the private block of Philips that holds the begin of a dynamic scan and the scale slope."""

_DYNAMIC_BEGIN = (0x2005, 0xA0)
"""Group and element in that block: seconds from the start of the series to that of the dynamic scan."""

TIME_DECIMALS = 4
"""Decimals of a time in seconds; seconds since the year 1 resolve 10 microseconds in 64 bits."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Every sign of when an image was made; any may be absent.

    ``acquired_s``: AcquisitionDateTime, or AcquisitionDate and AcquisitionTime, in seconds since the year 1;
    ``content_s``: ContentDate and ContentTime, in seconds since the year 1: when the image was reconstructed;
    ``series_s``: SeriesDate and SeriesTime, in seconds since the year 1; ``trigger_s``: TriggerTime, seconds after
    the start of the series; ``offset_s``: TemporalPositionTimeOffset, seconds after the start of the series;
    ``begin_s``: private begin of the dynamic scan, seconds after the start of the series; ``position``:
    TemporalPositionIdentifier or TemporalPositionIndex; ``resolution_s``: TemporalResolution: seconds from one
    position to the next; ``acquisition_number``, ``series_number``, ``instance_number``: AcquisitionNumber,
    SeriesNumber and InstanceNumber.
    """

    acquired_s: float | None = None
    content_s: float | None = None
    series_s: float | None = None
    trigger_s: float | None = None
    offset_s: float | None = None
    begin_s: float | None = None
    position: int | None = None
    resolution_s: float | None = None
    acquisition_number: int | None = None
    series_number: int | None = None
    instance_number: int | None = None


@dataclass(frozen=True, slots=True)
class TimeSign:
    """One sign of time that tells volumes apart.

    ``is_offset``: it counts seconds from the start of the series: where it is absent, it is zero.
    """

    keywords: str
    read: Callable[[Clock], float | None]
    is_offset: bool = False


ACQUIRED = TimeSign("AcquisitionTime", lambda clock: clock.acquired_s)
SERIES_TIME = TimeSign("SeriesTime", lambda clock: clock.series_s)
SERIES_NUMBER = TimeSign("SeriesNumber", lambda clock: clock.series_number)
CONTENT = TimeSign("ContentTime", lambda clock: clock.content_s)

SIGNS: tuple[TimeSign, ...] = (
    ACQUIRED,
    TimeSign("TriggerTime", lambda clock: clock.trigger_s, is_offset=True),
    TimeSign("TemporalPositionTimeOffset", lambda clock: clock.offset_s, is_offset=True),
    TimeSign("the private begin of the dynamic scan", lambda clock: clock.begin_s, is_offset=True),
    TimeSign("TemporalPositionIdentifier", lambda clock: clock.position),
    TimeSign("AcquisitionNumber", lambda clock: clock.acquisition_number),
    SERIES_TIME,
    SERIES_NUMBER,
    CONTENT,
)
"""In order of trust, for planes and for volumes; when an image was reconstructed comes last."""


def clock_of(places: Sequence[Header]) -> Clock:
    """Collect every sign of time."""
    kinds = ("FrameAcquisitionDateTime", "FrameReferenceDateTime", "AcquisitionDateTime")
    moment = next((found for kind in kinds if (found := first(places, kind))), None)
    trigger = number(first(places, "TriggerTime"))
    resolution = number(first(places, "TemporalResolution"))
    acquired_s = moment_s(str(moment or ""))
    return Clock(
        acquired_s=_dated_s(places, "Acquisition") if acquired_s is None else acquired_s,
        content_s=_dated_s(places, "Content"),
        series_s=_dated_s(places, "Series"),
        trigger_s=None if trigger is None else trigger / 1000,
        offset_s=number(first(places, "TemporalPositionTimeOffset")),
        begin_s=_begin_s(places),
        position=_whole(first(places, "TemporalPositionIdentifier") or first(places, "TemporalPositionIndex")),
        resolution_s=None if not resolution else resolution / 1000,
        acquisition_number=_whole(first(places, "AcquisitionNumber") or first(places, "FrameAcquisitionNumber")),
        series_number=_whole(first(places[-1:], "SeriesNumber")),
        instance_number=_whole(first(places[-1:], "InstanceNumber")),
    )


def _begin_s(places: Sequence[Header]) -> float | None:
    """Read the private begin of the dynamic scan, wherever its maker put it."""
    group, element = _DYNAMIC_BEGIN
    for place in places:
        begin_s = number(private_value(place, group, PHILIPS_IMAGING, element))
        if begin_s is not None:
            return begin_s
    return None


def _whole(value: object) -> int | None:
    """Read a whole number."""
    found = number(value)
    return None if found is None else int(found)


def _dated_s(places: Sequence[Header], kind: str) -> float | None:
    """Join the date and time of a kind; where it has no date, that of the series or else of the study.

    The series or study began before the image was made: a time of day long before theirs is of the next day.
    """
    time = first(places, f"{kind}Time")
    own = first(places, f"{kind}Date")
    if own is not None:
        return _joined_s(own, time)
    outer = "Series" if first(places, "SeriesDate") is not None else "Study"
    day = first(places, f"{outer}Date")
    moment, begun = _joined_s(day, time), _joined_s(day, first(places, f"{outer}Time"))
    if moment is not None and begun is not None and begun - moment > SECONDS_PER_DAY / 2:
        return moment + SECONDS_PER_DAY
    return moment


def moment_s(text: str) -> float | None:
    """Turn a DICOM DT value into seconds.

    ``text``: ``YYYYMMDDHHMMSS.FFFFFF``, with or without an offset from UTC. Gives seconds since the year 1; None
    where the text is no full date and time.
    """
    # The offset from UTC is the same for all images of a study, so that it cancels.
    core = text.strip().split("+")[0].split("-")[0]
    return _joined_s(core[:8], core[8:]) if len(core) > 8 else None


def time_of_day_s(text: str) -> float | None:
    """Turn a DICOM TM value into seconds.

    ``text``: ``HHMMSS.FFFFFF``; minutes and seconds may be absent, and the old form has colons. Gives seconds
    after midnight; None where the text is no time.
    """
    digits = text.strip().replace(":", "")
    whole = digits.split(".")[0]
    if not whole.isdigit() or len(whole) % 2 or len(whole) > 6:
        return None
    minutes = float(whole[2:4] or 0)
    seconds = number(digits[4:]) or 0.0
    return float(whole[:2]) * 3600 + minutes * 60 + seconds


def _joined_s(day: object, time: object) -> float | None:
    """Join a DICOM date and time to seconds; a missing or impossible date counts as the first day."""
    seconds = time_of_day_s(str(time if time is not None else ""))
    if seconds is None:
        return None
    text = str(day or "").replace(".", "").strip()
    try:
        days = date(int(text[:4]), int(text[4:6]), int(text[6:8])).toordinal()
    except ValueError:
        days = 1
    return days * SECONDS_PER_DAY + seconds
