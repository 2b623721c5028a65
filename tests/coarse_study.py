"""A simulated study that is quick to make and whose tumour the detector finds."""

from dataclasses import replace
from functools import cache

import numpy as np

from deeptepp.scoring.case import open_case
from deeptepp.scoring.images import CaseImages
from deeptepp.simulate.protocols import RUIJIN
from deeptepp.simulate.simulated_study import SimulatedStudy, simulate_study

COARSE = replace(RUIJIN, name="coarse", matrix=192, n_slices=60, slice_mm=1.8)
"""The main protocol on a quarter of its pixels and two thirds of its slices."""


@cache
def coarse_study() -> SimulatedStudy:
    """Simulate a 24 mm tumour, always the same; once for all tests of a process, which only read it."""
    return simulate_study(latent_risk=0.5, tumour_size_mm=24.0, rng=np.random.default_rng(3), protocol=COARSE)


@cache
def opened() -> CaseImages:
    """Open the study as serving does, once as well."""
    return open_case(coarse_study().study)
