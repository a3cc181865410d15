"""Every list of the interface is paged by cursor, or stands here with the reason why it cannot grow long."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.requests import Request

from dashboards.api import paging
from tests.dashboards.conftest import SignIn
from tests.dashboards.test_api_manners import API, pages

# Why the lists of these answers are bounded by nature.
BOUNDED = {
    "a page of the console whole, with what is open on it and the newest of what is over": {
        "/alarms", "/channels", "/firmware", "/illness", "/me", "/muster", "/platform", "/plan", "/routes", "/rules",
        "/roll-outs", "/shifts", "/trust", "/upkeep", "/upkeep/tickets/{ticket}", "/accounts/{account_id}",
        "/devices/{device}/asset",
    },
    "a line for each student of one class": {
        "/classes/{class_id}/guardians", "/classes/{class_id}/leave", "/classes/{class_id}/roll",
        "/classes/{class_id}/warnings",
    },
    "one student's day, weeks and term": {"/students/{student}", "/sessions/{session}/students/{student}/history"},
    "a line for each place, class or district of one school or city": {
        "/coverage", "/on-site", "/on-site/now", "/on-site/dormitories", "/on-site/places", "/overview", "/city",
        "/incidents/{incident_id}/figures",
    },
    "a fixed number of points, or what happened in one span": {
        "/alarm-load", "/devices/{device}/marks", "/devices/{device}/series",
    },
    "a line for each metric, kind, program or route that is set": {
        "/devices/{device}/latest", "/platform/health", "/platform/retention", "/routes/table",
    },
    "one person's own": {"/classes", "/me/views/{page}"},
    "the guards of one school": {"/alarms/takers"},
    "the words of one alarm's runbook": {"/alarms/{alarm_id}"},
    "Prometheus takes its targets in one answer": {"/prometheus/devices"},
}  # fmt: skip


def lists(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every GET whose answer is a list or holds one, with its operation."""
    schemas = document["components"]["schemas"]

    def shape(schema: dict[str, Any]) -> dict[str, Any]:
        return schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema

    for path, operations in document["paths"].items():
        answer = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        if "application/json" not in answer:
            continue
        found = shape(answer["application/json"]["schema"])
        if "array" in {found.get("type"), *(shape(one).get("type") for one in found.get("properties", {}).values())}:
            yield path.removeprefix(API), operations["get"]


def test_every_list_is_paged_or_named_with_the_reason_why_not(app: FastAPI) -> None:
    paged: set[str] = set()
    whole: set[str] = set()
    for path, operation in lists(app.openapi()):
        names = {one["name"] for one in operation.get("parameters", ())}
        (paged if {"cursor", "limit"} <= names else whole).add(path)
        assert names & {"offset", "page_number", "per_page"} == set(), path
    named = [path for paths in BOUNDED.values() for path in paths]
    assert len(named) == len(set(named))
    assert whole == set(named)
    assert {"/devices", "/city/schools", "/tokens", "/access-log", "/roster/imports"} <= paged


@pytest.mark.parametrize(
    ("login", "path", "rows"),
    [
        ("facility", "/devices", "devices"),
        ("admin", "/teachers", ""),
    ],
)
def test_pages_of_one_row_make_the_list_whole(login: str, path: str, rows: str, sign_in: SignIn) -> None:
    client = sign_in(login)

    def read(url: str) -> Iterator[object]:
        while url:
            answer = client.get(url)
            assert answer.status_code == 200, answer.text
            yield from answer.json()[rows] if rows else answer.json()
            url = answer.links["next"]["url"] if "next" in answer.links else ""

    def ids(url: str) -> list[object]:
        return [one["id"] for one in read(url) if isinstance(one, dict)]

    whole = ids(f"{API}{path}?limit=200")
    assert len(whole) > 0
    assert ids(f"{API}{path}?limit=1") == whole


def test_the_commands_to_an_agent_are_paged_also_within_one_moment(sign_in: SignIn) -> None:
    facility = sign_in("facility")
    agent = next(one["id"] for one in facility.get(f"{API}/devices").json()["devices"] if one["kind"] == "agent")
    for name in ("ping", "identify", "ping"):  # the virtual clock stands still between them
        assert facility.post(f"{API}/devices/{agent}/commands", json={"name": name}).status_code == 200
    small = pages(facility, f"{API}/devices/{agent}/commands?limit=1")
    assert [one for page in small for one in page] == pages(facility, f"{API}/devices/{agent}/commands")[0]
    assert len(small) >= 3


def cut(rows: list[str], cursor: str) -> tuple[list[str], str]:
    """Two rows after the cursor, and the next cursor."""
    scope = {"type": "http", "path": "/", "server": ("console.test", 80), "query_string": b"", "headers": []}
    found, link = paging.of_whole(Request(scope), rows, str, cursor, 2)
    return list(found), link.get("Link", "").partition("cursor=")[2].partition(">")[0]


def test_a_page_begins_behind_the_last_row_wherever_it_is_by_now() -> None:
    first, cursor = cut(["a", "b", "c", "d"], "")
    assert first == ["a", "b"]
    assert cut(["new", "a", "b", "c", "d"], cursor) == (["c", "d"], "")
    assert cut(["a", "c", "d", "b"], cursor) == ([], "")
    assert cut(["a", "x", "c", "d"], cursor)[0] == ["c", "d"]  # gone: where it was
    assert cut([], cursor) == ([], "")
