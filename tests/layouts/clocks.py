"""Clocks that pass midnight, stand still, go wrong, or contradict one another."""

from __future__ import annotations

from datetime import datetime, timedelta

from layouts.expect import ASK, ORDER, READ, Either, Phases, Refusal, layout, phases
from layouts.images import clock, dynamic, moment, uid, volume
from layouts.phantom import AT_COARSE, BREAST, TIMES_S, TRUE

LATE = datetime(2024, 1, 2, 23, 58, 0)


def at_night(i: int) -> datetime:
    """Give the begin of a phase of an examination that passes midnight after the second one."""
    return LATE + timedelta(seconds=TIMES_S[i])


def night_time(i: int, k: int) -> str:
    """Write the time of day."""
    return f"{at_night(i):%H%M%S.%f}"


@layout("any scanner", READ)
def midnight_with_its_date():
    """The dynamic passes midnight and AcquisitionDate moves on."""
    return dynamic(
        AcquisitionDate=lambda i, k: f"{at_night(i):%Y%m%d}", AcquisitionTime=night_time, ContentTime=None
    )


@layout("any scanner", READ)
def midnight_without_a_date():
    """The dynamic passes midnight, and there is no date."""
    gone = dict.fromkeys(("AcquisitionDate", "ContentDate", "StudyDate"))
    return dynamic(AcquisitionTime=night_time, ContentTime=None, **gone)


@layout("any scanner", READ)
def midnight_with_a_date_that_stands_still():
    """The dynamic passes midnight and AcquisitionDate stays that of the day before."""
    return dynamic(AcquisitionTime=night_time, ContentTime=None)


@layout("any scanner", READ)
def midnight_in_one_series():
    """One series passes midnight; its date stands still."""
    return dynamic(one_series=True, AcquisitionTime=night_time, ContentTime=None)


@layout("any scanner", READ)
def midnight_right_after_the_pre_phase():
    """Contrast was given at midnight; the date stands still."""
    start = datetime(2024, 1, 2, 23, 59, 20)
    own = {"AcquisitionTime": lambda i, k: clock(TIMES_S[i], start), "ContentTime": None}
    return dynamic(**own)


@layout("any scanner", Refusal())
def hours_between_pre_and_the_rest():
    """The volume before contrast is three hours older than the others: another session."""
    return dynamic(AcquisitionTime=lambda i, k: clock(TIMES_S[i] if i else -10800), ContentTime=None)


@layout("any scanner", Refusal())
def a_day_between_pre_and_the_rest():
    """The volume before contrast was acquired on the day before, under the same study."""
    return dynamic(AcquisitionDate=lambda i, k: "20240102" if i else "20240101")


@layout("any scanner", READ)
def microseconds():
    """Times with six digits after the point, which differ between the slices of a phase."""
    return dynamic(AcquisitionTime=lambda i, k: clock(TIMES_S[i] + 0.000137 * k))


@layout("any scanner", READ)
def colons_in_times():
    """Times in the retired form 09:01:30."""

    def colons(i, k):
        time = clock(TIMES_S[i])
        return f"{time[:2]}:{time[2:4]}:{time[4:6]}"

    return dynamic(AcquisitionTime=colons, ContentTime=None)


@layout("any scanner", READ)
def content_time_falls():
    """The phases were reconstructed last first: ContentTime falls while AcquisitionTime rises."""
    return dynamic(one_series=True, ContentTime=lambda i, k: clock(900 - 30 * i))


@layout("any scanner", READ)
def content_time_runs_within_a_phase():
    """ContentTime differs from slice to slice and overlaps between the phases."""
    return dynamic(one_series=True, ContentTime=lambda i, k: clock(300 + 7 * k + 3 * i))


@layout("any scanner", Either((READ, ORDER)))
def acquisition_time_of_the_examination():
    """AcquisitionTime is that of the examination in every series; SeriesTime tells the phase."""
    return dynamic(AcquisitionTime=clock(0), ContentTime=None, SeriesTime=lambda i, k: clock(TIMES_S[i]))


@layout("any scanner", READ)
def acquisition_time_missing_in_a_slice():
    """AcquisitionTime is absent from one slice of each phase."""
    return dynamic(AcquisitionTime=lambda i, k: None if k == 3 else clock(TIMES_S[i]))


@layout("any scanner", READ)
def series_number_against_time():
    """Series numbers fall while time goes on, and TemporalPositionIdentifier begins anew after contrast."""
    own = {"SeriesNumber": lambda i, k: 30 - i, "TemporalPositionIdentifier": lambda i, k: max(i, 1)}
    return dynamic(**own)


@layout("any scanner", READ)
def acquisition_datetime_with_time():
    """AcquisitionDateTime of each phase; AcquisitionTime is absent, ContentTime is that of the export."""
    own = {"AcquisitionDateTime": lambda i, k: moment(TIMES_S[i]), "AcquisitionTime": None}
    return dynamic(one_series=True, ContentTime=clock(7200), **own)


@layout("any scanner", Either((READ, ORDER, ASK)))
def position_against_acquisition_time_in_one_series():
    """TemporalPositionIdentifier falls while AcquisitionTime rises: the clock is believed, or the reader asked."""
    return dynamic(one_series=True, TemporalPositionIdentifier=lambda i, k: 4 - i)


@layout("any scanner", READ)
def acquisition_number_counts_slices():
    """AcquisitionNumber counts the slices of each phase; AcquisitionTime tells the phases apart."""
    return dynamic(one_series=True, AcquisitionNumber=lambda i, k: k + 1)


@layout("any scanner", READ)
def acquisition_number_counts_all_images():
    """AcquisitionNumber counts on over all images of the series; AcquisitionTime tells the phases apart."""
    return dynamic(one_series=True, AcquisitionNumber=lambda i, k: 6 * i + k + 1)


@layout("any scanner", READ)
def trigger_time_of_the_heart():
    """TriggerTime is a delay after the heartbeat and differs from image to image; AcquisitionTime tells."""
    return dynamic(TriggerTime=lambda i, k: 300 + (37 * k + 113 * i) % 200)


@layout("any scanner", READ)
def position_and_content_one_in_all_series():
    """TemporalPositionIdentifier is 1 and ContentTime is one in every series; AcquisitionTime tells the order."""
    return dynamic(TemporalPositionIdentifier=1, NumberOfTemporalPositions=1, ContentTime=clock(7000))


def ultrafast(start_s: float, n: int = 6, *, apart: bool = False, **tags) -> list:
    """Make ``n`` coarse volumes every six seconds, in one series or each in its own."""
    made = []
    for j in range(n):
        part = j / (n - 1)
        voxels = TRUE["coarse"][0] * (1 - part) + TRUE["coarse"][1] * part
        name = uid(f"ultrafast {j if apart else 0}")
        own = {"SeriesInstanceUID": name, "SeriesDescription": "TWIST", "RepetitionTime": 5.6, "SeriesNumber": 50}
        own["AcquisitionTime"] = clock(start_s + 6 * j)
        made += volume(voxels, AT_COARSE, **(own | tags))
    return made


NAMED = Phases(READ.times_s, READ.volumes, says="finding")


@layout("any scanner", NAMED)
def ultrafast_between():
    """An ultrafast series of coarse volumes between the standard phases before and after contrast."""
    return dynamic() + ultrafast(40)


@layout("any scanner", NAMED)
def ultrafast_before():
    """An ultrafast series of coarse volumes before the standard one, with the lower series number."""
    return ultrafast(-60, n=8, SeriesNumber=2) + dynamic()


@layout("any scanner", NAMED)
def ultrafast_after():
    """A coarse series of many volumes after the standard one."""
    return dynamic() + ultrafast(400, n=9)


@layout("any scanner", NAMED)
def ultrafast_as_series_of_their_own():
    """Each ultrafast volume is a series of its own under the description of the standard phases."""
    return dynamic(SeriesDescription="dyn") + ultrafast(40, apart=True, SeriesDescription="dyn")


@layout("any scanner", Either((Refusal(), NAMED)))
def two_injections():
    """The dynamic was repeated with a second injection half an hour later, same sequence, same grid."""
    again = {"AcquisitionTime": lambda i, k: clock(1800 + TIMES_S[i]), "SeriesNumber": lambda i, k: 30 + i}
    return dynamic() + dynamic(range(2, 6), **again, ContentTime=None)


@layout("any scanner", phases(0, 1, 2, 3, 4, 5))
def six_phases():
    """Six phases in one series."""
    return dynamic(range(6), one_series=True)


@layout("any scanner", phases(0, 2))
def two_phases():
    """One phase before and one after contrast."""
    return dynamic([0, 2])


@layout("any scanner", Refusal())
def one_phase():
    """One volume alone: no dynamic."""
    return volume(BREAST[0])
