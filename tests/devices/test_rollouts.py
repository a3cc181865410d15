"""Roll-outs of configurations: waves, the share that may fail, the dry run, pause, and the way back."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from campus import db
from campus.clock import VirtualClock
from campus.errors import Conflict
from campus.events import Reply
from devices.control import campaigns, commands, configuration, rollout
from devices.control.campaign_reason import CampaignReason
from devices.control.campaigns import Campaign, Plan
from devices.control.configuration import SettingChange
from devices.control.stage import ControlStage
from devices.control.waves import PATIENCE, Outcome, next_step
from devices.tables import devices
from tests.devices.conftest import SCHOOL, Rig

FLEET = [f"edge-{number:02}" for number in range(12)]


@pytest.fixture
def fleet(rig: Rig) -> Rig:
    """Twelve agents, each with a heartbeat of 30 s as its first revision."""
    blank = {"school": SCHOOL, "kind": "agent", "name": "a", "name_en": "a", "model": "", "covers": ""}
    with db.write(rig.engine) as conn:
        conn.execute(devices.insert(), [{**blank, "id": agent} for agent in FLEET])
        for agent in FLEET:
            configuration.propose(conn, SCHOOL, agent, {"heartbeat_s": 30}, "facility", rig.clock.now())
    return rig


def begin(rig: Rig, seconds: int = 15, devices: Sequence[str] = FLEET, tolerate: int = 0) -> str:
    with db.write(rig.engine) as conn:
        plan = Plan(devices=devices, tolerate=tolerate)
        return rollout.begin(conn, SCHOOL, {"heartbeat_s": seconds}, plan, "facility", rig.clock.now()).id


def tick(rig: Rig, campaign: str) -> Campaign:
    with db.write(rig.engine) as conn:
        ControlStage().tick(conn, rig.clock.now())
        return campaigns.get(conn, SCHOOL, "configuration", campaign)


def answer(rig: Rig, found: Campaign, *refuse: str) -> None:
    for device, revision in found.given.items():
        reply = Reply(id=f"config-{revision}", ts=1, ok=device not in refuse, detail="no camera" * (device in refuse))
        with db.write(rig.engine) as conn:
            ControlStage().handle(conn, [rig.envelope(device, reply)], rig.clock.now())


def act(rig: Rig, campaign: str, what: campaigns.Act) -> None:
    with db.write(rig.engine) as conn:
        rollout.act(conn, SCHOOL, campaign, what, "facility", rig.clock.now())


def wanted(rig: Rig, device: str) -> tuple[int, object]:
    with db.read(rig.engine) as conn:
        newest = configuration.history(conn, SCHOOL, device, 1)[0]
    return newest.revision, newest.settings.get("heartbeat_s")


@pytest.mark.parametrize(("many", "sizes"), [(1, [1]), (25, [1, 10, 25]), (480, [1, 48, 480])])
def test_it_goes_to_one_then_to_ten_or_a_tenth_then_to_all(clock: VirtualClock, many: int, sizes: list[int]) -> None:
    now = clock.now()
    fleet = [f"a{number}" for number in range(many)]
    given: dict[str, Outcome] = {}
    found = []
    while (step := next_step(fleet, given, now)).verdict == "send":
        given |= dict.fromkeys(step.send, Outcome("done", "", now))
        found.append(len(given))
    assert (found, step.verdict) == (sizes, "done")


def test_a_refusal_and_an_agent_that_does_not_answer_count_as_failed(clock: VirtualClock) -> None:
    now = clock.now()
    refused = next_step(["a", "b"], {"a": Outcome("refused", "no camera", now)}, now)
    assert (refused.verdict, refused.why) == ("stopped", CampaignReason(code="refused", device="a", detail="no camera"))
    asked = {"a": Outcome("sent", "", now)}
    assert next_step(["a", "b"], asked, now + PATIENCE - timedelta(seconds=1)).verdict == "wait"
    assert next_step(["a", "b"], asked, now + PATIENCE).verdict == "stopped"


@pytest.mark.parametrize(("tolerate", "verdict"), [(9, "stopped"), (10, "send")])
def test_it_stops_when_more_than_the_share_failed(clock: VirtualClock, tolerate: int, verdict: str) -> None:
    now = clock.now()
    given = {f"a{number}": Outcome("done", "", now) for number in range(9)} | {"b": Outcome("refused", "", now)}
    assert next_step([*given, "c"], given, now, tolerate).verdict == verdict


def test_it_is_laid_over_what_the_device_has_and_ends_when_all_applied_it(fleet: Rig) -> None:
    with db.write(fleet.engine) as conn:
        more = {"heartbeat_s": 30, "labs": [{"id": "lab-1"}]}
        configuration.propose(conn, SCHOOL, "edge-00", more, "facility", fleet.clock.now())
    made = begin(fleet)
    while (found := tick(fleet, made)).state == "running":
        answer(fleet, found)
    assert (found.state, found.reason) == ("done", CampaignReason(code="applied", n=12, of=12))
    with db.read(fleet.engine) as conn:
        assert configuration.get(conn, SCHOOL, "edge-00", 3).settings == {"labs": [{"id": "lab-1"}], "heartbeat_s": 15}


def test_revisions_are_forgotten_but_for_the_newest_two_and_those_of_a_campaign_that_is_kept(fleet: Rig) -> None:
    made = begin(fleet, devices=["edge-00"])
    tick(fleet, made)  # revision 2
    with db.write(fleet.engine) as conn:
        for seconds in (5, 6, 7):
            configuration.propose(conn, SCHOOL, "edge-00", {"heartbeat_s": seconds}, "x", fleet.clock.now())
        later = fleet.clock.now() + timedelta(days=1)
        assert configuration.forget_configurations(conn, fleet.clock.now(), 100) == 0
        assert configuration.forget_configurations(conn, later, 100) == 2
        assert [one.revision for one in configuration.history(conn, SCHOOL, "edge-00")] == [5, 4, 2]
        assert len(configuration.history(conn, SCHOOL, "edge-01")) == 1
        rollout.act(conn, SCHOOL, made, "stop", "x", later)
        campaigns.forget_campaigns(conn, later, 100)
        assert configuration.forget_configurations(conn, later, 100) == 1
        assert configuration.propose(conn, SCHOOL, "edge-00", {}, "x", later).revision == 6


def test_the_dry_run_tells_what_differs_for_each_and_who_has_it_already_is_left_out(fleet: Rig) -> None:
    with db.write(fleet.engine) as conn:
        configuration.propose(conn, SCHOOL, "edge-01", {"heartbeat_s": 15}, "facility", fleet.clock.now())
        found = rollout.effects(conn, SCHOOL, ["edge-00", "edge-01"], {"heartbeat_s": 15})
    told = [(one.device, one.revision, one.changes) for one in found]
    assert told == [("edge-00", 1, (SettingChange("heartbeat_s", 30, 15),)), ("edge-01", 2, ())]
    made = begin(fleet, devices=["edge-01", "edge-00"])
    assert tick(fleet, made).devices == ("edge-00",)
    with pytest.raises(Conflict, match="already"):
        begin(fleet, devices=["edge-01"])


def test_what_is_no_agent_or_no_configuration_is_refused_before_it_begins(fleet: Rig) -> None:
    with pytest.raises(Conflict, match=r"gate-1.*is a gate"):
        begin(fleet, devices=["gate-1", "edge-00"])
    with pytest.raises(Conflict, match="heartbeat_s"):
        begin(fleet, seconds=0)


def test_a_paused_one_sends_to_nobody_until_it_goes_on(fleet: Rig) -> None:
    made = begin(fleet)
    answer(fleet, tick(fleet, made))
    act(fleet, made, "pause")
    assert len(tick(fleet, made).given) == 1
    act(fleet, made, "resume")
    assert len(tick(fleet, made).given) == 10


def test_taken_back_every_device_has_what_it_had_before_but_who_was_given_more_since(fleet: Rig) -> None:
    made = begin(fleet)
    answer(fleet, tick(fleet, made))
    answer(fleet, tick(fleet, made), "edge-05")
    assert tick(fleet, made).state == "stopped"
    with db.write(fleet.engine) as conn:
        configuration.propose(conn, SCHOOL, "edge-01", {"heartbeat_s": 7}, "facility", fleet.clock.now())
    act(fleet, made, "back")
    assert [wanted(fleet, device) for device in ("edge-00", "edge-05")] == [(3, 30), (3, 30)]
    assert wanted(fleet, "edge-01") == (3, 7)
    assert wanted(fleet, "edge-11") == (1, 30)  # its turn had not come
    found = tick(fleet, made)
    assert (found.state, found.given["edge-00"]) == ("back", "3")
    assert found.reason == CampaignReason(code="left_alone", detail="edge-01")
    with pytest.raises(Conflict, match="cannot resume"):
        act(fleet, made, "resume")


def test_a_device_that_was_given_none_before_goes_back_to_its_own_file(rig: Rig) -> None:
    made = begin(rig, devices=["agent-1"])
    answer(rig, tick(rig, made))
    assert tick(rig, made).state == "done"
    act(rig, made, "back")
    assert wanted(rig, "agent-1") == (2, None)


def test_campaigns_that_are_over_and_their_commands_are_forgotten_after_their_days(fleet: Rig) -> None:
    over, runs = begin(fleet), begin(fleet, seconds=20)
    act(fleet, over, "stop")
    fleet.clock.advance(timedelta(days=1))
    with db.write(fleet.engine) as conn:
        ping = commands.ask(conn, SCHOOL, "edge-00", "ping", "x", fleet.clock.now())
        commands.expire(conn, fleet.clock.now() + timedelta(hours=1))
        later = fleet.clock.now() + timedelta(hours=2)
        assert campaigns.forget_campaigns(conn, later - timedelta(days=2), 10) == 0
        assert campaigns.forget_campaigns(conn, later, 10) == 3  # with the two steps of it
        assert [one.id for one in campaigns.all_of(conn, SCHOOL, "configuration")] == [runs]
        assert len(campaigns.steps(conn, runs)) == 1
        assert commands.forget_commands(conn, fleet.clock.now(), 10) == 0
        assert commands.forget_commands(conn, later, 10) == 1
        assert commands.get(conn, ping.id) is None
