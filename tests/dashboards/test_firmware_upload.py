"""Firmware uploaded to the console: what was not signed so is refused; agents fetch it; campaigns pause and go on."""

from pathlib import Path

import msgspec
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from campus import db
from campus.settings import Firmware, SigningKey
from dashboards.app import create_app
from dashboards.deps import Deps
from devices.control.stage import ControlStage
from devices.firmware.signing import make_key, sign
from tests.dashboards.conftest import BASE, SignIn

PATH = "/api/v1/firmware"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return tmp_path / "key"


@pytest.fixture
def app(deps: Deps, key: Path) -> FastAPI:
    """A console that believes one key."""
    keys = (SigningKey(name="vendor", public_key=make_key(key)),)
    return create_app(msgspec.structs.replace(deps, firmware=Firmware(keys=keys)))


def signed(key: Path, content: bytes, version: str = "9.0.0") -> str:
    file = key.parent / f"fw-{version}"
    file.write_bytes(content)
    return msgspec.json.encode(sign(key, file, "agent", version)).decode()


def upload(client: TestClient, text: str, content: bytes) -> tuple[int, str]:
    answer = client.post(f"{PATH}/uploads", params={"signed": text}, content=content)
    return answer.status_code, answer.text


def test_a_signed_file_is_taken_and_whoever_knows_its_hash_fetches_it(
    sign_in: SignIn, key: Path, app: FastAPI, deps: Deps
) -> None:
    facility, content = sign_in("facility"), b"\x7fELF new"
    text = signed(key, content)
    assert upload(facility, text, content)[0] == 200
    file = facility.get(PATH).json()["files"][0]
    assert (file["version"], file["signed_by"], file["size"]) == ("9.0.0", "vendor", len(content))
    with TestClient(app, base_url=BASE) as agent:
        assert agent.get(file["url"]).content == content
        assert agent.get(f"{PATH}/content/{'0' * 64}").status_code == 404
    assert upload(facility, text, content)[0] == 409  # it is there already
    assert len(list(deps.dashboards.files.iterdir())) == 1


def test_what_was_not_signed_so_is_refused_with_the_reason(sign_in: SignIn, key: Path, tmp_path: Path) -> None:
    facility, text = sign_in("facility"), signed(key, b"right")
    (tmp_path / "other").mkdir()
    make_key(tmp_path / "other" / "key")
    strange = signed(tmp_path / "other" / "key", b"right")
    for wrong, content, status, why in (
        (text, b"wrong", 409, "its SHA-256 is another"),
        (text, b"longer", 409, "6 bytes, 5 were signed"),
        (strange, b"right", 409, "of none of the keys in [firmware] (vendor)"),
        (text.replace("9.0.0", "9.0.1"), b"right", 409, "of none of the keys"),
        ('{"model": "agent"}', b"right", 422, "missing required field"),
    ):
        assert (status, True) == ((told := upload(facility, wrong, content))[0], why in told[1])
    assert facility.get(PATH).json()["files"] == []


def test_a_campaign_that_is_planned_or_paused_sends_nothing_and_its_steps_are_kept(
    sign_in: SignIn, key: Path, deps: Deps
) -> None:  # fmt: skip
    keeper = sign_in("facility")
    upload(keeper, signed(key, b"right"), b"right")
    view = keeper.get(PATH).json()
    said = {"file": view["files"][0]["id"], "devices": [view["agents"][0]["id"]], "start": False}
    made = keeper.post(f"{PATH}/campaigns", json=said).json()["campaigns"][0]["id"]

    def step_after(act: str) -> str:
        answer = keeper.post(f"{PATH}/campaigns/{made}/{act}") if act else None
        assert answer is None or answer.status_code == 200, answer.text
        with db.write(deps.engine) as conn:
            ControlStage(deps.school.zone).tick(conn, deps.clock.now())
        return str(keeper.get(PATH).json()["campaigns"][0]["steps"][0]["state"])

    assert step_after("") == "waits"
    refused = keeper.post(f"{PATH}/campaigns/{made}/resume")
    assert (refused.status_code, "planned cannot resume; it can: start, stop" in refused.text) == (409, True)
    keeper.post(f"{PATH}/campaigns/{made}/start")
    assert step_after("pause") == "waits"
    assert step_after("resume") == "waiting"
    assert step_after("stop") == "waiting"  # what was sent stays sent
    (told,) = keeper.get(PATH).json()["campaigns"]
    assert [one["new"] for one in told["history"]] == ["planned", "running", "paused", "running", "stopped"]
    assert (told["history"][0]["by"], told["acts"]) == ("陈志强", [])
    assert told["reason"] == {"code": "by", "detail": "陈志强"}
