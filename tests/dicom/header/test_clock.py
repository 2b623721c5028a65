"""Every sign of time that a header may carry tells volumes apart somewhere."""

from dataclasses import fields

from deeptepp.dicom.header.clock import SIGNS, Clock

NO_SIGN = {"resolution_s", "instance_number"}
"""A period, and the number of an image, which counts where nothing else does."""


def test_each_sign_of_a_clock_has_its_place_in_the_order_of_trust():
    read = {name for name in Clock.__dataclass_fields__ for sign in SIGNS if sign.read(Clock(**{name: 7})) == 7}
    assert read == {each.name for each in fields(Clock)} - NO_SIGN
    assert len(SIGNS) == len(read)
