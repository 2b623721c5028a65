"""One small simulated case, opened once, and a tiny bundle."""

from dataclasses import replace

import numpy as np
import pytest
import tiny_bundle

from deeptepp.model.bundle import load_bundle
from deeptepp.scoring.case import open_case
from deeptepp.simulate.protocols import RUIJIN
from deeptepp.simulate.study import simulate_study

COARSE = replace(RUIJIN, name="coarse", matrix=192, n_slices=60, slice_mm=1.8)


@pytest.fixture(scope="session")
def simulated():
    return simulate_study(latent_risk=0.5, tumour_size_mm=24.0, rng=np.random.default_rng(3), protocol=COARSE)


@pytest.fixture(scope="session")
def images(simulated):
    return open_case(simulated.study)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory):
    return load_bundle(tiny_bundle.make_tiny_bundle(tmp_path_factory.mktemp("bundle")))
