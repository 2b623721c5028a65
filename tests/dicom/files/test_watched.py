"""No more bytes are read of a header than it may have, in whatever way they are asked for."""

from io import BytesIO

import pytest
from pydicom.errors import InvalidDicomError

from deeptepp.dicom.files.watched import Watched


@pytest.mark.parametrize(("first", "then"), [(0, 11), (0, -1), (6, 6), (6, -1)])
def test_bytes_beyond_the_limit_are_refused_piece_by_piece_or_all_at_once(first, then):
    stream = BytesIO(bytes(12))
    watched = Watched(stream, 10)
    watched.read(first)
    with pytest.raises(InvalidDicomError):
        watched.read(then)
    assert stream.tell() <= 11


def test_a_rest_that_is_as_long_as_may_be_is_read_whole():
    watched = Watched(BytesIO(b"0123456789"), 10)
    assert watched.read(4) + watched.read() == b"0123456789"
    assert Watched(BytesIO(b"0123456789")).read() == b"0123456789"
