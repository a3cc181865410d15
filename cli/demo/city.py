"""The demo's city: the school that is played, and eleven beside it that stand still, each with its own trouble."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from alerts.incidents.tables import incidents
from alerts.tables import alarms
from attendance.register.tables import marks, roll, sessions
from campus import db
from campus.ids import new_id
from dashboards.city import geojson, store
from dashboards.city.tables import city_districts
from devices.tables import device_outages, device_states, device_transitions, devices
from simulator.chance import chance
from simulator.school import city as invented

SEED = 7
DEVICES = 40
KINDS = {"gate": 2, "agent": 2, "camera": 8}  # the others are sensors


class Neighbour(msgspec.Struct, frozen=True, kw_only=True):
    """A school that is not played: how large it is, how many come, and what is wrong there."""

    classes: int = 8
    students: int = 32
    come: float = 0.97
    come_today: float | None = None
    alarms: tuple[str, ...] = ()
    gates_down: int = 0
    agents_down: int = 0
    devices_down: int = 0
    silent: bool = False
    unsettled: int = 0
    drills: int = 1


NEIGHBOURS: dict[str, Neighbour] = {
    "harbour-2": Neighbour(gates_down=1),
    "harbour-3": Neighbour(alarms=("major", "warning")),
    "harbour-4": Neighbour(classes=18),
    "harbour-5": Neighbour(classes=1, students=6, drills=0),
    "waterside-1": Neighbour(classes=24, alarms=("critical", "warning"), drills=2),
    "waterside-2": Neighbour(come_today=0.91),
    "waterside-3": Neighbour(unsettled=3, drills=0),
    "waterside-4": Neighbour(classes=15),
    "foothill-1": Neighbour(silent=True, drills=0),
    "foothill-2": Neighbour(devices_down=7, agents_down=1),
    "foothill-3": Neighbour(),
}


def fill(conn: sa.Connection, day: date, now: datetime, zone: ZoneInfo) -> None:
    """Import the invented city once, and let ``day`` and the same weekday of the past weeks be over at its schools."""
    if conn.execute(sa.select(city_districts.c.id).limit(1)).first() is None:
        store.apply(conn, geojson.parse(invented.geojson(), "city.geojson"), now)
        for school, one in NEIGHBOURS.items():
            _devices(conn, school, one, now)
            _drills(conn, school, one, now)
            _alarms(conn, school, one, now)
    for week in range(5):
        for school, one in NEIGHBOURS.items():
            _day(conn, school, one, day - timedelta(weeks=week), week == 0, zone)


def _devices(conn: sa.Connection, school: str, one: Neighbour, now: datetime) -> None:
    kinds = [kind for kind, number in KINDS.items() for _ in range(number)]
    kinds += ["sensor"] * (DEVICES - len(kinds))
    down = {"gate": one.gates_down, "agent": one.agents_down, "sensor": one.devices_down}
    for number, kind in enumerate(kinds):
        id_ = f"{kind}-{number}"
        away = one.silent or down.get(kind, 0) > 0
        down[kind] = down.get(kind, 0) - 1
        conn.execute(
            devices.insert().values(school=school, id=id_, kind=kind, name=id_, name_en=id_, model="", covers="")
        )
        since = now - timedelta(minutes=35) if away else now
        conn.execute(
            device_states.insert().values(
                school=school, device=id_, state="offline" if away else "online", since=since, heard_at=since,
                reason="heartbeat too old" if away else "heard", said="online", boot="b", boot_before="", boots=1,
                seq=1, missing="[]", lost=0, health="{}", agent="", config=0,
            )
        )  # fmt: skip
        if away:
            outage = {"school": school, "device": id_, "kind": kind, "started_at": since, "noticed_at": since}
            conn.execute(device_outages.insert().values(**outage))
    first = {"school": school, "device": "gate-0", "old": "never_seen", "new": "online", "why": "heard"}
    conn.execute(device_transitions.insert().values(**first, at=now - timedelta(days=40)))


def _drills(conn: sa.Connection, school: str, one: Neighbour, now: datetime) -> None:
    for number in range(one.drills):
        at = now - timedelta(days=9 * number + 3)
        conn.execute(
            incidents.insert().values(
                id=new_id(), school=school, kind="evacuation", exercise=True, opened_at=at, opened_by="demo",
                closed_at=at + timedelta(minutes=12), closed_by="demo", note="",
            )
        )  # fmt: skip


def _alarms(conn: sa.Connection, school: str, one: Neighbour, now: datetime) -> None:
    for number, severity in enumerate(one.alarms):
        at = now - timedelta(minutes=8 + 20 * number)
        conn.execute(
            alarms.insert().values(
                id=new_id(), school=school, rule=f"demo-{severity}", rule_version="1", severity=severity,
                subject=school, title_zh="演示告警", title_en="Alarm of the demo", reason_zh="演示", reason_en="demo",
                state="unacknowledged", active=True, times=1, began_at=at, raised_at=at, updated_at=at,
            )
        )  # fmt: skip


def _day(conn: sa.Connection, school: str, one: Neighbour, day: date, today: bool, zone: ZoneInfo) -> None:
    drawn = chance(SEED, school, day)
    at = datetime.combine(day, time(7, 50), zone)
    come = one.come_today if today and one.come_today is not None else one.come
    rows: list[dict[str, Any]] = []
    made = []
    for number in range(one.classes):
        id_ = f"{school}-{day}-{number}"
        moments = dict.fromkeys(("opens_at", "late_at", "closes_at", "until_at", "watched_from"), at)
        made.append({"id": id_, "school": school, "class_id": f"c-{number}", "day": day, "period": "arrival",
                     "kind": "arrival", "state": "closed", **moments})  # fmt: skip
        unsure = today and number < one.unsettled
        rows += [_mark(school, id_, f"s-{student}", _status(drawn, come, unsure and student == 0), at)
                 for student in range(one.students)]  # fmt: skip
    _keep(conn, made, rows)


def _status(drawn: Random, come: float, unsure: bool) -> str:
    if unsure:
        return "unknown"
    return ("late" if drawn.random() < 0.03 else "present") if drawn.random() < come else "absent"


def _mark(school: str, session: str, student: str, status: str, at: datetime) -> dict[str, Any]:
    return {"session": session, "student": student, "number": 1, "school": school, "status": status, "why": "pass",
            "evidence": {}, "by": "machine", "reason": "", "at": at}  # fmt: skip


def _keep(conn: sa.Connection, made: Sequence[dict[str, Any]], rows: Sequence[dict[str, Any]]) -> None:
    names = ("session", "student", "number", "school", "status")
    db.upsert(sessions, conn, made, ["id"], [])
    db.upsert(marks, conn, rows, ["session", "student", "number"], [])
    db.upsert(roll, conn, [{name: row[name] for name in names} | {"held": False} for row in rows],
              ["session", "student"], [])  # fmt: skip
