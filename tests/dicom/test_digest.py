"""One digest for one study, however its intensities are encoded; another for any other."""

import numpy as np
import pytest

from deeptepp.dicom.digest import study_digest
from deeptepp.domain.geometry import Grid, Volume
from deeptepp.domain.study import Phase

GRID = Grid.axial((3, 4, 5), (2.0, 0.8, 0.7))


def digest(*volumes: np.ndarray) -> str:
    return study_digest([Phase(Volume(v, GRID), 60.0 * i) for i, v in enumerate(volumes)])


def whole(low: int, high: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(low, high, GRID.shape)


@pytest.mark.parametrize(
    ("low", "high", "dtypes"),
    [
        (0, 30_000, "u2 i2 i4 f4 f8"),
        (0, 65_536, "u2 i4 f4 f8"),
        (-30_000, 30_000, "i2 i4 f4 f8"),
        (-60_000, 60_000, "i4 f4 f8"),
        (2**24, 2**31 - 1, "i4 f8"),
    ],
)
def test_every_encoding_of_the_same_whole_numbers_agrees(low, high, dtypes):
    pre, post = whole(low, high), whole(low, high, 1)
    expected = digest(pre.astype(np.float64), post.astype(np.float64))
    for dtype in dtypes.split():
        assert digest(pre.astype(dtype), post.astype(np.float64)) == expected
        assert digest(pre.astype(dtype), post.astype(dtype)) == expected


def test_fractions_agree_in_single_and_double_and_zero_has_no_sign():
    single = (whole(0, 4000) * 0.25).astype(np.float32)
    single[0, 0, 0] = 0.0
    negative = single.copy()
    negative[0, 0, 0] = -0.0
    assert digest(single, single) == digest(single.astype(np.float64), single) == digest(negative, single)


@pytest.mark.parametrize(
    ("one", "other"),
    [(65_535, -1), (2**24, 2**24 + 1), (32_768, -32_768), (100, 101), (0.5, 0.25), (1.0, 1.0 + 2**-40)],
)
def test_values_that_differ_never_agree(one, other):
    base = np.full(GRID.shape, 7, dtype=np.int64)
    pair = []
    for value in (one, other):
        volume = base.astype(np.float64)
        volume[1, 2, 3] = value
        pair.append(digest(volume, base))
    assert pair[0] != pair[1]


def test_phases_do_not_change_places():
    pre, post = whole(0, 100), whole(0, 100, 1)
    assert digest(pre, post) != digest(post, pre)
