"""Volumes are put on one axis of time by the most trusted sign, one for each moment."""

import inspect
import re
from dataclasses import fields

import dicom_rows
import phantoms_dicom as made
import pytest

from deeptepp.dicom.header import clock as clock_module
from deeptepp.dicom.header.clock import Clock, clock_of
from deeptepp.dicom.roles import signs as signs_of_time
from deeptepp.dicom.roles.signs import past_midnight
from deeptepp.dicom.roles.timeline import timeline_of, times_in_order

KNOWN = made.truth(times_s=(0, 90, 165, 240))


def series(*, one=True, **by_phase):
    """Rows of the known phases; each keyword gives an attribute by the number of the phase."""
    images = made.dynamic_series(KNOWN, series_per_phase=not one, AcquisitionTime="080000")
    for n, image in enumerate(images):
        for keyword, value in by_phase.items():
            found = value(n // KNOWN.grid.shape[0])
            image.pop(keyword, None) if found is None else setattr(image, keyword, found)
    return dicom_rows.rows(images)


def clock(i):
    return made.clock(KNOWN.times_s[i])


@pytest.mark.parametrize(
    ("signs", "sign"),
    [
        ({"AcquisitionTime": clock}, "AcquisitionTime"),
        ({"TriggerTime": lambda i: KNOWN.times_s[i] * 1000 or None}, "AcquisitionTime and TriggerTime"),
        ({"TriggerTime": lambda i: 1e6 * KNOWN.times_s[i]}, "AcquisitionTime and TriggerTime"),
        ({"AcquisitionTime": clock, "ContentTime": lambda i: made.clock(900 - i)}, "AcquisitionTime"),
        ({"AcquisitionTime": lambda i: None, "ContentTime": clock}, "ContentTime"),
    ],
)
def test_the_most_trusted_sign_that_parts_all_phases_gives_their_times(signs, sign):
    found = timeline_of(series(**signs))
    assert found.times_s == KNOWN.times_s
    assert found.sign == sign


def test_a_resolution_in_microseconds_is_seen():
    rows = series(TemporalPositionIdentifier=lambda i: i + 1, TemporalResolution=lambda i: "75000000")
    assert timeline_of(rows).times_s == (0, 75, 150, 225)


@pytest.mark.parametrize("keyword", ["TemporalPositionIdentifier", "AcquisitionNumber"])
def test_numbers_give_an_order_without_times(keyword):
    found = timeline_of(series(**{keyword: lambda i: i + 1}))
    assert found.times_s is None
    assert [row.key for row in found.rows] == ["s1.1", "s1.2", "s1.3", "s1.4"]
    assert found.sign == keyword


def test_series_numbers_order_series_whose_times_all_say_the_same():
    found = timeline_of(series(one=False, SeriesNumber=lambda i: 9 - i))
    assert [row.stack.series.series_number for row in found.rows] == [6, 7, 8, 9]
    assert found.times_s is None


def test_nothing_tells_the_order_of_series_that_say_nothing():
    assert timeline_of(series(one=False)) is None


def test_phases_of_one_minute_are_not_taken_for_copies_where_seconds_were_cut():
    minutes = ["080000", "080100", "080200", "080200"]
    rows = series(one=False, AcquisitionTime=minutes.__getitem__, SeriesNumber=lambda i: i + 1)
    found = timeline_of(rows)
    assert len(found.rows) == 4
    assert found.repeats == ()
    assert found.times_s is None


def test_a_second_reconstruction_of_a_moment_is_no_phase():
    images = made.dynamic_series(KNOWN)
    for image in made.dynamic_series(KNOWN, ImageType=["ORIGINAL", "PRIMARY", "M", "MOCO"]):
        image.SeriesInstanceUID += ".7"
        images.append(image)
    found = timeline_of(dicom_rows.rows(images))
    assert found.times_s == KNOWN.times_s
    assert {row.stack.series.image_type[-1] for row in found.rows} == {"ND"}
    assert len(found.repeats) == 4


def test_volumes_of_equal_pixels_are_copies_whatever_their_times():
    images = made.dynamic_series(KNOWN)
    for n, image in enumerate(made.dynamic_series(KNOWN, AcquisitionTime="100000")):
        image.SeriesInstanceUID, image.TemporalPositionIdentifier = "1.2.3.77", 1 + n // KNOWN.grid.shape[0]
        images.append(image)
    rows = dicom_rows.rows(images)
    pixels = {row.key: images[row.stack.frames[2].source].PixelData for row in rows}
    found = timeline_of(rows, lambda row: pixels[row.key])
    assert found.times_s == KNOWN.times_s
    assert len(found.copies) == 4


def test_times_are_carried_over_midnight_within_one_day_only():
    assert past_midnight([86_399.0, 60.0]) == [86_399.0, 86_460.0]
    assert past_midnight([86_399.0, 86_460.0 + 86_400]) == [86_399.0, 172_860.0]


def test_a_chosen_order_has_times_only_where_they_ascend_in_it():
    rows = series(AcquisitionTime=clock)
    assert times_in_order(rows) == KNOWN.times_s
    assert times_in_order(rows[::-1]) is None


def test_every_time_of_a_header_is_read_and_has_its_place_among_the_signs():
    known = {each.name for each in fields(Clock)}
    assert known - set(re.findall(r"(\w+)=", inspect.getsource(clock_of))) == set()
    read = inspect.getsource(clock_module) + inspect.getsource(signs_of_time)
    assert known - set(re.findall(r"clock\.(\w+)", read)) == set()
