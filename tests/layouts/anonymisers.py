"""The ways of anonymisers: what they take away, and what they give new identifiers to."""

from __future__ import annotations

from layouts.expect import ORDER, READ, Either, Phases, Refusal, layout
from layouts.images import GE, PHILIPS, PHILIPS_CREATOR, SIEMENS, clock, dynamic, image, joined, uid, volume
from layouts.phantom import BREAST, TIMES_S, subtraction

DATES = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")
TIMES = ("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime")
ZEROED = {**dict.fromkeys(DATES, "00010101"), **dict.fromkeys(TIMES, "000000.00"), "SeriesDescription": None}
"""What dicom-anonymizer leaves with its defaults."""
GONE = dict.fromkeys((*DATES, *TIMES))
EMPTY = dict.fromkeys((*DATES, *TIMES), "")
ORDER_OR_ASK = Either((ORDER, Refusal(way_on=(ORDER,))))


@layout("anonymiser", ORDER_OR_ASK)
def zeroed_times_series_per_phase():
    """All times 000000.00, all dates 00010101, no description; SeriesNumber tells the order."""
    return dynamic(**ZEROED, AcquisitionNumber=1)


@layout("anonymiser", READ)
def zeroed_times_trigger_time_stays():
    """All times 000000.00, all dates 00010101; TriggerTime of one GE series was kept."""
    return dynamic(one_series=True, TriggerTime=lambda i, k: TIMES_S[i] * 1000, **ZEROED, **GE)


@layout("anonymiser", ORDER_OR_ASK)
def zeroed_times_pre_apart_trigger_time_stays():
    """All times 000000.00; a phase before contrast apart, TriggerTime counts from the first after it."""
    after = lambda i, k: (TIMES_S[i] - 90) * 1000  # noqa: E731
    pre = dynamic([0], **ZEROED, **GE)
    return pre + dynamic([1, 2, 3], one_series=True, SeriesNumber=6, TriggerTime=after, **ZEROED, **GE)


@layout("anonymiser", ORDER)
def zeroed_times_temporal_position_stays():
    """All times 000000.00, private elements gone; TemporalPositionIdentifier of one Philips series was kept."""
    return dynamic(one_series=True, TemporalPositionIdentifier=lambda i, k: i + 1, **ZEROED, **PHILIPS)


@layout("anonymiser", ORDER)
def zeroed_times_acquisition_number_stays():
    """All times 000000.00; AcquisitionNumber of one Siemens series was kept."""
    return dynamic(one_series=True, AcquisitionNumber=lambda i, k: i + 1, **ZEROED, **SIEMENS)


@layout("anonymiser", READ)
def zeroed_times_private_begin_stays():
    """All times 000000.00; the private begin of each Philips dynamic was kept."""
    own = {"TemporalPositionIdentifier": lambda i, k: i + 1, **ZEROED, **PHILIPS}
    return dynamic(one_series=True, private=lambda i, k: [(PHILIPS_CREATOR, 0xA0, "FL", TIMES_S[i])], **own)


@layout("anonymiser", READ)
def dates_shifted():
    """Every date lies eight years earlier; times are kept."""
    return dynamic(**dict.fromkeys(DATES, "20160105"))


@layout("anonymiser", Either((READ, ORDER, Refusal())))
def dates_shifted_apart():
    """Each series has a date of its own, drawn by chance; the times of day are kept."""
    days = ("20190704", "20161130", "20230217", "20180909")
    return dynamic(**{name: lambda i, k: days[i] for name in DATES})


@layout("anonymiser", READ)
def dates_gone():
    """No date anywhere; times are kept."""
    return dynamic(**dict.fromkeys(DATES))


@layout("anonymiser", ORDER)
def times_empty_temporal_position_alone():
    """Dates and times are empty; each phase is a series, TemporalPositionIdentifier counts them."""
    own = {"TemporalPositionIdentifier": lambda i, k: i + 1, "SeriesNumber": None}
    return dynamic(**EMPTY, **own)


@layout("anonymiser", ORDER)
def times_gone_position_against_series_number():
    """No dates, no times; TemporalPositionIdentifier goes before a SeriesNumber that falls."""
    own = {"TemporalPositionIdentifier": lambda i, k: i + 1, "SeriesNumber": lambda i, k: 40 - i}
    return dynamic(**GONE, **own)


@layout("anonymiser", ORDER_OR_ASK)
def times_gone_acquisition_number_over_series():
    """No dates, no times, no SeriesNumber; AcquisitionNumber counts on over the series."""
    return dynamic(**GONE, AcquisitionNumber=lambda i, k: i + 3, SeriesNumber=None)


@layout("anonymiser", ORDER_OR_ASK)
def times_gone_series_number_alone():
    """No dates, no times; SeriesNumber is the one sign."""
    return dynamic(**GONE, SeriesDescription=None)


@layout("anonymiser", ORDER_OR_ASK)
def times_gone_series_numbers_of_two_digits():
    """No dates, no times; SeriesNumber 8, 9, 10, 11, whose order as text is another."""
    return dynamic(**GONE, SeriesNumber=lambda i, k: 8 + i)


@layout("anonymiser", Refusal())
def nothing_tells_the_order():
    """No dates, no times, no numbers, one description: nothing tells which phase came first."""
    return dynamic(**GONE, SeriesNumber=None, SeriesDescription="dyn")


@layout("anonymiser", Either((ORDER, Refusal(way_on=(ORDER,)), Refusal())))
def words_alone_tell_the_order():
    """No dates, no times, no numbers; descriptions say pre, post 1, post 2, post 3."""
    words = ("dyn pre", "dyn post 1", "dyn post 2", "dyn post 3")
    return dynamic(**GONE, SeriesNumber=None, SeriesDescription=lambda i, k: words[i])


@layout("anonymiser", Either((ORDER, Refusal())))
def instance_number_alone():
    """One series without times; InstanceNumber, which counts on from phase to phase, is the one sign."""
    return dynamic(one_series=True, **GONE, InstanceNumber=lambda i, k: 6 * i + k + 1)


@layout("anonymiser", ORDER_OR_ASK)
def times_gone_temporal_position_one_in_all():
    """No dates, no times; TemporalPositionIdentifier is 1 in every series, SeriesNumber tells the order."""
    return dynamic(**GONE, TemporalPositionIdentifier=1, NumberOfTemporalPositions=1)


@layout("anonymiser", ORDER_OR_ASK)
def one_time_in_all():
    """Every time is the moment of anonymisation; SeriesNumber tells the order."""
    return dynamic(**dict.fromkeys(TIMES, "153012"))


MINUTES = Phases((0.0, 60.0, 120.0, 240.0), (0, 1, 2, 3))


@layout("anonymiser", Either((MINUTES, ORDER)))
def seconds_zeroed():
    """Times are cut to the minute: 0900, 0901, 0902, 0904."""
    return dynamic(AcquisitionTime=lambda i, k: clock(TIMES_S[i])[:4] + "00", ContentTime=None)


@layout("anonymiser", Either((ORDER, Refusal())))
def seconds_zeroed_two_in_one_minute():
    """Times are cut to the minute, and two phases fall into one: neither is a copy of the other."""
    minute = (0, 60, 60, 120)
    return dynamic(AcquisitionTime=lambda i, k: clock(minute[i])[:4] + "00", ContentTime=None)


@layout("anonymiser", READ)
def new_series_uid_for_each_slice():
    """Every image has a SeriesInstanceUID of its own; place, time and SeriesNumber are kept."""
    return dynamic(SeriesInstanceUID=lambda i, k: uid(f"slice {i} {k}"))


@layout("anonymiser", Either((READ, Refusal(("dicom.mixed-studies",), (READ,)))))
def new_study_uid_for_each_series():
    """Every series has a StudyInstanceUID of its own; patient, dates and times are kept."""
    return dynamic(StudyInstanceUID=lambda i, k: uid(f"study {i}"))


@layout("anonymiser", READ)
def sop_uids_repeat_in_one_series():
    """The SOPInstanceUIDs of the slices repeat in every phase, all in one series; times differ."""
    return dynamic(one_series=True, SOPInstanceUID=lambda i, k: uid(f"image {k}"))


@layout("anonymiser", READ)
def sop_uids_repeat_in_two_phases():
    """The last phase carries the SOPInstanceUIDs of the one before; series, times and pixels differ."""
    return dynamic(SOPInstanceUID=lambda i, k: uid(f"image {min(i, 2)} {k}"))


@layout("anonymiser", READ)
def one_sop_uid_for_all():
    """Every image has the same SOPInstanceUID."""
    return dynamic(SOPInstanceUID=lambda i, k: uid("image"))


@layout("anonymiser", READ)
def one_series_uid_for_all():
    """Phases, subtractions and a survey share one SeriesInstanceUID; ImageType tells them apart."""
    one = {"SeriesInstanceUID": uid("series"), "SeriesNumber": None, "SeriesDescription": None}
    survey = {"ImageType": ["ORIGINAL", "PRIMARY", "M", "ND", "LOCALIZER"], "AcquisitionTime": clock(-300)}
    turned = {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}
    subs = [volume(subtraction(i), i=i, ImageType=["DERIVED", "PRIMARY", "M", "SUB"], **one) for i in (1, 2, 3)]
    return [*dynamic(**one), *joined(subs), image(BREAST[0][2], 2, **one, **survey, **turned)]


@layout("anonymiser", Refusal(("dicom.mixed-patients",)))
def patient_number_new_in_each_series():
    """Each series has a PatientID of its own."""
    return dynamic(PatientID=lambda i, k: f"ANON{i}")
