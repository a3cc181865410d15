"""A small school written as files, and a harness that plays its day through the attendance stage."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance import queries
from attendance.leave.leave import grant
from attendance.policy import LeaveSpan, Status
from attendance.register import corrections
from attendance.roster.read import read_roster
from attendance.roster.store import apply_roster
from attendance.sheets import school as files
from attendance.stage import AttendanceStage
from campus import db
from campus.envelope import Envelope, Source
from campus.events import GatePass
from campus.facts import DeviceReturned, DeviceSilent, Fact

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 9, 7)  # a Monday
SCHOOL = "school-1"

ROSTER = {
    "manifest.csv": "propertyName,value\nfile.orgs,bulk\nfile.classes,bulk\nfile.users,bulk\nfile.enrollments,bulk\n",
    "orgs.csv": "sourcedId,status,name,type\nschool-1,,晨星中学,school\n",
    "classes.csv": (
        "sourcedId,title,grades,classType,location,schoolSourcedId\n"
        "c-1,七年级1班,07,homeroom,a-101,school-1\n"
        "c-2,七年级2班,07,homeroom,a-102,school-1\n"
        "g-art,美术选修,07,scheduled,studio,school-1\n"
    ),
    "users.csv": (
        "sourcedId,enabledUser,orgSourcedIds,role,username,givenName,familyName,grades,password\n"
        "t-1,true,school-1,teacher,t-1,敏,赵,,P@ss1\n"
        "t-2,true,school-1,teacher,t-2,强,钱,,P@ss1\n"
        "s-1,true,school-1,student,s-1,小明,王,07,P@ss2\n"
        "s-2,true,school-1,student,s-2,小红,李,07,P@ss2\n"
        "s-3,true,school-1,student,s-3,Ann,Lee,07,P@ss2\n"
        "p-1,true,school-1,guardian,p-1,大明,王,,P@ss3\n"
    ),
    "enrollments.csv": (
        "sourcedId,classSourcedId,userSourcedId,role,primary\n"
        "e-1,c-1,s-1,student,\n"
        "e-2,c-1,s-2,student,\n"
        "e-3,c-2,s-3,student,\n"
        "e-4,g-art,s-1,student,\n"
        "e-5,c-1,t-1,teacher,true\n"
        "e-6,c-2,t-2,teacher,true\n"
        "e-7,c-2,t-1,teacher,false\n"
    ),
}
CARDS = {"s-1": "1" * 32, "s-2": "2" * 32, "s-3": "3" * 32}
SHEETS = {
    "bells.csv": (
        "day_type,period,kind,name,name_en,start,end,closes\n"
        "school,AR,arrival,到校,Arrival,07:00,07:50,08:10\n"
        "school,P1,lesson,第一节,Period 1,08:00,08:45,\n"
        "school,B1,break,课间,Break,08:45,08:55,\n"
        "school,P2,lesson,第二节,Period 2,08:55,09:40,\n"
        "school,LU,lunch,午餐,Lunch,11:50,13:20,\n"
        "school,P3,lesson,第三节,Period 3,16:05,16:50,\n"
        "school,DI,dismissal,放学,Dismissal,16:50,17:40,\n"
        "exam,AR,arrival,到校,Arrival,07:30,08:20,08:40\n"
        "exam,P1,lesson,考试,Exam,08:30,11:30,\n"
    ),
    "timetable.csv": (
        "class,weekday,period,subject,teacher,room\n"
        "c-1,1,P1,数学,t-1,a-101\nc-1,1,P2,体育,t-2,gym\nc-2,1,P1,语文,t-2,a-102\nc-2,1,P2,体育,t-2,gym\n"
        "c-1,5,P1,英语,,a-101\n"
    ),
    "calendar.csv": (
        "date,day_type,name,follows\n2026-10-01,holiday,国庆节,\n2026-10-10,makeup,调休上课,5\n2026-09-09,exam,考试,\n"
    ),
    "leave.csv": "student,from,to,kind,approved_by\n",
    "credentials.csv": "student,credential\n" + "".join(f"{who},{card}\n" for who, card in CARDS.items()),
}


def write_roster(folder: Path, sheets: dict[str, str] = ROSTER) -> Path:
    """The roster's sheets as files in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in sheets.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def fill(conn: sa.Connection, folder: Path, now: datetime) -> None:
    """Import the small school."""
    apply_roster(conn, SCHOOL, read_roster(write_roster(folder / "oneroster")), now)
    for name, text in SHEETS.items():
        (folder / name).write_text(text, encoding="utf-8")
    files.import_bells(conn, SCHOOL, folder / "bells.csv")
    files.import_timetable(conn, SCHOOL, folder / "timetable.csv")
    files.import_calendar(conn, SCHOOL, folder / "calendar.csv")
    files.import_credentials(conn, SCHOOL, folder / "credentials.csv")


def local(clock: str, day: date = DAY) -> datetime:
    """The moment of a wall-clock time ``HH:MM[:SS]`` of the school's day."""
    return datetime.combine(day, time.fromisoformat(clock), ZONE)


class GateOutage(msgspec.Struct, frozen=True):
    """An outage as the devices tell it."""

    device: str
    place: str | None
    start: datetime
    end: datetime | None


class Devices:
    """Stands for `devices.queries`: outages as a test wrote them down."""

    def __init__(self) -> None:
        self.known: list[GateOutage] = []

    def outages_of(
        self, conn: sa.Connection, schools: Collection[str], kind: str, start: datetime, end: datetime
    ) -> dict[str, list[GateOutage]]:
        assert kind == "gate"
        touching = [one for one in self.known if one.start <= end and (one.end is None or one.end >= start)]
        return {SCHOOL: touching} if SCHOOL in schools else {}


class Play:
    """Plays a school day: whatever happens is one transaction, followed by a tick."""

    def __init__(self, engine: sa.Engine, day: date = DAY) -> None:
        self.engine = engine
        self.day = day
        self.zone = ZONE
        self.devices = Devices()
        self.stage = AttendanceStage(self.devices, ZONE)
        self.facts: list[Envelope] = []

    def at(self, clock: str) -> datetime:
        return local(clock, self.day).astimezone(UTC)

    def tick(self, now: datetime) -> list[Fact]:
        with db.write(self.engine) as conn:
            return self._keep(self.stage.tick(conn, now))

    def take(self, batch: Sequence[Envelope], now: datetime) -> list[Fact]:
        with db.write(self.engine) as conn:
            return self._keep(self.stage.handle(conn, batch, now))

    def _keep(self, facts: Sequence[Envelope]) -> list[Fact]:
        self.facts += facts
        return [fact.body for fact in facts if isinstance(fact.body, Fact)]

    def gate_pass(
        self,
        at: str,
        student: str = "s-1",
        gate: str = "gate-1",
        direction: str | None = "in",
        *,
        received: str | None = None,
        told: str | None = None,
        serial: int | None = None,
        id_: str = "",
        card: str = "",
    ) -> Envelope:
        """A pass at ``at``; ``received`` later makes it late, ``told`` is what a gate with a wrong clock says."""
        body = GatePass(credential=card or CARDS[student], direction=direction, serial=serial)  # type: ignore[arg-type]
        return Envelope(
            source=Source(SCHOOL, gate, "gate", f"place-of-{gate}"),
            body=body,
            at=self.at(told or at),
            received=self.at(received or at),
            id=id_ or f"{student}-{gate}-{at}-{direction}",
            late=received is not None,
            clock_suspect=told is not None,
        )

    def passes(self, at: str, *args: object, **kwargs: object) -> list[Fact]:
        """A pass that arrives when it happens, or when ``received`` says."""
        envelope = self.gate_pass(at, *args, **kwargs)  # type: ignore[arg-type]
        return self.take([envelope], envelope.received)

    def gate_falls_silent(self, gate: str, since: str, known: str) -> None:
        self.devices.known.append(GateOutage(gate, None, self.at(since), None))
        self._tell_of(gate, DeviceSilent(device=gate, kind="gate", since=self.at(since), why="last will"), known)

    def gate_returns(self, gate: str, at: str) -> None:
        last = next(one for one in reversed(self.devices.known) if one.device == gate)
        self.devices.known.remove(last)
        self.devices.known.append(msgspec.structs.replace(last, end=self.at(at)))
        self._tell_of(gate, DeviceReturned(device=gate, kind="gate", silent_from=last.start), at)

    def _tell_of(self, gate: str, fact: Fact, at: str) -> None:
        now = self.at(at)
        self.take([Envelope(source=Source(SCHOOL, gate, "gate"), body=fact, at=now, received=now)], now)

    def leave(self, starts: str, ends: str, student: str = "s-1", kind: str = "sick") -> None:
        with db.write(self.engine) as conn:
            grant(conn, SCHOOL, [(student, LeaveSpan(self.at(starts), self.at(ends), kind), "t-1")])

    def correct(
        self,
        at: str,
        status: Status,
        student: str = "s-1",
        reason: str = "在教室",
        by: str = "t-1",
        said_at: datetime | None = None,
    ) -> None:
        with db.write(self.engine) as conn:
            corrections.correct(conn, self.session(conn), student, status, reason, by, self.at(at), said_at=said_at)

    def undo(self, at: str, student: str = "s-1", by: str = "t-1") -> None:
        with db.write(self.engine) as conn:
            corrections.undo(conn, self.session(conn), student, by, self.at(at))

    def session(self, conn: sa.Connection, class_id: str = "c-1") -> str:
        session = queries.roll(conn, SCHOOL, class_id, self.day).session
        assert session is not None
        return session.id

    def line(self, student: str = "s-1", class_id: str = "c-1") -> queries.RollLine:
        with db.read(self.engine) as conn:
            lines = queries.roll(conn, SCHOOL, class_id, self.day).lines
        return next(line for line in lines if line.student == student)

    def history(self, student: str = "s-1", class_id: str = "c-1") -> list[queries.MarkEntry]:
        with db.read(self.engine) as conn:
            return queries.mark_history(conn, self.session(conn, class_id), student)

    def run(self, happenings: list[tuple[datetime, Callable[[], object]]], until: datetime) -> None:
        """Let everything happen in its order, with ticks at the bells, after each happening, and when it settled."""
        bells = [self.at(clock) for clock in ("06:50", "07:00", "08:10", "17:40")]
        settled = [at + timedelta(seconds=16) for at, _ in happenings]
        ticks = [(at, 1, None) for at in [*bells, *settled, *(at for at, _ in happenings), until]]
        moments = [(at, 0, happening) for at, happening in happenings] + ticks
        for at, _, happening in sorted(moments, key=lambda one: one[:2]):
            if at <= until:
                if happening:
                    happening()
                else:
                    self.tick(at)
