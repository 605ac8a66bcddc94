"""The description of the API is what the code does, and what any OpenAPI tool can read."""

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from shopwright.runtime import access

from local import openapi


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return openapi.describe()


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_it_is_valid_openapi(described: dict[str, Any]) -> None:
    validate(described, cls=OpenAPIV31SpecValidator)


def test_it_has_every_route_and_no_other(described: dict[str, Any]) -> None:
    assert set(operations(described)) == set(access.table())


def test_each_route_names_its_scope(described: dict[str, Any]) -> None:
    for route, operation in operations(described).items():
        row = access.table()[route]
        assert operation["security"] == ([] if row.public else [{"token": [row.scope]}]), route


def test_every_failure_has_the_one_body(described: dict[str, Any]) -> None:
    for route, operation in operations(described).items():
        assert "422" in operation["responses"], route
        assert "503" in operation["responses"], route
        if not access.table()[route].public:
            assert {"401", "403"} <= set(operation["responses"]), route
    assert "HTTPValidationError" not in json.dumps(described)


def test_operations_have_names_of_their_own(described: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(described).values()]

    assert len(names) == len(set(names))


def test_no_body_takes_an_unknown_field(described: dict[str, Any]) -> None:
    for route, operation in operations(described).items():
        if "requestBody" in operation:
            ref = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            schema = described["components"]["schemas"][ref.rsplit("/", 1)[1]]
            assert schema["additionalProperties"] is False, route


def test_what_is_committed_is_what_the_code_does() -> None:
    assert openapi.main(["--check"]) == 0, "run `python -m local.openapi`"


def test_a_drift_is_noticed(tmp_path: Path) -> None:
    stale = tmp_path / "openapi.json"
    stale.write_text(openapi.TARGET.read_text("utf-8").replace("/v1/ready", "/v1/steady"), "utf-8")

    assert openapi.main(["--check"], target=stale) == 1
    assert openapi.main(["--check"], target=tmp_path / "none.json") == 1
    assert openapi.main([], target=stale) == 0
    assert openapi.main(["--check"], target=stale) == 0
