"""One service for all tests of a file."""

import api_service
import pytest


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with api_service.running(tmp_path_factory.mktemp("service")) as running:
        yield running
