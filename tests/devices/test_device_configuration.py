"""Configurations by revision: what is refused before it is sent, and what differs."""

import pytest

from campus import db
from campus.errors import Conflict, NotFound
from campus.events import Reply
from devices.control import configuration
from devices.control.configuration import SettingChange, diff
from devices.control.stage import ControlStage
from tests.devices.conftest import SCHOOL, Rig


def nested(levels: int) -> object:
    value: object = 1
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"mqtt": {"host": "x"}}, "mqtt"),
        ({"heartbeat_s": 0}, "heartbeat_s"),
        ({"cameras": [{"source": "sim"}]}, "id"),
        ({"cameras": [{"id": "a"}], "labs": [{"id": "a"}]}, "'a' is there twice"),
        ({"labs": [{"id": "a", "note": "x" * 300_000}]}, "KiB"),
        ({"labs": [{"id": "a", "note": nested(20)}]}, "deep"),
        ({"labs": [{"id": "a", "note": nested(900)}]}, "deep"),
    ],
)
def test_what_no_agent_could_take_is_refused_before_it_is_sent(settings: dict[str, object], named: str) -> None:
    with pytest.raises(Conflict, match=named):
        configuration.check(settings)


def test_a_difference_is_named_by_the_id_of_the_camera_and_not_by_its_place_in_the_list() -> None:
    old = {"heartbeat_s": 30, "cameras": [{"id": "c1", "fps": 5}, {"id": "c2", "fps": 5}]}
    new = {"cameras": [{"id": "c2", "fps": 8}, {"id": "c1", "fps": 5}], "labs": []}
    expected = (
        SettingChange("heartbeat_s", 30, None),
        SettingChange("cameras[c2].fps", 5, 8),
        SettingChange("labs", None, []),
    )
    assert diff(old, new) == expected
    assert diff(old, old) == ()


def test_a_device_is_given_revisions_says_what_it_did_and_is_taken_back(rig: Rig) -> None:
    now = rig.clock.now()
    stage = ControlStage()
    with db.write(rig.engine) as conn:
        for seconds in (10, 20, 30):
            configuration.propose(conn, SCHOOL, "agent-1", {"heartbeat_s": seconds}, "facility", now)
        stage.handle(conn, [rig.envelope("agent-1", Reply(id="config-3", ts=1, ok=True))], now)
        # A part that fails a moment later: the agent returned to what it had.
        stage.handle(conn, [rig.envelope("agent-1", Reply(id="config-3", ts=1, ok=False, detail="no camera"))], now)
        assert configuration.roll_back(conn, SCHOOL, "agent-1", 2, "facility", now).revision == 4
        found = [(one.revision, one.state, one.detail) for one in configuration.history(conn, SCHOOL, "agent-1")]
        assert found == [(4, "waiting", ""), (3, "refused", "no camera"), (2, "replaced", ""), (1, "replaced", "")]
        assert configuration.get(conn, SCHOOL, "agent-1", 4).settings == {"heartbeat_s": 20}


def test_only_an_agent_in_use_has_a_configuration(rig: Rig) -> None:
    with db.write(rig.engine) as conn:
        with pytest.raises(Conflict, match=r"gate-1.*is a gate"):
            configuration.propose(conn, SCHOOL, "gate-1", {}, "facility", rig.clock.now())
        with pytest.raises(NotFound, match="nobody"):
            configuration.propose(conn, SCHOOL, "nobody", {}, "facility", rig.clock.now())
        with pytest.raises(NotFound, match="revision 9"):
            configuration.get(conn, SCHOOL, "agent-1", 9)
