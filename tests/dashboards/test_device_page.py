"""The page of one device: who gets which part, what is marked on its charts, and configurations there and back."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from dashboards import assets
from tests.dashboards.conftest import SignIn

API = "/api/v1/devices"
WRITE = {"X-Campus-Write": "1"}


def test_only_whoever_looks_after_devices_sees_what_an_agent_is_told(sign_in: SignIn) -> None:
    assert 'id="revisions"' in sign_in("facility").get("/devices/edge-cameras").text
    assert 'id="revisions"' not in sign_in("guard").get("/devices/edge-cameras").text
    assert 'id="revisions"' not in sign_in("facility").get("/devices/env-a-202").text  # no agent
    assert sign_in("facility").get("/devices/no-such-device").status_code == 404


def test_alarms_and_silences_of_the_span_are_marked_and_those_about_students_are_not(
    sign_in: SignIn, seeded: sa.Engine
) -> None:
    client = sign_in("facility")
    span = {"start": "2026-09-07T06:00:00+08:00", "end": "2026-09-07T10:12:00+08:00"}
    found = client.get(f"{API}/gate-2/marks", params=span).json()
    assert [one["kind"] for one in found["silences"]] == ["silent"]
    assert found["silences"][0]["end"] is not None
    air = client.get(f"{API}/env-a-202/marks", params=span).json()
    assert [one["severity"] for one in air["alarms"]] == ["warning"]
    with seeded.begin() as conn:
        conn.execute(sa.text("UPDATE alarms SET class_id = 'c-g7-1', subject = 's-1' WHERE device = 'env-a-202'"))
    assert client.get(f"{API}/env-a-202/marks", params=span).json()["alarms"] == []
    earlier = {"start": "2026-09-06T06:00:00+08:00", "end": "2026-09-06T10:12:00+08:00"}
    assert client.get(f"{API}/gate-2/marks", params=earlier).json() == {"alarms": [], "silences": [], "incidents": []}


def test_a_span_without_a_time_zone_is_refused(sign_in: SignIn) -> None:
    answer = sign_in("facility").get(f"{API}/gate-2/marks", params={"start": "2026-09-07T06:00:00"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def propose(client: TestClient, settings: object) -> object:
    return client.post(f"{API}/edge-cameras/configurations", json={"settings": settings, "note": "try"}, headers=WRITE)


def test_a_configuration_is_given_shown_with_its_changes_and_taken_back(sign_in: SignIn) -> None:
    client = sign_in("facility")
    propose(client, {"heartbeat_s": 20.0})
    second = propose(client, {"heartbeat_s": 60.0}).json()  # type: ignore[attr-defined]
    assert second[0]["changes"] == [{"path": "heartbeat_s", "old": 20.0, "new": 60.0}]
    assert second[0]["revision"]["made_by"] == "陈志强"
    back = client.post(f"{API}/edge-cameras/configurations/1/roll-back", headers=WRITE).json()
    assert [one["revision"]["revision"] for one in back] == [3, 2, 1]
    assert back[0]["changes"] == [{"path": "heartbeat_s", "old": 60.0, "new": 20.0}]


def test_who_proposes_from_an_older_revision_than_the_newest_is_told_and_changes_nothing(sign_in: SignIn) -> None:
    client, path = sign_in("facility"), f"{API}/edge-cameras/configurations"
    said = {"settings": {"heartbeat_s": 20}, "after": 0}
    assert client.post(path, json=said, headers=WRITE).status_code == 200
    refused = client.post(path, json={**said, "settings": {"heartbeat_s": 30}}, headers=WRITE)
    assert (refused.status_code, refused.json()["code"]) == (412, "outdated")
    assert "revision 1 by now" in refused.json()["detail"]
    assert [one["revision"]["settings"] for one in client.get(path).json()] == [{"heartbeat_s": 20}]
    assert client.post(path, json={**said, "after": 1}, headers=WRITE).status_code == 200


def test_a_configuration_that_cannot_be_one_is_refused_with_the_key(sign_in: SignIn) -> None:
    answer = propose(sign_in("facility"), {"heartbeat_s": "often"})
    assert answer.status_code == 409  # type: ignore[attr-defined]
    assert "heartbeat_s" in answer.json()["detail"]  # type: ignore[attr-defined]


def test_a_static_file_with_a_compressed_twin_is_sent_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    from fastapi import FastAPI

    (tmp_path / "big.js").write_bytes(b"export const a = 1;" * 500)
    (tmp_path / "big.js.gz").write_bytes(gzip.compress((tmp_path / "big.js").read_bytes()))
    monkeypatch.setattr(assets, "STATIC", tmp_path)
    app = FastAPI()
    app.mount("/static", assets.static_app())
    client = TestClient(app)
    small = client.get("/static/big.js")
    assert small.headers["content-encoding"] == "gzip"
    assert small.headers["content-type"].startswith("text/javascript")
    assert int(small.headers["content-length"]) < 500
    assert len(small.content) == 9500
    plain = client.get("/static/big.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == small.content


def test_without_the_library_the_page_knows(sign_in: SignIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = sign_in("facility")
    monkeypatch.setattr(assets, "STATIC", tmp_path)
    assert '"charts":false' in client.get("/devices/gate-1").text
