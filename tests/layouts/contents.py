"""Headers in order, and images that cannot be what the headers say of them."""

from __future__ import annotations

from functools import partial

import numpy as np

from layouts.expect import ASK, Either, Refusal, layout, phases
from layouts.images import clock, dynamic, joined, volume
from layouts.phantom import BREAST, FAT, TIMES_S, TRUE, enhancement_map, subtraction

seen = partial(layout, "any scanner", by_images=True)
"""A layout whose fault can be seen in the images alone."""

DESCRIBED = {"SeriesDescription": "t1_fl3d_dyna"}


def with_phase(i: int, voxels: np.ndarray) -> list:
    """Make the phases with the voxels of one of them replaced."""
    others = [n for n in range(4) if n != i]
    return dynamic(others) + volume(
        voxels, i=i, SeriesNumber=5 + i, ContentTime=clock(TIMES_S[i] + 60), **DESCRIBED
    )


def again(voxels: np.ndarray) -> np.ndarray:
    """Acquire once more what does not change: the same voxels with other noise."""
    noise = np.random.default_rng(9).integers(-3, 4, voxels.shape)
    return np.clip(voxels.astype(int) + noise, 0, None).astype(np.uint16)


BASELINES = Either((Refusal(), phases(0, 1, 2, 3, says="warning")))


@seen(BASELINES)
def second_baseline():
    """Two volumes before contrast: the first is no reference for counting phases after contrast."""
    first = volume(again(BREAST[0]), AcquisitionTime=clock(-75), SeriesNumber=4, **DESCRIBED)
    return first + dynamic()


@seen(Refusal())
def post_alone():
    """The phase before contrast was not exported; the names say neither pre nor post."""
    return dynamic([1, 2, 3, 4], SeriesDescription=lambda i, k: f"t1_fl3d_dyna_{i}")


@seen(Refusal())
def post_alone_in_one_series():
    """The phases after contrast alone, in one series that counts them from 1."""
    return dynamic([2, 3, 4, 5], one_series=True, TemporalPositionIdentifier=lambda i, k: i - 1)


@seen(Refusal())
def order_reversed_by_the_clock():
    """Times run backwards: the last phase has the time of the first."""
    return dynamic(range(6), AcquisitionTime=lambda i, k: clock(TIMES_S[5 - i]), ContentTime=None)


@seen(Refusal())
def pre_with_the_time_of_the_last():
    """The phase before contrast was read in anew and has the latest time."""
    return dynamic(AcquisitionTime=lambda i, k: clock(TIMES_S[i] if i else 330), ContentTime=None)


@seen(Refusal())
def pre_and_first_post_changed_places():
    """The phase before contrast and the first after it bear the time of the other."""
    return dynamic(AcquisitionTime=lambda i, k: clock(TIMES_S[(1, 0, 2, 3)[i]]), ContentTime=None)


@seen(Refusal())
def pre_on_another_scale():
    """All values of the phase before contrast are 1.7 times larger, and no tag explains it."""
    return with_phase(0, np.round(BREAST[0] * 1.7).astype(np.uint16))


@seen(Refusal())
def pre_on_a_smaller_scale():
    """All values of the phase before contrast are halved: everything seems to take up contrast."""
    return with_phase(0, BREAST[0] // 2)


@seen(Refusal())
def pre_with_another_contrast():
    """The phase before contrast was taken with another flip angle, which its header does not say."""
    top = float(BREAST[0].max())
    return with_phase(0, np.round(top * (BREAST[0] / top) ** 0.4).astype(np.uint16))


@seen(Refusal())
def pre_moved():
    """The patient moved by three voxels after the phase before contrast."""
    return with_phase(0, np.roll(BREAST[0], 3, axis=2))


@seen(Refusal())
def pre_is_a_fat_image():
    """The volume called the phase before contrast shows fat."""
    return with_phase(0, FAT[0])


@seen(Refusal())
def pre_is_of_another_breast():
    """The volume called the phase before contrast shows another breast."""
    return with_phase(0, TRUE["prior"][0])


@seen(Refusal())
def pre_is_upside_down():
    """The slices of the phase before contrast bear the positions of the opposite order."""
    return with_phase(0, BREAST[0][::-1])


@seen(Refusal())
def post_is_a_map():
    """A map of enhancement bears the header of the second phase after contrast."""
    return with_phase(2, enhancement_map())


@seen(Refusal())
def post_are_subtractions():
    """The volumes called phases after contrast are subtractions, and nothing says so."""
    subs = [volume(subtraction(i), i=i, SeriesNumber=5 + i, **DESCRIBED) for i in (1, 2, 3)]
    return dynamic([0]) + joined(subs)


@seen(Refusal())
def post_upside_down():
    """The slices of the third phase after contrast bear the positions of the opposite order."""
    return with_phase(3, BREAST[3][::-1])


@seen(Refusal())
def nothing_takes_up_contrast():
    """Four volumes without contrast: the injection failed."""
    same = [volume(again(BREAST[0]) + i, i=i, SeriesNumber=5 + i, **DESCRIBED) for i in (1, 2, 3)]
    return dynamic([0]) + joined(same)


@seen(Refusal())
def every_phase_is_the_same_volume():
    """Four series of four times hold the same pixels."""
    return [made for i in range(4) for made in volume(BREAST[2], i=i, SeriesNumber=5 + i, **DESCRIBED)]


@seen(Either((ASK, Refusal())))
def pre_without_fat_suppression_untold():
    """The phase before contrast shows fat as bright as tissue; its header says nothing of it."""
    return with_phase(0, TRUE["in-phase"][0])


@seen(phases(0, 1, 2, 3))
def slow_rise_is_no_fault():
    """The curve rises until the end: later phases are brighter, and all is in order."""
    return dynamic()


@seen(phases(0, 3, 4, 5))
def washout_is_no_fault():
    """The curve falls from the first phase after contrast on, and all is in order."""
    return dynamic([0, 3, 4, 5])


@seen(phases(0, 5))
def one_late_phase_is_no_fault():
    """One phase before contrast and one six minutes after it."""
    return dynamic([0, 5])
