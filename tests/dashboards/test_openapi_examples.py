"""Every route says what it takes and answers, with an example that its own schema allows."""

from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator

from dashboards.api.answers import REFUSALS
from dashboards.api.examples import examples


@pytest.fixture
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def check(document: dict[str, Any], place: dict[str, Any]) -> None:
    schema = {**place["schema"], "components": document["components"]}
    Draft202012Validator(schema).validate(place["example"])


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The operations that answer in JSON, by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, own in document["paths"].items()
        for method, operation in own.items()
        if "application/json" in operation["responses"]["200"].get("content", {})
    }


def test_every_route_has_an_example_that_its_schema_allows(document: dict[str, Any]) -> None:
    found = operations(document)
    assert set(found) == set(examples())
    for name, operation in found.items():
        check(document, operation["responses"]["200"]["content"]["application/json"])
        if "application/json" in operation.get("requestBody", {}).get("content", {}):  # a file has no example
            assert examples()[name].body is not None, name
            check(document, operation["requestBody"]["content"]["application/json"])


def test_every_route_says_what_it_does_and_how_it_refuses(document: dict[str, Any]) -> None:
    for path, own in document["paths"].items():
        for method, operation in own.items():
            assert operation["description"].replace("\n", " ").startswith(operation["summary"]), (method, path)
            assert 8 <= len(operation["summary"]) <= 125, (method, path, operation["summary"])
            assert set(REFUSALS) <= set(operation["responses"]), (method, path)


def test_each_operation_has_a_name_of_its_own_that_a_client_can_be_made_of(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for own in document["paths"].values() for operation in own.values()]
    assert len(set(names)) == len(names)
    assert [name for name in names if not name.isidentifier()] == []
    assert document["paths"]["/api/v1/alarms/{alarm_id}/acknowledge"]["post"]["operationId"] == "alarms_acknowledge"


def test_the_files_name_their_types_in_the_document(document: dict[str, Any]) -> None:
    kinds = {
        "/api/v1/students/{student}/report": ["application/pdf"],
        "/api/v1/classes/{class_id}/report": ["spreadsheetml", "text/csv"],
        "/api/v1/attendance-report": ["spreadsheetml", "text/csv"],
    }
    for path, wanted in kinds.items():
        told = list(document["paths"][path]["get"]["responses"]["200"]["content"])
        assert [kind for kind in wanted if not any(kind in one for one in told)] == []
