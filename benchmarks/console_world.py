"""The world of `benchmarks.console`: the seeded school grown by a year, and a console that serves it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import sqlalchemy as sa

from attendance.register.tables import marks, passes, roll, sessions
from attendance.sessions.due import session_id
from attendance.tables import classes, students
from campus import changes, db
from campus.clock import VirtualClock, to_ms
from campus.series.sqlite import SqliteSeries
from campus.series.store import Point
from campus.settings import Dashboards, Retention
from dashboards.deps import Deps
from dashboards.server import serve
from devices.tables import device_states, devices
from tests.dashboards import console_seed
from tests.dashboards.console_seed import DAY, NOW, OWN_CLASS, SCHOOL, ZONE

STUDENTS, DEVICES, DAYS = 3000, 300, 200
CLASS_OF = 40
READINGS_EVERY = timedelta(hours=1)


class World:
    """The grown school, and the hand that changes something in it; ``student`` is one of the seeded class."""

    def __init__(self, engine: sa.Engine, marks_: int = 0, points: int = 0) -> None:
        self.engine, self.marks, self.points = engine, marks_, points
        with db.read(engine) as conn:
            self.students, self.devices = (
                conn.execute(sa.select(sa.func.count()).select_from(one)).scalar_one() for one in (students, devices)
            )
            of_class = sa.select(sa.func.min(students.c.id)).where(students.c.class_id == OWN_CLASS)
            self.student = str(conn.execute(of_class).scalar_one())

    def change(self, number: int) -> float:
        """Change a device's state; the wall-clock moment (s) at which it was committed."""
        with db.write(self.engine) as conn:
            state = "late" if number % 2 == 0 else "online"
            conn.execute(device_states.update().where(device_states.c.device == "gate-1").values(state=state))
            changes.append(conn, NOW, SCHOOL, "device", "gate-1")
        return time.time()


class Served(msgspec.Struct, frozen=True):
    """A console in a process of its own."""

    world: World
    url: str
    pid: int

    def memory_kb(self) -> float:
        """Resident memory of the server."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024

    def cpu_s(self) -> float:
        """CPU seconds the server used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def grow(folder: Path) -> World:
    """The seeded school of the tests with more students and devices and a year behind it."""
    engine = db.open_engine(f"sqlite:///{folder}/campus.db")
    db.migrate(engine)
    console_seed.seed(engine, folder, VirtualClock(console_seed.BEGINS))
    with db.write(engine) as conn:
        _more_students(conn)
        _more_devices(conn)
        written = _a_year_of_marks(conn)
        _passes_kept(conn)
    points = _a_year_of_readings(engine, folder)
    return World(engine, written, points)


def _more_students(conn: sa.Connection) -> None:
    there = conn.execute(sa.select(sa.func.count()).select_from(students)).scalar_one()
    more = range(there, STUDENTS)
    blank = {"school": SCHOOL, "grade": "9", "active": True}
    groups = sorted({n // CLASS_OF for n in more})
    conn.execute(
        classes.insert(), [blank | {"id": f"x-{n}", "title": f"九年级{n}班", "kind": "homeroom"} for n in groups]
    )
    conn.execute(
        students.insert(),
        [blank | {"id": f"x-{n:05}", "name": f"学生{n}", "class_id": f"x-{n // CLASS_OF}"} for n in more],
    )


def _more_devices(conn: sa.Connection) -> None:
    like = conn.execute(sa.select(devices).where(devices.c.id == "env-a-202")).mappings().one()
    state = conn.execute(sa.select(device_states).where(device_states.c.device == "env-a-202")).mappings().one()
    there = conn.execute(sa.select(sa.func.count()).select_from(devices)).scalar_one()
    names = [f"more-{n:03}" for n in range(there, DEVICES)]
    conn.execute(devices.insert(), [{**like, "id": name} for name in names])
    conn.execute(device_states.insert(), [{**state, "device": name} for name in names])


def _a_year_of_marks(conn: sa.Connection) -> int:
    homes: dict[str, list[str]] = {}
    for student, class_id in conn.execute(sa.select(students.c.id, students.c.class_id)):
        homes.setdefault(class_id, []).append(student)
    days = [day for ago in range(1, 365) if (day := DAY - timedelta(days=ago)).isoweekday() <= 5][:DAYS]
    written = 0
    for day in days:
        held, rows = [], []
        for class_id, members in homes.items():
            held.append(_session(class_id, day))
            for number, student in enumerate(members):
                status = _status(number + day.day)
                rows.append(
                    {"session": held[-1]["id"], "student": student, "number": 1, "school": SCHOOL, "status": status}
                )
        more = {"why": "gate_pass", "evidence": {}, "by": "machine", "reason": "", "at": _at(day, 8)}
        conn.execute(sessions.insert(), held)
        conn.execute(marks.insert(), [row | more for row in rows])
        conn.execute(roll.insert(), [row | {"held": False} for row in rows])
        written += len(rows)
    return written


def _passes_kept(conn: sa.Connection) -> None:
    """A pass of every student on each of the days that passes are kept for."""
    blank = {"school": SCHOOL, "gate": "gate-1", "place": "gate-1", "lane": "1", "late": False, "suspect": False}
    everyone = list(conn.execute(sa.select(students.c.id)).scalars())
    for ago in range(1, round(Retention().passes_days)):
        day = DAY - timedelta(days=ago)
        if day.isoweekday() <= 5:
            moment = _at(day, 7)
            more = blank | {"at": moment, "told_at": moment, "received_at": moment, "direction": "in"}
            conn.execute(
                passes.insert(),
                [
                    more | {"id": f"{day}-{one}", "student": one, "credential": one, "serial": n}
                    for n, one in enumerate(everyone)
                ],
            )


def _status(chance: int) -> str:
    return "absent" if chance % 41 == 0 else "late" if chance % 23 == 0 else "present"


def _session(class_id: str, day: date) -> dict[str, object]:
    return {
        "id": session_id(SCHOOL, class_id, day, "arrival"), "school": SCHOOL, "class_id": class_id, "day": day,
        "period": "arrival", "kind": "arrival", "opens_at": _at(day, 7), "late_at": _at(day, 8),
        "closes_at": _at(day, 8), "until_at": _at(day, 17), "watched_from": _at(day, 6), "state": "closed",
    }  # fmt: skip


def _at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE)


def _a_year_of_readings(engine: sa.Engine, folder: Path) -> int:
    with db.read(engine) as conn:
        names = list(conn.execute(sa.select(devices.c.id)).scalars())
    series, written = SqliteSeries(folder / "series.db"), 0
    hours = 365 * 24
    for name in names:
        points = [
            Point(SCHOOL, name, "temperature", to_ms(NOW - n * READINGS_EVERY), 20.0 + n % 7) for n in range(1, hours)
        ]
        series.write(points)
        written += len(points)
    series.close()
    return written


@contextmanager
def serving(world: World, folder: Path) -> Iterator[Served]:
    """A console on the world's database in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    server = subprocess.Popen([sys.executable, "-m", "benchmarks.console_world", str(folder), str(port)])
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield Served(world, url, server.pid)
    finally:
        server.terminate()
        server.wait(timeout=20)


def _serve(folder: Path, port: int) -> None:
    engine = db.open_engine(f"sqlite:///{folder}/campus.db")
    clock = VirtualClock(NOW)
    settings = Dashboards(
        port=port, base_url=f"http://127.0.0.1:{port}", files=folder / "files", api_per_minute=1_000_000
    )
    serve(
        Deps(engine=engine, series=SqliteSeries(folder / "series.db"), clock=clock, dashboards=settings),
        threading.Event(),
    )


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), int(sys.argv[2]))
