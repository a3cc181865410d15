"""The health of a device as the console asks for it."""

from datetime import timedelta

from console_seed import NOW
from fastapi.testclient import TestClient

from campus import db
from campus.clock import to_ms
from campus.series.store import Point
from dashboards.deps import Deps
from devices.tables import device_transitions
from tests.dashboards.conftest import SignIn


def sensor_of(client: TestClient) -> str:
    return next(
        str(line["id"]) for line in client.get("/api/v1/devices").json()["devices"]
        if line["kind"] == "sensor" and line["state"] == "online"
    )  # fmt: skip


def test_a_working_sensor_tells_its_months_and_a_stuck_one_why_it_lost_its_score(sign_in: SignIn, deps: Deps) -> None:
    client = sign_in("facility")
    sensor = sensor_of(client)
    answer = client.get(f"/api/v1/devices/{sensor}/health").json()
    assert answer["device"] == sensor
    assert [month["month"] for month in answer["record"]["months"]] == [NOW.strftime("%Y-%m")]
    end = to_ms(NOW)
    deps.series.write([Point(deps.school.id, sensor, "humidity", end - n * 60_000, 41.0) for n in range(7 * 60)])
    health = client.get(f"/api/v1/devices/{sensor}/health").json()["health"]
    assert [(one["code"], one["metric"]) for one in health["findings"] if one["metric"] == "humidity"] == [
        ("stuck", "humidity")
    ]
    assert health["score"] <= 40


def test_strangers_and_devices_that_come_and_go_are_in_the_list_and_its_filter(sign_in: SignIn, deps: Deps) -> None:
    client = sign_in("facility")
    sensor = sensor_of(client)
    for minute in range(3):
        row = {"school": deps.school.id, "device": sensor, "old": "online", "new": "offline", "why": "last will"}
        with db.write(deps.engine) as conn:
            conn.execute(device_transitions.insert().values(at=deps.clock.now() - timedelta(minutes=minute), **row))
    lines = {line["id"]: line for line in client.get("/api/v1/devices").json()["devices"]}
    assert (lines[sensor]["flapping"], lines[sensor]["needs"][0]) == (True, "flapping")
    assert (lines["env-x99"]["state"], lines["env-x99"]["needs"]) == ("quarantined", ["quarantined"])
    for state, found in (("flapping", sensor), ("quarantined", "env-x99")):
        table = client.get("/api/v1/devices/table.csv", params={"state": state}).text.splitlines()
        assert [row.split(",")[0] for row in table[1:]] == [found]
    assert client.get(f"/api/v1/devices/{sensor}/health").json()["clock"]["per_day_ms"] is None


def test_nobody_asks_for_the_health_of_a_device_that_is_not_the_schools(sign_in: SignIn) -> None:
    assert sign_in("facility").get("/api/v1/devices/no-such/health").status_code == 404
