"""A school at 10:12 on the Monday of its incidents, made through the real imports and the real pipeline stages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from attendance.roster.read import read_roster
from attendance.roster.store import apply_roster
from attendance.sheets import school as attendance_files
from attendance.sheets import sessions as session_files
from campus import db
from campus.clock import VirtualClock, to_ms
from campus.envelope import Envelope, Source
from campus.events import CameraIntrusion, Event, GatePass, Reading, Readings, SensorAlarm, Status
from campus.ids import new_id
from campus.series.sqlite import SqliteSeries
from campus.series.store import Point
from campus.settings import Settings
from campus.stage import Stage
from cli.wiring import make_stages
from dashboards.access.accounts import create_account
from devices.ledger.files import import_devices, import_places
from devices.registry import Registry
from devices.trust.quarantine import quarantine
from ingest.deadletters import bury
from ingest.door import DeadLetter
from simulator.day.people import SHOWCASE, student_days
from simulator.school.files import write_files
from simulator.school.school import build_school
from simulator.school.values import SimulatedSchool

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 9, 7)
SCHOOL = "school-1"
PASSWORD = "correct horse battery"
BEGINS = datetime(2026, 9, 7, 6, 50, tzinfo=ZONE)
NOW = datetime(2026, 9, 7, 10, 12, tzinfo=ZONE)
OWN_CLASS, FOREIGN_CLASS = SHOWCASE, "c-g7-1"
# A JPEG of one grey pixel: what a still must be to be shown.
STILL = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b0b0c1912130f141d1a1f1e1d1a"
    "1c1c20242e2720222c231c1c2837292c30313434341f27393d38323c2e333432ffc0000b080001000101011100ffc40014000100000000000000"
    "0000000000000000090affc40014100100000000000000000000000000000000ffda0008010100003f003fffd9"
)


def local(hour: int, minute: int, second: int = 0) -> datetime:
    """A local time of the day."""
    return datetime(2026, 9, 7, hour, minute, second, tzinfo=ZONE)


class Play:
    """Plays messages into the stages, as the pipeline would, on a virtual clock."""

    def __init__(self, engine: sa.Engine, clock: VirtualClock, settings: Settings) -> None:
        self.engine = engine
        self.clock = clock
        self.registry = Registry(engine)
        self.stages: Sequence[Stage] = make_stages(settings, self.registry, lambda _school: True)

    def envelope(self, device: str, body: Readings | Status | Event, at: datetime, late: bool = False) -> Envelope:
        source = self.registry.source(SCHOOL, device)
        assert source is not None, device
        event_id = new_id() if isinstance(body, Event) else ""
        return Envelope(
            source=Source(SCHOOL, device, source.kind, source.place),
            body=body, at=at, received=self.clock.now(), id=event_id, late=late,
        )  # fmt: skip

    def handle(self, batch: Sequence[Envelope]) -> None:
        with db.write(self.engine) as conn:
            for stage in self.stages:
                batch = [*batch, *stage.handle(conn, batch, self.clock.now())]
        for stage in self.stages:
            stage.committed()

    def tick(self) -> None:
        with db.write(self.engine) as conn:
            facts: list[Envelope] = []
            for stage in self.stages:
                given = list(facts)
                if given:
                    facts += stage.handle(conn, given, self.clock.now())
                facts += stage.tick(conn, self.clock.now())
        for stage in self.stages:
            stage.committed()

    def say(self, device: str, body: Readings | Status | Event) -> None:
        """One message of a device, now."""
        self.handle([self.envelope(device, body, self.clock.now())])


def import_school(engine: sa.Engine, folder: Path, now: datetime) -> SimulatedSchool:
    """Write the simulated school as files and import them as a school office would."""
    school = build_school(7, b"k" * 16, DAY, SCHOOL)
    write_files(school, folder)
    with db.write(engine) as conn:
        import_places(conn, SCHOOL, folder / "places.csv", BEGINS)
        import_devices(conn, SCHOOL, folder / "devices.csv", BEGINS)
        apply_roster(conn, SCHOOL, read_roster(folder / "oneroster"), now)
        attendance_files.import_bells(conn, SCHOOL, folder / "bells.csv")
        session_files.import_sessions(conn, SCHOOL, folder / "sessions.csv")
        attendance_files.import_timetable(conn, SCHOOL, folder / "timetable.csv")
        attendance_files.import_calendar(conn, SCHOOL, folder / "calendar.csv")
        attendance_files.import_leave(conn, SCHOOL, folder / "leave.csv", ZONE)
        attendance_files.import_credentials(conn, SCHOOL, folder / "credentials.csv")
    return school


def make_accounts(engine: sa.Engine, school: SimulatedSchool, now: datetime) -> None:
    """One account for each role, and a second teacher with another class."""
    teacher = {one.id: one.teacher for one in school.classes}
    with db.write(engine) as conn:
        create_account(conn, SCHOOL, "guard", "王建国", "guard", PASSWORD, now)
        create_account(conn, SCHOOL, "teacher", "李晓梅", "teacher", PASSWORD, now, teacher[OWN_CLASS])
        create_account(conn, SCHOOL, "teacher2", "赵敏", "teacher", PASSWORD, now, teacher[FOREIGN_CLASS])
        create_account(conn, SCHOOL, "office", "孙教务", "office", PASSWORD, now)
        create_account(conn, SCHOOL, "doctor", "何校医", "doctor", PASSWORD, now)
        create_account(conn, SCHOOL, "facility", "陈志强", "facility", PASSWORD, now)
        create_account(conn, SCHOOL, "head", "沈校长", "head", PASSWORD, now)
        create_account(conn, SCHOOL, "bureau", "周局", "bureau", PASSWORD, now)
        create_account(conn, SCHOOL, "admin", "管理员", "admin", PASSWORD, now)


def play_morning(play: Play, school: SimulatedSchool, series: SqliteSeries) -> None:
    """From 06:50 to 10:12, a minute at a time."""
    walks = sorted(
        (walk.at, walk.gate, walk.lane, day.student.credential, direction)
        for day in student_days(school, DAY)
        for walk, direction in ((day.comes, "in"), (day.goes, "out"))
        if walk is not None
    )
    points: list[Point] = []
    at = play.clock.move_to(BEGINS)
    while at < NOW:
        at = play.clock.advance(timedelta(minutes=1))
        play.handle(_minute(play, school, walks, at, points))
        play.tick()
    series.write(points)


def _silent(device: str, at: datetime) -> bool:
    return (device == "gate-2" and local(7, 35) <= at < local(7, 50)) or (device == "cam-4" and at >= local(10, 2))


def _minute(play: Play, school: SimulatedSchool, walks: list, at: datetime, points: list[Point]) -> list[Envelope]:  # type: ignore[type-arg]
    before = at - timedelta(minutes=1)
    batch = []
    for device in school.devices:
        if device.id == "door-roof-b" or _silent(device.id, at):
            continue
        status = Status(state="online", ts=to_ms(at), boot="b1", agent="1.0", health=_health(device.id))
        batch.append(play.envelope(device.id, status, at))
        if device.senses == "air":
            values = {"co2": _co2(device.id, at), "temperature": 24.5 + 1.5 * math.sin(at.minute / 9)}
            batch.append(play.envelope(device.id, Readings((Reading(ts=to_ms(at), values=values),)), at))
            points += [Point(SCHOOL, device.id, name, to_ms(at), value) for name, value in values.items()]
    if before < local(7, 35) <= at:
        batch.append(play.envelope("gate-2", Status(state="offline", ts=to_ms(at), boot="b1"), at))
    for moment, gate, lane, credential, direction in walks:
        if before < moment <= at and not _silent(gate, moment):
            body = GatePass(credential=credential, lane=lane, direction=direction)
            batch.append(play.envelope(gate, body, moment))
    if before < local(10, 8) <= at:
        batch.append(play.envelope("panic-gym-1", SensorAlarm(kind="panic", active=True), at))
    if before < local(10, 10) <= at:
        body = CameraIntrusion(zone="north-fence", track=4, confidence=0.91, still=STILL)
        batch.append(play.envelope("cam-1", body, at))
    return batch


def _health(device: str) -> dict[str, float]:
    if device == "smoke-library":
        return {"battery": 11.0}
    if device == "edge-cameras":
        return {"disk_free": 0.06, "uptime_s": 86_400.0}
    return {"uptime_s": 86_400.0}


def _co2(device: str, at: datetime) -> float:
    minutes = (at - local(9, 5)).total_seconds() / 60
    if device == "env-a-202" and minutes > 0:
        return min(1900.0, 700 + 60 * minutes)
    return 620 + 90 * math.sin(to_ms(at) / 900_000 + len(device))


def seed(engine: sa.Engine, folder: Path, clock: VirtualClock) -> SimulatedSchool:
    """Fill a fresh database and a series store beside it; the clock stands at 10:12 afterwards."""
    clock.move_to(BEGINS - timedelta(minutes=30))
    school = import_school(engine, folder / "files", clock.now())
    make_accounts(engine, school, clock.now())
    series = SqliteSeries(folder / "series.db")
    play_morning(Play(engine, clock, Settings()), school, series)
    series.close()
    with db.write(engine) as conn:
        quarantine(
            conn, SCHOOL, "env-x99", f"campus/{SCHOOL}/env-x99/status", clock.now(), b'{"state":"online","agent":"2.1"}'
        )
        for co2 in (655, 648):
            said = b'{"ts":1788749400000,"seq":%d,"values":{"co2":%d}}' % (co2 % 9, co2)
            quarantine(conn, SCHOOL, "env-x99", f"campus/{SCHOOL}/env-x99/telemetry", clock.now(), said)
        letter = DeadLetter(
            topic=f"campus/{SCHOOL}/env-a-105/telemetry",
            payload=b'{"ts":"now","values":{"co2":640}}',
            reason="does not fit",
            detail="Expected `int`, got `str` - at `$.ts`",
        )
        bury(conn, [letter], clock.now() - timedelta(minutes=39))
    return school
