"""Weeks of past arrivals for the own class, written straight into the register."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa

from attendance.policy import Status
from attendance.register.tables import marks, roll, sessions
from attendance.sessions.due import session_id
from attendance.tables import students
from campus import db
from tests.dashboards.console_seed import DAY, OWN_CLASS, SCHOOL, ZONE

# Says the status of the how-manieth student on a day, and how many minutes late.
Says = Callable[[int, date], tuple[Status, int | None]]


def pupils(engine: sa.Engine) -> list[str]:
    """The students of the own class, in order of their ids."""
    query = sa.select(students.c.id).where(students.c.class_id == OWN_CLASS, students.c.active).order_by(students.c.id)
    with db.read(engine) as conn:
        return list(conn.execute(query).scalars())


def habits(number: int, day: date) -> tuple[Status, int | None]:
    """Student 0 is late on Mondays, 1 was ill and is away more than before, 2 was absent for the last days."""
    ago = (DAY - day).days
    if number == 0 and day.isoweekday() == 1:
        return "late", 12
    if number == 1 and (ago < 24 and day.isoweekday() in {2, 4}):
        return "sick", None
    if number == 2 and ago <= 5:
        return "absent", None
    return "present", None


def write_term(engine: sa.Engine, weeks: int = 12, says: Says = habits) -> None:
    """Fill the school days of ``weeks`` before the seeded Monday."""
    days = [day for ago in range(1, 7 * weeks + 1) if (day := DAY - timedelta(days=ago)).isoweekday() <= 5]
    who = pupils(engine)
    held: list[dict[str, object]] = []
    marked: list[dict[str, object]] = []
    with db.write(engine) as conn:
        for day in days:
            id_ = session_id(SCHOOL, OWN_CLASS, day, "arrival")
            conn.execute(sessions.insert(), _session(id_, day))
            for number, student in enumerate(who):
                status, minutes = says(number, day)
                key = {"session": id_, "student": student, "number": 1, "school": SCHOOL, "status": status}
                evidence = {"minutes": minutes} if minutes else {}
                own = {"why": "gate_pass", "evidence": evidence, "by": "machine", "reason": "", "at": _at(day, 8)}
                marked.append({**key, **own})
                held.append({**key, "held": False})
        conn.execute(marks.insert(), marked)
        conn.execute(roll.insert(), held)


def _session(id_: str, day: date) -> dict[str, object]:
    moments = {"opens_at": 6, "late_at": 7, "closes_at": 8, "until_at": 17, "watched_from": 5}
    fixed = {"class_id": OWN_CLASS, "period": "arrival", "kind": "arrival", "room": None, "state": "closed"}
    return {"id": id_, "school": SCHOOL, "day": day, "due_at": None, **fixed} | {
        name: _at(day, hour) for name, hour in moments.items()
    }


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), ZONE)
