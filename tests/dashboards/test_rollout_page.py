"""Roll-outs over the console: the dry run, a campaign, what became of each device, and the way back."""

import sqlalchemy as sa

from campus import db
from devices.control import configuration
from devices.control.stage import ControlStage
from devices.tables import device_states
from tests.dashboards.conftest import SignIn
from tests.dashboards.console_seed import NOW, SCHOOL, ZONE

PATH = "/api/v1/roll-outs"
AGENTS = ["edge-1", "edge-cameras"]


def tick(engine: sa.Engine) -> None:
    with db.write(engine) as conn:
        ControlStage(ZONE).tick(conn, NOW)


def test_a_change_is_tried_dry_goes_out_stops_and_is_taken_back(sign_in: SignIn, seeded: sa.Engine) -> None:
    keeper = sign_in("facility")
    said = {"settings": {"heartbeat_s": 15}, "devices": AGENTS}
    tried = keeper.post(f"{PATH}/dry-run", json=said).json()
    assert [(one["device"], one["changes"]) for one in tried] == [
        (agent, [{"path": "heartbeat_s", "old": None, "new": 15}]) for agent in AGENTS
    ]
    assert keeper.get(PATH).json()["campaigns"] == []

    begun = keeper.post(f"{PATH}/campaigns", json={**said, "note": "quieter", "tolerate": 5}).json()
    made = begun["campaigns"][0]
    assert (made["title"], made["begun_by"], made["acts"]) == (
        "quieter (heartbeat_s)",
        "陈志强",
        ["pause", "stop"],
    )
    tick(seeded)
    with db.write(seeded) as conn:
        conn.execute(device_states.update().where(device_states.c.device == "edge-1").values(state="offline"))
    assert states(keeper.get(PATH).json()) == ["offline", "waits"]
    with db.write(seeded) as conn:
        configuration.settle(conn, SCHOOL, "edge-1", 1, NOW, ok=False, detail="no such camera")
    tick(seeded)
    (told,) = keeper.get(PATH).json()["campaigns"]
    assert (told["state"], told["reason"]) == (
        "stopped",
        {"code": "refused", "device": "edge-1", "detail": "no such camera"},
    )
    assert told["steps"][0]["detail"] == "no such camera"

    back = keeper.post(f"{PATH}/campaigns/{made['id']}/back").json()
    assert (back["campaigns"][0]["state"], states(back)) == ("back", ["offline", "waits"])
    with db.read(seeded) as conn:
        assert configuration.history(conn, SCHOOL, "edge-1")[0].settings == {}
    assert keeper.post(f"{PATH}/campaigns/{made['id']}/back").status_code == 409


def states(view: dict[str, list[dict[str, list[dict[str, str]]]]]) -> list[str]:
    return [step["state"] for step in view["campaigns"][0]["steps"]]


def test_what_is_no_configuration_or_no_agent_is_refused_with_its_name(sign_in: SignIn) -> None:
    keeper = sign_in("facility")
    for settings, devices, named in (({"mqtt": {}}, AGENTS, "mqtt"), ({"heartbeat_s": 9}, ["gate-1"], "gate-1")):
        for path in ("dry-run", "campaigns"):
            answer = keeper.post(f"{PATH}/{path}", json={"settings": settings, "devices": devices})
            assert (answer.status_code, named in answer.json()["detail"]) == (409, True)


def test_the_campaigns_of_firmware_are_not_those_of_configurations(sign_in: SignIn) -> None:
    keeper = sign_in("facility")
    said = {"settings": {"heartbeat_s": 15}, "devices": AGENTS}
    made = keeper.post(f"{PATH}/campaigns", json=said).json()["campaigns"][0]["id"]
    assert keeper.get("/api/v1/firmware").json()["campaigns"] == []
    assert keeper.post(f"/api/v1/firmware/campaigns/{made}/stop").status_code == 404
