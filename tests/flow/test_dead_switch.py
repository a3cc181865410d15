"""A dead switch through presence and alerts: one alarm with the count, one end, and no storm at a restart."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from alerts.rules.rulesource import RuleSource
from alerts.stage import AlertStage
from alerts.tables import alarms
from attendance.rollbook import RollBook
from benchmarks.devices import BEHIND_SWITCH, PRESENCE, City
from campus.envelope import Envelope
from devices.stage import DeviceStage
from devices.tables import devices

ROOT, SECOND = "d000000", "d000001"


class Told:
    """The device stage and the alert stage as one, as the pipeline runs them."""

    name = "both"

    def __init__(self, city: City) -> None:
        self.hears = True
        self._devices = DeviceStage(city.registry, PRESENCE, lambda: self.hears)
        self._alerts = AlertStage(RuleSource(None), RollBook(ZoneInfo("UTC")))

    def handle(self, conn: sa.Connection, batch: Sequence[Envelope], now: datetime) -> Sequence[Envelope]:
        facts = self._devices.handle(conn, batch, now)
        self._alerts.handle(conn, [*batch, *facts], now)
        return facts

    def tick(self, conn: sa.Connection, now: datetime) -> Sequence[Envelope]:
        facts = self._devices.tick(conn, now)
        if facts:
            self._alerts.handle(conn, facts, now)
        self._alerts.tick(conn, now)
        return facts

    def committed(self) -> None:
        self._devices.committed()
        self._alerts.committed()


class School(City):
    """A switch, a second one behind it, and 1,000 devices shared by both; ten more hang on nothing."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(engine, BEHIND_SWITCH + 11)
        with engine.begin() as conn:
            half = self.names[BEHIND_SWITCH // 2 : BEHIND_SWITCH + 1]
            conn.execute(devices.update().where(devices.c.id == SECOND).values(kind="agent"))
            conn.execute(devices.update().where(devices.c.id.in_(half)).values(parent=SECOND))
        self.restart()

    def restart(self) -> None:
        """The platform starts anew over the same database."""
        self.told = Told(self)
        self.stage = self.told  # type: ignore[assignment]

    def alarms(self) -> list[tuple[str | None, bool, str]]:
        with self.engine.connect() as conn:
            query = sa.select(alarms.c.device, alarms.c.active, alarms.c.reason_en).order_by(alarms.c.began_at)
            return [(row.device, row.active, row.reason_en) for row in conn.execute(query)]


@pytest.fixture
def school(engine: sa.Engine) -> School:
    found = School(engine)
    found.run(60)
    return found


def test_a_thousand_devices_behind_two_switches_are_one_alarm_that_says_so_and_clears_once(school: School) -> None:
    below = frozenset(school.names[: BEHIND_SWITCH + 1])
    school.run(200, below)
    ((device, active, words),) = school.alarms()
    assert (device, active) == (ROOT, True)
    assert "1000 devices behind it" in words
    school.run(90, below - {ROOT})  # the first switch is back before what hangs on it
    school.run(60)
    assert [(device, active) for device, active, _ in school.alarms()] == [(ROOT, False)]


def test_the_second_switch_of_a_chain_has_an_alarm_of_its_own_and_the_first_adds_only_one(school: School) -> None:
    behind = frozenset(school.names[BEHIND_SWITCH // 2 : BEHIND_SWITCH + 1])
    school.run(200, behind | {SECOND})
    ((device, active, words),) = school.alarms()
    assert (device, active) == (SECOND, True)
    assert f"{len(behind)} devices behind it" in words
    school.run(200, frozenset(school.names[: BEHIND_SWITCH + 1]))
    assert [device for device, _, _ in school.alarms()] == [SECOND, ROOT]
    school.run(90)
    assert [(device, active) for device, active, _ in school.alarms()] == [(SECOND, False), (ROOT, False)]


def test_a_platform_or_broker_that_was_away_makes_no_storm(school: School) -> None:
    school.told.hears = False  # the broker is gone for five minutes: nobody is heard
    everybody = frozenset(school.names)
    school.run(300, everybody)
    school.told.hears = True
    school.run(60)
    assert school.alarms() == []
    school.run(200, frozenset(school.names[: BEHIND_SWITCH + 1]))
    school.clock.move_to(datetime.fromtimestamp(school.clock.now().timestamp() + 600, UTC))
    school.restart()  # ten minutes later, the switch is still dead
    school.run(150, frozenset(school.names[: BEHIND_SWITCH + 1]))
    assert [(device, active) for device, active, _ in school.alarms()] == [(ROOT, True)]
    school.run(60)
    assert [(device, active) for device, active, _ in school.alarms()] == [(ROOT, False)]
