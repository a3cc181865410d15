"""Firmware over the console: signed files, campaigns, and what became of each device."""

from pathlib import Path

import msgspec
import sqlalchemy as sa

from campus import db
from devices.control import commands
from devices.control.stage import ControlStage
from devices.firmware.signing import make_key, sign
from tests.dashboards.conftest import SignIn
from tests.dashboards.console_seed import NOW, SCHOOL, ZONE

PATH = "/api/v1/firmware"
AGENTS = ("edge-1", "edge-cameras")


def signed_file(folder: Path) -> dict[str, object]:
    make_key(folder / "key")
    (folder / "fw").write_bytes(b"firmware")
    return dict(msgspec.structs.asdict(sign(folder / "key", folder / "fw", "agent", "1.5.0")))


def test_a_signed_file_goes_to_one_computer_and_the_next_waits(
    sign_in: SignIn, seeded: sa.Engine, tmp_path: Path
) -> None:
    keeper = sign_in("facility")
    said = {"signed": signed_file(tmp_path), "url": "https://files.example/fw"}
    (file,) = keeper.post(f"{PATH}/files", json=said).json()["files"]
    assert (file["version"], file["added_by"]) == ("1.5.0", "陈志强")
    assert keeper.post(f"{PATH}/files", json=said).status_code == 409  # it is there already
    refused = keeper.post(f"{PATH}/campaigns", json={"file": file["id"], "devices": AGENTS, "hours": "late"})
    assert (refused.status_code, "22:00-05:00" in refused.json()["detail"]) == (409, True)

    begun = keeper.post(f"{PATH}/campaigns", json={"file": file["id"], "devices": AGENTS}).json()
    assert [step["state"] for step in begun["campaigns"][0]["steps"]] == ["waits", "waits"]
    with db.write(seeded) as conn:
        ControlStage(ZONE).tick(conn, NOW)
        order = conn.execute(sa.text("SELECT id FROM device_commands WHERE device = 'edge-1'")).scalar_one()
        commands.settle(conn, SCHOOL, "edge-1", order, NOW, ok=False, detail="the signature is not ours")
        ControlStage(ZONE).tick(conn, NOW)
    (told,) = keeper.get(PATH).json()["campaigns"]
    assert told["state"] == "stopped"
    first = told["steps"][0]
    assert (first["device"], first["state"], first["detail"]) == ("edge-1", "refused", "the signature is not ours")
    assert told["steps"][1]["state"] == "waits"
    assert told["reason"]["detail"] == "the signature is not ours"


def test_a_running_campaign_is_stopped_by_name_and_once(sign_in: SignIn, tmp_path: Path) -> None:
    admin = sign_in("admin")
    said = {"signed": signed_file(tmp_path), "url": "https://files.example/fw"}
    file = admin.post(f"{PATH}/files", json=said).json()["files"][0]["id"]
    made = admin.post(f"{PATH}/campaigns", json={"file": file, "devices": AGENTS}).json()["campaigns"][0]["id"]
    (stopped,) = admin.post(f"{PATH}/campaigns/{made}/stop").json()["campaigns"]
    assert (stopped["state"], stopped["reason"]["code"] == "by") == ("stopped", True)
    assert admin.post(f"{PATH}/campaigns/{made}/stop").status_code == 409


def test_a_file_that_was_not_signed_is_refused_with_the_place(sign_in: SignIn) -> None:
    answer = sign_in("facility").post(
        f"{PATH}/files", json={"signed": {"model": "agent"}, "url": "https://x.example/f"}
    )
    assert answer.status_code == 422
    assert "signed" in answer.json()["detail"]
