"""Commands and configurations of agents as the JSON interface tells them."""

from fastapi.testclient import TestClient

from campus import db
from dashboards.deps import Deps
from devices.control import configuration
from tests.dashboards.conftest import SignIn


def device_of(client: TestClient, kind: str) -> str:
    return next(str(line["id"]) for line in client.get("/api/v1/devices").json()["devices"] if line["kind"] == kind)


def test_a_facility_manager_asks_an_agent_and_sees_what_was_asked_and_what_it_was_given(
    sign_in: SignIn, deps: Deps
) -> None:
    client = sign_in("facility")
    agent = device_of(client, "agent")
    asked = client.post(f"/api/v1/devices/{agent}/commands", json={"name": "ping"})
    assert asked.status_code == 200, asked.text
    assert client.get(f"/api/v1/devices/{agent}/configurations").json() == []
    listed = client.get(f"/api/v1/devices/{agent}/commands").json()
    assert [(one["name"], one["state"], one["id"]) for one in listed] == [("ping", "waiting", asked.json()["id"])]
    with db.write(deps.engine) as conn:
        for seconds in (10, 20):
            settings = {"heartbeat_s": seconds}
            configuration.propose(conn, deps.school.id, agent, settings, "facility", deps.clock.now())
    newest, _ = client.get(f"/api/v1/devices/{agent}/configurations").json()
    assert newest["changes"] == [{"path": "heartbeat_s", "old": 10, "new": 20}]


def test_what_no_agent_can_do_is_refused_with_the_reason(sign_in: SignIn) -> None:
    client = sign_in("facility")
    agent, gate = device_of(client, "agent"), device_of(client, "gate")
    refused = client.post(f"/api/v1/devices/{agent}/commands", json={"name": "explode"})
    assert refused.status_code == 409
    assert "ping" in refused.json()["detail"]
    assert client.post(f"/api/v1/devices/{gate}/commands", json={"name": "ping"}).status_code == 409
    assert client.get("/api/v1/devices/nobody/commands").status_code == 404


def test_a_configuration_that_nests_without_end_is_refused_and_the_list_stays_readable(sign_in: SignIn) -> None:
    client = sign_in("facility")
    path = f"/api/v1/devices/{device_of(client, 'agent')}/configurations"
    for levels, status in ((30_000, 422), (500, 409)):
        deep = '{"settings": {"labs": [{"id": "a", "x": ' + "[" * levels + "1" + "]" * levels + "}]}}"
        refused = client.post(path, content=deep, headers={"Content-Type": "application/json"})
        assert (refused.status_code, "deep" in refused.json()["detail"]) == (status, True)
    assert client.get(path).json() == []


def test_every_revision_of_a_configuration_is_read_page_by_page(sign_in: SignIn, deps: Deps) -> None:
    client = sign_in("facility")
    agent = device_of(client, "agent")
    with db.write(deps.engine) as conn:
        for beat in range(10, 72):
            configuration.propose(conn, deps.school.id, agent, {"heartbeat_s": beat}, "lin", deps.clock.now())
    path, found = f"/api/v1/devices/{agent}/configurations", list[int]()
    while path:
        answer = client.get(path)
        found += [line["changes"][0]["new"] for line in answer.json()]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert found == list(range(71, 9, -1))
