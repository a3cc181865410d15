"""A small school of places and devices, and a stage that is driven by hand."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from campus import db, settings
from campus.clock import VirtualClock
from campus.envelope import Body, Envelope, Source
from campus.events import Reading, Readings, Status
from campus.facts import Fact
from devices.ledger.files import import_devices, import_places
from devices.queries import DeviceDetail, device_detail
from devices.registry import Registry
from devices.stage import DeviceStage

SCHOOL = "school-1"
PRESENCE = settings.Presence(late_after_s=90, silent_after_s=180, grace_s=120)

PLACES = """\
id,parent,kind,name,name_en,floor,outline
campus,,campus,校园,Campus,,
north,campus,gate,北门,North gate,0,"10,10 60,10 60,40 10,40"
b1,campus,building,一号楼,Building 1,,
b1-101,b1,room,101室,Room 101,1,"100,100 200,100 200,200"
"""
DEVICES = """\
id,kind,name,name_en,place,parent,model,covers,x,y
agent-1,agent,北门主机,North agent,north,,NUC,,20,20
gate-1,gate,北门闸机,North gate lane,north,agent-1,ZK-100,north,30,20
cam-1,camera,北门摄像头,North camera,north,agent-1,C2,north campus,40,20
co2-101,sensor,101室空气,Room 101 air,b1-101,,S8,b1-101,150,150
"""


class Rig:
    """A `DeviceStage` in one school, with words for what happens there."""

    def __init__(self, engine: sa.Engine, clock: VirtualClock) -> None:
        self.engine = engine
        self.clock = clock
        self.hearing = True
        self._seq: dict[str, int] = {}
        self.restart()

    def restart(self) -> None:
        """A new process over the same database."""
        self.registry = Registry(self.engine)
        self.stage = DeviceStage(self.registry, PRESENCE, lambda: self.hearing)

    def handle(self, *envelopes: Envelope) -> list[Fact]:
        with db.write(self.engine) as conn:
            facts = self.stage.handle(conn, envelopes, self.clock.now())
        self.stage.committed()
        return bodies(facts)

    def handle_and_fail(self, *envelopes: Envelope) -> None:
        """A stage after this one raises: the transaction does not happen."""
        try:
            with db.write(self.engine) as conn:
                assert self.stage.handle(conn, envelopes, self.clock.now())
                raise ZeroDivisionError
        finally:
            self.stage.rolled_back()

    def tick(self) -> list[Fact]:
        with db.write(self.engine) as conn:
            facts = self.stage.tick(conn, self.clock.now())
        self.stage.committed()
        return bodies(facts)

    def wait(self, seconds: float, *speaking: str) -> list[Fact]:
        """Let time pass with a tick a second; devices in ``speaking`` send a reading every 30 s."""
        facts: list[Fact] = []
        for second in range(int(seconds)):
            self.clock.advance(timedelta(seconds=1))
            if second % 30 == 0 and speaking:
                facts += self.handle(*(self.reading(device) for device in speaking))
            facts += self.tick()
        return facts

    def envelope(self, device: str, body: Body, **fields: object) -> Envelope:
        source = self.registry.source(SCHOOL, device)
        assert source is not None
        now = self.clock.now()
        values = {"at": now, "received": now, **fields}
        return Envelope(source=source, body=body, **values)  # type: ignore[arg-type]

    def reading(self, device: str, seq: int | None = None, boot: str = "b1", **fields: object) -> Envelope:
        self._seq[device] = self._seq.get(device, 0) + 1 if seq is None else seq
        number = self._seq[device]
        body = Readings((Reading(ts=1, values={"x": 1.0}, seq=number, boot=boot),))
        return self.envelope(device, body, seq=number, boot=boot, **fields)

    def status(self, device: str, state: str = "online", boot: str = "b1", **fields: object) -> Envelope:
        at = fields.get("at", self.clock.now())
        assert isinstance(at, datetime)
        health = {"uptime_s": 7.0}
        body = Status(state=state, ts=int(at.timestamp() * 1000), boot=boot, agent="1.0", health=health)  # type: ignore[arg-type]
        return self.envelope(device, body, boot=boot, **fields)

    def detail(self, device: str) -> DeviceDetail:
        with db.read(self.engine) as conn:
            return device_detail(conn, SCHOOL, device, self.clock.now())

    def state(self, device: str) -> tuple[str, str]:
        row = self.detail(device).row
        return row.state, row.reason


def bodies(envelopes: Sequence[Envelope]) -> list[Fact]:
    facts = [envelope.body for envelope in envelopes]
    assert all(isinstance(fact, Fact) for fact in facts)
    return facts  # type: ignore[return-value]


def source(device: str, kind: str = "sensor") -> Source:
    return Source(SCHOOL, device, kind)


@pytest.fixture
def school_files(tmp_path: Path) -> Path:
    (tmp_path / "places.csv").write_text(PLACES, encoding="utf-8")
    (tmp_path / "devices.csv").write_text(DEVICES, encoding="utf-8")
    return tmp_path


@pytest.fixture
def rig(engine: sa.Engine, clock: VirtualClock, school_files: Path) -> Rig:
    with db.write(engine) as conn:
        import_places(conn, SCHOOL, school_files / "places.csv", clock.now())
        import_devices(conn, SCHOOL, school_files / "devices.csv", clock.now())
    return Rig(engine, clock)
