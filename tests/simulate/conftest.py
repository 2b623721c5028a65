from __future__ import annotations

from dataclasses import replace

import pytest

from deeptepp.simulate.protocols import RUIJIN, Protocol


@pytest.fixture(scope="session")
def coarse() -> Protocol:
    """The main protocol on voxels of 2.7 mm, for tests that need no detail."""
    return replace(RUIJIN, matrix=128, n_slices=40, slice_mm=2.6)
