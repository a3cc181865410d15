"""Campaigns of firmware: waves, hours, the first failure that stops them, and which versions are old."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import msgspec
import pytest

from campus import db
from campus.errors import Conflict
from devices.control import campaigns, commands
from devices.control.campaign_reason import CampaignReason, kept, read
from devices.control.campaigns import Plan
from devices.control.stage import ControlStage
from devices.firmware import campaigns as firmware
from devices.firmware import inventory
from devices.firmware.campaigns import TIMEOUT
from devices.firmware.signing import make_key, sign
from devices.tables import devices
from tests.devices.conftest import SCHOOL, Rig

AGENTS = [f"edge-{number:02}" for number in range(14)]


@pytest.fixture
def file(rig: Rig, tmp_path: Path) -> str:
    """A signed file on the list, and fourteen agents."""
    make_key(tmp_path / "key")
    (tmp_path / "fw").write_bytes(b"fw")
    signed = sign(tmp_path / "key", tmp_path / "fw", "agent", "1.5.0")
    blank = {"school": SCHOOL, "kind": "agent", "name": "a", "name_en": "a", "model": "", "covers": ""}
    with db.write(rig.engine) as conn:
        conn.execute(devices.insert(), [{**blank, "id": agent} for agent in AGENTS])
        made = inventory.add(conn, SCHOOL, signed, "http://files.example/fw", "x", rig.clock.now())
        with pytest.raises(Conflict, match="is there already"):
            inventory.add(conn, SCHOOL, signed, "http://files.example/fw", "x", rig.clock.now())
    return made.id


def tick(rig: Rig) -> campaigns.Campaign:
    with db.write(rig.engine) as conn:
        ControlStage(UTC).tick(conn, rig.clock.now())
        return campaigns.all_of(conn, SCHOOL, "firmware")[0]


def answer(rig: Rig, found: campaigns.Campaign, device: str, *, ok: bool = True, detail: str = "") -> None:
    with db.write(rig.engine) as conn:
        commands.settle(conn, SCHOOL, device, found.given[device], rig.clock.now(), ok=ok, detail=detail)


def begin(rig: Rig, file: str, hours: str = "") -> None:
    with db.write(rig.engine) as conn:
        firmware.begin(conn, SCHOOL, file, Plan(devices=AGENTS, hours=hours), "x", rig.clock.now())


def test_an_update_goes_to_one_then_ten_then_all(rig: Rig, file: str) -> None:
    begin(rig, file)
    sizes = []
    while (found := tick(rig)).state == "running":
        if len(found.given) not in sizes:
            sizes.append(len(found.given))
        for device in found.given:
            answer(rig, found, device)
    assert (sizes, found.state) == ([1, 10, 14], "done")
    with db.read(rig.engine) as conn:
        first = commands.get(conn, found.given["edge-00"])
    assert first is not None
    sent = msgspec.json.decode(commands.payload(first))
    assert (sent["name"], sent["update"]["version"]) == ("update", "1.5.0")


def test_the_first_failure_stops_it_with_what_the_device_said(rig: Rig, file: str) -> None:
    begin(rig, file)
    answer(rig, tick(rig), "edge-00", ok=False, detail="the hash is another")
    found = tick(rig)
    assert (found.state, len(found.given)) == ("stopped", 1)
    assert found.reason == CampaignReason(code="refused", device="edge-00", detail="the hash is another")


def test_a_device_that_does_not_answer_stops_it(rig: Rig, file: str) -> None:
    begin(rig, file)
    tick(rig)
    rig.clock.advance(firmware.TIMEOUT + timedelta(seconds=1))
    found = tick(rig)
    assert (found.state, found.reason) == (
        "stopped",
        CampaignReason(code="failed", device="edge-00", detail="no answer in time"),
    )


def test_one_that_was_paused_for_years_knows_who_answered_and_sends_nothing_twice(rig: Rig, file: str) -> None:
    begin(rig, file)
    answer(rig, tick(rig), "edge-00")
    found = tick(rig)
    for device in found.given:
        answer(rig, found, device)
    with db.write(rig.engine) as conn:
        campaigns.act(conn, SCHOOL, "firmware", found.id, "pause", "x", rig.clock.now())
    rig.clock.advance(timedelta(days=2000))
    with db.write(rig.engine) as conn:
        commands.order(conn, SCHOOL, "edge-01", "ping", None, "x", rig.clock.now() - timedelta(days=1999), TIMEOUT)
        commands.expire(conn, rig.clock.now() - timedelta(days=1990))
        assert commands.forget_commands(conn, rig.clock.now() - timedelta(days=1100), 100) == 1
        campaigns.act(conn, SCHOOL, "firmware", found.id, "resume", "x", rig.clock.now())
    again = tick(rig)
    assert {device: again.given[device] for device in found.given} == found.given
    assert list(again.given) == AGENTS
    for device in again.given:
        answer(rig, again, device)
    assert tick(rig).reason == CampaignReason(code="applied", n=14, of=14)
    with db.write(rig.engine) as conn:
        later = rig.clock.now() + timedelta(days=1)
        assert campaigns.forget_campaigns(conn, later, 100) == 1 + 4
        assert commands.forget_commands(conn, later, 100) == 14, "they go after their campaign"


@pytest.mark.parametrize("said", ["太长" * 400, '"' * 400, "\x01" * 400])
def test_a_long_reason_is_cut_to_the_room_of_its_row(said: str) -> None:
    text = kept(CampaignReason(code="failed", device="d" * 64, detail=said))
    again = read(text)
    assert (len(text) <= 300, again is not None and said.startswith(again.detail) and again.detail != "") == (
        True,
        True,
    )
    assert read("by a person, in words of an earlier version") == CampaignReason(
        code="problem", detail="by a person, in words of an earlier version"
    )


def test_nothing_is_sent_outside_of_the_hours(rig: Rig, file: str) -> None:
    assert rig.clock.now() == datetime(2026, 9, 6, 23, 0, tzinfo=UTC)
    begin(rig, file, "01:00-04:00")
    found = tick(rig)
    assert (found.given, found.reason) == ({}, CampaignReason(code="hours", detail="01:00-04:00"))
    rig.clock.advance(timedelta(hours=2))
    assert list(tick(rig).given) == ["edge-00"]
    assert campaigns.within("22:00-05:00", time(23))
    assert campaigns.within("22:00-05:00", time(4, 59))
    assert not campaigns.within("22:00-05:00", time(5))
    with pytest.raises(Conflict, match="not like 22:00-05:00"):
        begin(rig, file, "at night")


def test_what_is_behind_the_newest_of_its_model_is_old(rig: Rig) -> None:
    for device, version in (("agent-1", "1.10.0"), ("gate-1", "1.9.0"), ("cam-1", "2.0")):
        rig.handle(rig.status(device))
        with db.write(rig.engine) as conn:
            conn.exec_driver_sql(f"UPDATE device_states SET agent = '{version}' WHERE device = '{device}'")
            conn.exec_driver_sql("UPDATE devices SET kind = 'agent', model = 'NUC' WHERE id IN ('agent-1', 'gate-1')")
    with db.read(rig.engine) as conn:
        found = [(one.model, one.version, one.old) for one in inventory.running(conn, SCHOOL)]
    assert found == [("NUC", "1.10.0", False), ("NUC", "1.9.0", True), ("C2", "2.0", False)]
