"""When an image was made: every sign of time that a DICOM header may carry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from pydicom.dataset import Dataset

from deeptepp.dicom.values import first, number

SECONDS_PER_DAY = 86_400.0
"""Seconds in a day."""

_PHILIPS_DYNAMIC_BEGIN_S = (0x2005, 0x10A0)
"""Private element of Philips: seconds from the start of the series to that of the dynamic scan."""

TIME_DECIMALS = 4
"""Decimals of a time in seconds; seconds since the year 1 resolve 10 microseconds in 64 bits."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Every sign of when an image was made; any may be absent.

    Parameters
    ----------
    acquired_s : float, optional
        AcquisitionDateTime, or AcquisitionDate and AcquisitionTime, in seconds since the year 1.
    content_s : float, optional
        ContentDate and ContentTime, in seconds since the year 1.
    trigger_s : float, optional
        TriggerTime or TemporalPositionTimeOffset, seconds after the start of the series.
    position : int, optional
        TemporalPositionIdentifier or TemporalPositionIndex.
    resolution_s : float, optional
        TemporalResolution: seconds from one position to the next.
    acquisition_number : int, optional
        AcquisitionNumber.
    """

    acquired_s: float | None = None
    content_s: float | None = None
    trigger_s: float | None = None
    position: int | None = None
    resolution_s: float | None = None
    acquisition_number: int | None = None


WAYS_TO_TELL_TIME: tuple[Callable[[Clock], float | None], ...] = (
    lambda c: c.acquired_s,
    lambda c: None if c.acquired_s is None or c.trigger_s is None else c.acquired_s + c.trigger_s,
    lambda c: c.trigger_s,
    lambda c: c.content_s,
    lambda c: None if c.position is None or c.resolution_s is None else c.position * c.resolution_s,
)
"""Ways to tell when a volume began, in seconds, in order of trust."""


def clock_of(places: Sequence[Dataset]) -> Clock:
    """Collect every sign of time.

    Parameters
    ----------
    places : sequence of Dataset
        Where to look, nearest to the frame first.

    Returns
    -------
    Clock
        What was found.
    """
    moment = first(places, "FrameAcquisitionDateTime") or first(places, "AcquisitionDateTime")
    trigger = number(first(places, "TriggerTime"))
    offset = number(first(places, "TemporalPositionTimeOffset"))
    begin = places[-1].get(_PHILIPS_DYNAMIC_BEGIN_S)
    if offset is None and begin is not None:
        offset = number(begin.value)
    position = number(first(places, "TemporalPositionIdentifier") or first(places, "TemporalPositionIndex"))
    resolution = number(first(places, "TemporalResolution"))
    counter = number(first(places, "AcquisitionNumber") or first(places, "FrameAcquisitionNumber"))
    acquired_s = moment_s(str(moment or ""))
    return Clock(
        acquired_s=_dated_s(places, "Acquisition") if acquired_s is None else acquired_s,
        content_s=_dated_s(places, "Content"),
        trigger_s=offset if offset is not None else None if trigger is None else trigger / 1000,
        position=None if position is None else int(position),
        resolution_s=None if not resolution else resolution / 1000,
        acquisition_number=None if counter is None else int(counter),
    )


def _dated_s(places: Sequence[Dataset], kind: str) -> float | None:
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

    Parameters
    ----------
    text : str
        ``YYYYMMDDHHMMSS.FFFFFF``, with or without an offset from UTC.

    Returns
    -------
    float or None
        Seconds since the year 1; None where the text is no full date and time.
    """
    # The offset from UTC is the same for all images of a study, so that it cancels.
    core = text.strip().split("+")[0].split("-")[0]
    return _joined_s(core[:8], core[8:]) if len(core) > 8 else None


def time_of_day_s(text: str) -> float | None:
    """Turn a DICOM TM value into seconds.

    Parameters
    ----------
    text : str
        ``HHMMSS.FFFFFF``; minutes and seconds may be absent, and the old form has colons.

    Returns
    -------
    float or None
        Seconds after midnight; None where the text is no time.
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


def past_midnight(starts_s: Sequence[float]) -> tuple[float, ...]:
    """Carry times without a date over midnight: an examination takes less than half a day.

    Parameters
    ----------
    starts_s : sequence of float
        Absolute times in seconds; those without a date lie on the first day of the year 1.

    Returns
    -------
    tuple of float
        The same times; where none has a date, those more than half a day before the last are of the next day.
    """
    last = max(starts_s, default=0.0)
    if last >= 2 * SECONDS_PER_DAY:
        return tuple(starts_s)
    half = SECONDS_PER_DAY / 2
    return tuple(start + SECONDS_PER_DAY if last - start > half else start for start in starts_s)


def after_first(starts_s: Sequence[float]) -> tuple[float, ...]:
    """Count times from the first one.

    Parameters
    ----------
    starts_s : sequence of float
        Absolute times in seconds.

    Returns
    -------
    tuple of float
        Seconds after the first, rounded to ``TIME_DECIMALS``.
    """
    return tuple(round(start - starts_s[0], TIME_DECIMALS) for start in starts_s)
