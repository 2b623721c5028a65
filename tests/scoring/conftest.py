"""One small simulated case, opened once, and a tiny bundle."""

import coarse_study
import pytest
import tiny_bundle

from deeptepp.model.bundle import load_bundle


@pytest.fixture(scope="session")
def simulated():
    return coarse_study.coarse_study()


@pytest.fixture(scope="session")
def images():
    return coarse_study.opened()


@pytest.fixture(scope="session")
def bundle(tmp_path_factory):
    return load_bundle(tiny_bundle.make_tiny_bundle(tmp_path_factory.mktemp("bundle")))
