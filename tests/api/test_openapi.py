"""The description of the API holds every route, the gate lets each in, and nothing answers beyond it."""

import re

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from deeptepp import api
from deeptepp.config import load_settings
from deeptepp.service.gate import need_of
from deeptepp.ui.installation import Installation

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def engine():
    return Installation(load_settings()).engine()


def test_every_route_is_described_and_nothing_else(service, engine):
    described = service.client().get("/api/v1/openapi.json").json()
    listed = {(method.upper(), path) for path, row in described["paths"].items() for method in row}
    routes = api.routes(engine)
    own = {(m, r.path) for r in routes for m in r.methods - {"HEAD"}}
    assert listed == own
    names = [row["operationId"] for methods in described["paths"].values() for row in methods.values()]
    assert len(names) == len(set(names))


def test_the_gate_knows_every_route_by_a_row_of_its_own(engine):
    listed = Installation(load_settings()).access_log().kwargs["needs"]
    for row in api.operations(engine):
        need = need_of(listed, {"path": re.sub(r"\{\w+\}", "x", row.path)})
        assert not need.is_closed, row.path
        assert need.path != ".*", row.path
        assert row.method in need.methods, row.path


def test_the_page_has_every_route_and_no_script(service):
    page = service.client().get("/api/v1/docs").text
    assert page.count("<h2>") == len(api.routes(Installation(load_settings()).engine()))
    assert "<script" not in page
    assert "http" not in page.replace("openapi.json", "")


@pytest.mark.parametrize(("role", "n_each"), [("", 2), ("clinician", 5)])
def test_what_is_made_of_the_description_is_answered_as_it_says(service, role, n_each):
    headers = {"Authorization": f"Bearer {service.tokens[role]}"} if role else {}
    described = service.client().get("/api/v1/openapi.json").json()
    schema = schemathesis.openapi.from_dict(described)
    schema.config.update(base_url=service.url)
    n_asked = 0
    for result in schema.get_all_operations():
        n_asked += _ask(result.ok(), headers, n_each)
    assert n_asked >= 14 + n_each


def _ask(operation, headers, n_each) -> int:
    """Ask some examples of one operation; gives their number."""
    asked = []

    @settings(
        max_examples=n_each,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case):
        prefer = {"Prefer": "wait=1"} if operation.method == "post" else {}
        answer = case.call(headers={**headers, **prefer})
        case.validate_response(answer, checks=CHECKS)
        asked.append(answer.status_code)

    ask()
    return len(asked)
