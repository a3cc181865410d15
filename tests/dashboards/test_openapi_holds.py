"""The OpenAPI document is tried with made-up requests: no 5xx, and every answer has a shape that it names."""

import re
from collections import Counter

import msgspec
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dashboards.access.roles import ROLES, Role
from dashboards.api.answers import described
from tests.dashboards.conftest import BASE, SignIn

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
Twin = msgspec.defstruct("Me", [("another", str)])
FEW = settings(
    max_examples=3,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_every_shape_that_the_document_refers_to_is_in_it(app: FastAPI) -> None:
    document = app.openapi()
    named = set(re.findall(r"#/components/schemas/(\w+)", msgspec.json.encode(document).decode()))
    assert named - set(document["components"]["schemas"]) == set()


def test_two_shapes_of_one_name_are_refused(app: FastAPI) -> None:
    @app.get("/api/v1/other-me", **described(Twin))
    def other() -> None: ...

    with pytest.raises(TypeError, match="two shapes of the interface are named Me;"):
        app.openapi()


def ask(cases: SearchStrategy[schemathesis.Case], cookies: dict[Role, dict[str, str]]) -> Counter[tuple[Role, int]]:
    """Try one operation: its first request by every role, the next ones by those whose right it is. To the others they
    look alike, since a right is asked before anything in the request, and making one takes longer than sending it.
    """
    answers: Counter[tuple[Role, int]] = Counter()
    able = list(ROLES)

    @FEW
    @given(case=cases)
    def send(case: schemathesis.Case) -> None:
        for role in tuple(able):
            said = case.call_and_validate(checks=CHECKS, cookies=cookies[role], headers={"Origin": BASE})
            answers[role, said.status_code] += 1
            if said.status_code == 403:
                able.remove(role)

    send()
    return answers


def test_made_up_requests_get_the_answers_that_the_document_names(sign_in: SignIn, app: FastAPI) -> None:
    cookies = {role: dict(sign_in(role).cookies) for role in ROLES}
    answers: Counter[tuple[Role, int]] = Counter()
    for found in schemathesis.openapi.from_asgi("/api/v1/openapi.json", app).get_all_operations():
        answers += ask(found.ok().as_strategy(), cookies)
    for role in ROLES:
        assert answers[role, 200] > 0, f"the session of {role} was not taken: nothing but refusals was tried"
        assert answers[role, 401] == 0, role
