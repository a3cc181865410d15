"""The ledger over the JSON interface: read, amended, imported and exported, papers, discovery, gauges."""

import msgspec
import pytest
from fastapi.testclient import TestClient

from campus.clock import VirtualClock
from dashboards.app import create_app
from dashboards.deps import Deps
from tests.dashboards.conftest import BASE, SignIn

API = "/api/v1"


def test_the_facility_manager_amends_the_ledger_and_the_change_is_on_record(sign_in: SignIn) -> None:
    client = sign_in("facility")
    said = {"serial": "SN-1", "warranty_until": "2026-09-17", "cost_cents": 129900, "capabilities": ["rfid", "face"]}
    answer = client.patch(f"{API}/devices/gate-1/asset", json=said)
    assert answer.status_code == 200, answer.text
    file = answer.json()
    assert (file["asset"]["serial"], file["warranty_days"]) == ("SN-1", 10)
    assert {(one["field"], one["new"]) for one in file["history"]} >= {("serial", "SN-1"), ("cost_cents", "129900")}
    assert file["history"][0]["by"] != ""
    assert client.patch(f"{API}/devices/no-such/asset", json=said).status_code == 404


def test_the_exported_file_comes_back_unchanged_and_a_dry_run_keeps_nothing(sign_in: SignIn) -> None:
    client = sign_in("facility")
    out = client.get(f"{API}/device-ledger")
    assert out.headers["Content-Type"].startswith("text/csv")
    again = client.post(f"{API}/device-ledger", content=out.content).json()
    assert (again["added"], again["changed"], again["kept"]) == (0, 0, True)
    lines = out.content.decode("utf-8-sig").splitlines()
    line = next(one for one in lines if one.startswith("gate-1,"))
    mended = out.content.replace(line.encode(), line.replace("gate-1,gate,", "gate-1,gate,新").encode())
    dry = client.post(f"{API}/device-ledger?dry_run=true", content=mended).json()
    assert (dry["kept"], dry["changed"], [one["field"] for one in dry["changes"]]) == (False, 1, ["name"])
    assert client.get(f"{API}/device-ledger").content == out.content
    assert client.post(f"{API}/device-ledger", content=mended).json()["kept"]
    assert client.get(f"{API}/device-ledger").content == mended
    wrong = client.post(f"{API}/device-ledger", content=mended.replace(b"gate-1,gate", b"gate-1,goat")).json()
    assert not wrong["kept"]
    assert wrong["problems"][0]["problem"].startswith("kind 'goat' is none of")


def test_the_tree_of_places_is_edited_as_a_file(sign_in: SignIn) -> None:
    client = sign_in("facility")
    out = client.get(f"{API}/place-table").content
    more = out + "shed,,building,器材室,Shed,,\r\n".encode()
    done = client.post(f"{API}/place-table", content=more).json()
    assert (done["added"], done["changed"]) == (1, 0)
    assert client.get(f"{API}/place-table").content.count(b"shed") == 1


def test_a_paper_is_kept_fetched_as_a_download_and_removed(sign_in: SignIn, deps: Deps) -> None:
    client = sign_in("facility")
    added = client.post(f"{API}/devices/gate-1/documents?title=发票", content=b"%PDF-1.7 x").json()
    paper = added["documents"][0]
    got = client.get(f"{API}/devices/gate-1/documents/{paper['id']}")
    assert got.content == b"%PDF-1.7 x"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert client.get(f"{API}/devices/cam-gate/documents/{paper['id']}").status_code == 404
    assert client.post(f"{API}/devices/gate-1/documents?title=x", content=b"MZ\x90\0").status_code == 409
    gone = client.post(f"{API}/devices/gate-1/documents/{paper['id']}/remove").json()
    assert gone["documents"] == []
    assert list(deps.dashboards.files.iterdir()) == []


def test_labels_are_printed_of_a_place(sign_in: SignIn) -> None:
    answer = sign_in("guard").get(f"{API}/device-labels?sheet=a4-65&device=gate-1")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert sign_in("guard").get(f"{API}/device-labels?place=no-such").status_code == 404


@pytest.mark.parametrize(("token", "status"), [("s3cret-token", 200), ("wrong", 401), ("", 401)])
def test_prometheus_reads_its_targets_with_the_token_and_nobody_without(
    deps: Deps, sign_in: SignIn, token: str, status: int
) -> None:
    sign_in("facility").patch(f"{API}/devices/gate-1/asset", json={"address": "10.0.0.7:9103"})
    settings = msgspec.structs.replace(deps.dashboards, discovery_token="s3cret-token")
    with TestClient(create_app(msgspec.structs.replace(deps, dashboards=settings)), base_url=BASE) as machine:
        answer = machine.get(f"{API}/prometheus/devices", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status
    if status == 200:
        target = answer.json()[0]
        assert target["targets"] == ["10.0.0.7:9103"]
        assert target["labels"]["__meta_campus_device"] == "gate-1"
        assert target["labels"]["__meta_campus_kind"] == "gate"


def test_the_gauges_count_by_kind_and_state_and_name_no_device(sign_in: SignIn, noon: VirtualClock) -> None:
    text = sign_in("guard").get("/metrics").text
    lines = [line for line in text.splitlines() if line.startswith("campus_devices{")]
    assert any('kind="gate",state="' in line for line in lines)
    assert "gate-1" not in "".join(lines)
    assert len(lines) <= 6 * 6
