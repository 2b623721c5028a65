"""Positions, orientations, spacings and frames of reference as headers hold them."""

from __future__ import annotations

import math

import numpy as np

from layouts.expect import ASK, READ, Either, Phases, Refusal, layout, phases
from layouts.images import clock, dynamic, image, uid, volume
from layouts.phantom import AXIAL, BREAST, TIMES_S, Place

UNEVEN = Place(step_mm=(0.0, 0.0, 1.5625))


@layout("any scanner", phases(0, 1, 2, 3, place=UNEVEN))
def positions_with_one_decimal():
    """Slices every 1.5625 mm; positions are written with one decimal."""
    return dynamic(place=UNEVEN, ImagePositionPatient=lambda i, k: [0, 0, round(1.5625 * k, 1)])


THIN = Place(step_mm=(0.0, 0.0, 0.94))


@layout("any scanner", phases(0, 1, 2, 3, place=THIN))
def positions_with_one_decimal_of_thin_slices():
    """Slices every 0.94 mm; positions are written with one decimal, so that intervals vary by 0.1 mm."""
    return dynamic(place=THIN, one_series=True, ImagePositionPatient=lambda i, k: [0, 0, round(0.94 * k, 1)])


def turned(angle: float) -> list[float]:
    """Give an axial orientation turned by an angle in the plane."""
    return [math.cos(angle), math.sin(angle), 0.0, -math.sin(angle), math.cos(angle), 0.0]


@layout("any scanner", READ)
def orientation_noise_from_slice_to_slice():
    """The orientation alternates in the fourth digit from slice to slice."""
    return dynamic(ImageOrientationPatient=lambda i, k: turned(8e-4 * ((k + i) % 2)))


@layout("any scanner", READ)
def orientation_noise_from_phase_to_phase():
    """The orientation of each phase differs in the fourth digit."""
    return dynamic(ImageOrientationPatient=lambda i, k: turned(3e-4 * i))


@layout("any scanner", READ)
def orientation_with_zeros_of_rounding():
    """Zeros of the orientation are written as 1e-17 and -0, or as 4.9e-12."""
    forms = ["1", "-0", "1e-17", "4.9e-12", "1", "0"], ["1", "0", "0", "0", "1", "-0.0"]
    return dynamic(ImageOrientationPatient=lambda i, k: forms[i % 2])


SPACED = Place(spacing_mm=(0.7589, 0.7589))


@layout("any scanner", phases(0, 1, 2, 3, place=SPACED))
def spacing_with_more_digits_in_some_phases():
    """PixelSpacing is 0.7589 in one phase and 0.75892 in the next."""
    return dynamic(place=SPACED, PixelSpacing=lambda i, k: [0.75892, 0.75892] if i % 2 else [0.7589, 0.7589])


@layout("any scanner", READ)
def slice_positions_differ_by_hundredths():
    """The slices of each phase lie 0.03 mm beside those of the one before."""
    return dynamic(ImagePositionPatient=lambda i, k: [0, 0, 2.0 * k + 0.03 * i])


@layout("any scanner", READ)
def corners_differ_by_hundredths():
    """The corner of each phase lies 0.04 mm beside that of the first, in the plane."""
    return dynamic(ImagePositionPatient=lambda i, k: [0.04 * (i % 2), -0.03 * (i % 2), 2.0 * k])


@layout("any scanner", READ)
def slices_numbered_from_the_other_end():
    """InstanceNumber and SliceLocation fall from feet to head."""
    return dynamic(InstanceNumber=lambda i, k: 6 - k, SliceLocation=lambda i, k: -2.0 * k)


@layout("any scanner", READ)
def slices_numbered_interleaved():
    """InstanceNumber runs through the odd slices, then through the even ones."""
    return dynamic(one_series=True, InstanceNumber=lambda i, k: 6 * i + (k // 2 if k % 2 else 3 + k // 2) + 1)


@layout("any scanner", READ)
def thickness_twice_the_interval():
    """Slices overlap: SliceThickness 4 mm every 2 mm, SpacingBetweenSlices says 4."""
    return dynamic(SliceThickness=4.0, SpacingBetweenSlices=4.0)


OBLIQUE = Place(
    (-20.0, -30.0, 12.0),
    (0.96, 0.0, -0.28),
    (0.0, 1.0, 0.0),
    (0.56, 0.0, 1.92),
)


@layout("any scanner", phases(0, 1, 2, 3, place=OBLIQUE))
def oblique_slices():
    """Slices are tilted by 16 degrees."""
    return dynamic(place=OBLIQUE)


CORONAL = Place((0.0, 0.0, 40.0), (1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 2.0, 0.0))


@layout("any scanner", phases(0, 1, 2, 3, place=CORONAL))
def coronal_slices():
    """The dynamic is coronal, all phases in one series."""
    return dynamic(place=CORONAL, one_series=True)


@layout("any scanner", ASK)
def frame_of_reference_of_pre_differs():
    """The phase before contrast has another FrameOfReferenceUID: positions of the two cannot be compared."""
    return dynamic(FrameOfReferenceUID=lambda i, k: uid("frame of reference" if i else "first frame"))


@layout("any scanner", ASK)
def frame_of_reference_changes_after_the_first_post():
    """The frame of reference changes between the phases after contrast."""
    return dynamic(FrameOfReferenceUID=lambda i, k: uid(f"frame {i > 1}"))


@layout("anonymiser", Either((READ, ASK)))
def frame_of_reference_new_in_each_series():
    """Every series has a FrameOfReferenceUID of its own."""
    return dynamic(FrameOfReferenceUID=lambda i, k: uid(f"frame {i}"))


@layout("anonymiser", READ)
def frame_of_reference_gone():
    """FrameOfReferenceUID is absent everywhere."""
    return dynamic(FrameOfReferenceUID=None)


@layout("any scanner", READ)
def pixel_spacing_missing_in_another_image():
    """One more image, a survey, lacks PixelSpacing."""
    own = {"PixelSpacing": None, "SeriesInstanceUID": uid("survey"), "AcquisitionTime": clock(-300)}
    return [*dynamic(), image(BREAST[0][0], 0, **own)]


@layout("any scanner", READ)
def place_missing_in_another_series():
    """A captured screen lacks position, orientation, spacing and times."""
    keywords = ("PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient", "AcquisitionDate")
    own = {**dict.fromkeys(keywords), "ImageType": ["DERIVED", "SECONDARY"], "SeriesInstanceUID": uid("screen")}
    return [*dynamic(), image(BREAST[0][0], 0, **own)]


@layout("anonymiser", Refusal())
def orientation_missing_everywhere():
    """ImageOrientationPatient is absent from all images."""
    return dynamic(ImageOrientationPatient=None)


@layout("any scanner", Refusal())
def position_missing_in_a_slice():
    """One slice of the second phase lacks ImagePositionPatient."""
    place = lambda i, k: None if (i, k) == (2, 3) else AXIAL.position_mm(k)  # noqa: E731
    return dynamic(ImagePositionPatient=place)


@layout("any scanner", READ)
def series_number_empty():
    """SeriesNumber is empty in all series."""
    return dynamic(SeriesNumber="")


@layout("any scanner", READ)
def numbers_that_are_absent():
    """SeriesNumber, InstanceNumber, AcquisitionNumber, SliceThickness and MagneticFieldStrength are absent."""
    keywords = ("SeriesNumber", "InstanceNumber", "AcquisitionNumber", "SliceThickness", "MagneticFieldStrength")
    return dynamic(**dict.fromkeys(keywords))


@layout("any scanner", Either((READ, Refusal())))
def sequence_facts_absent():
    """RepetitionTime, EchoTime, FlipAngle and ScanningSequence are absent from all images."""
    return dynamic(**dict.fromkeys(("RepetitionTime", "EchoTime", "FlipAngle", "ScanningSequence")))


@layout("any scanner", Refusal())
def pre_lies_elsewhere():
    """The phase before contrast lies 8 mm beside the others by its header: the table was moved."""
    return dynamic(ImagePositionPatient=lambda i, k: [0 if i else 8, 0, 2.0 * k])


@layout("any scanner", Refusal())
def pre_has_another_matrix():
    """The phase before contrast has half the pixels in each direction, over the same field of view."""
    small = BREAST[0].reshape(6, 8, 2, 8, 2).mean(axis=(2, 4))
    half = Place((0.5, 0.5, 0.0), spacing_mm=(2.0, 2.0))
    return dynamic([1, 2, 3]) + volume(small, half, SeriesNumber=4, SeriesDescription="t1_fl3d_dyna")


WITHOUT_THE_SECOND = Phases((0.0, 90.0, 240.0), (0, 1, 3), says="warning")


@layout("any scanner", Either((Refusal(), WITHOUT_THE_SECOND)))
def one_post_lies_elsewhere():
    """The second phase after contrast lies 8 mm beside the others by its header."""
    at = lambda i, k: [8 if i == 2 else 0, 0, 2.0 * k]  # noqa: E731
    return dynamic(ImagePositionPatient=at, AcquisitionTime=lambda i, k: clock(TIMES_S[i]))


@layout("any scanner", phases(0, 1, 2, 3))
def larger_numbers_of_bits():
    """Pixels of 12 bits in 16, signed in one phase."""
    high = {"BitsStored": 12, "HighBit": 11}
    signed = {"PixelRepresentation": lambda i, k: int(i == 2)}
    assert np.max(BREAST) < 2**11
    return dynamic(**high, **signed)
