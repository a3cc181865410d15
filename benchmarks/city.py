"""`python -m benchmarks.city`: the map of a city of 2,000 schools, counted and read.

Makes a database of schools with classes, closed rolls of this morning, devices and open alarms, and the days of the
past four weeks. Then it times what the keeper counts and what one look at the map takes: the values, and the page.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from fastapi.testclient import TestClient

from alerts.tables import alarms
from attendance.register.tables import marks, roll, sessions
from attendance.tables import schools as rosters
from campus import db
from campus.clock import VirtualClock
from campus.series.sqlite import SqliteSeries
from campus.settings import Dashboards, School
from dashboards.access.accounts import Account, create_account
from dashboards.app import create_app
from dashboards.city import geojson, store
from dashboards.city.keeper import CityKeeper
from dashboards.city.tables import city_days
from dashboards.city.view import city
from dashboards.deps import Deps
from devices.tables import device_states, devices

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 9, 7, 2, 12, tzinfo=UTC)
DAY = date(2026, 9, 7)
CLASSES, STUDENTS, DEVICES = 10, 35, 50  # of a school
DISTRICTS = 10
BUREAU = Account(
    id="b", school="s-0", login="b", name="b", role="bureau", teacher="", language="zh", theme="auto", siren=False,
    disabled=False,
)  # fmt: skip


def main() -> None:
    """Make the city, count it, look at it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schools", type=int, default=2000)
    parser.add_argument("--looks", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engine = db.open_engine(f"sqlite:///{Path(folder) / 'campus.db'}")
        db.migrate(engine)
        took = timed(lambda: make(engine, asked.schools))
        print(f"{asked.schools} schools, {asked.schools * CLASSES * STUDENTS} students: made in {took:.0f} s")
        clock = VirtualClock(NOW)
        keeper = CityKeeper(engine, clock, ZONE)
        print(f"counted for the first time, 29 days each: {timed(keeper.step):.1f} s")
        clock.advance(timedelta(minutes=6))
        print(f"counted again, today alone:               {timed(keeper.step):.1f} s")
        with db.write(engine) as conn:
            fill_past(conn)
        looks = sorted(timed(lambda: look(engine)) for _ in range(asked.looks))
        print(f"one look: median {1000 * statistics.median(looks):.0f} ms, worst {1000 * looks[-1]:.0f} ms")
        page(engine, folder, clock, asked.looks)
        engine.dispose()


def timed(run: Callable[[], object]) -> float:
    """Seconds of the processor that ``run`` takes: what else the machine does is left out."""
    begun = time.process_time()
    run()
    return time.process_time() - begun


def look(engine: sa.Engine) -> object:
    """What one look of the bureau reads and works out."""
    with db.read(engine) as conn:
        return city(conn, BUREAU, NOW, ZONE, 10)


def page(engine: sa.Engine, folder: str, clock: VirtualClock, looks: int) -> None:
    """The whole page and the summary as a signed-in browser gets them, over the application but no socket."""
    with db.write(engine) as conn:
        create_account(conn, "s-0", "bureau", "b", "bureau", "correct horse battery", NOW)
    deps = Deps(
        engine=engine, series=SqliteSeries(Path(folder) / "series.db"), clock=clock, wall=clock,
        school=School(id="s-0"), dashboards=Dashboards(base_url="http://city.test", api_per_minute=100_000),
    )  # fmt: skip
    with TestClient(create_app(deps), base_url="http://city.test", headers={"Origin": "http://city.test"}) as client:
        client.post("/sign-in", data={"login": "bureau", "password": "correct horse battery"})
        for path in (
            "/overview",
            "/overview?district=d-3",
            "/overview?school=s-7",
            "/api/v1/city",
            "/api/v1/city/schools",
        ):
            took = sorted(timed(partial(client.get, path)) for _ in range(looks))
            size = len(client.get(path).raise_for_status().content)
            print(
                f"{path}: median {1000 * statistics.median(took):.0f} ms, worst {1000 * took[-1]:.0f} ms, {size} bytes"
            )


def make(engine: sa.Engine, number: int) -> None:
    """Districts as squares side by side, schools in them, and a morning of each."""
    chance = random.Random(7)
    with db.write(engine) as conn:
        store.apply(conn, _map(number, chance), NOW)
    for begin in range(0, number, 50):
        with db.write(engine) as conn:
            for school in range(begin, min(begin + 50, number)):
                _school(conn, f"s-{school}", chance)


def fill_past(conn: sa.Connection) -> None:
    """The days that are compared with, as if they had been counted."""
    rows = [dict(row) for row in conn.execute(sa.select(city_days).where(city_days.c.day == DAY)).mappings()]
    for week in range(1, 5):
        day = DAY - timedelta(weeks=week)
        conn.execute(city_days.delete().where(city_days.c.day == day))
        conn.execute(city_days.insert(), [{**row, "day": day, "up_share": 0.98} for row in rows])


def _map(number: int, chance: random.Random) -> geojson.City:
    squares = [
        geojson.District(id=f"d-{n}", name=f"区 {n}", name_en=f"District {n}",
                         outline=((((n, 0.0), (n + 1.0, 0.0), (n + 1.0, 1.0), (n, 1.0), (n, 0.0)),),))
        for n in range(DISTRICTS)
    ]  # fmt: skip
    schools = [
        geojson.School(
            id=f"s-{n}", district=f"d-{n % DISTRICTS}", at=(n % DISTRICTS + chance.random(), chance.random())
        )
        for n in range(number)
    ]
    return geojson.City(districts=tuple(squares), schools=tuple(schools))


def _school(conn: sa.Connection, school: str, chance: random.Random) -> None:
    conn.execute(rosters.insert().values(id=school, name=f"学校 {school}"))
    conn.execute(sessions.insert(), [_session(school, one) for one in range(CLASSES)])
    given = list(_marks(school, chance))
    conn.execute(marks.insert(), given)
    conn.execute(roll.insert(), [{name: one[name] for name in ("session", "student", "school", "number", "status")}
                                 | {"held": False} for one in given])  # fmt: skip
    conn.execute(devices.insert(), [_device(school, one) for one in range(DEVICES)])
    conn.execute(device_states.insert(), [_device_state(school, one, chance) for one in range(DEVICES)])
    rung = [_alarm(school, one, chance) for one in range(chance.choice((0, 0, 1, 2, 4)))]
    if rung:
        conn.execute(alarms.insert(), rung)


def _session(school: str, one: int) -> dict[str, Any]:
    at = {name: NOW - timedelta(hours=2) for name in ("opens_at", "late_at", "closes_at", "until_at", "watched_from")}
    return {"id": f"{school}-{one}", "school": school, "class_id": f"c-{one}", "day": DAY, "period": "am",
            "kind": "arrival", "state": "closed", **at}  # fmt: skip


def _marks(school: str, chance: random.Random) -> Iterator[dict[str, Any]]:
    unknown = 1 if chance.random() < 0.1 else 0  # somewhere a gate was down
    for session in range(CLASSES):
        for student in range(STUDENTS):
            yield {
                "session": f"{school}-{session}", "student": f"{session}-{student}", "school": school,
                "status": chance.choices(("present", "late", "absent", "unknown"), (94, 3, 3, unknown))[0],
                "number": 1, "why": "pass", "evidence": {}, "by": "machine", "reason": "", "at": NOW,
            }  # fmt: skip


def _device(school: str, one: int) -> dict[str, Any]:
    kind = "gate" if one < 3 else "agent" if one < 6 else "sensor"
    return {"school": school, "id": f"d-{one}", "kind": kind, "name": "n", "name_en": "n", "model": "", "covers": ""}


def _device_state(school: str, one: int, chance: random.Random) -> dict[str, Any]:
    return {"school": school, "device": f"d-{one}", "state": chance.choices(("online", "offline"), (97, 3))[0],
            "reason": "heard", "since": NOW, "heard_at": NOW, "said": "online", "boot": "b", "boot_before": "",
            "boots": 1, "seq": 1, "missing": "[]", "lost": 0, "health": "{}", "agent": "", "config": 0}  # fmt: skip


def _alarm(school: str, one: int, chance: random.Random) -> dict[str, Any]:
    severity = chance.choices(("critical", "major", "warning"), (1, 3, 16))[0]
    texts = dict.fromkeys(("title_zh", "title_en", "reason_zh", "reason_en"), "t")
    return {"id": f"{school}-{one}", "school": school, "rule": f"r-{one}", "rule_version": "1", "severity": severity,
            "subject": "x", "state": "unacknowledged", "active": True, "times": 1, "began_at": NOW, "raised_at": NOW,
            "updated_at": NOW, **texts}  # fmt: skip


if __name__ == "__main__":
    main()
