"""Slices that are missing, too many, or there twice."""

from __future__ import annotations

import numpy as np

from layouts.expect import READ, Either, Phases, Refusal, layout, phases
from layouts.images import clock, dynamic, enhanced, frames_of, item, joined, moment, uid, volume
from layouts.phantom import BREAST, TIMES_S

WITHOUT_LAST = phases(0, 1, 2, says="warning")
MISSING = Refusal(("dicom.missing-slice", "dicom.irregular-spacing", "dicom.mixed-geometry"))


@layout("any scanner", WITHOUT_LAST)
def last_phase_stopped():
    """The last phase is a series that was stopped after half of its slices."""
    return dynamic()[:21]


@layout("any scanner", WITHOUT_LAST)
def last_phase_stopped_in_one_series():
    """All phases in one series; the last was stopped after half of its slices."""
    return dynamic(one_series=True, AcquisitionNumber=lambda i, k: i + 1)[:21]


@layout("any scanner", WITHOUT_LAST)
def last_phase_stopped_after_a_slice():
    """The last phase is a single slice."""
    return dynamic(one_series=True, TemporalPositionIdentifier=lambda i, k: i + 1)[:19]


@layout("any scanner", WITHOUT_LAST)
def last_phase_holds_its_middle_alone():
    """Of the last phase the slices of the middle are there; every second was lost."""
    return dynamic()[:18] + dynamic([3])[1:6:2]


@layout("any scanner", WITHOUT_LAST)
def last_phase_stopped_in_an_enhanced_image():
    """One enhanced image whose last phase has half of its frames."""

    def content(i, k):
        return {
            "FrameContentSequence": item(FrameAcquisitionDateTime=moment(TIMES_S[i]), TemporalPositionIndex=i + 1)
        }

    return [enhanced(joined(frames_of(i, content) for i in range(4))[:21])]


@layout("any scanner", WITHOUT_LAST)
def last_phase_stopped_without_a_slice_in_the_middle():
    """The last phase lacks one slice of its middle."""
    made = dynamic()
    return made[:20] + made[21:]


@layout("any scanner", MISSING)
def slice_missing_in_the_second_phase():
    """A slice is missing in the middle of the first phase after contrast."""
    made = dynamic()
    return made[:8] + made[9:]


@layout("any scanner", MISSING)
def slice_missing_in_the_second_phase_of_one_series():
    """A slice is missing in the middle of the first phase after contrast; all phases are in one series."""
    made = dynamic(one_series=True, AcquisitionNumber=lambda i, k: i + 1)
    return made[:8] + made[9:]


@layout("any scanner", MISSING)
def slice_missing_in_pre():
    """A slice is missing in the middle of the phase before contrast."""
    made = dynamic()
    return made[:2] + made[3:]


@layout("any scanner", Refusal())
def end_slice_missing_in_pre():
    """The last slice of the phase before contrast is missing; the others make a regular, shorter volume."""
    return dynamic([0])[:5] + dynamic([1, 2, 3])


@layout("any scanner", Refusal())
def end_slice_missing_in_the_second_phase():
    """The first slice of the first phase after contrast is missing."""
    made = dynamic()
    return made[:6] + made[7:]


@layout("any scanner", MISSING)
def slice_missing_in_all_phases():
    """The same slice is missing in the middle of every phase."""
    return [x for x in dynamic() if float(x.ImagePositionPatient[2]) != 6.0]


@layout("any scanner", READ)
def slice_sent_twice_in_one_series():
    """One slice of the second phase is there twice under two SOPInstanceUIDs; all phases are in one series."""
    one = {"SeriesInstanceUID": uid("one series"), "SeriesNumber": 5}
    return dynamic(**one) + dynamic([1], **one)[3:4]


@layout("any scanner", READ)
def slice_sent_twice_in_a_series_of_its_own():
    """One slice of the last phase is there once more in a series of its own."""
    return dynamic() + dynamic([3], SeriesNumber=77)[3:4]


def long_last(**tags) -> list:
    """Make the last phase with one slice too many at its end."""
    longer = np.concatenate([BREAST[3], BREAST[3][-1:]])
    return volume(longer, i=3, SeriesNumber=8, SeriesDescription="t1_fl3d_dyna", **tags)


@layout("any scanner", Either((READ, WITHOUT_LAST, Refusal())))
def slice_too_many_in_the_last_phase():
    """The last phase has one slice more at its end than the others."""
    return dynamic([0, 1, 2]) + long_last()


@layout("any scanner", Either((READ, WITHOUT_LAST, Refusal())))
def slice_too_many_in_the_last_phase_of_one_series():
    """The last phase of one series has one slice more at its end than the others."""
    one = {"SeriesInstanceUID": uid("one series")}
    return dynamic([0, 1, 2], **one, SeriesNumber=8) + long_last(**one)


REPEATED = Phases((0.0, 90.0, 165.0, 270.0), (0, 1, 2, 3))


@layout("any scanner", REPEATED)
def last_phase_stopped_and_repeated():
    """The last phase was stopped after three slices and repeated half a minute later."""
    stopped = dynamic([3], SeriesNumber=8)[:3]
    return dynamic([0, 1, 2]) + stopped + dynamic([3], SeriesNumber=9, AcquisitionTime=clock(270))


@layout("any scanner", READ)
def pre_stopped_and_repeated():
    """The phase before contrast was stopped after three slices and repeated a minute later."""
    return dynamic([0], SeriesNumber=4, AcquisitionTime=clock(-60))[:3] + dynamic()


@layout("any scanner", Refusal())
def only_the_stopped_phase_follows_pre():
    """One whole phase before contrast and one stopped phase after it: no dynamic is left."""
    return dynamic([0, 1])[:9]
